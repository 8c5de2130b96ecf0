/**
 * Strict DER (ITU-T X.690, sections 8 to 11): the one encoding that a value has. A certificate that could be written in a second way could be
 * changed by its holder without any key, and other readers would disagree about it.
 */

/** One element: identifier, length and content, at its place in the bytes it was read from. */
export interface Element {
  /** The identifier octet. Tags of several octets do not occur in X.509 and are refused. */
  readonly tag: number;
  /** The whole element, identifier and length included. */
  readonly bytes: Uint8Array;
  readonly content: Uint8Array;
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Levels of elements within elements; X.509 needs some twelve. */
const MAX_DEPTH = 24;
const CONSTRUCTED = 0x20;

/** Reads the element that begins at `at`; null where there is none in strict DER. */
function elementAt(bytes: Uint8Array, at: number): Element | null {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return null;
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    // 0x80 is the indefinite length; more than four octets are beyond any file that is read here.
    if (octets === 0 || octets > 4 || start + octets > bytes.length) return null;
    length = 0;
    for (let next = 0; next < octets; next++) length = length * 256 + (bytes[start + next] ?? 0);
    // The shortest form only: 0x81 for 128 and more, no leading zero octet.
    if (length < 0x80 || bytes[start] === 0) return null;
    start += octets;
  }
  if (start + length > bytes.length) return null;
  return {
    tag,
    bytes: bytes.subarray(at, start + length),
    content: bytes.subarray(start, start + length),
  };
}

/** Reads bytes that are one element and nothing else; null otherwise. */
export function readElement(bytes: Uint8Array): Element | null {
  const element = elementAt(bytes, 0);
  return element !== null && element.bytes.length === bytes.length ? element : null;
}

/** The elements inside a constructed element, one after the other; null as soon as one is no strict DER. */
export function* elementsIn(content: Uint8Array): Generator<Element | null> {
  for (let at = 0; at < content.length; ) {
    const element = elementAt(content, at);
    yield element;
    if (element === null) return;
    at += element.bytes.length;
  }
}

/** All of them at once, for short lists. null: it is no strict DER, or it holds more than `most`. */
export function children(element: Element, most: number): readonly Element[] | null {
  const found: Element[] = [];
  for (const one of elementsIn(element.content)) {
    if (one === null || found.length === most) return null;
    found.push(one);
  }
  return found;
}

/** Section 8.3.2: the first nine bits are not all alike. */
const isInteger = (content: Uint8Array): boolean => {
  const [first, second] = content;
  if (first === undefined) return false;
  if (second === undefined) return true;
  return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80);
};

/** Sections 8.6.2 and 11.2.1: unused bits are zero. */
function isBitString(content: Uint8Array): boolean {
  const [unused] = content;
  if (unused === undefined || unused > 7) return false;
  if (content.length === 1) return unused === 0;
  return ((content.at(-1) ?? 0) & ((1 << unused) - 1)) === 0;
}

/** Section 8.19: no subidentifier begins with 0x80, and the last one ends. */
function isOid(content: Uint8Array): boolean {
  if (content.length === 0 || (content.at(-1) ?? 0x80) >= 0x80) return false;
  let isFirst = true;
  for (const octet of content) {
    if (isFirst && octet === 0x80) return false;
    isFirst = octet < 0x80;
  }
  return true;
}

/** Section 11.1: TRUE is 0xFF. */
const isBoolean = (content: Uint8Array): boolean =>
  content.length === 1 && (content[0] === 0 || content[0] === 0xff);

const PRIMITIVES: Readonly<Record<number, (content: Uint8Array) => boolean>> = {
  [TAG.boolean]: isBoolean,
  [TAG.integer]: isInteger,
  [TAG.bitString]: isBitString,
  [TAG.null]: (content) => content.length === 0,
  [TAG.oid]: isOid,
};

/** Universal types that are always constructed; every other universal type is always primitive in DER (sections 8.9 to 8.12, 10.2). */
const ALWAYS_CONSTRUCTED: ReadonlySet<number> = new Set([0x10, 0x11, 0x08]);

/** Section 11.6: the elements of a SET OF stand in ascending order of their encodings. */
const isAscending = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) <= 0;

/** Whether an element and all within it are strict DER. What an OCTET STRING or a BIT STRING holds is not looked into. */
export function isStrict(element: Element, depth = 0): boolean {
  const { tag, content } = element;
  const isUniversal = tag < 0x40;
  if (isUniversal && ALWAYS_CONSTRUCTED.has(tag & 0x1f) !== ((tag & CONSTRUCTED) !== 0)) return false;
  if ((tag & CONSTRUCTED) === 0) return PRIMITIVES[tag]?.(content) ?? true;
  if (depth === MAX_DEPTH) return false;
  let before: Uint8Array | null = null;
  for (const one of elementsIn(content)) {
    if (one === null || !isStrict(one, depth + 1)) return false;
    if (tag === TAG.set && before !== null && !isAscending(before, one.bytes)) return false;
    before = one.bytes;
  }
  return true;
}

const UTC = /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;
const GENERALIZED = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/;

/**
 * A Time in the two forms that RFC 5280, section 4.1.2.5, allows: UTCTime until 2049 and GeneralizedTime from 2050 on, both with seconds and Z.
 *
 * @returns Seconds since 1970 UTC; null for any other form, and for a day or an hour that no calendar has.
 */
export function readTime({ tag, content }: Element): number | null {
  const text = Buffer.from(content).toString("latin1");
  const isUtc = tag === TAG.utcTime;
  if (!isUtc && tag !== TAG.generalizedTime) return null;
  const parts = (isUtc ? UTC : GENERALIZED).exec(text)?.slice(1).map(Number);
  if (parts === undefined) return null;
  const [written = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const year = isUtc ? written + (written >= 50 ? 1900 : 2000) : written;
  if (!isUtc && year < 2050) return null;
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date.UTC carries 31 February over into March, and hour 25 into the next day.
  const isSame =
    time.getUTCFullYear() === year &&
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    time.getUTCHours() === hour &&
    time.getUTCMinutes() === minute &&
    time.getUTCSeconds() === second;
  return isSame ? time.getTime() / 1000 : null;
}

/**
 * An INTEGER as a name that no other number has: hex without leading zeros, with a minus before the octets of a negative one, so
 * that -1 and 255 differ.
 */
export function integerName({ content }: Pick<Element, "content">): string {
  const hex = Buffer.from(content).toString("hex");
  return (content[0] ?? 0) >= 0x80 ? `-${hex}` : hex.replace(/^(00)+(?=.)/, "");
}

/** A dotted OID; null for one whose numbers are beyond 53 bits. */
export function readOid({ tag, content }: Element): string | null {
  if (tag !== TAG.oid) return null;
  const numbers: number[] = [];
  let value = 0;
  for (const octet of content) {
    value = value * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(value)) return null;
    if (octet >= 0x80) continue;
    if (numbers.length === 0) {
      const first = Math.min(2, Math.floor(value / 40));
      numbers.push(first, value - first * 40);
    } else numbers.push(value);
    value = 0;
  }
  return numbers.join(".");
}
