import type { Reason } from "../../shared/reasons.ts";
import type { Certificate } from "../formats/certificate.ts";
import type { Sign1 } from "../formats/cose.ts";
import { verifyEd25519 } from "../formats/ed25519.ts";
import type { Role, Trust } from "./trust.ts";

/** What is to be said of the signer of one object. */
export interface SignerVerdict {
  /** null: signature and certificate are good. */
  readonly reason: Reason | null;
  /** CAs met on a path to the root whose CRL is past its nextUpdate, or of which there is none; on the path of an expired or a revoked certificate too. */
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
): SignerVerdict {
  const refused = (reason: Reason): SignerVerdict => ({ reason, staleCas: [] });
  const verdict = trust.judgeChain(object.chain, role);
  if (verdict === null) return refused("certificate-untrusted");
  if (!verifyEd25519(verdict.leaf.publicKey, object.signed, object.signature))
    return refused("signature-invalid");
  if (verdict.reason === "certificate-untrusted" || !matches(verdict.leaf))
    return refused("certificate-untrusted");
  return { reason: verdict.reason, staleCas: verdict.staleCas };
}
