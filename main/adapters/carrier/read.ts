import { createHash } from "node:crypto";
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "../../../shared/ids.ts";
import { shown } from "../../../shared/printable.ts";
import type { BagFaultType, BagNoteType, BagReading, BagRemark } from "../../engine/ports-carry.ts";
import { codeOf } from "../disk/errors.ts";
import { isInside, isOdd, isSystemFile, sameNameKey } from "./paths.ts";
import { readSmall, readThrough } from "./reading.ts";
import {
  type Declaration,
  decodeTagFile,
  type ListedFile,
  parseDeclaration,
  parseFetch,
  parseInfo,
  parseManifestFile,
} from "./tagfiles.ts";

/** Reading and checking a bag (RFC 8493, section 3): complete, valid, and nothing in it followed or fetched. */

/** Largest tag file, in bytes; more than a manifest of 300,000 files needs. */
const MAX_TAG_BYTES = 64 * 1_048_576;
const MAX_DECLARATION_BYTES = 1_024;
const MAX_FILES = 1_000_000;
const MAX_DEPTH = 64;
const MAX_REMARKS = 1_000;
/** Hex digits of a checksum by algorithm, in the names of RFC 8493, section 2.4. */
const DIGITS: Readonly<Record<string, number>> = {
  md5: 32,
  sha1: 40,
  sha224: 56,
  sha256: 64,
  sha384: 96,
  sha512: 128,
};
/** Files hashed at once. */
const AT_ONCE = 4;

export const HALF_MARK = "bag.part";

interface Listing {
  readonly algorithm: string;
  readonly files: ReadonlyMap<string, string>;
}

class Remarks {
  readonly faults: BagRemark<BagFaultType>[] = [];
  readonly notes: BagRemark<BagNoteType>[] = [];

  fault(type: BagFaultType, path = ""): void {
    if (this.faults.length < MAX_REMARKS) this.faults.push({ type, path: shown(path) });
  }

  note(type: BagNoteType, path = ""): void {
    if (this.notes.length < MAX_REMARKS) this.notes.push({ type, path: shown(path) });
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A folder's names as bytes: a name that is no UTF-8 must not pass for another one. */
async function namesIn(folder: string): Promise<readonly Buffer[]> {
  const options = { encoding: "buffer" as BufferEncoding, bufferSize: 256 };
  const names: Buffer[] = [];
  for await (const { name } of (await opendir(folder, options)) as unknown as AsyncIterable<{
    name: Buffer;
  }>) {
    names.push(name);
    if (names.length > MAX_FILES) break;
  }
  return names;
}

/** One reading of one folder. */
class Reading {
  readonly #folder: string;
  readonly #remarks = new Remarks();
  readonly #onBytes: (bytes: number) => void;
  readonly #signal: AbortSignal;
  /** Payload files found, with their sizes in bytes. */
  readonly #found = new Map<string, number>();
  #manifest: Digest | null = null;

  constructor(folder: string, onBytes: (bytes: number) => void, signal: AbortSignal) {
    this.#folder = folder;
    this.#onBytes = onBytes;
    this.#signal = signal;
  }

  #at = (path: string): string => join(this.#folder, path);

  #end(files: ReadonlyMap<string, number> = new Map()): BagReading {
    return {
      faults: this.#remarks.faults,
      notes: this.#remarks.notes,
      files,
      manifest: this.#manifest,
    };
  }

  async run(): Promise<BagReading> {
    const root = await this.#root();
    if (root === null) return this.#end();
    const declared = await this.#declaration(root);
    if (declared === null) return this.#end();
    if (declared.version[0] < 1) this.#remarks.note("old-version");
    if (declared.encoding.toUpperCase() !== "UTF-8") this.#remarks.note("other-encoding");
    if (decodeTagFile(new Uint8Array(0), declared.encoding) === undefined) {
      this.#remarks.fault("unknown-encoding");
      return this.#end();
    }

    await this.#walk();
    const payload = await this.#listings(root, /^manifest-([a-z0-9]+)\.txt$/i, declared, true);
    const tags = await this.#listings(root, /^tagmanifest-([a-z0-9]+)\.txt$/i, declared, false);
    if (payload.length === 0) this.#remarks.fault("no-manifest");
    this.#complete(payload, declared);
    await this.#fetch(root, declared, payload);
    await this.#hash(payload, [...this.#found.keys()], true);
    await this.#hash(tags, [...new Set(tags.flatMap((one) => [...one.files.keys()]))], false);
    await this.#info(root, declared);
    const listed = new Set(payload.flatMap((one) => [...one.files.keys()]));
    return this.#end(new Map([...this.#found].filter(([path]) => listed.has(path))));
  }

  /** Names at the top that are regular files; null where this is no folder at all. */
  async #root(): Promise<ReadonlySet<string> | null> {
    try {
      const files = new Set<string>();
      for (const name of await namesIn(this.#folder)) {
        const text = name.toString("utf8");
        if (!Buffer.from(text).equals(name)) continue;
        if ((await lstat(this.#at(text))).isFile()) files.add(text);
      }
      return files;
    } catch (error) {
      const code = codeOf(error);
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
      this.#remarks.fault("not-a-bag");
      return null;
    }
  }

  async #declaration(root: ReadonlySet<string>): Promise<Declaration | null> {
    const bytes = root.has("bagit.txt")
      ? await readSmall(this.#at("bagit.txt"), MAX_DECLARATION_BYTES)
      : null;
    if (bytes === null) {
      const type = root.has("bagit.txt") ? "bad-declaration" : root.has(HALF_MARK) ? "half-bag" : "not-a-bag";
      this.#remarks.fault(type, "bagit.txt");
      return null;
    }
    const declared = parseDeclaration(bytes);
    if (declared.ok) return declared.value;
    this.#remarks.fault(declared.error, "bagit.txt");
    return null;
  }

  /** Finds every payload file. A link, a pipe or a device is a fault, and so is a name that no manifest can hold. */
  async #walk(): Promise<void> {
    const folders: { path: string; depth: number }[] = [{ path: "data", depth: 0 }];
    try {
      if (!(await lstat(this.#at("data"))).isDirectory()) return this.#remarks.fault("missing", "data");
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
      return this.#remarks.fault("missing", "data");
    }
    for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
      for (const name of await namesIn(this.#at(next.path))) {
        this.#signal.throwIfAborted();
        let path: string;
        try {
          path = `${next.path}/${utf8.decode(name)}`;
        } catch {
          this.#remarks.fault("unsafe-path", `${next.path}/${name.toString("latin1")}`);
          continue;
        }
        const found = await lstat(this.#at(path));
        if (found.isDirectory() && next.depth < MAX_DEPTH) folders.push({ path, depth: next.depth + 1 });
        else if (!found.isFile()) this.#remarks.fault("not-a-file", path);
        else this.#found.set(path, found.size);
        if (this.#found.size > MAX_FILES) return this.#remarks.fault("too-large", path);
      }
    }
  }

  async #text(name: string, declared: Declaration): Promise<string | null> {
    const bytes = await readSmall(this.#at(name), MAX_TAG_BYTES);
    const text = bytes === null ? null : decodeTagFile(bytes, declared.encoding);
    if (bytes === null) this.#remarks.fault("too-large", name);
    else if (typeof text !== "string") this.#remarks.fault("bad-tag-file", name);
    if (bytes !== null && name === "manifest-sha256.txt")
      this.#manifest = createHash("sha256").update(bytes).digest("hex") as Digest;
    return text ?? null;
  }

  async #listings(
    root: ReadonlySet<string>,
    pattern: RegExp,
    declared: Declaration,
    ofPayload: boolean,
  ): Promise<readonly Listing[]> {
    const listings: Listing[] = [];
    for (const name of [...root].sort()) {
      const algorithm = pattern.exec(name)?.[1]?.toLowerCase();
      if (algorithm === undefined) continue;
      const digits = DIGITS[algorithm];
      if (digits === undefined) {
        this.#remarks.fault("unknown-algorithm", name);
        continue;
      }
      const text = await this.#text(name, declared);
      if (text === null) continue;
      const listed = parseManifestFile(text, digits, declared.version);
      if (listed === null) this.#remarks.fault("bad-tag-file", name);
      else listings.push({ algorithm, files: this.#take(listed, declared, ofPayload) });
    }
    return listings;
  }

  /** The paths of one manifest that may be touched, each once. */
  #take(
    listed: readonly ListedFile[],
    declared: Declaration,
    ofPayload: boolean,
  ): ReadonlyMap<string, string> {
    const files = new Map<string, string>();
    const names = new Set<string>();
    for (const { checksum, path, starred, dotted } of listed) {
      const isPayload = path.startsWith("data/");
      if (!isInside(path) || isPayload !== ofPayload || (!ofPayload && /^tagmanifest-/i.test(path))) {
        this.#remarks.fault("unsafe-path", path);
        continue;
      }
      if (starred) this.#remarks.note("md5sum-star", path);
      if (dotted) this.#remarks.note("dot-slash", path);
      if (isOdd(path)) this.#remarks.note("odd-name", path);
      if (isSystemFile(path)) this.#remarks.note("system-file", path);
      const before = files.get(path);
      if (before !== undefined) {
        if (declared.version[0] >= 1 || before !== checksum) this.#remarks.fault("listed-twice", path);
        else this.#remarks.note("listed-again", path);
      } else if (names.has(sameNameKey(path))) this.#remarks.note("same-name", path);
      names.add(sameNameKey(path));
      files.set(path, checksum);
    }
    return files;
  }

  /** Every payload file is listed (from 1.0 on in every manifest), and every listed file is there. */
  #complete(payload: readonly Listing[], declared: Declaration): void {
    const union = new Set(payload.flatMap((one) => [...one.files.keys()]));
    for (const path of this.#found.keys()) {
      const everywhere = payload.every((one) => one.files.has(path));
      if (!union.has(path) || (declared.version[0] >= 1 && !everywhere))
        this.#remarks.fault("unlisted", path);
    }
    for (const path of union) if (!this.#found.has(path)) this.#remarks.fault("missing", path);
  }

  /** fetch.txt is read and never obeyed: what it would bring has to lie in the bag already. */
  async #fetch(root: ReadonlySet<string>, declared: Declaration, payload: readonly Listing[]): Promise<void> {
    if (!root.has("fetch.txt")) return;
    this.#remarks.note("fetch", "fetch.txt");
    const text = await this.#text("fetch.txt", declared);
    const paths = text === null ? null : parseFetch(text, declared.version);
    if (paths === null) return this.#remarks.fault("bad-tag-file", "fetch.txt");
    for (const path of paths)
      if (!path.startsWith("data/") || !isInside(path)) this.#remarks.fault("unsafe-path", path);
      else if (!payload.some((one) => one.files.has(path))) this.#remarks.fault("unlisted", path);
  }

  async #info(root: ReadonlySet<string>, declared: Declaration): Promise<void> {
    if (!root.has("bag-info.txt")) return;
    const text = await this.#text("bag-info.txt", declared);
    if (text === null) return;
    const info = parseInfo(text);
    if (info === null) return this.#remarks.fault("bad-tag-file", "bag-info.txt");
    const bytes = [...this.#found.values()].reduce((sum, size) => sum + size, 0);
    for (const [label, value] of info)
      if (label.toLowerCase() === "payload-oxum" && value !== `${bytes}.${this.#found.size}`)
        this.#remarks.fault("wrong-oxum", "bag-info.txt");
  }

  /** Hashes files with every algorithm that lists them, some at once. */
  async #hash(listings: readonly Listing[], paths: readonly string[], ofPayload: boolean): Promise<void> {
    const left = paths.values();
    const worker = async (): Promise<void> => {
      for (const path of left) {
        const wanted = listings.flatMap((one) => {
          const checksum = one.files.get(path);
          return checksum === undefined ? [] : [{ checksum, hash: createHash(one.algorithm) }];
        });
        if (wanted.length === 0) continue;
        const look = (window: Uint8Array): void => {
          for (const { hash } of wanted) hash.update(window);
          if (ofPayload) this.#onBytes(window.length);
        };
        const read = (await this.#isPlain(path))
          ? await readThrough(this.#at(path), look, this.#signal)
          : null;
        if (read === null) this.#remarks.fault("missing", path);
        else if (wanted.some(({ checksum, hash }) => hash.digest("hex") !== checksum))
          this.#remarks.fault("changed", path);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** Whether no folder on the way to a file is a link. */
  async #isPlain(path: string): Promise<boolean> {
    const parts = path.split("/").slice(0, -1);
    for (let at = 1; at <= parts.length; at++) {
      try {
        if (!(await lstat(this.#at(parts.slice(0, at).join("/")))).isDirectory()) return false;
      } catch (error) {
        if (codeOf(error) === "ENOENT") return false;
        throw error;
      }
    }
    return true;
  }
}

/** Reads a bag through. Throws what the disk refuses, and the signal's reason where it was cancelled. */
export const readBag = (
  folder: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<BagReading> => new Reading(folder, onBytes, signal).run();
