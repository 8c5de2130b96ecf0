import type { Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { bytes, bytesOf, decodeCbor, encodeCbor, listOf } from "./cbor.ts";
import { sha256 } from "./sha256.ts";

/** COSE_Sign1 (RFC 9052, section 4.2) with EdDSA, an attached payload, and x5chain (RFC 9360) in the protected headers. */

/** Largest signed object, in bytes; checked before anything is decoded. */
export const MAX_SIGNED_BYTES = 8 * 1_048_576;
/** Certificates in x5chain: leaf, issuer, and at most one between issuer and root. */
export const MAX_CHAIN = 3;

export const CONTENT_TYPES = {
  manifest: "application/vnd.sanaq.manifest+cbor",
  ledger: "application/vnd.sanaq.ledger+cbor",
  ack: "application/vnd.sanaq.ack+cbor",
  receipt: "application/vnd.sanaq.receipt+cbor",
  bag: "application/vnd.sanaq.bag+cbor",
  bagReceipt: "application/vnd.sanaq.bag-receipt+cbor",
  "audit-head": "application/vnd.sanaq.audit-head+cbor",
} as const;
export type SignedKind = keyof typeof CONTENT_TYPES;

/** A COSE_Sign1 of the right form whose signature nobody has looked at yet. */
export interface Sign1 {
  /** Certificates as DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** The Sig_structure: what the signature is over. */
  readonly signed: Uint8Array;
  /** SHA-256 of the Sig_structure: the object's identity, which does not change with the signature. */
  readonly digest: Digest;
}

const TAG_18 = 0xd2;
const ALG_EDDSA = -8;

const sigStructure = (protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array =>
  encodeCbor(["Signature1", protectedBytes, new Uint8Array(0), payload]);

/** Takes a signed object apart. `malformed` for any other form, size, algorithm or content type. */
export function parseSign1(object: Uint8Array, kind: SignedKind): Result<Sign1, "malformed"> {
  if (object.length > MAX_SIGNED_BYTES || object[0] !== TAG_18) return err("malformed");
  const outer = decodeCbor(object.subarray(1));
  if (!outer.ok || !Array.isArray(outer.value) || outer.value.length !== 4) return err("malformed");
  const [protectedBytes, unprotected, payload, signature] = outer.value;
  if (!(protectedBytes instanceof Uint8Array) || !(payload instanceof Uint8Array)) return err("malformed");
  if (!(unprotected instanceof Map) || unprotected.size !== 0) return err("malformed");
  if (bytesOf(64)(signature) === undefined) return err("malformed");

  const headers = decodeCbor(protectedBytes);
  if (!headers.ok || !(headers.value instanceof Map) || headers.value.size !== 3) return err("malformed");
  if (headers.value.get(1) !== ALG_EDDSA || headers.value.get(3) !== CONTENT_TYPES[kind])
    return err("malformed");
  const chain = listOf(bytes, 2, MAX_CHAIN)(headers.value.get(33) ?? null);
  if (chain === undefined) return err("malformed");

  const signed = sigStructure(protectedBytes, payload);
  return ok({ chain, payload, signature, signed, digest: sha256(signed) });
}

/** Signs `payload` (CBOR) as an object of `kind`. `chain`: DER, leaf first. `sign`: Ed25519, 64 bytes. */
export function makeSign1(
  kind: SignedKind,
  chain: readonly Uint8Array[],
  payload: Uint8Array,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const protectedBytes = encodeCbor(
    new Map<number, number | string | readonly Uint8Array[]>([
      [1, ALG_EDDSA],
      [3, CONTENT_TYPES[kind]],
      [33, chain],
    ]),
  );
  const signature = sign(sigStructure(protectedBytes, payload));
  const body = encodeCbor([protectedBytes, new Map(), payload, signature]);
  return Buffer.concat([Uint8Array.of(TAG_18), body]);
}
