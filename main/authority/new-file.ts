import { dirname } from "node:path";
import { err, ok, type Result } from "../../shared/result.ts";
import { syncFolderIfOffered, writeBytes } from "../adapters/disk/durable.ts";
import { codeOf } from "../adapters/disk/errors.ts";
import { FileRefused, readFileWithin } from "../adapters/disk/regular.ts";
import type { Problem } from "./context.ts";

/** Files that a person names: read within a limit, and never written over anything else. */

/** Reads a file of at most `limit` bytes. */
export async function readBounded(path: string, limit: number): Promise<Result<Buffer, Problem>> {
  try {
    return ok(await readFileWithin(path, limit));
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return err({ type: "no-file", path, code });
  }
}

/** Whether a file holds exactly these bytes; null: there is none. */
export async function holds(path: string, bytes: Uint8Array): Promise<boolean | null> {
  try {
    return (await readFileWithin(path, bytes.length)).equals(bytes);
  } catch (error) {
    if (error instanceof FileRefused) return false;
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
