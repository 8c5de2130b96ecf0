import { CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import { ExtendedKeyUsage, Extensions, id_ce_extKeyUsage } from "@peculiar/asn1-x509";
import sodium from "libsodium-wrappers-sumo";
import { err, ok, type Result } from "../../shared/result.ts";
import { verifyEd25519 } from "./ed25519.ts";
import {
  asnName,
  asnPublicKey,
  bufferOf,
  ED25519_OID,
  ed25519Algorithm,
  type NameParts,
  pemText,
  type Sign,
} from "./issuing.ts";

await sodium.ready;

/** Certificate requests (PKCS #10, RFC 2986) with Ed25519 keys: written by stations and tablets, read by the authority. */

/** A request is read up to this many bytes. */
export const MAX_REQUEST_BYTES = 65_536;
const SERIAL_NUMBER = "2.5.4.5";
const STATE = "2.5.4.8";
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

/** Writes a request for `publicKey`, signed with its private key; DER. */
export function writeRequest(subject: NameParts, publicKey: Uint8Array, sign: Sign): Uint8Array {
  const info = new CertificationRequestInfo({
    version: 0,
    subject: asnName(subject),
    subjectPKInfo: asnPublicKey(publicKey),
  });
  const signed = AsnConvert.serialize(info);
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    certificationRequestInfoRaw: signed,
    signatureAlgorithm: ed25519Algorithm(),
    signature: bufferOf(sign(new Uint8Array(signed))),
  });
  return new Uint8Array(AsnConvert.serialize(request));
}

/** The same as PEM. */
export const requestPem = (subject: NameParts, publicKey: Uint8Array, sign: Sign): string =>
  pemText(writeRequest(subject, publicKey, sign), "CERTIFICATE REQUEST");

/** What a request asks for. Its signature proves that the requester holds the key. */
export interface CertificateRequest {
  /** Ed25519, 32 bytes, of the prime order. */
  readonly publicKey: Uint8Array;
  /** Values of the subject's serialNumber and ST, all of each. */
  readonly ids: readonly string[];
  readonly oblasts: readonly string[];
  /** Extended key usages that the request asks for, OIDs. */
  readonly usages: readonly string[];
}

export type RequestFault = "not-a-request" | "wrong-key" | "bad-signature";

/** Everything between the PEM lines, or the bytes themselves. undefined: the text holds no single request. */
function derOf(file: Uint8Array): Uint8Array | undefined {
  const text = Buffer.from(file).toString("latin1");
  if (!text.includes("-----BEGIN ")) return file;
  const blocks = [
    ...text.matchAll(
      /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([A-Za-z0-9+/=\s]*)-----END (?:NEW )?CERTIFICATE REQUEST-----/g,
    ),
  ];
  return blocks.length === 1 ? Buffer.from(blocks[0]?.[1] ?? "", "base64") : undefined;
}

function usagesOf({ attributes }: CertificationRequestInfo): readonly string[] {
  return Array.from(attributes ?? [])
    .filter((one) => one.type === EXTENSION_REQUEST)
    .flatMap((one) => one.values.flatMap((value) => Array.from(AsnConvert.parse(value, Extensions))))
    .filter((one) => one.extnID === id_ce_extKeyUsage)
    .flatMap((one) => Array.from(AsnConvert.parse(one.extnValue.buffer, ExtendedKeyUsage)));
}

function parsed(file: Uint8Array): CertificationRequest | undefined {
  if (file.length > MAX_REQUEST_BYTES) return undefined;
  const der = derOf(file);
  if (der === undefined) return undefined;
  try {
    const request = AsnConvert.parse(der, CertificationRequest);
    // What does not re-encode to itself could mean two things.
    return Buffer.from(AsnConvert.serialize(request)).equals(der) ? request : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a request, PEM or DER, and checks its signature. */
export function parseRequest(file: Uint8Array): Result<CertificateRequest, RequestFault> {
  const request = parsed(file);
  const signed = request?.certificationRequestInfoRaw;
  if (request === undefined || signed === undefined) return err("not-a-request");
  const { certificationRequestInfo: info, signatureAlgorithm, signature } = request;
  const { algorithm, subjectPublicKey } = info.subjectPKInfo;
  const publicKey = new Uint8Array(subjectPublicKey);
  if (algorithm.algorithm !== ED25519_OID || publicKey.length !== 32) return err("wrong-key");
  if (!sodium.crypto_core_ed25519_is_valid_point(publicKey)) return err("wrong-key");
  const isSigned =
    signatureAlgorithm.algorithm === ED25519_OID &&
    verifyEd25519(publicKey, new Uint8Array(signed), new Uint8Array(signature));
  if (!isSigned) return err("bad-signature");
  const all = (type: string): readonly string[] =>
    Array.from(info.subject)
      .flatMap((part) => Array.from(part))
      .filter((one) => one.type === type)
      .map((one) => one.value.toString());
  try {
    return ok({ publicKey, ids: all(SERIAL_NUMBER), oblasts: all(STATE), usages: usagesOf(info) });
  } catch {
    return err("not-a-request");
  }
}
