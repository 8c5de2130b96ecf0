import { lstat, readdir, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { Carrier, CarrierState } from "../../engine/ports-carry.ts";
import { mayMakeFolder } from "../disk/chosen.ts";
import { makeFolder, syncFolderIfOffered, writeBytes } from "../disk/durable.ts";
import { codeOf } from "../disk/errors.ts";
import { HALF_MARK, readBag } from "./read.ts";
import { onDisk, readSmall } from "./reading.ts";
import { Writer } from "./write.ts";

/** Bags in folders of this machine: a drive, a mounted share, a plain folder. */

const MAX_MARK_BYTES = 1_024;

/** The mark while it is being written: an export that died there has begun nothing. */
const HALF_MARK_COMING = `${HALF_MARK}.part`;

/** What a system keeps at the top of a drive; a drive that holds nothing else is empty. */
const OF_THE_DRIVE: ReadonlySet<string> = new Set([
  "lost+found",
  "System Volume Information",
  "$RECYCLE.BIN",
  ".Trash-1000",
  ".Trashes",
  ".fseventsd",
  ".Spotlight-V100",
]);

async function namesOf(folder: string): Promise<readonly string[] | null> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

export const bagCarrier: Carrier = {
  mayMake: mayMakeFolder,

  state: (folder) =>
    onDisk(folder, async (): Promise<Result<CarrierState, never>> => {
      const names = await namesOf(folder);
      if (names === null) return ok({ type: "absent" });
      const own = names.filter((name) => !OF_THE_DRIVE.has(name) && name !== HALF_MARK_COMING);
      if (own.length === 0) return ok({ type: "empty" });
      if (own.includes("bagit.txt")) return ok({ type: "bag" });
      const mark = own.includes(HALF_MARK) ? await readSmall(join(folder, HALF_MARK), MAX_MARK_BYTES) : null;
      return ok(mark === null ? { type: "foreign" } : { type: "half", mark: mark.toString("utf8") });
    }),

  write: (folder, mark) =>
    onDisk(folder, async () => {
      await makeFolder(folder, syncFolderIfOffered);
      const found = await readSmall(join(folder, HALF_MARK), MAX_MARK_BYTES);
      if (found?.toString("utf8") !== mark) await writeBytes(join(folder, HALF_MARK), Buffer.from(mark));
      await syncFolderIfOffered(folder);
      return ok(new Writer(folder));
    }),

  read: (folder, onBytes, signal) =>
    onDisk(folder, async () => {
      try {
        return ok(await readBag(folder, onBytes, signal));
      } catch (error) {
        if (signal.aborted && codeOf(error) === undefined) return err({ type: "cancelled" } as const);
        throw error;
      }
    }),

  readFile: (folder, path, limit) =>
    onDisk(path, async () => {
      const parts = path.split("/");
      for (let at = 1; at < parts.length; at++) {
        try {
          if (!(await lstat(join(folder, ...parts.slice(0, at)))).isDirectory()) return ok(null);
        } catch (error) {
          if (codeOf(error) === "ENOENT") return ok(null);
          throw error;
        }
      }
      return ok(await readSmall(join(folder, path), limit));
    }),

  folders: (folder, path) =>
    onDisk(path, async () => {
      try {
        if (!(await lstat(join(folder, path))).isDirectory()) return ok([]);
        const found = await readdir(join(folder, path), { withFileTypes: true });
        return ok(
          found
            .filter((one) => one.isDirectory())
            .map((one) => one.name)
            .sort(),
        );
      } catch (error) {
        if (codeOf(error) === "ENOENT") return ok([]);
        throw error;
      }
    }),

  place: (folder, path) => join(folder, path),

  freeBytes: (folder) =>
    onDisk(folder, async () => {
      for (let at = resolve(folder); ; at = dirname(at)) {
        try {
          await stat(at);
        } catch (error) {
          if (codeOf(error) !== "ENOENT" || at === dirname(at)) throw error;
          continue;
        }
        const { bavail, bsize } = await statfs(at);
        return ok(bavail * bsize);
      }
    }),
};
