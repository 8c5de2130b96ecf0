import { parseSign1 } from "../formats/cose.ts";
import type { Trust } from "../rules/trust.ts";

/** Whether a staged batch may leave now: `wait` until a CA's CRL is fresh, `revoked` where its signer is no longer believed. */
export type Clearance = "send" | "wait" | "revoked";

/** Judges again, before it is sent, whether a staged batch may leave: its signer may have been revoked since. */
export function clearanceOf(trust: Trust, cose: Uint8Array): Clearance {
  const object = parseSign1(cose, "manifest");
  if (!object.ok) return "revoked";
  const verdict = trust.judgeChain(object.value.chain, "tablet");
  if (
    verdict === null ||
    verdict.reason === "certificate-untrusted" ||
    verdict.reason === "certificate-revoked"
  )
    return "revoked";
  return verdict.staleCas.length > 0 ? "wait" : "send";
}
