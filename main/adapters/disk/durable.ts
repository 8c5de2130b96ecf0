import { constants } from "node:fs";
import { copyFile, type FileHandle, link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { codeOf } from "./errors.ts";

/** Names and bytes that survive the power going when a function here has returned. What the disk refuses is thrown as it comes. */

async function sync(path: string, flags: "r" | "r+"): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes names in a folder durable. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== "win32") await sync(folder, "r");
}

/** The same on a drive of any kind, as far as its file system offers that. */
export async function syncFolderIfOffered(folder: string): Promise<void> {
  try {
    await syncFolder(folder);
  } catch (error) {
    if (codeOf(error) !== "EINVAL" && codeOf(error) !== "ENOTSUP") throw error;
  }
}

/** Makes what is in a file durable. */
export const syncFile = (path: string): Promise<void> => sync(path, "r+");

/**
 * Makes a folder and those above it, private to the user where the drive knows users, and makes the new names durable. Folder by folder:
 * Node's own recursive mkdir never returns where the file system answers ENOENT below a folder that is there, as /proc does.
 */
export async function makeFolder(folder: string, syncNames = syncFolder): Promise<void> {
  const path = resolve(folder);
  const above = dirname(path);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (await isFolder(path)) return;
    if (codeOf(error) !== "ENOENT" || above === path) throw error;
    await makeFolder(above, syncNames);
    await mkdir(path, { mode: 0o700 }).catch(async (again) => {
      if (!(await isFolder(path))) throw again;
    });
  }
  await syncNames(above);
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Opens a file that is new; one that a crash left there goes. Looked for only where it stands in the way: that is three calls to the disk the fewer. */
async function openNew(path: string, mode: number): Promise<FileHandle> {
  try {
    return await open(path, "wx", mode);
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    await rm(path, { force: true });
    return open(path, "wx", mode);
  }
}

export type Write = (data: Uint8Array | string) => Promise<void>;

/**
 * Writes a file whole or not at all: `.part`, fsync, rename. `fill` says whether all of it was written; where not, or where it throws, nothing
 * is left. `mode`: who may read it, for its user alone unless said otherwise. The caller syncs the folder. Value: whether the file is there.
 */
export async function writeWhole(
  path: string,
  fill: (write: Write) => Promise<boolean>,
  mode = 0o600,
): Promise<boolean> {
  const part = `${path}.part`;
  const handle = await openNew(part, mode);
  let isNamed = false;
  try {
    let whole: boolean;
    try {
      whole = await fill(async (data) => {
        const bytes = typeof data === "string" ? Buffer.from(data) : data;
        for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
      });
      if (whole) await handle.sync();
    } finally {
      await handle.close();
    }
    if (whole) await rename(part, path);
    isNamed = whole;
  } finally {
    if (!isNamed) await rm(part, { force: true });
  }
  return isNamed;
}

/** The same of bytes that are at hand. */
export const writeBytes = async (path: string, bytes: Uint8Array, mode?: number): Promise<void> => {
  const fill = async (write: Write): Promise<boolean> => {
    await write(bytes);
    return true;
  };
  await writeWhole(path, fill, mode);
};

/** What file systems answer where a hard link cannot be. */
const LINKLESS: ReadonlySet<string | undefined> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EXDEV",
  "EACCES",
]);

/** Gives a durable file a second name, or copies it and makes the copy durable. The caller syncs the folder. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  await rm(part, { force: true });
  try {
    await link(from, part);
  } catch (error) {
    if (!LINKLESS.has(codeOf(error))) throw error;
    await copyFile(from, part, constants.COPYFILE_EXCL);
    await syncFile(part);
  }
  await rename(part, to);
  await rm(part, { force: true });
}
