import { constants } from "node:fs";
import { copyFile, type FileHandle, link, lstat, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CHUNK_BYTES } from "../../../shared/ids.ts";
import { shown } from "../../../shared/printable.ts";
import { err, type Result } from "../../../shared/result.ts";
import type { DiskFailure } from "../../engine/ports.ts";

/** Files on a carrier: durable when a function here says so, and never read through a link. */

/** For reading what somebody else may have written: no link is followed, no pipe is waited for. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export const codeOf = (error: unknown): string | undefined => {
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return typeof code === "string" && typeof errno === "number" ? code : undefined;
};

/** Runs `work`; what the disk refuses comes back as a DiskFailure, a bug goes on as an exception. */
export async function onDisk<T, E>(
  path: string,
  work: () => Promise<Result<T, E>>,
): Promise<Result<T, E | DiskFailure>> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return err({ type: "disk", code, path: shown(path) });
  }
}

/** Makes names in a folder durable. Windows has no such call and needs none; some drives refuse it. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (codeOf(error) !== "EINVAL") throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and those above it, private to the user where the drive knows users, and makes the new names durable. Folder by folder:
 * Node's own recursive mkdir never returns where the file system answers ENOENT below a folder that is there, as /proc does.
 */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  const above = dirname(path);
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (await isFolder(path)) return;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === path) throw error;
    await makeFolder(above);
    await mkdir(path, { mode: 0o700 }).catch(async (again) => {
      if (!(await isFolder(path))) throw again;
    });
  }
  await syncFolder(above);
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** Writes a file whole: `.part`, fsync, rename. The caller syncs the folder. */
export async function writeWhole(
  path: string,
  fill: (write: (window: Uint8Array) => Promise<void>) => Promise<boolean>,
): Promise<boolean> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  const handle = await open(part, "wx", 0o600);
  let whole = false;
  try {
    whole = await fill(async (window) => {
      for (let at = 0; at < window.length; ) at += (await handle.write(window, at)).bytesWritten;
    });
    if (whole) await handle.sync();
  } finally {
    await handle.close();
    if (!whole) await rm(part, { force: true });
  }
  if (whole) await rename(part, path);
  return whole;
}

export const writeBytes = async (path: string, bytes: Uint8Array): Promise<void> => {
  await writeWhole(path, async (write) => {
    await write(bytes);
    return true;
  });
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

/** Gives a file of this machine a second name, or copies it and makes the copy durable. The caller syncs the folder. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  await rm(part, { force: true });
  try {
    await link(from, part);
  } catch (error) {
    if (!LINKLESS.has(codeOf(error))) throw error;
    await copyFile(from, part, constants.COPYFILE_EXCL);
    const handle = await open(part, "r+");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  await rename(part, to);
  await rm(part, { force: true });
}

/** Opens a regular file for reading; null where there is none, or something else has its name. */
export async function openRegular(path: string): Promise<{ handle: FileHandle; size: number } | null> {
  let handle: FileHandle;
  try {
    if (!(await lstat(path)).isFile()) return null;
    handle = await open(path, READ_FLAGS);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return null;
    throw error;
  }
  const found = await handle.stat();
  if (found.isFile()) return { handle, size: found.size };
  await handle.close();
  return null;
}

/** Reads a file of at most `limit` bytes whole; null where it is not there or larger. */
export async function readSmall(path: string, limit: number): Promise<Buffer | null> {
  const opened = await openRegular(path);
  if (opened === null) return null;
  const { handle, size } = opened;
  try {
    if (size > limit) return null;
    const bytes = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await handle.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** Reads a regular file in windows of 1 MiB, valid until `look` returns. Value: its bytes; null where there is no such file. */
export async function readThrough(
  path: string,
  look: (window: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<number | null> {
  const opened = await openRegular(path);
  if (opened === null) return null;
  const { handle } = opened;
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let at = 0; ; ) {
      signal?.throwIfAborted();
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, at + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled > 0) look(buffer.subarray(0, filled));
      at += filled;
      if (filled < buffer.length) return at;
    }
  } finally {
    await handle.close();
  }
}
