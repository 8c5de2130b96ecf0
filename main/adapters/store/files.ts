import { type FileHandle, rm } from "node:fs/promises";
import { join } from "node:path";
import { CHUNK_BYTES, type Digest } from "../../../shared/ids.ts";
import { ok, type Result } from "../../../shared/result.ts";
import type { DiskFailure, Part, StagedBatch } from "../../engine/ports.ts";
import { onDisk } from "./failures.ts";

/** The bodies of a store as files. */

/** Where a staged batch lies, from the store's folder: its body (`age`) or its manifest (`cose`). */
export const bodyFile = (
  folder: string,
  batch: Pick<StagedBatch, "device" | "chain" | "seq" | "manifest">,
  ending: "age" | "cose",
): string =>
  join(
    folder,
    "bodies",
    batch.device,
    `${batch.chain}-${String(batch.seq).padStart(8, "0")}-${batch.manifest.slice(0, 16)}.${ending}`,
  );

/** Where a quarantined batch lies, by what its files are called. */
export const quarantineFile = (folder: string, file: Digest, ending: "age" | "cose"): string =>
  join(folder, "quarantine", `${file}.${ending}`);

/** A body in a file of the store: a part in the spool that grows, or one that lies in quarantine. */
export class PartFile implements Part {
  readonly path: string;
  /** It lies in quarantine: its name there stays, whatever becomes of the batch. */
  readonly isKept: boolean;
  readonly #letGo: () => void;
  #handle: FileHandle | null;
  #length: number;

  constructor(path: string, isKept: boolean, handle: FileHandle, length: number, letGo: () => void) {
    this.path = path;
    this.isKept = isKept;
    this.#handle = handle;
    this.#length = length;
    this.#letGo = letGo;
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
      await readWindows(this.#open(), 0, (window) => {
        take(window);
        return true;
      });
      return ok(undefined);
    });
  }

  truncate(length: number): Promise<Result<void, DiskFailure>> {
    return onDisk(this.path, async () => {
      await this.#open().truncate(length);
      this.#length = length;
      return ok(undefined);
    });
  }

  append(window: Uint8Array): Promise<Result<void, DiskFailure>> {
    return onDisk(this.path, async () => {
      for (let at = 0; at < window.length; ) {
        const { bytesWritten } = await this.#open().write(window, at);
        at += bytesWritten;
        this.#length += bytesWritten;
      }
      return ok(undefined);
    });
  }

  /**
   * Makes the content durable and closes the file; the part stays owned until `close`. Where fsync fails, a part is removed: the system may
   * call its pages clean from then on, and a second fsync would say yes to bytes that never reached the disk (Linux, fsync(2), EIO).
   */
  async seal(): Promise<void> {
    const handle = this.#open();
    this.#handle = null;
    try {
      await handle.sync();
    } catch (error) {
      if (!this.isKept) await rm(this.path, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    try {
      await handle?.close();
    } finally {
      this.#letGo();
    }
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
    await this.close();
  }
}

/** Reads in windows of 1 MiB, valid until `take` settles, from `offset` to the end or until `take` says false. */
export async function readWindows(
  handle: FileHandle,
  offset: number,
  take: (window: Uint8Array) => boolean | Promise<boolean>,
): Promise<void> {
  const { size } = await handle.stat();
  if (size <= offset) return;
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - offset));
  for (let at = offset; ; at += buffer.length) {
    const filled = await fill(handle, buffer, at);
    if (filled === 0 || !(await take(buffer.subarray(0, filled))) || filled < buffer.length) return;
  }
}

/** Reads into `buffer` from `at` until it is full or the file ends. Value: bytes read. */
async function fill(handle: FileHandle, buffer: Buffer, at: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
