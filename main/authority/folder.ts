import { type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { err, ok, type Result } from "../../shared/result.ts";
import { makeFolder, syncFolder, writeBytes } from "../adapters/disk/durable.ts";
import { codeOf } from "../adapters/disk/errors.ts";
import { type Owner, takeStore } from "../adapters/store/lock.ts";
import { pemText } from "../formats/issuing.ts";
import type { Role } from "../rules/trust.ts";
import { type Act, BEFORE_FIRST, type Head, type Line, type ReadLog, readLog, writeLines } from "./log.ts";
import { LINES_AT_ONCE } from "./policy.ts";
import { type Leaf, Register } from "./register.ts";
import { rosterText } from "./roster.ts";

/**
 * The authority's folder. The log is written and made durable before any other file; certificates, lists and the roster are made
 * from it, and made again where a crash left them out. Only keys are not in the log.
 */

const LOG = "log.jsonl";
/** 27,412 tablets need some 40 MB. */
const MAX_LOG_BYTES = 400 * 1_048_576;

export type FolderProblem =
  | { readonly type: "no-authority"; readonly folder: string }
  | { readonly type: "in-use"; readonly owner: Owner }
  | { readonly type: "log-broken"; readonly no: number };

const sealedPath = (folder: string, key: string): string => join(folder, "keys", `${key}.sealed`);

/** Certificate of a leaf, then its CAs without the root: what `station certificate` and tablets take. */
export const chainPem = (register: Register, leaf: Pick<Leaf, "ca" | "certificate">): string => {
  const ca = register.cas.get(leaf.ca);
  if (ca === undefined) throw new Error(`the log names no CA ${leaf.ca}`);
  return [Buffer.from(leaf.certificate, "base64"), ...register.chainOf(ca)]
    .map((der) => pemText(der, "CERTIFICATE"))
    .join("");
};

/** Every file that the log stands for, by its path in the folder. The roster is not among them: it depends on the day. */
function* filesOf(register: Register): Generator<readonly [string, () => Uint8Array]> {
  for (const { name, der } of register.cas.values())
    yield [join("ca", `${name}.pem`), () => Buffer.from(pemText(der, "CERTIFICATE"))];
  for (const { ca, crl } of register.crls.values())
    yield [join("crl", `${ca}.crl`), () => Buffer.from(crl, "base64")];
  for (const leaf of register.leaves)
    yield [join("issued", leaf.role, `${leaf.id}.pem`), () => Buffer.from(chainPem(register, leaf))];
}

const FOLDERS: readonly string[] = [
  "ca",
  "crl",
  ...(["tablet", "station", "central"] satisfies Role[]).map((role) => join("issued", role)),
];

async function readWholeLog(
  folder: string,
): Promise<{ readonly log: ReadLog; readonly bytes: number } | null> {
  const path = join(folder, LOG);
  let size: number;
  try {
    ({ size } = await stat(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    throw error;
  }
  if (size > MAX_LOG_BYTES) return null;
  const bytes = await readFile(path);
  return { log: readLog(bytes), bytes: bytes.length };
}

/** Reads a folder's log and changes nothing. null: there is none. */
export async function readLines(
  folder: string,
): Promise<{ readonly log: ReadLog; readonly halfBytes: number } | null> {
  const read = await readWholeLog(folder);
  return read === null ? null : { log: read.log, halfBytes: read.bytes - read.log.wholeBytes };
}

/** What is wrong with a folder, for `verify`. */
export interface FolderFault {
  readonly fault: "file-missing" | "file-differs";
  readonly name: string;
}

/** An authority's folder, owned by this process until `close`. What the disk refuses is thrown as it comes. */
export class AuthorityFolder {
  readonly path: string;
  readonly register: Register;
  #head: Head;
  #bytes: number;
  readonly #log: FileHandle;
  readonly #release: () => void;
  readonly #clock: () => Date;

  private constructor(
    path: string,
    register: Register,
    head: Head,
    bytes: number,
    log: FileHandle,
    release: () => void,
    clock: () => Date,
  ) {
    this.path = path;
    this.register = register;
    this.#head = head;
    this.#bytes = bytes;
    this.#log = log;
    this.#release = release;
    this.#clock = clock;
  }

  /**
   * Opens a folder: checks the log's chain, cuts half a line that a crash left, and makes missing files again.
   *
   * @param clock - the time of new lines
   */
  static async open(folder: string, clock: () => Date): Promise<Result<AuthorityFolder, FolderProblem>> {
    const path = resolve(folder);
    if ((await readWholeLog(path)) === null) return err({ type: "no-authority", folder });
    const lock = takeStore(path, clock());
    if (!lock.ok) return err({ type: "in-use", owner: lock.error.owner });
    let handle: FileHandle | undefined;
    try {
      const read = await readWholeLog(path);
      if (read === null) throw new Error("the log went away while it was opened");
      const { log, bytes } = read;
      if (log.broken !== null || log.lines.length === 0) {
        lock.value.release();
        return err({ type: "log-broken", no: log.broken ?? 1 });
      }
      const register = new Register();
      for (const line of log.lines) register.take(line);
      handle = await open(join(path, LOG), "r+");
      const { release } = lock.value;
      const own = new AuthorityFolder(path, register, log.head, log.wholeBytes, handle, release, clock);
      const half = bytes - log.wholeBytes;
      if (half > 0) {
        await handle.truncate(log.wholeBytes);
        await own.append([{ act: "repaired", bytes: half }]);
      }
      await own.#remake();
      return ok(own);
    } catch (error) {
      await handle?.close();
      lock.value.release();
      throw error;
    }
  }

  /** The last line's number and hash: what a protocol on paper names. */
  get head(): Head {
    return this.#head;
  }

  get now(): number {
    return Math.floor(this.#clock().getTime() / 1000);
  }

  /** Writes acts into the log, durably, then the files that they stand for. */
  async append(acts: readonly Act[]): Promise<void> {
    for (let at = 0; at < acts.length; at += LINES_AT_ONCE) {
      const time = `${new Date(this.now * 1000).toISOString().slice(0, 19)}Z`;
      const { text, lines, head } = writeLines(this.#head, acts.slice(at, at + LINES_AT_ONCE), time);
      const bytes = Buffer.from(text);
      try {
        for (let from = 0; from < bytes.length; )
          from += (await this.#log.write(bytes, from, bytes.length - from, this.#bytes + from)).bytesWritten;
        await this.#log.sync();
      } catch (error) {
        // A full disk: half a line must not stand before the next one.
        await this.#log.truncate(this.#bytes).catch(() => {});
        throw error;
      }
      this.#bytes += bytes.length;
      this.#head = head;
      for (const line of lines) this.register.take(line);
      await this.#writeFilesOf(lines);
    }
  }

  async #writeFilesOf(lines: readonly Line[]): Promise<void> {
    const wanted = new Set<string>();
    for (const line of lines) {
      if (line.act === "ca") wanted.add(join("ca", `${line.ca}.pem`));
      if (line.act === "crl") wanted.add(join("crl", `${line.ca}.crl`));
    }
    await Promise.all(
      lines.map(async (line) => {
        if (line.act === "issued")
          await this.#write(
            join("issued", line.role, `${line.id}.pem`),
            Buffer.from(chainPem(this.register, line)),
          );
      }),
    );
    if (wanted.size > 0)
      for (const [name, bytes] of filesOf(this.register))
        if (wanted.has(name)) await this.#write(name, bytes());
  }

  #write(name: string, bytes: Uint8Array): Promise<void> {
    return writeBytes(join(this.path, name), bytes);
  }

  /** Makes files again that are missing or were cut short. What a crash left half written goes. */
  async #remake(): Promise<void> {
    const sizes = await this.#sizes();
    for (const [name, bytes] of filesOf(this.register)) {
      const size = sizes.get(name);
      if (size === undefined || size !== bytes().length) await this.#write(name, bytes());
      sizes.delete(name);
    }
    for (const name of sizes.keys())
      if (name.endsWith(".part")) await rm(join(this.path, name), { force: true });
    await this.writeRoster();
  }

  async #sizes(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const folder of FOLDERS) {
      await makeFolder(join(this.path, folder));
      for (const name of await readdir(join(this.path, folder)))
        sizes.set(join(folder, name), (await stat(join(this.path, folder, name))).size);
    }
    return sizes;
  }

  /** Makes roster.csv anew where it does not say what the log says today. */
  async writeRoster(): Promise<void> {
    const text = rosterText(this.register, this.now);
    const path = join(this.path, "roster.csv");
    const is = await readFile(path, "utf8").catch((error) => {
      if (codeOf(error) !== "ENOENT") throw error;
      return null;
    });
    if (is !== text) await writeBytes(path, Buffer.from(text));
  }

  /** A sealed key or share. null: it is not in this folder. */
  async sealed(key: string): Promise<Uint8Array | null> {
    return readSealed(sealedPath(this.path, key));
  }

  /** Keeps a sealed key. Durable when it returns; the line that needs it is written afterwards. */
  async keepSealed(key: string, sealed: Uint8Array): Promise<void> {
    await writeBytes(sealedPath(this.path, key), sealed);
    await syncFolder(join(this.path, "keys"));
  }

  /** Compares every file of a folder with its log, and changes nothing. */
  static async faultsOf(folder: string, lines: readonly Line[]): Promise<readonly FolderFault[]> {
    const register = new Register();
    for (const line of lines) register.take(line);
    const faults: FolderFault[] = [];
    for (const [name, bytes] of filesOf(register)) {
      const is = await readSealed(join(folder, name));
      if (is === null) faults.push({ fault: "file-missing", name });
      else if (!Buffer.from(is).equals(bytes())) faults.push({ fault: "file-differs", name });
    }
    return faults;
  }

  async close(): Promise<void> {
    await this.#log.close();
    this.#release();
  }
}

async function readSealed(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return null;
  }
}

/**
 * Founds a folder: all of it is made beside it and gets its name in one step. A crash leaves a folder `DIR.part`, which the next
 * founding removes.
 */
export async function foundFolder(
  folder: string,
  acts: readonly Act[],
  sealed: ReadonlyMap<string, Uint8Array>,
  clock: () => Date,
): Promise<Head> {
  const path = resolve(folder);
  const part = `${path}.part`;
  await rm(part, { recursive: true, force: true });
  await makeFolder(join(part, "keys"));
  for (const [key, bytes] of sealed) await writeBytes(sealedPath(part, key), bytes);
  await syncFolder(join(part, "keys"));
  const time = `${clock().toISOString().slice(0, 19)}Z`;
  const { text, lines, head } = writeLines(BEFORE_FIRST, acts, time);
  await writeBytes(join(part, LOG), Buffer.from(text));
  const register = new Register();
  for (const line of lines) register.take(line);
  for (const name of FOLDERS) await makeFolder(join(part, name));
  for (const [name, bytes] of filesOf(register)) await writeBytes(join(part, name), bytes());
  await writeBytes(
    join(part, "roster.csv"),
    Buffer.from(rosterText(register, Math.floor(clock().getTime() / 1000))),
  );
  await syncFolder(part);
  await makeFolder(dirname(path));
  await rename(part, path);
  await syncFolder(dirname(path));
  return head;
}

/** Whether a folder is there and holds something. */
export async function isTaken(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    if (codeOf(error) === "ENOTDIR") return true;
    throw error;
  }
}
