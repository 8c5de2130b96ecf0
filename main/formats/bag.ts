import type { ChainId, DeviceId, Digest, StationId } from "../../shared/ids.ts";
import { REASONS, type Reason } from "../../shared/reasons.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { digest, encodeTime, fromHex, id16, MAX_SEQ, type TimeMark, time } from "./base.ts";
import {
  bytes,
  type CborValue,
  decodeCbor,
  encodeCbor,
  hexOf,
  listOf,
  nullable,
  range,
  readMap,
  text,
  uint,
} from "./cbor.ts";

/** What two stations say to each other of a bag (docs/formats.md, carrying). */

/** Batches that one bag may name, carried and elsewhere together: as many as a signed object of 8 MiB holds. */
export const MAX_BAG_BATCHES = 80_000;

export interface BagBatch {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  /** Body bytes. */
  readonly length: number;
}

export interface BagElsewhere {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly status: "staged" | "accepted";
}

/** The exporting station's signed word for a bag. */
export interface BagStatement {
  readonly campaign: string;
  readonly station: StationId;
  /** Rises by one with every bag of a station. */
  readonly no: number;
  readonly made: TimeMark;
  /** Ascending by device, chain and seq. */
  readonly batches: readonly BagBatch[];
  /** Batches of the same tablets that the station holds and that are not in the bag. */
  readonly elsewhere: readonly BagElsewhere[];
  /** SHA-256 of manifest-sha256.txt. */
  readonly manifest: Digest;
  /** A signed head of the station's audit log; null where it gives none. */
  readonly audit: Uint8Array | null;
}

export const ANSWERS = ["staged", "accepted", "refused", "missing"] as const;

export interface BagReceiptItem {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly status: (typeof ANSWERS)[number];
  /** A word of reasons.ts with `refused`, empty otherwise. */
  readonly reason: Reason | "";
}

/** The importing station's signed answer. */
export interface BagReceipt {
  readonly campaign: string;
  readonly station: StationId;
  /** Rises by one with every receipt of this kind of a station. */
  readonly no: number;
  readonly made: TimeMark;
  /** The bag that is answered: its station, its number, digest(statement). */
  readonly bag: { readonly station: StationId; readonly no: number; readonly statement: Digest };
  readonly items: readonly BagReceiptItem[];
  readonly audit: Uint8Array | null;
}

const version1 = (value: CborValue): 1 | undefined => (value === 1 ? 1 : undefined);
const stationId = hexOf<StationId>(16);
const deviceId = hexOf<DeviceId>(16);
const seqOf = range(1, MAX_SEQ);

const oneOf =
  <T extends string>(words: readonly T[]) =>
  (value: CborValue): T | undefined =>
    words.find((word) => word === value);

interface Named {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
}

/** The first four of an array of `size`: which batch it is about. */
function named(
  value: CborValue,
  size: number,
): (Named & { readonly rest: readonly CborValue[] }) | undefined {
  if (!Array.isArray(value) || value.length !== size) return undefined;
  const [device, chain, seq, manifest] = [
    deviceId(value[0]),
    id16(value[1]),
    seqOf(value[2]),
    digest(value[3]),
  ];
  if (device === undefined || chain === undefined || seq === undefined || manifest === undefined)
    return undefined;
  return { device, chain, seq, manifest, rest: value.slice(4) };
}

function batch(value: CborValue): BagBatch | undefined {
  const found = named(value, 5);
  const length = found === undefined ? undefined : uint(found.rest[0] ?? null);
  if (found === undefined || length === undefined) return undefined;
  const { rest: _, ...names } = found;
  return { ...names, length };
}

function elsewhere(value: CborValue): BagElsewhere | undefined {
  const found = named(value, 5);
  const status =
    found === undefined ? undefined : oneOf(["staged", "accepted"] as const)(found.rest[0] ?? null);
  if (found === undefined || status === undefined) return undefined;
  const { rest: _, ...names } = found;
  return { ...names, status };
}

function receiptItem(value: CborValue): BagReceiptItem | undefined {
  const found = named(value, 6);
  if (found === undefined) return undefined;
  const status = oneOf(ANSWERS)(found.rest[0] ?? null);
  const reason = oneOf(["", ...REASONS] as const)(found.rest[1] ?? null);
  if (status === undefined || reason === undefined || (status === "refused") !== (reason !== ""))
    return undefined;
  const { rest: _, ...names } = found;
  return { ...names, status, reason };
}

const keyOf = (one: Named): string => `${one.device} ${one.chain} ${String(one.seq).padStart(8, "0")}`;

const ascending =
  <T extends Named>(read: (value: CborValue) => T | undefined) =>
  (value: CborValue): readonly T[] | undefined => {
    const list = listOf(read, 0, MAX_BAG_BATCHES)(value);
    return list?.every((one, at) => at === 0 || keyOf(list[at - 1] ?? one) < keyOf(one)) ? list : undefined;
  };

const statementShape = {
  v: { read: version1 },
  campaign: { read: text },
  station: { read: stationId },
  no: { read: uint },
  made: { read: time },
  batches: { read: ascending(batch) },
  elsewhere: { read: ascending(elsewhere) },
  manifest: { read: digest },
  audit: { read: nullable(bytes) },
} as const;

function bagOf(value: CborValue): BagReceipt["bag"] | undefined {
  if (!Array.isArray(value) || value.length !== 3) return undefined;
  const [station, no, statement] = [stationId(value[0]), uint(value[1]), digest(value[2])];
  return station === undefined || no === undefined || statement === undefined
    ? undefined
    : { station, no, statement };
}

const receiptShape = {
  v: { read: version1 },
  campaign: { read: text },
  station: { read: stationId },
  no: { read: uint },
  made: { read: time },
  bag: { read: bagOf },
  items: { read: ascending(receiptItem) },
  audit: { read: nullable(bytes) },
} as const;

/** Reads a statement's payload; `malformed` for any other shape. */
export function parseBagStatement(payload: Uint8Array): Result<BagStatement, "malformed"> {
  const item = decodeCbor(payload);
  const fields = item.ok ? readMap(item.value, statementShape) : undefined;
  return fields === undefined ? err("malformed") : ok(fields);
}

/** Reads a bag receipt's payload; `malformed` for any other shape. */
export function parseBagReceipt(payload: Uint8Array): Result<BagReceipt, "malformed"> {
  const item = decodeCbor(payload);
  const fields = item.ok ? readMap(item.value, receiptShape) : undefined;
  return fields === undefined ? err("malformed") : ok(fields);
}

const names = (one: Named): readonly (Uint8Array | number)[] => [
  fromHex(one.device),
  fromHex(one.chain),
  one.seq,
  fromHex(one.manifest),
];

/** The payload bytes of a statement. */
export const encodeBagStatement = (statement: BagStatement): Uint8Array =>
  encodeCbor({
    v: 1,
    campaign: statement.campaign,
    station: fromHex(statement.station),
    no: statement.no,
    made: encodeTime(statement.made),
    batches: statement.batches.map((one) => [...names(one), one.length]),
    elsewhere: statement.elsewhere.map((one) => [...names(one), one.status]),
    manifest: fromHex(statement.manifest),
    audit: statement.audit,
  });

/** The payload bytes of a bag receipt. */
export const encodeBagReceipt = (receipt: BagReceipt): Uint8Array =>
  encodeCbor({
    v: 1,
    campaign: receipt.campaign,
    station: fromHex(receipt.station),
    no: receipt.no,
    made: encodeTime(receipt.made),
    bag: [fromHex(receipt.bag.station), receipt.bag.no, fromHex(receipt.bag.statement)],
    items: receipt.items.map((one) => [...names(one), one.status, one.reason]),
    audit: receipt.audit,
  });
