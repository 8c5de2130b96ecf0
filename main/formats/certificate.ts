import { AsnConvert } from "@peculiar/asn1-schema";
import {
  Certificate as AsnCertificate,
  BasicConstraints,
  CRLNumber,
  ExtendedKeyUsage,
  id_ce_basicConstraints,
  id_ce_cRLNumber,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags,
  Name,
} from "@peculiar/asn1-x509";
import { printable } from "../../shared/printable.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import {
  children,
  type Element,
  elementsIn,
  integerName,
  isStrict,
  readElement,
  readOid,
  readTime,
  TAG,
} from "./der.ts";
import { sha256 } from "./sha256.ts";

/** X.509 certificates and CRLs (RFC 5280) with Ed25519 keys (RFC 8410), taken apart; nothing is judged here. */

const ED25519 = "1.3.101.112";
const COMMON_NAME = "2.5.4.3";
const SERIAL_NUMBER = "2.5.4.5";
const STATE = "2.5.4.8";
/** Stands for a signature of another algorithm: it never verifies. */
const NO_SIGNATURE = new Uint8Array(0);
const AUTHORITY_KEY_ID = "2.5.29.35";
const NAME_CONSTRAINTS = "2.5.29.30";
const DELTA_INDICATOR = "2.5.29.27";
const ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
const REASON_CODE = "2.5.29.21";
/** CRLReason removeFromCRL. */
const REMOVE_FROM_CRL = 8;

export interface Certificate {
  readonly der: Uint8Array;
  /** SHA-256 of the DER, hex. */
  readonly fingerprint: string;
  readonly version: number;
  /** Hex without leading zeros; a negative one begins with a minus. */
  readonly serial: string;
  /** Names in canonical form, for comparison. */
  readonly subject: string;
  readonly issuer: string;
  /** `CN=…, ST=…`, for people. */
  readonly subjectText: string;
  readonly issuerText: string;
  /** Values of the subject's attributes, all of each; common names for people. */
  readonly commonNames: readonly string[];
  readonly serialNumbers: readonly string[];
  readonly states: readonly string[];
  /** Seconds since 1970 UTC. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly isCa: boolean;
  readonly pathLength: number | null;
  /** null: the extension is absent. */
  readonly keyUsage: { readonly sign: boolean; readonly certSign: boolean; readonly crlSign: boolean } | null;
  /** OIDs; empty where the extension is absent. */
  readonly extendedKeyUsage: readonly string[];
  /** A critical extension that this reader does not know, or one that stands twice. */
  readonly unknownCritical: boolean;
  /** What the issuer signed, and its Ed25519 signature; empty where another algorithm was used. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Crl {
  readonly der: Uint8Array;
  /** The name in canonical form, for comparison. */
  readonly issuer: string;
  readonly issuerText: string;
  /** null where the CRL carries none. */
  readonly number: bigint | null;
  /** Seconds since 1970 UTC; null where it cannot be read. */
  readonly thisUpdate: number | null;
  /** Seconds since 1970 UTC; null where the CRL names none. */
  readonly nextUpdate: number | null;
  /** Serials as `Certificate.serial` has them. */
  readonly revoked: ReadonlySet<string>;
  /**
   * It may stand for all that its CA revoked: no delta list, none of a distribution point, no critical extension that nobody knows in the list or in an
   * entry, and readable times (RFC 5280, sections 5.2 and 5.3).
   */
  readonly isComplete: boolean;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const bytesOf = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The parts of a signed object of X.509: what was signed, the algorithm, the signature. */
interface SignedParts {
  readonly tbs: Element;
  readonly algorithm: Element;
  /** Empty where another algorithm than Ed25519 was used. */
  readonly signature: Uint8Array;
}

/** AlgorithmIdentifier of Ed25519: its parameters are absent (RFC 8410, section 3). */
const ED25519_IDENTIFIER = Uint8Array.of(0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70);

/** Takes SEQUENCE { tbs, algorithm, BIT STRING } apart; null where it is no strict DER or holds anything else. */
function signedParts(der: Uint8Array): SignedParts | null {
  const whole = readElement(der);
  if (whole === null || whole.tag !== TAG.sequence) return null;
  const parts = children(whole, 3);
  const [tbs, algorithm, signature] = parts ?? [];
  if (tbs === undefined || algorithm === undefined || signature === undefined) return null;
  if (tbs.tag !== TAG.sequence || !isStrict(algorithm) || !isStrict(signature)) return null;
  // A signature is whole octets: a count of unused bits would be a second way to write it.
  if (signature.tag !== TAG.bitString || signature.content[0] !== 0) return null;
  const isEd25519 = isSame(algorithm.bytes, ED25519_IDENTIFIER);
  return { tbs, algorithm, signature: isEd25519 ? signature.content.subarray(1) : NO_SIGNATURE };
}

/** One extension (RFC 5280, section 4.1): its value is one element of strict DER and nothing behind it. */
interface ExtensionParts {
  readonly id: string;
  readonly isCritical: boolean;
  readonly value: Element | null;
}

/** Extensions in their order; null where one is no strict DER. FALSE is the default of `critical` and is not written (X.690, section 11.5). */
function extensionParts(list: Element): readonly ExtensionParts[] | null {
  const found: ExtensionParts[] = [];
  for (const one of elementsIn(list.content)) {
    if (one === null || one.tag !== TAG.sequence) return null;
    const parts = children(one, 3);
    if (parts === null || parts.length < 2) return null;
    const [oid, ...rest] = parts;
    const id = oid === undefined ? null : readOid(oid);
    const isCritical = rest[0]?.tag === TAG.boolean;
    const value = rest.at(-1);
    if (id === null || value?.tag !== TAG.octetString || rest.length !== (isCritical ? 2 : 1)) return null;
    if (isCritical && rest[0]?.content[0] !== 0xff) return null;
    found.push({ id, isCritical, value: readElement(value.content) });
  }
  return found;
}

/** The explicit tags of a TBSCertificate in their order; those in capitals of RFC 5280 must be there. */
const VERSION = 0xa0;
const ISSUER_ID = 0x81;
const SUBJECT_ID = 0x82;
const EXTENSIONS = 0xa3;
const CRL_EXTENSIONS = 0xa0;

/** Whether a TBSCertificate holds its fields in their order, once each, and nothing else; its Times are readable. */
function readTbs(tbs: Element): {
  readonly algorithm: Element;
  readonly serial: Element;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly ExtensionParts[];
} | null {
  const fields = children(tbs, 10);
  if (fields === null) return null;
  const rest = [...fields];
  if (rest[0]?.tag === VERSION) rest.shift();
  const [serial, algorithm, issuer, validity, subject, key, ...more] = rest;
  if (serial?.tag !== TAG.integer || algorithm === undefined || validity === undefined) return null;
  for (const one of [algorithm, issuer, validity, subject, key]) if (one?.tag !== TAG.sequence) return null;
  const [from, to, ...others] = children(validity, 3) ?? [];
  const notBefore = from === undefined ? null : readTime(from);
  const notAfter = to === undefined ? null : readTime(to);
  if (notBefore === null || notAfter === null || others.length > 0) return null;
  const tags = more.map((one) => one.tag);
  const order = [ISSUER_ID, SUBJECT_ID, EXTENSIONS].filter((tag) => tags.includes(tag));
  if (tags.length !== order.length || tags.some((tag, at) => tag !== order[at])) return null;
  const explicit = more.find((one) => one.tag === EXTENSIONS);
  const list = explicit === undefined ? undefined : readElement(explicit.content);
  if (list === null) return null;
  const extensions = list === undefined ? [] : extensionParts(list);
  return extensions === null ? null : { algorithm, serial, notBefore, notAfter, extensions };
}

function attributes(name: Name): readonly { readonly type: string; readonly value: string }[] {
  return Array.from(name).flatMap((part) =>
    Array.from(part).map(({ type, value }) => ({ type, value: value.toString() })),
  );
}

const SHORT: Readonly<Record<string, string>> = {
  [COMMON_NAME]: "CN",
  [SERIAL_NUMBER]: "serialNumber",
  [STATE]: "ST",
};

const nameText = (name: Name): string =>
  attributes(name)
    .map(({ type, value }) => `${SHORT[type] ?? type}=${printable(value)}`)
    .join(", ");

/**
 * A name in the form in which equal names are equal (RFC 5280, section 7.1): whatever kind of string it is written in, and whatever its
 * capitals and spaces.
 */
const canonicalName = (name: Name): string =>
  JSON.stringify(
    Array.from(name).map((part) =>
      Array.from(part)
        .map(
          ({ type, value }) =>
            `${type}=${value.toString().normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase()}`,
        )
        .sort(),
    ),
  );

/** Extensions by OID, and whether one stands twice. */
function extensionsById(list: readonly ExtensionParts[]): {
  byId: Map<string, ExtensionParts>;
  twice: boolean;
} {
  const byId = new Map(list.map((extension) => [extension.id, extension]));
  return { byId, twice: byId.size !== list.length };
}

/** The value of a known extension: strict DER; undefined where it is absent. Throws where it is anything else. */
function strictValue(extension: ExtensionParts | undefined): Uint8Array | undefined {
  if (extension === undefined) return undefined;
  if (extension.value === null || !isStrict(extension.value))
    throw new Error("an extension that is no strict DER");
  return extension.value.bytes;
}

/** The value of a known extension, read and written anew: only its one encoding is taken (default values are left out, X.690, 11.5). */
function readValue<T>(extension: ExtensionParts | undefined, type: new () => T): T | undefined {
  const bytes = strictValue(extension);
  if (bytes === undefined) return undefined;
  const value = AsnConvert.parse(bytes, type);
  if (!isSame(new Uint8Array(AsnConvert.serialize(value)), bytes)) throw new Error("a second encoding");
  return value;
}

function readCertificate(der: Uint8Array): Certificate | undefined {
  const parts = signedParts(der);
  if (parts === null || !isStrict(parts.tbs)) return undefined;
  const fields = readTbs(parts.tbs);
  // The algorithm stands twice; both must be the same (RFC 5280, section 4.1.1.2).
  if (fields === null || !isSame(fields.algorithm.bytes, parts.algorithm.bytes)) return undefined;
  const { tbsCertificate: tbs } = AsnConvert.parse(der, AsnCertificate);
  const key = tbs.subjectPublicKeyInfo;
  if (key.algorithm.algorithm !== ED25519 || key.subjectPublicKey.byteLength !== 32) return undefined;
  if (!isSame(new Uint8Array(AsnConvert.serialize(key.algorithm)), ED25519_IDENTIFIER)) return undefined;

  const { byId, twice } = extensionsById(fields.extensions);
  const known = [id_ce_basicConstraints, id_ce_keyUsage, id_ce_extKeyUsage];
  const constraints = readValue(byId.get(id_ce_basicConstraints), BasicConstraints);
  const usage = strictValue(byId.get(id_ce_keyUsage));
  const flags = usage === undefined ? undefined : AsnConvert.parse(usage, KeyUsage).toNumber();
  const has = (flag: number): boolean => flags !== undefined && (flags & flag) !== 0;
  const extended = readValue(byId.get(id_ce_extKeyUsage), ExtendedKeyUsage);
  const subject = attributes(tbs.subject);
  const all = (type: string): readonly string[] =>
    subject.filter((one) => one.type === type).map((one) => one.value);

  return {
    der,
    fingerprint: sha256(der),
    version: tbs.version + 1,
    serial: integerName(fields.serial),
    subject: canonicalName(tbs.subject),
    issuer: canonicalName(tbs.issuer),
    issuerText: nameText(tbs.issuer),
    subjectText: nameText(tbs.subject),
    commonNames: all(COMMON_NAME).map(printable),
    serialNumbers: all(SERIAL_NUMBER),
    states: all(STATE),
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    publicKey: bytesOf(key.subjectPublicKey),
    isCa: constraints?.cA ?? false,
    pathLength: constraints?.pathLenConstraint ?? null,
    keyUsage:
      flags === undefined
        ? null
        : {
            sign: has(KeyUsageFlags.digitalSignature),
            certSign: has(KeyUsageFlags.keyCertSign),
            crlSign: has(KeyUsageFlags.cRLSign),
          },
    extendedKeyUsage: extended === undefined ? [] : [...extended],
    // Name constraints narrow what a CA may issue. They are not interpreted here, so their chain is refused, critical or not.
    unknownCritical:
      twice ||
      byId.has(NAME_CONSTRAINTS) ||
      [...byId.values()].some((one) => one.isCritical && !known.includes(one.id)),
    signed: parts.tbs.bytes,
    signature: parts.signature,
  };
}

/** What the entries of a CRL say. null: they are no strict DER. */
function readRevoked(
  list: Element,
): { readonly revoked: Set<string>; readonly isUnderstood: boolean } | null {
  const revoked = new Set<string>();
  let isUnderstood = true;
  for (const entry of elementsIn(list.content)) {
    if (entry === null || entry.tag !== TAG.sequence || !isStrict(entry)) return null;
    const [serial, date, extensions, ...more] = children(entry, 4) ?? [];
    if (serial?.tag !== TAG.integer || date === undefined || more.length > 0) return null;
    if (readTime(date) === null) isUnderstood = false;
    let isLifted = false;
    if (extensions !== undefined) {
      const found = extensionParts(extensions);
      if (found === null) return null;
      if (found.some((one) => one.isCritical && one.id !== REASON_CODE)) isUnderstood = false;
      // removeFromCRL stands in delta lists only, and revokes nothing (RFC 5280, section 5.3.1).
      isLifted = found.some((one) => one.id === REASON_CODE && one.value?.content[0] === REMOVE_FROM_CRL);
    }
    if (!isLifted) revoked.add(integerName(serial));
  }
  return { revoked, isUnderstood };
}

/** The fields of a TBSCertList in their order (RFC 5280, section 5.1); null where it holds anything else. */
function readTbsList(tbs: Element): {
  readonly algorithm: Element;
  readonly issuer: Element;
  readonly times: readonly (number | null)[];
  readonly entries: Element | undefined;
  readonly extensions: readonly ExtensionParts[];
} | null {
  const rest = [...(children(tbs, 7) ?? [])];
  if (rest[0]?.tag === TAG.integer) rest.shift();
  const [algorithm, issuer] = rest.splice(0, 2);
  if (algorithm?.tag !== TAG.sequence || issuer?.tag !== TAG.sequence) return null;
  if (!isStrict(algorithm) || !isStrict(issuer)) return null;
  const times: (number | null)[] = [];
  for (let next = rest[0]; next?.tag === TAG.utcTime || next?.tag === TAG.generalizedTime; next = rest[0]) {
    times.push(readTime(next));
    rest.shift();
  }
  const entries = rest[0]?.tag === TAG.sequence ? rest.shift() : undefined;
  const explicit = rest[0]?.tag === CRL_EXTENSIONS ? rest.shift() : undefined;
  if (times.length === 0 || times.length > 2 || rest.length > 0) return null;
  const list = explicit === undefined ? undefined : readElement(explicit.content);
  if (list === null || (explicit !== undefined && !isStrict(explicit))) return null;
  const extensions = list === undefined ? [] : extensionParts(list);
  return extensions === null ? null : { algorithm, issuer, times, entries, extensions };
}

function readCrl(der: Uint8Array): Crl | undefined {
  const parts = signedParts(der);
  const fields = parts === null ? null : readTbsList(parts.tbs);
  if (parts === null || fields === null || !isSame(fields.algorithm.bytes, parts.algorithm.bytes))
    return undefined;
  const entries = fields.entries === undefined ? null : readRevoked(fields.entries);
  if (fields.entries !== undefined && entries === null) return undefined;
  const issuer = AsnConvert.parse(fields.issuer.bytes, Name);
  const { byId, twice } = extensionsById(fields.extensions);
  const numbered = strictValue(byId.get(id_ce_cRLNumber));
  const number = numbered === undefined ? null : AsnConvert.parse(numbered, CRLNumber).value;
  const known = [id_ce_cRLNumber, AUTHORITY_KEY_ID];
  const [thisUpdate = null, nextUpdate] = fields.times;
  const unknown = twice || [...byId.values()].some((one) => one.isCritical && !known.includes(one.id));
  return {
    der,
    issuer: canonicalName(issuer),
    issuerText: nameText(issuer),
    number: number === null ? null : BigInt(number),
    thisUpdate,
    nextUpdate: nextUpdate ?? null,
    revoked: entries?.revoked ?? new Set(),
    isComplete:
      !unknown &&
      !byId.has(DELTA_INDICATOR) &&
      !byId.has(ISSUING_DISTRIBUTION_POINT) &&
      entries?.isUnderstood !== false &&
      thisUpdate !== null &&
      nextUpdate !== null,
    signed: parts.tbs.bytes,
    signature: parts.signature,
  };
}

/** The ASN.1 reader throws on what it cannot read; here that is an expected answer. */
function attempt<T>(read: (der: Uint8Array) => T | undefined, der: Uint8Array): T | undefined {
  try {
    return read(der);
  } catch {
    return undefined;
  }
}

/** A certificate with an Ed25519 key from its DER; `not-a-certificate` for anything else, trailing bytes included. */
export function parseCertificate(der: Uint8Array): Result<Certificate, "not-a-certificate"> {
  const certificate = attempt(readCertificate, der);
  return certificate === undefined ? err("not-a-certificate") : ok(certificate);
}

/** A CRL from its DER; `not-a-crl` for anything else. */
export function parseCrl(der: Uint8Array): Result<Crl, "not-a-crl"> {
  const crl = attempt(readCrl, der);
  return crl === undefined ? err("not-a-crl") : ok(crl);
}

/** DER of every block of one label in a PEM text (RFC 7468), in order. Nothing for a text without such blocks. */
export function pemBlocks(text: string, label: "CERTIFICATE" | "X509 CRL"): readonly Uint8Array[] {
  const blocks = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, "g");
  return [...text.matchAll(blocks)].map((match) => Buffer.from(match[1] ?? "", "base64"));
}

/** DER of every CRL in a file: the blocks of a PEM text, else the file itself. */
export function crlsFromFile(file: Uint8Array): readonly Uint8Array[] {
  const blocks = pemBlocks(Buffer.from(file).toString("latin1"), "X509 CRL");
  return blocks.length === 0 ? [file] : blocks;
}
