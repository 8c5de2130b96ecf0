import type { ChainId, DeviceId, Digest, StationId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { base, digest, encodeTime, fromHex, type TimeMark, time } from "./base.ts";
import {
  type CborValue,
  decodeCbor,
  encodeCbor,
  hexOf,
  listOf,
  nullable,
  readMap,
  text,
  uint,
} from "./cbor.ts";
import { MAX_ENTRIES } from "./ledger.ts";

export const RECEIPT_STATUSES = ["staged", "accepted", "refused"] as const;
export type ReceiptStatus = (typeof RECEIPT_STATUSES)[number];

export interface ReceiptItem {
  readonly seq: number;
  readonly manifest: Digest;
  readonly status: ReceiptStatus;
  /** A word of reasons.ts with `refused`, empty otherwise. */
  readonly reason: string;
}

/** What a station says to a tablet of one chain (docs/formats.md, receipt). */
export interface Receipt {
  readonly campaign: string;
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly station: StationId;
  readonly no: number;
  readonly made: TimeMark;
  /** digest(ledger) it answers; null where none could be read. */
  readonly ledger: Digest | null;
  /** Number of the hand-over act, or empty. */
  readonly act: string;
  readonly items: readonly ReceiptItem[];
}

const status = (value: CborValue): ReceiptStatus | undefined =>
  RECEIPT_STATUSES.find((word) => word === value);

function item(value: CborValue): ReceiptItem | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [seq, manifest, word, reason] = [uint(value[0]), digest(value[1]), status(value[2]), text(value[3])];
  if (seq === undefined || manifest === undefined || word === undefined || reason === undefined)
    return undefined;
  return { seq, manifest, status: word, reason };
}

const shape = {
  ...base,
  station: { read: hexOf<StationId>(16) },
  no: { read: uint },
  made: { read: time },
  ledger: { read: nullable(digest) },
  act: { read: text },
  items: { read: listOf(item, 0, MAX_ENTRIES) },
} as const;

/** Reads a receipt's payload; `malformed` for any other shape. */
export function parseReceipt(payload: Uint8Array): Result<Receipt, "malformed"> {
  const decoded = decodeCbor(payload);
  const fields = decoded.ok ? readMap(decoded.value, shape) : undefined;
  return fields === undefined ? err("malformed") : ok(fields);
}

/** The payload bytes of a receipt. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  return encodeCbor({
    v: 1,
    campaign: receipt.campaign,
    device: fromHex(receipt.device),
    chain: fromHex(receipt.chain),
    station: fromHex(receipt.station),
    no: receipt.no,
    made: encodeTime(receipt.made),
    ledger: receipt.ledger === null ? null : fromHex(receipt.ledger),
    act: receipt.act,
    items: receipt.items.map((one) => [one.seq, fromHex(one.manifest), one.status, one.reason]),
  });
}
