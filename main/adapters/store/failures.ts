import { DiskError, type DiskFailure } from "../../engine/ports.ts";
import { onDiskBy } from "../disk/errors.ts";

/** Telling what the disk refuses from what is a bug, for files and for SQLite alike. */

/** Result codes of SQLite (https://www.sqlite.org/rescode.html) that speak of the disk, without their extensions. */
const OF_THE_DISK = ["SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_NOTADB"];

/** The same of another program's lock on the store: this one is its only owner, so nobody of ours can hold it. */
const FOREIGN_LOCK = ["SQLITE_BUSY", "SQLITE_LOCKED"];

/** The failure that an exception stands for; null: it is a bug. `path`: where it happened. */
export function diskFailureOf(error: unknown, path: string): DiskFailure | null {
  if (error instanceof DiskError) return error.failure;
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  if (typeof code !== "string") return null;
  if (code === "SQLITE_FULL") return { type: "disk", code: "ENOSPC", path };
  if (FOREIGN_LOCK.some((one) => code.startsWith(one))) return { type: "disk", code: "SQLITE_BUSY", path };
  if (typeof errno === "number" || OF_THE_DISK.some((one) => code.startsWith(one)))
    return { type: "disk", code, path };
  return null;
}

export const onDisk = onDiskBy(diskFailureOf);

/** Runs `work`; what the disk refuses is thrown as a DiskError, a bug as it is. */
export function orDiskError<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const failure = diskFailureOf(error, path);
    throw failure === null ? error : new DiskError(failure);
  }
}

/** The same for rows that are read one after another. */
export function* eachOrDiskError<T>(path: string, rows: Iterable<T>): Generator<T, void> {
  const all = rows[Symbol.iterator]();
  try {
    for (;;) {
      const next = orDiskError(path, () => all.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    all.return?.();
  }
}
