import { CHUNK_BYTES } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { LinkFailure } from "../../../shared/views.ts";
import { isAgeFor } from "../../formats/age.ts";
import type { Manifest } from "../../formats/manifest.ts";
import { chunkDigest } from "../../formats/sha256.ts";
import type { BodyFacts } from "../../rules/judge.ts";
import type { DiskFailure, Part, TabletLink } from "../ports.ts";

/** Bringing one body in, chunk by chunk, from where an earlier go had to stop. */

/** Looks at a body's chunks as they go by. Without a manifest there is nothing to compare them with. */
class BodyWatch {
  #chunk = 0;
  #allMatch = true;
  #isAge = false;
  readonly #manifest: Manifest | null;
  readonly #length: number;

  constructor(manifest: Manifest | null, length: number) {
    this.#manifest = manifest;
    this.#length = length;
  }

  #isWanted(chunk: Uint8Array): boolean {
    const wanted = this.#manifest?.chunks[this.#chunk];
    return wanted !== undefined && chunkDigest(chunk).equals(wanted);
  }

  #count(chunk: Uint8Array, matches: boolean): void {
    if (this.#chunk === 0 && this.#manifest !== null)
      this.#isAge = isAgeFor(this.#manifest.recipients.length, chunk, this.#length);
    this.#chunk++;
    this.#allMatch &&= matches;
  }

  /** Takes the next chunk, whatever it is. */
  take(chunk: Uint8Array): void {
    this.#count(chunk, this.#isWanted(chunk));
  }

  /** Takes the next chunk only if it is the manifest's, and tells so. */
  accept(chunk: Uint8Array): boolean {
    const matches = this.#isWanted(chunk);
    if (matches) this.#count(chunk, true);
    return matches;
  }

  facts(length: number): BodyFacts {
    const all = this.#allMatch && this.#chunk === (this.#manifest?.chunks.length ?? 0);
    return { length, chunksMatch: all, isAge: this.#isAge };
  }
}

/** Checks what a part already holds, and cuts it back to its last good chunk. Value: bytes that need not be pulled again. */
async function checkPart(part: Part, watch: BodyWatch, size: number): Promise<Result<number, DiskFailure>> {
  let good = 0;
  let stopped = part.length > size;
  if (!stopped && part.length > 0) {
    const read = await part.read((window) => {
      const whole = window.length === CHUNK_BYTES || good + window.length === size;
      if (stopped || !whole || !watch.accept(window)) stopped = true;
      else good += window.length;
    });
    if (!read.ok) return read;
  }
  if (good < part.length) {
    const cut = await part.truncate(good);
    if (!cut.ok) return cut;
  }
  return ok(good);
}

/** Facts of a body that lies here as a whole. */
export async function inspectPart(
  part: Pick<Part, "length" | "read">,
  manifest: Manifest,
): Promise<Result<BodyFacts, DiskFailure>> {
  const watch = new BodyWatch(manifest, part.length);
  const read = await part.read((window) => watch.take(window));
  return read.ok ? ok(watch.facts(part.length)) : read;
}

/** Fetches a small body, `size` bytes as listed, as a whole into memory. Value: its windows, in order. */
export async function fetchBody(
  link: TabletLink,
  path: string,
  size: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Result<readonly Uint8Array[], LinkFailure>> {
  const windows: Uint8Array[] = [];
  if (size === 0) return ok(windows);
  let arrived = 0;
  const read = await link.read(
    path,
    0,
    (window) => {
      windows.push(new Uint8Array(window));
      arrived += window.length;
      onBytes(window.length);
      return arrived < size;
    },
    signal,
  );
  return read.ok ? ok(windows) : read;
}

/** Writes a fetched body, `size` bytes as listed, into `part`, in place of what an earlier go left there, and looks at its chunks as it does. */
export async function keepBody(
  windows: readonly Uint8Array[],
  size: number,
  manifest: Manifest | null,
  part: Part,
): Promise<Result<BodyFacts, DiskFailure>> {
  const watch = new BodyWatch(manifest, size);
  if (part.length > 0) {
    const emptied = await part.truncate(0);
    if (!emptied.ok) return emptied;
  }
  for (const window of windows) {
    const appended = part.append(window);
    watch.take(window);
    const written = await appended;
    if (!written.ok) return written;
  }
  return ok(watch.facts(part.length));
}

/**
 * Pulls the body at `path`, `size` bytes as listed, into `part`. What the part holds already is checked first and not pulled again. A
 * chunk that differs does not stop the pulling: the bytes are evidence. On a failure the part keeps what has arrived. `manifest` null: it
 * is malformed, and the bytes are only kept.
 */
export async function pullBody(
  link: TabletLink,
  path: string,
  size: number,
  manifest: Manifest | null,
  part: Part,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Result<BodyFacts, LinkFailure>> {
  const watch = new BodyWatch(manifest, size);
  const checked = await checkPart(part, watch, size);
  if (!checked.ok) return checked;
  const have = checked.value;
  onBytes(have);

  let disk: DiskFailure | null = null;
  let arrived = have;
  if (have < size) {
    const read = await link.read(
      path,
      have,
      async (window) => {
        const appended = part.append(window);
        watch.take(window);
        const written = await appended;
        if (!written.ok) disk = written.error;
        else {
          arrived += window.length;
          onBytes(window.length);
        }
        return disk === null && arrived < size;
      },
      signal,
    );
    if (disk !== null) return err(disk);
    if (!read.ok) return read;
  }
  return ok(watch.facts(arrived));
}
