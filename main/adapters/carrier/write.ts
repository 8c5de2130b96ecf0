import { createHash } from "node:crypto";
import { rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Digest } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { DiskFailure } from "../../engine/ports.ts";
import type { BagSummary, BagWriter } from "../../engine/ports-carry.ts";
import { linkOrCopy, makeFolder, syncFolderIfOffered, writeBytes, writeWhole } from "../disk/durable.ts";
import { codeOf } from "../disk/errors.ts";
import { isInside, isOdd } from "./paths.ts";
import { HALF_MARK } from "./read.ts";
import { onDisk, readThrough } from "./reading.ts";
import { DECLARATION, infoText, manifestText } from "./tagfiles.ts";

/** Writing a bag (RFC 8493, version 1.0, SHA-256): payload first, durable file by file; the declaration last. */

const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

/** What stops the filling of a file without being the disk's fault. */
class Left<E> {
  readonly error: E;
  constructor(error: E) {
    this.error = error;
  }
}

export class Writer implements BagWriter {
  readonly #folder: string;
  readonly #checksums = new Map<string, string>();
  readonly #sizes = new Map<string, number>();
  /** Folders with names that are not durable yet. */
  readonly #touched = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  #at(path: string): string {
    if (!path.startsWith("data/") || !isInside(path) || isOdd(path))
      throw new Error("a bag's payload lies in data/ under plain names");
    return join(this.#folder, path);
  }

  #learn(path: string, checksum: string, size: number): void {
    this.#checksums.set(path, checksum);
    this.#sizes.set(path, size);
  }

  size(path: string): Promise<Result<number | null, DiskFailure>> {
    return onDisk(path, async () => {
      try {
        const found = await stat(this.#at(path));
        return ok(found.isFile() ? found.size : null);
      } catch (error) {
        if (codeOf(error) === "ENOENT") return ok(null);
        throw error;
      }
    });
  }

  place(path: string): Promise<Result<string, DiskFailure>> {
    return onDisk(path, async () => {
      const place = this.#at(path);
      await makeFolder(dirname(place), syncFolderIfOffered);
      this.#touched.add(dirname(place));
      return ok(place);
    });
  }

  async put<E>(
    path: string,
    feed: (write: (window: Uint8Array) => Promise<Result<void, DiskFailure>>) => Promise<Result<void, E>>,
  ): Promise<Result<void, E | DiskFailure>> {
    const place = await this.place(path);
    if (!place.ok) return place;
    const hash = createHash("sha256");
    let size = 0;
    let refused: DiskFailure | null = null;
    let left: Left<E> | null = null;
    const written = await onDisk(path, async (): Promise<Result<boolean, never>> => {
      const whole = await writeWhole(place.value, async (write) => {
        const fed = await feed(async (window) => {
          const result = await onDisk(path, async (): Promise<Result<void, never>> => {
            await write(window);
            return ok(undefined);
          });
          if (!result.ok) refused = result.error;
          else {
            hash.update(window);
            size += window.length;
          }
          return result;
        });
        if (!fed.ok) left = new Left(fed.error);
        return fed.ok && refused === null;
      });
      return ok(whole);
    });
    if (refused !== null) return err(refused);
    if (left !== null) return err((left as Left<E>).error);
    if (!written.ok) return written;
    this.#learn(path, hash.digest("hex"), size);
    return ok(undefined);
  }

  async bring(path: string, from: string): Promise<Result<void, DiskFailure>> {
    const place = await this.place(path);
    if (!place.ok) return place;
    return onDisk(path, async () => {
      await linkOrCopy(from, place.value);
      return ok(undefined);
    });
  }

  take(path: string, look: (window: Uint8Array) => void): Promise<Result<void, DiskFailure>> {
    return onDisk(path, async () => {
      const hash = createHash("sha256");
      const size = await readThrough(this.#at(path), (window) => {
        hash.update(window);
        look(window);
      });
      if (size === null) return err({ type: "disk", code: "ENOENT", path } as const);
      this.#learn(path, hash.digest("hex"), size);
      return ok(undefined);
    });
  }

  remove(path: string): Promise<Result<void, DiskFailure>> {
    return onDisk(path, async () => {
      await rm(this.#at(path), { force: true });
      await rm(`${this.#at(path)}.part`, { force: true });
      this.#checksums.delete(path);
      this.#sizes.delete(path);
      return ok(undefined);
    });
  }

  finish(
    info: readonly (readonly [string, string])[],
    tags: (summary: BagSummary) => readonly { readonly name: string; readonly bytes: Uint8Array }[],
  ): Promise<Result<BagSummary, DiskFailure>> {
    return onDisk(this.#folder, async () => {
      await makeFolder(join(this.#folder, "data"), syncFolderIfOffered);
      for (const folder of this.#touched) await syncFolderIfOffered(folder);
      const bytes = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
      const manifest = Buffer.from(manifestText(this.#checksums));
      const summary: BagSummary = {
        manifest: sha256(manifest) as Digest,
        files: this.#sizes.size,
        bytes,
      };
      const tagFiles = [
        { name: "manifest-sha256.txt", bytes: manifest },
        {
          name: "bag-info.txt",
          bytes: Buffer.from(infoText([...info, ["Payload-Oxum", `${bytes}.${this.#sizes.size}`]])),
        },
        ...tags(summary),
      ];
      for (const one of tagFiles) await writeBytes(join(this.#folder, one.name), one.bytes);
      const listed = new Map(tagFiles.map((one) => [one.name, sha256(one.bytes)]));
      listed.set("bagit.txt", sha256(DECLARATION));
      await writeBytes(join(this.#folder, "tagmanifest-sha256.txt"), Buffer.from(manifestText(listed)));
      await syncFolderIfOffered(this.#folder);
      await writeBytes(join(this.#folder, "bagit.txt"), Buffer.from(DECLARATION));
      await syncFolderIfOffered(this.#folder);
      await rm(join(this.#folder, HALF_MARK), { force: true });
      await syncFolderIfOffered(this.#folder);
      return ok(summary);
    });
  }
}
