import { err, ok, type Result } from "../../../shared/result.ts";
import { decodePath, encodePath } from "./paths.ts";

/** The texts of a bag: its declaration, manifests, bag-info and fetch list (RFC 8493, sections 2.1 to 2.2). Pure. */

export interface Declaration {
  /** Major and minor version. */
  readonly version: readonly [number, number];
  readonly encoding: string;
}

const VERSIONS: readonly string[] = ["0.93", "0.94", "0.95", "0.96", "0.97", "1.0"];
export const VERSION = "1.0";
/** bagit.txt, as this program writes it. */
export const DECLARATION = `BagIt-Version: ${VERSION}\nTag-File-Character-Encoding: UTF-8\n`;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const lines = (text: string): readonly string[] => {
  const all = text.split(/\r\n|\n|\r/);
  return all.at(-1) === "" ? all.slice(0, -1) : all;
};

/** Reads bagit.txt: two lines, UTF-8, without a byte order mark and without a space too many. */
export function parseDeclaration(
  bytes: Uint8Array,
): Result<Declaration, "bad-declaration" | "unknown-version"> {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return err("bad-declaration");
  }
  const [first = "", second = "", ...more] = lines(text);
  const version = /^BagIt-Version: ((\d+)\.(\d+))$/.exec(first);
  const encoding = /^Tag-File-Character-Encoding: (\S+)$/.exec(second);
  if (version === null || encoding === null || more.length > 0) return err("bad-declaration");
  if (!VERSIONS.includes(version[1] ?? "")) return err("unknown-version");
  return ok({ version: [Number(version[2]), Number(version[3])], encoding: encoding[1] ?? "" });
}

const swapped = (bytes: Uint8Array): Buffer => Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16();

/** Makes text of a tag file; null where it is not in that encoding, and undefined where this program does not know the encoding. */
export function decodeTagFile(bytes: Uint8Array, encoding: string): string | null | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (encoding.toUpperCase()) {
    case "UTF-8":
    case "US-ASCII":
      try {
        const text = utf8.decode(bytes);
        return text.startsWith("\ufeff") ? null : text;
      } catch {
        return null;
      }
    case "ISO-8859-1":
      return buffer.toString("latin1");
    case "UTF-16LE":
      return buffer.length % 2 === 0 ? buffer.toString("utf16le") : null;
    case "UTF-16BE":
      return buffer.length % 2 === 0 ? swapped(bytes).toString("utf16le") : null;
    case "UTF-16": {
      if (buffer.length % 2 !== 0) return null;
      const little = buffer[0] === 0xff && buffer[1] === 0xfe;
      const marked = little || (buffer[0] === 0xfe && buffer[1] === 0xff);
      const text = little ? buffer.toString("utf16le") : swapped(bytes).toString("utf16le");
      return marked ? text.slice(1) : text;
    }
    default:
      return undefined;
  }
}

export interface ListedFile {
  /** Lower-case hex. */
  readonly checksum: string;
  readonly path: string;
  /** `*` before the name, as md5sum writes it. */
  readonly starred: boolean;
  /** `./` before the name. */
  readonly dotted: boolean;
}

/** Reads a manifest or tag manifest. `digits`: hex digits of a checksum. null where a line is none. */
export function parseManifestFile(
  text: string,
  digits: number,
  version: Declaration["version"],
): readonly ListedFile[] | null {
  const listed: ListedFile[] = [];
  for (const line of lines(text)) {
    const match = /^([0-9a-fA-F]+)[ \t]+(\*?)((?:\.\/)?)(.+)$/.exec(line);
    const [, checksum = "", star, dot, name = ""] = match ?? [];
    if (match === null || checksum.length !== digits) return null;
    const path = version[0] >= 1 ? decodePath(name) : name;
    if (path === null) return null;
    listed.push({ checksum: checksum.toLowerCase(), path, starred: star !== "", dotted: dot !== "" });
  }
  return listed;
}

/** The text of a manifest for `files`, in order of their paths. */
export const manifestText = (files: ReadonlyMap<string, string>): string =>
  [...files]
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([path, checksum]) => `${checksum}  ${encodePath(path)}\n`)
    .join("");

/** Labels and values of bag-info.txt in order; null where a line is neither a label nor goes on with the one before. */
export function parseInfo(text: string): readonly (readonly [string, string])[] | null {
  const found: [string, string][] = [];
  for (const line of lines(text)) {
    const last = found.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) {
      last[1] += ` ${line.trim()}`;
      continue;
    }
    const match = /^([^:\s][^:]*?)[ \t]*:[ \t]*(.*)$/.exec(line);
    if (match === null) return null;
    found.push([match[1] ?? "", match[2] ?? ""]);
  }
  return found;
}

/** bag-info.txt of labels and values, which hold no line break. */
export const infoText = (info: readonly (readonly [string, string])[]): string =>
  info.map(([label, value]) => `${label}: ${value}\n`).join("");

/** Paths that fetch.txt lists; null where a line has another form. */
export function parseFetch(text: string, version: Declaration["version"]): readonly string[] | null {
  const paths: string[] = [];
  for (const line of lines(text)) {
    const match = /^(\S+)[ \t]+(\d+|-)[ \t]+(.+)$/.exec(line);
    const path = match === null ? null : version[0] >= 1 ? decodePath(match[3] ?? "") : (match[3] ?? "");
    if (path === null) return null;
    paths.push(path);
  }
  return paths;
}
