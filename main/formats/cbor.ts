import { isUtf8 } from "node:buffer";
import { decode, encode, rfc8949EncodeOptions, type Token, Tokenizer } from "cborg";
import { err, ok, type Result } from "../../shared/result.ts";

/**
 * The CBOR profile of the formats: core deterministic encoding (RFC 8949, section 4.2.1) with definite lengths, no floats, no
 * tags inside, integers within 53 bits, text keys of printable ASCII, nesting of at most 8 arrays and maps.
 */
export type CborValue = number | string | boolean | null | Uint8Array | readonly CborValue[] | CborMap;
export type CborMap = ReadonlyMap<number | string, CborValue>;

const MAX_DEPTH = 8;
/** More than any signed object of 8 MiB needs: the densest, a ledger full of older chains, spends 6 bytes on an item. */
const MAX_ITEMS = 1_500_000;
const MAX_CONTAINERS = 300_000;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

const options = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  useMaps: true,
  rejectDuplicateMapKeys: true,
  retainStringBytes: true,
};

/** cborg's own decoder of text drops a byte order mark at the start of a text. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An array or a map that is still open: items to come, and where in the bytes its last key stands. */
interface Open {
  readonly isMap: boolean;
  left: number;
  lastKey: Uint8Array | null;
}

/**
 * Refuses whatever is outside the profile before the decoder builds anything from it: what nests too deep (the decoder recurses), counts
 * beyond the input, floats, tags, text that is no UTF-8, keys out of order. Lengths and integers in a long form the strict decoder refuses
 * by itself. So a value comes out only of bytes that it encodes to, and nobody has to encode it again to see that.
 */
class ProfileTokenizer extends Tokenizer {
  readonly #open: Open[] = [];
  readonly #bytes: Uint8Array;
  #items = 0;
  #containers = 0;

  constructor(data: Uint8Array) {
    super(data, options);
    this.#bytes = data;
  }

  override next(): Token {
    const from = this.pos();
    const token = super.next();
    const { name } = token.type;
    if (name === "float" || name === "tag") throw new Error(`${name} is outside the profile`);
    if (token.byteValue !== undefined) {
      if (!isUtf8(token.byteValue)) throw new Error("text that is no UTF-8");
      if (token.byteValue.length !== token.value.length) token.value = utf8.decode(token.byteValue);
    }
    if (++this.#items > MAX_ITEMS) throw new Error("too many items");

    const around = this.#open.at(-1);
    if (around !== undefined) {
      if (around.isMap && around.left % 2 === 0) this.#isKey(around, token, from);
      around.left--;
    }
    if (name === "array" || name === "map") this.#begin(name === "map", token.value);
    while (this.#open.at(-1)?.left === 0) this.#open.pop();
    return token;
  }

  #begin(isMap: boolean, count: number): void {
    const left = isMap ? count * 2 : count;
    if (left > this.#bytes.length) throw new Error("more items than bytes");
    if (++this.#containers > MAX_CONTAINERS) throw new Error("too many arrays and maps");
    this.#open.push({ isMap, left, lastKey: null });
    if (this.#open.length > MAX_DEPTH) throw new Error("nested too deep");
  }

  /** Keys are integers or printable ASCII, each greater than the one before as bytes (RFC 8949, section 4.2.1). */
  #isKey(map: Open, token: Token, from: number): void {
    const { name } = token.type;
    if (name === "string" ? !PRINTABLE_ASCII.test(token.value) : name !== "uint" && name !== "negint")
      throw new Error("a key outside the profile");
    const key = this.#bytes.subarray(from, this.pos());
    if (map.lastKey !== null && Buffer.compare(map.lastKey, key) >= 0) throw new Error("keys out of order");
    map.lastKey = key;
  }
}

/**
 * One CBOR item that fills `bytes`. `malformed` for anything outside the profile, and for bytes that do not re-encode to
 * themselves. Byte strings in the value are views into `bytes`. Callers bound `bytes` before (8 MiB for signed objects).
 */
export function decodeCbor(bytes: Uint8Array): Result<CborValue, "malformed"> {
  try {
    return ok(decode(bytes, { ...options, tokenizer: new ProfileTokenizer(bytes) }) as CborValue);
  } catch {
    return err("malformed");
  }
}

/** Deterministic encoding of a value of the profile. Maps with number keys are JavaScript Maps. */
export function encodeCbor(value: CborValue | { readonly [key: string]: unknown }): Uint8Array {
  return encode(value, rfc8949EncodeOptions);
}

/** A reader of one map with a closed set of text keys: an unknown or missing key, or a value of another shape, is `malformed`. */
export type Shape = {
  readonly [key: string]: { readonly read: (value: CborValue) => unknown; readonly optional?: true };
};
type Shaped<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends { optional: true }
    ? ReturnType<S[K]["read"]> | undefined
    : Exclude<ReturnType<S[K]["read"]>, undefined>;
};

/** Reads `value` by `shape`; a field's `read` returns undefined where the value does not fit. */
export function readMap<S extends Shape>(value: CborValue, shape: S): Shaped<S> | undefined {
  if (!(value instanceof Map)) return undefined;
  const map = value as CborMap;
  const fields: Record<string, unknown> = {};
  let known = 0;
  for (const [key, { read, optional }] of Object.entries(shape)) {
    const item = map.get(key);
    if (item === undefined) {
      if (optional !== true) return undefined;
      continue;
    }
    const field = read(item);
    if (field === undefined) return undefined;
    fields[key] = field;
    known++;
  }
  return known === map.size ? (fields as Shaped<S>) : undefined;
}

export const uint = (value: CborValue): number | undefined =>
  typeof value === "number" && value >= 0 ? value : undefined;
export const int = (value: CborValue): number | undefined => (typeof value === "number" ? value : undefined);
export const text = (value: CborValue): string | undefined => (typeof value === "string" ? value : undefined);
export const bool = (value: CborValue): boolean | undefined =>
  typeof value === "boolean" ? value : undefined;
export const bytes = (value: CborValue): Uint8Array | undefined =>
  value instanceof Uint8Array ? value : undefined;

/** An integer from `low` to `high`. */
export const range =
  (low: number, high: number) =>
  (value: CborValue): number | undefined =>
    typeof value === "number" && value >= low && value <= high ? value : undefined;

/** A byte string of exactly `size` bytes, as lower-case hex. */
export const hexOf =
  <T extends string>(size: number) =>
  (value: CborValue): T | undefined =>
    value instanceof Uint8Array && value.length === size
      ? (Buffer.from(value).toString("hex") as T)
      : undefined;

/** A byte string of exactly `size` bytes, as a view. */
export const bytesOf =
  (size: number) =>
  (value: CborValue): Uint8Array | undefined =>
    value instanceof Uint8Array && value.length === size ? value : undefined;

/** null, or what `read` reads. */
export const nullable =
  <T>(read: (value: CborValue) => T | undefined) =>
  (value: CborValue): T | null | undefined =>
    value === null ? null : read(value);

/** An array of `low` to `high` items; its length is checked before any item is read. */
export const listOf =
  <T>(read: (value: CborValue) => T | undefined, low: number, high: number) =>
  (value: CborValue): readonly T[] | undefined => {
    if (!Array.isArray(value) || value.length < low || value.length > high) return undefined;
    const items: T[] = [];
    for (const item of value as readonly CborValue[]) {
      const one = read(item);
      if (one === undefined) return undefined;
      items.push(one);
    }
    return items;
  };
