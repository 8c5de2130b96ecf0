import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/**
 * Reading files that somebody else may have put there. A pipe, a socket or a device under a file's name is refused at once: opening a
 * pipe would wait for its other end without limit.
 */

/** Never waiting for the other end of a pipe. Windows knows no such flag, and has no such files to offer. */
export const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** Why a file was not read, in the form of a system's failure: NOT_A_FILE or EFBIG. */
export class FileRefused extends Error {
  readonly code: "NOT_A_FILE" | "EFBIG";
  readonly errno = 0;

  constructor(code: FileRefused["code"], path: string) {
    super(`${code}: ${path}`);
    this.code = code;
  }
}

/**
 * Opens a regular file for reading.
 *
 * @throws {FileRefused} where something else has its name; what the system refuses, as it comes
 */
export async function openFile(
  path: string,
): Promise<{ readonly handle: FileHandle; readonly size: number }> {
  let handle: FileHandle;
  try {
    handle = await open(path, READ_FLAGS);
  } catch (error) {
    // What Linux answers for a socket, and for a device that has no driver.
    if (["ENXIO", "ENODEV", "EOPNOTSUPP"].includes((error as NodeJS.ErrnoException).code ?? ""))
      throw new FileRefused("NOT_A_FILE", path);
    throw error;
  }
  try {
    const found = await handle.stat();
    if (found.isFile()) return { handle, size: found.size };
    if (!found.isDirectory()) throw new FileRefused("NOT_A_FILE", path);
    // The system's own word for a folder, where reading is only tried.
    await handle.read(Buffer.alloc(1), 0, 1, 0);
    throw new FileRefused("NOT_A_FILE", path);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Reads a regular file whole.
 *
 * @param limit - most bytes that are taken
 * @throws {FileRefused} where it is larger, or no file
 */
export async function readFileWithin(path: string, limit: number): Promise<Buffer> {
  const { handle, size } = await openFile(path);
  try {
    if (size > limit) throw new FileRefused("EFBIG", path);
    // One byte more than it had: a file that grows meanwhile is seen, and so is one whose size the system does not tell (/proc).
    let bytes = Buffer.alloc(size + 1);
    for (let filled = 0; ; ) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled);
      filled += bytesRead;
      if (bytesRead === 0) return bytes.subarray(0, filled);
      if (filled > limit) throw new FileRefused("EFBIG", path);
      if (filled === bytes.length)
        bytes = Buffer.concat([bytes, Buffer.alloc(Math.min(bytes.length, limit + 1 - filled))]);
    }
  } finally {
    await handle.close();
  }
}
