import { createHash } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  Certificate as AsnCertificate,
  CertificateList as AsnCrl,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CRLNumber,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_cRLNumber,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  RevokedCertificate,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  TBSCertList,
  Time,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/**
 * Writes X.509 certificates and CRLs (RFC 5280) with Ed25519 keys (RFC 8410), as DER. The private key stays with the caller,
 * who signs the bytes handed to `sign`. The readers are in certificate.ts.
 */

/** Signs a message with Ed25519: 64 bytes. */
export type Sign = (message: Uint8Array) => Uint8Array;

/** A subject's or issuer's name. Every part is written as UTF8String. */
export interface NameParts {
  readonly commonName: string;
  /** serialNumber: the 16-byte id in hex. */
  readonly id?: string;
  /** ST: the KATO code of the oblast. */
  readonly oblast?: string;
}

export const ED25519_OID = "1.3.101.112";
const COMMON_NAME = "2.5.4.3";
const SERIAL_NUMBER = "2.5.4.5";
const STATE = "2.5.4.8";

export const ed25519Algorithm = (): AlgorithmIdentifier =>
  new AlgorithmIdentifier({ algorithm: ED25519_OID });

/** The bytes alone, without whatever else their buffer holds. */
export const bufferOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

const part = (type: string, utf8String: string): RelativeDistinguishedName =>
  new RelativeDistinguishedName([
    new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String }) }),
  ]);

/** A name as ASN.1: CN, then serialNumber, then ST. */
export const asnName = ({ commonName, id, oblast }: NameParts): Name =>
  new Name([
    part(COMMON_NAME, commonName),
    ...(id === undefined ? [] : [part(SERIAL_NUMBER, id)]),
    ...(oblast === undefined ? [] : [part(STATE, oblast)]),
  ]);

export const asnPublicKey = (publicKey: Uint8Array): SubjectPublicKeyInfo =>
  new SubjectPublicKeyInfo({ algorithm: ed25519Algorithm(), subjectPublicKey: bufferOf(publicKey) });

/** Key identifier of RFC 5280, section 4.2.1.2, method 1. */
const keyId = (publicKey: Uint8Array): ArrayBuffer => bufferOf(createHash("sha1").update(publicKey).digest());

const extension = (extnID: string, critical: boolean, value: unknown): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

const authorityKeyId = (publicKey: Uint8Array): Extension =>
  extension(
    id_ce_authorityKeyIdentifier,
    false,
    new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyId(publicKey)) }),
  );

/** A time is written in whole seconds. */
const date = (seconds: number): Date => new Date(seconds * 1000);

/** The serial number as a DER INTEGER's content. `hex`: of a positive number. */
function serialBytes(hex: string): ArrayBuffer {
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  const isNegative = ((bytes[0] ?? 0) & 0x80) !== 0;
  return bufferOf(isNegative ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** A name and key that sign certificates and CRLs. */
export interface Issuer {
  readonly name: NameParts;
  readonly publicKey: Uint8Array;
  readonly sign: Sign;
}

/** What a certificate says. Times are seconds since 1970 UTC. */
export interface CertificateContent {
  readonly subject: NameParts;
  readonly publicKey: Uint8Array;
  /** Hex of a positive number of at most 20 bytes. */
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** A CA with this path length (null: none), or a leaf with one extended key usage (OID). */
  readonly kind:
    | { readonly type: "ca"; readonly pathLength: number | null }
    | { readonly type: "leaf"; readonly usage: string };
}

/** Writes a certificate. A root is its own issuer: the same key in both places. */
export function writeCertificate(content: CertificateContent, issuer: Issuer): Uint8Array {
  const { subject, publicKey, kind } = content;
  const isRoot = Buffer.from(publicKey).equals(issuer.publicKey);
  const usage =
    kind.type === "ca" ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  const constraints =
    kind.type === "leaf"
      ? new BasicConstraints({ cA: false })
      : new BasicConstraints({
          cA: true,
          ...(kind.pathLength === null ? {} : { pathLenConstraint: kind.pathLength }),
        });
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialBytes(content.serial),
    signature: ed25519Algorithm(),
    issuer: asnName(issuer.name),
    validity: new Validity({ notBefore: date(content.notBefore), notAfter: date(content.notAfter) }),
    subject: asnName(subject),
    subjectPublicKeyInfo: asnPublicKey(publicKey),
    extensions: new Extensions([
      extension(id_ce_basicConstraints, true, constraints),
      extension(id_ce_keyUsage, true, new KeyUsage(usage)),
      ...(kind.type === "leaf"
        ? [extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([kind.usage]))]
        : []),
      extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyId(publicKey))),
      ...(isRoot ? [] : [authorityKeyId(issuer.publicKey)]),
    ]),
  });
  const signed = AsnConvert.serialize(tbs);
  const signatureValue = bufferOf(issuer.sign(new Uint8Array(signed)));
  return new Uint8Array(
    AsnConvert.serialize(
      new AsnCertificate({
        tbsCertificate: tbs,
        tbsCertificateRaw: signed,
        signatureAlgorithm: ed25519Algorithm(),
        signatureValue,
      }),
    ),
  );
}

/** What a CRL says. Times are seconds since 1970 UTC. */
export interface CrlContent {
  readonly number: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  /** Serials in hex, and when each was revoked. */
  readonly revoked: readonly { readonly serial: string; readonly at: number }[];
}

/** Writes a CRL. Entries carry no reason code: the log of the authority has it. */
export function writeCrl(content: CrlContent, issuer: Issuer): Uint8Array {
  const tbs = new TBSCertList({
    version: Version.v2,
    signature: ed25519Algorithm(),
    issuer: asnName(issuer.name),
    thisUpdate: new Time(date(content.thisUpdate)),
    nextUpdate: new Time(date(content.nextUpdate)),
    crlExtensions: [
      authorityKeyId(issuer.publicKey),
      extension(id_ce_cRLNumber, false, new CRLNumber(content.number)),
    ],
  });
  // RFC 5280, section 5.1.2.6: an empty list is absent.
  if (content.revoked.length > 0)
    tbs.revokedCertificates = content.revoked.map(
      ({ serial, at }) =>
        new RevokedCertificate({
          userCertificate: serialBytes(serial),
          revocationDate: new Time(date(at)),
        }),
    );
  const signed = AsnConvert.serialize(tbs);
  const signature = bufferOf(issuer.sign(new Uint8Array(signed)));
  return new Uint8Array(
    AsnConvert.serialize(
      new AsnCrl({
        tbsCertList: tbs,
        tbsCertListRaw: signed,
        signatureAlgorithm: ed25519Algorithm(),
        signature,
      }),
    ),
  );
}

/** PEM (RFC 7468) of DER. */
export function pemText(der: Uint8Array, label: "CERTIFICATE" | "X509 CRL" | "CERTIFICATE REQUEST"): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
