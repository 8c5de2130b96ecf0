import { lstat, opendir, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { HeldPlace, Keeping } from "../../engine/ports-places.ts";
import { codeOf } from "./errors.ts";

/** Which places a person may not write to: a store, a backup of one, a bag, and a tablet's outbox keep what they hold. */

/** Links that are followed one after another; Linux follows as many. */
const MAX_LINKS = 40;
/** Names of a folder `batches` that are looked at for a batch. */
const MAX_NAMES = 256;

/** A file of a batch (docs/formats.md, outbox layout). */
const BATCH_NAME = /^[0-9a-f]{32}-[0-9]{8}\.(cose|age)$/;

const ABSENT: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR", "ELOOP", "EACCES"]);

async function kindOf(path: string): Promise<"file" | "folder" | "link" | "other" | null> {
  try {
    const found = await lstat(path);
    if (found.isSymbolicLink()) return "link";
    return found.isFile() ? "file" : found.isDirectory() ? "folder" : "other";
  } catch (error) {
    if (ABSENT.has(codeOf(error))) return null;
    throw error;
  }
}

/** Where a path leads when every link is followed, whether or not its end exists. */
async function realPlace(path: string, links = 0): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
  const above = dirname(path);
  if (above === path) return path;
  const folder = await realPlace(above, links);
  const place = join(folder, basename(path));
  if (links >= MAX_LINKS || (await kindOf(place)) !== "link") return place;
  return realPlace(resolve(folder, await readlink(place)), links + 1);
}

async function holdsBatches(folder: string): Promise<boolean> {
  if ((await kindOf(folder)) !== "folder") return false;
  let seen = 0;
  for await (const { name } of await opendir(folder)) {
    if (BATCH_NAME.test(name)) return true;
    if (++seen >= MAX_NAMES) return false;
  }
  return false;
}

/** What keeps its files in this very folder; null: nothing. */
async function keepingOf(folder: string): Promise<Keeping | null> {
  const has = async (name: string): Promise<boolean> => (await kindOf(join(folder, name))) !== null;
  if (await has("store.db")) return "store";
  if ((await has("lock.db")) && (await has("bodies"))) return "store";
  if ((await has("bagit.txt")) || (await has("bag.part")))
    return (await has("data/store.db")) ? "backup" : "bag";
  if ((await has("ledger.cose")) || (await holdsBatches(join(folder, "batches")))) return "outbox";
  return null;
}

/** The folder, or the nearest one above it, that keeps its files. */
async function keeperOf(folder: string): Promise<Pick<HeldPlace, "what" | "folder"> | null> {
  for (let at = folder; ; at = dirname(at)) {
    const what = await keepingOf(at);
    if (what === "store" && basename(at) === "data") {
      const around = await keepingOf(dirname(at));
      if (around === "backup") return { what: around, folder: dirname(at) };
    }
    if (what !== null) return { what, folder: at };
    if (dirname(at) === at) return null;
  }
}

/**
 * Whether a file that a person named may be written. Both the name and what it leads to count: replacing a link in a store hurts the store,
 * and so would writing through a link into one.
 *
 * @returns the place that is kept; null: it may be written
 * @throws what the system refuses, as it comes
 */
export async function heldFile(path: string): Promise<HeldPlace | null> {
  const name = join(await realPlace(dirname(resolve(path))), basename(resolve(path)));
  const end = await realPlace(resolve(path));
  for (const place of new Set([dirname(name), dirname(end)])) {
    const found = await keeperOf(place);
    if (found !== null) return { type: "held-place", path, ...found };
  }
  return null;
}

/** The same of a folder that is to hold a bag, a backup or a store. What lies in the folder itself is for the caller to judge. */
export async function heldFolder(path: string): Promise<HeldPlace | null> {
  const found = await keeperOf(dirname(await realPlace(resolve(path))));
  return found === null ? null : { type: "held-place", path, ...found };
}
