import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bagCarrier } from "../../../main/adapters/carrier/carrier.ts";

/** A bag on the disk whose tag files are what the input says: one after the other, apart by a NUL byte. */

const TAG_FILES = ["bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "fetch.txt"];
const PAYLOAD: Readonly<Record<string, string>> = { "data/a.txt": "one\n", "data/b/c d.txt": "two\n" };

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function rightTexts(): readonly string[] {
  const declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
  const info = "Bagging-Date: 2021-10-10\nPayload-Oxum: 8.2\n";
  const manifest = Object.entries(PAYLOAD)
    .map(([path, text]) => `${sha256(text)}  ${path}\n`)
    .join("");
  const tags = [declaration, info, manifest]
    .map((text, at) => `${sha256(text)}  ${TAG_FILES[at]}\n`)
    .join("");
  return [declaration, info, manifest, tags];
}

export class Bag {
  readonly #top: string;

  constructor(top: string) {
    this.#top = top;
  }

  static readonly seeds: readonly Uint8Array[] = [
    Buffer.from(rightTexts().join("\0")),
    Buffer.from([...rightTexts(), "https://example.org/x 3 data/x.txt\n"].join("\0")),
    Buffer.from(rightTexts().slice(0, 3).join("\0")),
  ];

  /** Reads a bag with these tag files. Throws where it reads or lists something outside, or leaves something behind. */
  async read(input: Uint8Array): Promise<void> {
    const folder = join(this.#top, "bag");
    await mkdir(join(folder, "data/b"), { recursive: true });
    for (const [path, text] of Object.entries(PAYLOAD)) await writeFile(join(folder, path), text);
    const texts = Buffer.from(input).toString("latin1").split("\0");
    for (const [at, name] of TAG_FILES.entries())
      if (texts[at] !== undefined) await writeFile(join(folder, name), Buffer.from(texts[at], "latin1"));
    const before = await readdir(this.#top, { recursive: true });
    const reading = await bagCarrier.read(folder, () => {}, new AbortController().signal);
    if (!reading.ok) throw new Error(`reading ended with ${reading.error.type}`);
    for (const path of reading.value.files.keys())
      if (!(path in PAYLOAD)) throw new Error(`took ${JSON.stringify(path)} for a file of the bag`);
    const after = await readdir(this.#top, { recursive: true });
    if (after.length !== before.length) throw new Error("reading a bag has changed the disk");
    await rm(folder, { recursive: true });
  }
}
