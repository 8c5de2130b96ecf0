import { randomBytes } from "node:crypto";
import { type FileHandle, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, syncFolder, writeBytes } from "../adapters/disk/durable.ts";
import { codeOf } from "../adapters/disk/errors.ts";
import { encryptedPkcs8 } from "../adapters/keys/pkcs8.ts";

/**
 * Keys made here for tablets, on their way out: one encrypted file each, and a table of codes that travels apart from them. A key is
 * durable before the line of the log that names it; a key without such a line is removed at the next run.
 */

const HEADING = "device,label,code";
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const CODE_CHARS = 26;

/** A random code of 130 bits. */
const newCode = (): string =>
  Array.from(randomBytes(CODE_CHARS), (byte) => ALPHABET[byte & 31] ?? "").join("");

export interface MadeKey {
  readonly id: string;
  readonly label: string | null;
  readonly seed: Uint8Array;
}

const folderOf = (top: string, run: string): string => join(top, "outgoing", run);
const codesOf = (top: string, run: string): string => join(top, "outgoing", `${run}-codes.csv`);

/** The keys of one run. Close it. */
export class Outgoing {
  readonly #folder: string;
  readonly #codes: FileHandle;

  private constructor(folder: string, codes: FileHandle) {
    this.#folder = folder;
    this.#codes = codes;
  }

  /** @param isIssued - whether the log names a certificate for an id whose key this run made */
  static async open(top: string, run: string, isIssued: (id: string) => boolean): Promise<Outgoing> {
    const folder = folderOf(top, run);
    await makeFolder(folder);
    for (const name of await readdir(folder))
      if (!name.endsWith(".p8") || !isIssued(name.slice(0, -3)))
        await rm(join(folder, name), { force: true });
    const path = codesOf(top, run);
    const lines = (await readIfThere(path)).split("\n").filter((line) => {
      const [id = ""] = line.split(",");
      return isIssued(id);
    });
    await writeBytes(path, Buffer.from(`${[HEADING, ...lines].join("\n")}\n`));
    await syncFolder(join(top, "outgoing"));
    return new Outgoing(folder, await open(path, "a"));
  }

  /** Keeps keys, durably. Seeds are wiped. */
  async keep(keys: readonly MadeKey[]): Promise<void> {
    const lines: string[] = [];
    await Promise.all(
      keys.map(async ({ id, label, seed }) => {
        const code = newCode();
        lines.push(`${id},${label ?? ""},${code}\n`);
        const pem = encryptedPkcs8(seed, code);
        seed.fill(0);
        await writeBytes(join(this.#folder, `${id}.p8`), Buffer.from(pem));
      }),
    );
    await syncFolder(this.#folder);
    await this.#codes.appendFile(lines.join(""));
    await this.#codes.sync();
  }

  async close(): Promise<void> {
    await this.#codes.close();
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return "";
  }
}

/** Whether keys of a run are here. */
export async function hasOutgoing(top: string, run: string): Promise<boolean> {
  try {
    return (await stat(folderOf(top, run))).isDirectory();
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return false;
  }
}

/** Removes keys and codes of a run. */
export async function removeOutgoing(top: string, run: string): Promise<void> {
  await rm(codesOf(top, run), { force: true });
  await rm(folderOf(top, run), { recursive: true, force: true });
  await syncFolder(join(top, "outgoing"));
}
