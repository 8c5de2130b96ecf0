import { type Ack, parseAck } from "../formats/ack.ts";
import { parseSign1 } from "../formats/cose.ts";
import { judgeSigner } from "./signed.ts";
import type { Trust } from "./trust.ts";

/** What an acknowledgement is worth. */
export interface JudgedAck {
  readonly valid: boolean;
  /** What it says; null where it cannot be read. */
  readonly ack: Ack | null;
  readonly staleCas: readonly string[];
}

/** Nothing there, or nothing that can be read. */
export const NO_ACK: JudgedAck = { valid: false, ack: null, staleCas: [] };

/** Judges an acknowledgement (COSE_Sign1): it verifies, its signer is the centre, and it speaks of this batch (docs/formats.md, `false-ack`). */
export function judgeAckOf(bytes: Uint8Array, batch: Omit<Ack, "received">, trust: Trust): JudgedAck {
  const object = parseSign1(bytes, "ack");
  if (!object.ok) return NO_ACK;
  const parsed = parseAck(object.value.payload);
  if (!parsed.ok) return NO_ACK;
  const ack = parsed.value;
  const signer = judgeSigner(object.value, "central", trust, () => true);
  const valid =
    signer.reason === null &&
    ack.campaign === batch.campaign &&
    ack.device === batch.device &&
    ack.chain === batch.chain &&
    ack.seq === batch.seq &&
    ack.manifest === batch.manifest;
  return { valid, ack, staleCas: signer.staleCas };
}
