/** The outside of a binary age v1 file (C2SP age-encryption.org/v1): what can be said of it without a key. */

/** A header is looked for in this many first bytes of a body; age files of this census have some hundred bytes of it. */
export const MAX_HEADER_BYTES = 1_048_576;

const VERSION_LINE = "age-encryption.org/v1\n";
const LINE_FEED = 0x0a;
const NONCE_BYTES = 16;
const TAG_BYTES = 16;
const PAYLOAD_CHUNK = 65_536 + TAG_BYTES;
/** Columns of a full line of a stanza's body; the last line is shorter, or empty. */
const COLUMNS = 64;

const ARGUMENT = /^[\x21-\x7e]+$/;
const BASE64 = /^[A-Za-z0-9+/]*$/;

/** Unpadded base64 in its one canonical form. Undefined for anything else. */
function decodeBase64(text: string): Uint8Array | undefined {
  if (!BASE64.test(text)) return undefined;
  const decoded = Buffer.from(text, "base64");
  return decoded.toString("base64").replace(/=+$/, "") === text ? decoded : undefined;
}

interface Stanza {
  readonly args: readonly string[];
  readonly body: Uint8Array;
}

interface Header {
  readonly stanzas: readonly Stanza[];
  /** Bytes of the header, its last line feed included. */
  readonly length: number;
}

function parseHeader(start: Uint8Array): Header | undefined {
  const head = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, MAX_HEADER_BYTES));
  if (head.toString("latin1", 0, VERSION_LINE.length) !== VERSION_LINE) return undefined;
  let at = VERSION_LINE.length;
  // Line by line: what follows the header is a thousand times as long.
  const line = (): string | undefined => {
    const end = head.indexOf(LINE_FEED, at);
    if (end < 0) return undefined;
    const found = head.toString("latin1", at, end);
    at = end + 1;
    return found;
  };

  const stanzas: Stanza[] = [];
  for (let first = line(); first !== undefined; first = line()) {
    if (first.startsWith("--- ")) {
      const mac = decodeBase64(first.slice(4));
      return mac?.length === 32 && stanzas.length > 0 ? { stanzas, length: at } : undefined;
    }
    if (!first.startsWith("-> ")) return undefined;
    const args = first.slice(3).split(" ");
    if (!args.every((arg) => ARGUMENT.test(arg))) return undefined;
    let encoded = "";
    let row: string | undefined;
    do {
      row = line();
      if (row === undefined || row.length > COLUMNS) return undefined;
      encoded += row;
    } while (row.length === COLUMNS);
    const body = decodeBase64(encoded);
    if (body === undefined) return undefined;
    stanzas.push({ args, body });
  }
  return undefined;
}

/** An X25519 stanza of the right form: one share of 32 bytes, one wrapped file key of 32. */
const isX25519 = ({ args, body }: Stanza): boolean =>
  args.length === 2 && decodeBase64(args[1] ?? "")?.length === 32 && body.length === 32;

/** Whether ciphertext of `length` bytes can follow a header: a nonce, then chunks of which only a lone one may be empty. */
function possiblePayload(length: number): boolean {
  const sealed = length - NONCE_BYTES;
  if (sealed === TAG_BYTES) return true;
  const last = sealed % PAYLOAD_CHUNK;
  return sealed > TAG_BYTES && (last === 0 || last > TAG_BYTES);
}

/**
 * Whether a body can be an age file for `recipients` X25519 recipients. `start`: its first bytes, up to MAX_HEADER_BYTES;
 * `length`: all of it. Stanzas of other types are not counted, but a passphrase stanza never stands beside others.
 */
export function isAgeFor(recipients: number, start: Uint8Array, length: number): boolean {
  const header = parseHeader(start);
  if (header === undefined) return false;
  const x25519 = header.stanzas.filter((stanza) => stanza.args[0] === "X25519");
  if (x25519.length !== recipients || !x25519.every(isX25519)) return false;
  if (header.stanzas.some((stanza) => stanza.args[0] === "scrypt")) return false;
  return possiblePayload(length - header.length);
}
