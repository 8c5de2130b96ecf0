import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { CHUNK_BYTES } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { DiskFailure, Part } from "../../engine/ports.ts";

/** Files that are durable when a function here says so. */

/** Runs `work`; what the system refuses comes back as a DiskFailure, anything else is a bug. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<Result<T, DiskFailure>> {
  try {
    return ok(await work());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return err({ type: "disk", code, path });
  }
}

/** Makes names in a folder durable. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );

/** Writes a small file whole: `.part`, fsync, rename. The caller syncs the folder. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  const handle = await open(part, "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, path);
}

/** Makes a folder and those above it, private to the user. */
export const makeFolder = (folder: string): Promise<string | undefined> =>
  mkdir(folder, { recursive: true, mode: 0o700 });

/** A part in the spool. */
export class SpoolPart implements Part {
  readonly path: string;
  #handle: FileHandle | null;
  #length: number;

  private constructor(path: string, handle: FileHandle, length: number) {
    this.path = path;
    this.#handle = handle;
    this.#length = length;
  }

  static async open(path: string): Promise<SpoolPart> {
    await makeFolder(dirname(path));
    const handle = await open(path, "a+", 0o600);
    return new SpoolPart(path, handle, (await handle.stat()).size);
  }

  get length(): number {
    return this.#length;
  }

  #open(): FileHandle {
    if (this.#handle === null) throw new Error("the part is closed");
    return this.#handle;
  }

  read(take: (window: Uint8Array) => void): Promise<Result<void, DiskFailure>> {
    return onDisk(this.path, async () => {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      for (let at = 0; at < this.#length; ) {
        const filled = await fill(this.#open(), buffer, at);
        if (filled === 0) throw Object.assign(new Error("the part is shorter than it was"), { code: "EIO" });
        take(buffer.subarray(0, filled));
        at += filled;
      }
    });
  }

  truncate(length: number): Promise<Result<void, DiskFailure>> {
    return onDisk(this.path, async () => {
      await this.#open().truncate(length);
      this.#length = length;
    });
  }

  append(window: Uint8Array): Promise<Result<void, DiskFailure>> {
    return onDisk(this.path, async () => {
      let at = 0;
      while (at < window.length) at += (await this.#open().write(window, at)).bytesWritten;
      this.#length += window.length;
    });
  }

  /** Makes the content durable and closes the file. */
  async seal(): Promise<void> {
    await this.#open().sync();
    await this.close();
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }
}

/** Reads into `buffer` from `at` until it is full or the file ends. Value: bytes read. */
export async function fill(handle: FileHandle, buffer: Buffer, at: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
