import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { CHUNK_BYTES } from "../../../shared/ids.ts";
import { shown } from "../../../shared/printable.ts";
import { codeOf, failureOf, onDiskBy } from "../disk/errors.ts";

/** Reading from a carrier: never through a link, and never without a limit. */

/** For reading what somebody else may have written: no link is followed, no pipe is waited for. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Names on a carrier are somebody else's: they are shown escaped. */
export const onDisk = onDiskBy((error, path) => failureOf(error, shown(path)));

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
