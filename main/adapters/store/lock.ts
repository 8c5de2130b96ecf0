import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { err, ok, type Result } from "../../../shared/result.ts";
import { READ_FLAGS } from "../disk/regular.ts";
import { makePrivateFile } from "./private.ts";

/** Who owns a store, for the message of the one who comes second. */
export interface Owner {
  readonly pid: number;
  readonly host: string;
  /** RFC 3339. */
  readonly since: string;
}

const unknownOwner: Owner = { pid: 0, host: "", since: "" };

function readOwner(file: string): Owner {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(file, { encoding: "utf8", flag: READ_FLAGS }));
    return { pid: Number(pid), host: String(host), since: String(since) };
  } catch {
    return unknownOwner;
  }
}

/**
 * Takes a store for this process: an exclusive SQLite transaction on a file of its own, held until `release`. The operating system drops the
 * lock with the process, however that ends.
 */
export function takeStore(
  folder: string,
  now: Date,
): Result<{ release(): void }, { readonly type: "owned"; readonly owner: Owner }> {
  const file = join(folder, "owner.json");
  const lockFile = join(folder, "lock.db");
  makePrivateFile(lockFile);
  const lock = new Database(lockFile, { timeout: 0 });
  try {
    lock.pragma("journal_mode = DELETE");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code?.startsWith("SQLITE_BUSY") !== true) throw error;
    return err({ type: "owned", owner: readOwner(file) });
  }
  const owner: Owner = { pid: process.pid, host: hostname(), since: now.toISOString() };
  try {
    writeFileSync(`${file}.part`, JSON.stringify(owner), { mode: 0o600 });
    renameSync(`${file}.part`, file);
  } catch (error) {
    lock.close();
    throw error;
  }
  return ok({ release: () => void lock.close() });
}
