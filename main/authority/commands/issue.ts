import { MAX_REQUEST_BYTES } from "../../formats/request.ts";
import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printJson } from "../../hosting/reporter.ts";
import type { Role } from "../../rules/trust.ts";
import { type Context, stopOn } from "../context.ts";
import { chainPem } from "../folder.ts";
import { fingerprintOf, judgeRequest, passesJudge, readRequest } from "../issuing.ts";
import { keysOf } from "../keys.ts";
import { holds, readBounded, writeNew } from "../new-file.ts";
import type { Leaf } from "../register.ts";
import { makeLeaf } from "../signing.ts";
import { withFolder } from "./with-folder.ts";

/** `station issue`, `central issue`: one certificate for one request. Asked again, the same certificate comes back. */
export const issue = (
  context: Context,
  command: {
    readonly role: Exclude<Role, "tablet">;
    readonly file: string;
    /** `centre`: the centre's own issuer. */
    readonly oblast: string;
    readonly out: string | null;
  },
): Promise<Exit> =>
  withFolder(context, async (folder) => {
    const { register } = folder;
    const { role, file, oblast, out } = command;
    const ca = register.issuerOf(oblast);
    if (ca === undefined) return stopOn(context, { type: "unknown-oblast", oblast });
    const request = await readBounded(file, MAX_REQUEST_BYTES);
    if (!request.ok) return stopOn(context, request.error);
    const asked = readRequest(register, request.value, role);
    if (!asked.ok) return stopOn(context, { type: "refused", why: asked.error, file });
    const fit = judgeRequest(register, asked.value, role, ca, folder.now);
    if (!fit.ok) return stopOn(context, { type: "refused", why: fit.error, file });
    const { id, publicKey, already } = fit.value;
    if (already === null) {
      // Looked at before anything is issued: a certificate must not be on record and then have no place.
      if (out !== null && (await holds(out, new Uint8Array(0))) !== null)
        return stopOn(context, { type: "exists", path: out });
      const key = await keysOf(folder, context).open(ca.name);
      if (!key.ok) return stopOn(context, key.error);
      const holder = { role, id, publicKey, label: null, hardware: null, district: null, run: null };
      const made = makeLeaf(register, ca, key.value, holder, folder.now);
      if (!passesJudge(register, register.trust(folder.now), ca, made))
        return stopOn(context, { type: "refused", why: "issuer-refused", file });
      await folder.append([made]);
    }
    const leaf: Leaf | undefined = register.leafOf(id);
    if (leaf === undefined) throw new Error("a certificate that was issued is not in the register");
    const pem = chainPem(register, leaf);
    if (out !== null) {
      const written = await writeNew(out, Buffer.from(pem));
      if (!written.ok) return stopOn(context, written.error);
    }
    const { serial } = leaf;
    const fingerprint = fingerprintOf(leaf.certificate);
    const notAfter = new Date(leaf.notAfter * 1000).toISOString();
    if (context.json)
      await printJson(context, {
        ...{ id, serial, fingerprint, notAfter, already: already !== null },
        ...(out === null ? { certificate: pem } : {}),
      });
    else {
      await context.err.line(
        context.words.t(already === null ? "issue.done" : "issue.already", { id, serial }),
      );
      if (out === null) await context.out.write(pem);
    }
    return EXIT.done;
  });
