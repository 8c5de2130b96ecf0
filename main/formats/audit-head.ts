import type { Digest, StationId, StoreId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { digest, encodeTime, fromHex, type TimeMark, time } from "./base.ts";
import { type CborValue, decodeCbor, encodeCbor, hexOf, readMap, uint } from "./cbor.ts";

/** What a station says of its audit log at one moment (docs/formats.md, audit head). */
export interface AuditHead {
  /** The store whose log it is. */
  readonly store: StoreId;
  readonly station: StationId;
  /** Number of the log's last line, and that line's hash, which all lines before it go into. */
  readonly no: number;
  readonly hash: Digest;
  readonly made: TimeMark;
}

const version1 = (value: CborValue): 1 | undefined => (value === 1 ? 1 : undefined);

const shape = {
  v: { read: version1 },
  store: { read: hexOf<StoreId>(16) },
  station: { read: hexOf<StationId>(16) },
  no: { read: uint },
  hash: { read: digest },
  made: { read: time },
} as const;

/** Reads an audit head's payload; `malformed` for any other shape. */
export function parseAuditHead(payload: Uint8Array): Result<AuditHead, "malformed"> {
  const decoded = decodeCbor(payload);
  const fields = decoded.ok ? readMap(decoded.value, shape) : undefined;
  return fields === undefined ? err("malformed") : ok(fields);
}

/** The payload bytes of an audit head. */
export function encodeAuditHead(head: AuditHead): Uint8Array {
  return encodeCbor({
    v: 1,
    store: fromHex(head.store),
    station: fromHex(head.station),
    no: head.no,
    hash: fromHex(head.hash),
    made: encodeTime(head.made),
  });
}
