import type { Reason } from "../../shared/reasons.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Certificate } from "../formats/certificate.ts";
import type { Sign1 } from "../formats/cose.ts";
import { verifyEd25519 } from "../formats/ed25519.ts";
import type { Role, Trust } from "./trust.ts";

export interface Signer {
  readonly certificate: Certificate;
  readonly staleCas: readonly string[];
}

/**
 * Who signed an object, in the order of the reasons: signature first, then the path and what the object says of its signer
 * (`matches`), then validity, then revocation.
 */
export function judgeSigner(
  object: Sign1,
  role: Role,
  trust: Trust,
  matches: (leaf: Certificate) => boolean,
): Result<Signer, Reason> {
  const verdict = trust.judgeChain(object.chain, role);
  if (verdict === null) return err("certificate-untrusted");
  if (!verifyEd25519(verdict.leaf.publicKey, object.signed, object.signature))
    return err("signature-invalid");
  if (verdict.reason === "certificate-untrusted" || !matches(verdict.leaf))
    return err("certificate-untrusted");
  if (verdict.reason !== null) return err(verdict.reason);
  return ok({ certificate: verdict.leaf, staleCas: verdict.staleCas });
}
