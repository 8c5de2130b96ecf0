import type { Digest } from "../../shared/ids.ts";
import type { Reason } from "../../shared/reasons.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { type BagReceipt, type BagStatement, parseBagReceipt, parseBagStatement } from "../formats/bag.ts";
import { parseSign1, type SignedKind } from "../formats/cose.ts";
import { judgeSigner } from "./signed.ts";
import type { Trust } from "./trust.ts";

/** Judging what another station signed about a bag: the object, who signed it, and for which campaign. */

export interface Stated<T> {
  readonly said: T;
  /** digest of the signed object. */
  readonly digest: Digest;
  readonly staleCas: readonly string[];
}

function judgeStated<T extends { readonly station: string; readonly campaign: string }>(
  cose: Uint8Array,
  kind: SignedKind,
  parse: (payload: Uint8Array) => Result<T, "malformed">,
  trust: Trust,
): Result<Stated<T>, Reason> {
  const object = parseSign1(cose, kind);
  if (!object.ok) return object;
  const said = parse(object.value.payload);
  if (!said.ok) return said;
  const signer = judgeSigner(
    object.value,
    "station",
    trust,
    (leaf) => leaf.serialNumbers[0] === said.value.station,
  );
  if (signer.reason !== null) return err(signer.reason);
  if (said.value.campaign !== trust.campaign.id) return err("wrong-campaign");
  return ok({ said: said.value, digest: object.value.digest, staleCas: signer.staleCas });
}

/** Judges the exporting station's statement. Error: the first of the reasons of docs/formats.md that applies. */
export const judgeBagStatement = (cose: Uint8Array, trust: Trust): Result<Stated<BagStatement>, Reason> =>
  judgeStated(cose, "bag", parseBagStatement, trust);

/** Judges the importing station's answer in the same way. */
export const judgeBagReceipt = (cose: Uint8Array, trust: Trust): Result<Stated<BagReceipt>, Reason> =>
  judgeStated(cose, "bagReceipt", parseBagReceipt, trust);
