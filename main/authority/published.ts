import { err, ok, type Result } from "../../shared/result.ts";
import { readCampaignFolder } from "../adapters/campaign/folder.ts";
import type { DiskFailure } from "../engine/ports.ts";
import { crlsFromFile, parseCrl } from "../formats/certificate.ts";
import { verifyEd25519 } from "../formats/ed25519.ts";
import type { Register } from "./register.ts";

/**
 * Compares a campaign folder that was given out with the log. A higher list number there than in the log says that the authority's
 * folder is an old backup: lists made from it would bring revoked certificates back.
 */
export async function judgePublished(
  register: Register,
  path: string,
): Promise<
  Result<
    void,
    | DiskFailure
    | { readonly type: "foreign-folder"; readonly path: string }
    | { readonly type: "newer-published"; readonly ca: string; readonly number: string; readonly own: number }
  >
> {
  const files = await readCampaignFolder(path);
  if (!files.ok)
    return files.error.type === "missing" ? err({ type: "foreign-folder", path }) : err(files.error);
  if (files.value.json !== register.json) return err({ type: "foreign-folder", path });
  for (const file of files.value.crls)
    for (const der of crlsFromFile(file.bytes)) {
      const crl = parseCrl(der);
      if (!crl.ok || crl.value.number === null) continue;
      const { issuer, number, signed, signature } = crl.value;
      for (const ca of register.cas.values()) {
        const own = register.crls.get(ca.name)?.number ?? 0;
        const isOfCa =
          ca.certificate.subject === issuer && verifyEd25519(ca.certificate.publicKey, signed, signature);
        if (isOfCa && number > BigInt(own))
          return err({ type: "newer-published", ca: ca.name, number: String(number), own });
      }
    }
  return ok(undefined);
}
