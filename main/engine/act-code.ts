import { type Digest, isDigest, type StoreId } from "../../shared/ids.ts";
import { sha256 } from "../formats/sha256.ts";
import type { LogPlace } from "./ports-custody.ts";

/**
 * The code of a hand-over act, printed as its QR code and written into its file: which store made it, what its pages say, which receipt
 * it goes with, and how long the audit log was. It is not signed itself, so that it stays small enough to be scanned from paper: the act's
 * file carries the station's signed head over the line of the log that holds the code. Upper-case, so that a QR code holds it in its alphanumeric mode (ISO/IEC 18004, 7.4.4).
 */
export interface ActCode {
  readonly store: StoreId;
  readonly no: number;
  /** SHA-256 of the act's facts. */
  readonly facts: Digest;
  /** Digest of the receipt; null where the unloading made none. */
  readonly receipt: Digest | null;
  readonly log: LogPlace;
}

const MARK = "SANAQ-ACT";
const HEAD_MARK = "SANAQ-HEAD/1/";
/** A head with its certificates takes some two thousand characters. */
const MAX_HEAD_TEXT = 65_536;
const NONE = "NONE";
const CODE =
  /SANAQ-ACT\/1\/([0-9A-F]{32})\/([1-9][0-9]{0,14})\/([0-9A-F]{64})\/([0-9A-F]{64}|NONE)\/([1-9][0-9]{0,14})\/([0-9A-F]{64})/;

/** The digest of an act's facts, as its code holds it. `text`: their JSON as stored. */
export const factsDigest = (text: string): Digest => sha256(Buffer.from(text, "utf8"));

/** The code as text. */
export const codeText = ({ store, no, facts, receipt, log }: ActCode): string =>
  [MARK, 1, store, no, facts, receipt ?? NONE, log.no, log.hash].join("/").toUpperCase();

/** Reads a code, as scanned, typed, or copied from the page with its line breaks; null where the text holds none. */
export function readCode(text: string): ActCode | null {
  const found = CODE.exec(text.replace(/\s+/g, "").toUpperCase());
  if (found === null) return null;
  const [, store = "", no, facts = "", receipt = "", logNo, logHash = ""] = found;
  const hex = (part: string): Digest | null =>
    isDigest(part.toLowerCase()) ? (part.toLowerCase() as Digest) : null;
  const [factsDigest, hash] = [hex(facts), hex(logHash)];
  if (factsDigest === null || hash === null) return null;
  return {
    store: store.toLowerCase() as StoreId,
    no: Number(no),
    facts: factsDigest,
    receipt: receipt === NONE ? null : hex(receipt),
    log: { no: Number(logNo), hash },
  };
}

/** A signed head as an act's file carries it, among its document properties. */
export const headText = (head: Uint8Array): string => `${HEAD_MARK}${Buffer.from(head).toString("base64")}`;

/** The signed head that a file carries; null: none. Nothing of it is judged. */
export function headIn(file: Uint8Array): Uint8Array | null {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const at = bytes.indexOf(HEAD_MARK);
  if (at < 0) return null;
  const from = at + HEAD_MARK.length;
  const [text = ""] =
    /^[A-Za-z0-9+/]*={0,2}/.exec(bytes.toString("latin1", from, from + MAX_HEAD_TEXT)) ?? [];
  return Buffer.from(text, "base64");
}

/** The code that a file carries as plain text: an act's PDF has it among its document properties. null: none. */
export function codeIn(file: Uint8Array): string | null {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const at = bytes.indexOf(`${MARK}/1/`);
  return at < 0 ? null : (CODE.exec(bytes.toString("latin1", at, at + 512))?.[0] ?? null);
}
