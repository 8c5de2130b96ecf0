import { parseCertificate } from "./certificate.ts";
import { parseSign1, type SignedKind } from "./cose.ts";

/** Characters of a name that are given. */
const LONGEST = 400;

/** CN of the certificate that a signed object names as its signer's; null where there is none to read. Nothing is verified; a
 * long name is cut. */
export function signerName(cose: Uint8Array, kind: SignedKind): string | null {
  const object = parseSign1(cose, kind);
  const leaf = object.ok ? object.value.chain[0] : undefined;
  const certificate = leaf === undefined ? null : parseCertificate(leaf);
  return certificate?.ok ? (certificate.value.commonNames[0]?.slice(0, LONGEST) ?? null) : null;
}
