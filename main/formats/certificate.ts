import { AsnConvert } from "@peculiar/asn1-schema";
import {
  Certificate as AsnCertificate,
  CertificateList as AsnCrl,
  BasicConstraints,
  CRLNumber,
  ExtendedKeyUsage,
  type Extension,
  id_ce_basicConstraints,
  id_ce_cRLNumber,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags,
  type Name,
} from "@peculiar/asn1-x509";
import { printable } from "../../shared/printable.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { sha256 } from "./sha256.ts";

/** X.509 certificates and CRLs (RFC 5280) with Ed25519 keys (RFC 8410), taken apart; nothing is judged here. */

const ED25519 = "1.3.101.112";
const COMMON_NAME = "2.5.4.3";
const SERIAL_NUMBER = "2.5.4.5";
const STATE = "2.5.4.8";
/** Stands for a signature of another algorithm: it never verifies. */
const NO_SIGNATURE = new Uint8Array(0);
const AUTHORITY_KEY_ID = "2.5.29.35";

export interface Certificate {
  readonly der: Uint8Array;
  /** SHA-256 of the DER, hex. */
  readonly fingerprint: string;
  readonly version: number;
  /** Hex without leading zeros. */
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
  /** Seconds since 1970 UTC; null where the CRL names none. */
  readonly nextUpdate: number | null;
  /** Serials, hex without leading zeros. */
  readonly revoked: ReadonlySet<string>;
  readonly unknownCritical: boolean;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const bytesOf = (buffer: ArrayBuffer): Uint8Array => new Uint8Array(buffer);
const serialHex = (buffer: ArrayBuffer): string =>
  Buffer.from(buffer)
    .toString("hex")
    .replace(/^(00)+(?=.)/, "");
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** Whether `der` is one DER SEQUENCE and nothing after it. */
function fillsOneSequence(der: Uint8Array): boolean {
  if (der[0] !== 0x30) return false;
  const first = der[1] ?? 0;
  if (first < 0x80) return der.length === 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4 || der.length < 2 + size) return false;
  const length = Buffer.from(der.subarray(2, 2 + size)).readUIntBE(0, size);
  return der.length === 2 + size + length;
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
function extensionsById(list: readonly Extension[] | undefined): {
  byId: Map<string, Extension>;
  twice: boolean;
} {
  const byId = new Map((list ?? []).map((extension) => [extension.extnID, extension]));
  return { byId, twice: byId.size !== (list ?? []).length };
}

function readCertificate(der: Uint8Array): Certificate | undefined {
  if (!fillsOneSequence(der)) return undefined;
  const {
    tbsCertificate: tbs,
    signatureAlgorithm,
    signatureValue,
    tbsCertificateRaw,
  } = AsnConvert.parse(der, AsnCertificate);
  const key = tbs.subjectPublicKeyInfo;
  if (key.algorithm.algorithm !== ED25519 || key.subjectPublicKey.byteLength !== 32) return undefined;
  if (tbsCertificateRaw === undefined) return undefined;
  const byEd25519 = signatureAlgorithm.algorithm === ED25519 && tbs.signature.algorithm === ED25519;

  const { byId, twice } = extensionsById(tbs.extensions);
  const value = (id: string): ArrayBuffer | undefined => byId.get(id)?.extnValue.buffer;
  const known = [id_ce_basicConstraints, id_ce_keyUsage, id_ce_extKeyUsage];
  const basic = value(id_ce_basicConstraints);
  const constraints = basic === undefined ? undefined : AsnConvert.parse(basic, BasicConstraints);
  const usage = value(id_ce_keyUsage);
  const flags = usage === undefined ? undefined : AsnConvert.parse(usage, KeyUsage).toNumber();
  const has = (flag: number): boolean => flags !== undefined && (flags & flag) !== 0;
  const extended = value(id_ce_extKeyUsage);
  const subject = attributes(tbs.subject);
  const all = (type: string): readonly string[] =>
    subject.filter((one) => one.type === type).map((one) => one.value);

  return {
    der,
    fingerprint: sha256(der),
    version: tbs.version + 1,
    serial: serialHex(tbs.serialNumber),
    subject: canonicalName(tbs.subject),
    issuer: canonicalName(tbs.issuer),
    issuerText: nameText(tbs.issuer),
    subjectText: nameText(tbs.subject),
    commonNames: all(COMMON_NAME).map(printable),
    serialNumbers: all(SERIAL_NUMBER),
    states: all(STATE),
    notBefore: seconds(tbs.validity.notBefore.getTime()),
    notAfter: seconds(tbs.validity.notAfter.getTime()),
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
    extendedKeyUsage: extended === undefined ? [] : [...AsnConvert.parse(extended, ExtendedKeyUsage)],
    unknownCritical: twice || [...byId.values()].some((one) => one.critical && !known.includes(one.extnID)),
    signed: bytesOf(tbsCertificateRaw),
    signature: byEd25519 ? bytesOf(signatureValue) : NO_SIGNATURE,
  };
}

function readCrl(der: Uint8Array): Crl | undefined {
  if (!fillsOneSequence(der)) return undefined;
  const { tbsCertList: tbs, signatureAlgorithm, signature, tbsCertListRaw } = AsnConvert.parse(der, AsnCrl);
  if (tbsCertListRaw === undefined) return undefined;
  const byEd25519 = signatureAlgorithm.algorithm === ED25519 && tbs.signature.algorithm === ED25519;
  const { byId, twice } = extensionsById(tbs.crlExtensions);
  const numbered = byId.get(id_ce_cRLNumber)?.extnValue.buffer;
  const number = numbered === undefined ? null : AsnConvert.parse(numbered, CRLNumber).value;
  const known = [id_ce_cRLNumber, AUTHORITY_KEY_ID];
  return {
    der,
    issuer: canonicalName(tbs.issuer),
    issuerText: nameText(tbs.issuer),
    number: number === null ? null : BigInt(number),
    nextUpdate: tbs.nextUpdate === undefined ? null : seconds(tbs.nextUpdate.getTime()),
    revoked: new Set((tbs.revokedCertificates ?? []).map((one) => serialHex(one.userCertificate))),
    unknownCritical: twice || [...byId.values()].some((one) => one.critical && !known.includes(one.extnID)),
    signed: bytesOf(tbsCertListRaw),
    signature: byEd25519 ? bytesOf(signature) : NO_SIGNATURE,
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
