import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { base, digest, encodeTime, fromHex, type TimeMark, time } from "./base.ts";
import { decodeCbor, encodeCbor, readMap, uint } from "./cbor.ts";

/** The centre's word that it holds a batch (docs/formats.md, ack). */
export interface Ack {
  readonly campaign: string;
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly received: TimeMark;
}

const shape = { ...base, seq: { read: uint }, manifest: { read: digest }, received: { read: time } } as const;

/** Reads an acknowledgement's payload; `malformed` for any other shape. */
export function parseAck(payload: Uint8Array): Result<Ack, "malformed"> {
  const item = decodeCbor(payload);
  const fields = item.ok ? readMap(item.value, shape) : undefined;
  return fields === undefined ? err("malformed") : ok(fields);
}

/** The payload bytes of an acknowledgement. */
export function encodeAck(ack: Ack): Uint8Array {
  return encodeCbor({
    v: 1,
    campaign: ack.campaign,
    device: fromHex(ack.device),
    chain: fromHex(ack.chain),
    seq: ack.seq,
    manifest: fromHex(ack.manifest),
    received: encodeTime(ack.received),
  });
}
