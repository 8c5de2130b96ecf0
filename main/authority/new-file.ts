import { open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { err, ok, type Result } from "../../shared/result.ts";
import { syncFolderIfOffered, writeBytes } from "../adapters/disk/durable.ts";
import { codeOf } from "../adapters/disk/errors.ts";
import type { Problem } from "./context.ts";

/** Files that a person names: read within a limit, and never written over anything else. */

/** Reads a file of at most `limit` bytes. */
export async function readBounded(path: string, limit: number): Promise<Result<Buffer, Problem>> {
  try {
    const file = await open(path, "r");
    try {
      const found = await file.stat();
      if (!found.isFile()) return err({ type: "no-file", path, code: "EISDIR" });
      if (found.size > limit) return err({ type: "no-file", path, code: "EFBIG" });
      return ok(await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return err({ type: "no-file", path, code });
  }
}

/** Whether a file holds exactly these bytes; null: there is none. */
export async function holds(path: string, bytes: Uint8Array): Promise<boolean | null> {
  try {
    if ((await stat(path)).size !== bytes.length) return false;
    return (await readFile(path)).equals(bytes);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return null;
  }
}

/**
 * Writes a new file for everybody to read, durably. One that holds these bytes already stays; anything else is refused.
 *
 * @param syncName - whether to make the name durable too; otherwise the caller syncs the folder
 */
export async function writeNew(
  path: string,
  bytes: Uint8Array,
  syncName = true,
): Promise<Result<void, Problem>> {
  const is = await holds(path, bytes);
  if (is === false) return err({ type: "exists", path });
  if (is === null) {
    await writeBytes(path, bytes, 0o644);
    if (syncName) await syncFolderIfOffered(dirname(path));
  }
  return ok(undefined);
}
