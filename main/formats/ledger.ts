import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";
import { TABLET_STATES, type TabletState } from "../../shared/reasons.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { base, digest, encodeTime, fromHex, id16, MAX_SEQ, type TimeMark, time } from "./base.ts";
import {
  bool,
  bytes,
  type CborValue,
  decodeCbor,
  encodeCbor,
  listOf,
  nullable,
  range,
  readMap,
  uint,
} from "./cbor.ts";

/** Entries that a ledger may hold. */
export const MAX_ENTRIES = 100_000;

/** What a tablet says of one of its batches. A mark is not a proof; an acknowledgement inside may be one. */
export interface LedgerEntry {
  readonly seq: number;
  readonly manifest: Digest;
  readonly length: number;
  readonly present: boolean;
  readonly state: TabletState;
  /** The mark of sending: with `sent` and `acknowledged`, and only there. */
  readonly synced?: TimeMark | undefined;
  /** A COSE_Sign1 that nobody has looked at yet: with `acknowledged`, and only there. */
  readonly ack?: Uint8Array | undefined;
}

/** A tablet's own list of what it made and what it has sent (docs/formats.md, ledger). */
export interface Ledger {
  readonly campaign: string;
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly no: number;
  readonly prev: Digest | null;
  readonly made: TimeMark;
  /** Highest seq sealed. */
  readonly head: number;
  /** Records not sealed yet. */
  readonly open: number;
  /** Chains from before a reset of the tablet. */
  readonly older: readonly { readonly chain: ChainId; readonly head: number }[];
  /** Ascending by seq. */
  readonly entries: readonly LedgerEntry[];
}

const head = range(0, MAX_SEQ);

const state = (value: CborValue): TabletState | undefined => TABLET_STATES.find((word) => word === value);

function olderChain(value: CborValue): { chain: ChainId; head: number } | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const chain = id16(value[0] as CborValue);
  const top = uint(value[1] as CborValue);
  return chain === undefined || top === undefined ? undefined : { chain, head: top };
}

const entryShape = {
  seq: { read: uint },
  manifest: { read: digest },
  length: { read: uint },
  present: { read: bool },
  state: { read: state },
  synced: { read: time, optional: true },
  ack: { read: bytes, optional: true },
} as const;

function entry(value: CborValue): LedgerEntry | undefined {
  const fields = readMap(value, entryShape);
  if (fields === undefined) return undefined;
  const marked = fields.state === "sent" || fields.state === "acknowledged";
  if (marked !== (fields.synced !== undefined)) return undefined;
  if ((fields.state === "acknowledged") !== (fields.ack !== undefined)) return undefined;
  return fields;
}

function ascending(value: CborValue): readonly LedgerEntry[] | undefined {
  const list = listOf(entry, 0, MAX_ENTRIES)(value);
  return list?.every((one, at) => at === 0 || (list[at - 1]?.seq ?? 0) < one.seq) ? list : undefined;
}

const shape = {
  ...base,
  no: { read: uint },
  prev: { read: nullable(digest) },
  made: { read: time },
  head: { read: head },
  open: { read: uint },
  older: { read: listOf(olderChain, 0, MAX_ENTRIES) },
  entries: { read: ascending },
} as const;

/** Reads a ledger's payload; `malformed` for any other shape, and for an entry above the head. */
export function parseLedger(payload: Uint8Array): Result<Ledger, "malformed"> {
  const item = decodeCbor(payload);
  const fields = item.ok ? readMap(item.value, shape) : undefined;
  if (fields === undefined || (fields.entries.at(-1)?.seq ?? 0) > fields.head) return err("malformed");
  return ok(fields);
}

/** The payload bytes of a ledger. */
export function encodeLedger(ledger: Ledger): Uint8Array {
  return encodeCbor({
    v: 1,
    campaign: ledger.campaign,
    device: fromHex(ledger.device),
    chain: fromHex(ledger.chain),
    no: ledger.no,
    prev: ledger.prev === null ? null : fromHex(ledger.prev),
    made: encodeTime(ledger.made),
    head: ledger.head,
    open: ledger.open,
    older: ledger.older.map((one) => [fromHex(one.chain), one.head]),
    entries: ledger.entries.map((one) => ({
      seq: one.seq,
      manifest: fromHex(one.manifest),
      length: one.length,
      present: one.present,
      state: one.state,
      ...(one.synced === undefined ? {} : { synced: encodeTime(one.synced) }),
      ...(one.ack === undefined ? {} : { ack: one.ack }),
    })),
  });
}
