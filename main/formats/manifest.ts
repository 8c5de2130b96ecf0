import { CHUNK_BYTES, type ChainId, type DeviceId, type Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { base, digest, encodeTime, fromHex, MAX_SEQ, type TimeMark, time } from "./base.ts";
import {
  bytesOf,
  type CborMap,
  type CborValue,
  decodeCbor,
  encodeCbor,
  listOf,
  nullable,
  range,
  readMap,
  text,
  uint,
} from "./cbor.ts";

/** Chunks that a manifest may list, so a body is at most 64 GiB. */
export const MAX_CHUNKS = 65_536;

/** What a tablet says of one batch (docs/formats.md, manifest). */
export interface Manifest {
  readonly campaign: string;
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  /** digest(manifest) of seq - 1; null at seq 1 and only there. */
  readonly prev: Digest | null;
  readonly made: TimeMark;
  /** Records in the body by form code. */
  readonly form: ReadonlyMap<string, number>;
  /** KATO, district level: 9 digits. */
  readonly area: string;
  readonly schema: Digest;
  /** Body bytes. */
  readonly length: number;
  /** SHA-256 of each chunk of 1 MiB, as views into the payload. */
  readonly chunks: readonly Uint8Array[];
  /** SHA-256 of each age recipient string. */
  readonly recipients: readonly Digest[];
}

const DISTRICT = /^[0-9]{4}00000$/;

function forms(value: CborValue): ReadonlyMap<string, number> | undefined {
  if (!(value instanceof Map) || value.size === 0) return undefined;
  for (const [code, count] of value as CborMap)
    if (typeof code !== "string" || uint(count) === undefined) return undefined;
  return value as ReadonlyMap<string, number>;
}

const district = (value: CborValue): string | undefined => {
  const area = text(value);
  return area !== undefined && DISTRICT.test(area) ? area : undefined;
};

function ascending(value: CborValue): readonly Digest[] | undefined {
  const list = listOf(digest, 1, 8)(value);
  return list?.every((one, at) => at === 0 || (list[at - 1] ?? "") < one) ? list : undefined;
}

const shape = {
  ...base,
  seq: { read: range(1, MAX_SEQ) },
  prev: { read: nullable(digest) },
  made: { read: time },
  form: { read: forms },
  area: { read: district },
  schema: { read: digest },
  length: { read: uint },
  chunk: { read: (value: CborValue) => (value === CHUNK_BYTES ? value : undefined) },
  chunks: { read: listOf(bytesOf(32), 0, MAX_CHUNKS) },
  recipients: { read: ascending },
} as const;

/** Reads a manifest's payload; `malformed` for any other shape. */
export function parseManifest(payload: Uint8Array): Result<Manifest, "malformed"> {
  const item = decodeCbor(payload);
  const fields = item.ok ? readMap(item.value, shape) : undefined;
  if (fields === undefined || (fields.prev === null) !== (fields.seq === 1)) return err("malformed");
  return ok(fields);
}

/** The payload bytes of a manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return encodeCbor({
    v: 1,
    campaign: manifest.campaign,
    device: fromHex(manifest.device),
    chain: fromHex(manifest.chain),
    seq: manifest.seq,
    prev: manifest.prev === null ? null : fromHex(manifest.prev),
    made: encodeTime(manifest.made),
    form: manifest.form,
    area: manifest.area,
    schema: fromHex(manifest.schema),
    length: manifest.length,
    chunk: CHUNK_BYTES,
    chunks: manifest.chunks,
    recipients: manifest.recipients.map(fromHex),
  });
}

/** Records in the body, all forms together. */
export const recordsIn = (manifest: Manifest): number =>
  [...manifest.form.values()].reduce((sum, count) => sum + count, 0);
