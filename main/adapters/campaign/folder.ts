import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { CampaignFolderFiles, DiskFailure } from "../../engine/ports.ts";
import { FileRefused, readFileWithin } from "../disk/regular.ts";

/** A campaign's file is read up to this many bytes; a republic's CRL stays far below. */
const MAX_FILE_BYTES = 64 * 1_048_576;

const readBounded = (folder: string, name: string): Promise<Buffer> =>
  readFileWithin(join(folder, name), MAX_FILE_BYTES);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "";

/** Reads campaign.json, root.pem and every *.crl of a folder, in the order of their names. */
export async function readCampaignFolder(
  folder: string,
): Promise<Result<CampaignFolderFiles, DiskFailure | { readonly type: "missing"; readonly file: string }>> {
  let name = folder;
  try {
    const names = (await readdir(folder)).filter((file) => file.endsWith(".crl")).sort();
    name = "campaign.json";
    const json = (await readBounded(folder, name)).toString("utf8");
    name = "root.pem";
    const rootPem = (await readBounded(folder, name)).toString("latin1");
    const crls: { name: string; bytes: Uint8Array }[] = [];
    for (name of names) crls.push({ name, bytes: await readBounded(folder, name) });
    return ok({ json, rootPem, crls });
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || error instanceof FileRefused)
      return err({ type: "missing", file: name });
    if (code !== "") return err({ type: "disk", code, path: name });
    throw error;
  }
}
