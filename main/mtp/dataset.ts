import { err, ok, type Result } from "../../shared/result.ts";
import { FORMAT, TYPE } from "./codes.ts";

/** Datasets of MTP (little-endian; strings as a count and UTF-16, MTP 1.1, 3.2.3). Decoders give a value or `bad-dataset`, whatever the bytes. */

export type BadDataset = "bad-dataset";

/** Thrown inside a decoder only, and caught at its edge. */
class OutOfBytes extends Error {}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  #take(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new OutOfBytes();
    this.#at += size;
    return at;
  }

  skip(size: number): void {
    this.#take(size);
  }

  uint8 = (): number => this.#bytes.readUInt8(this.#take(1));
  uint16 = (): number => this.#bytes.readUInt16LE(this.#take(2));
  uint32 = (): number => this.#bytes.readUInt32LE(this.#take(4));

  /** Beyond 53 bits it is no size that a file here can have. */
  uint64(): number {
    const value = this.#bytes.readBigUInt64LE(this.#take(8));
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new OutOfBytes();
    return Number(value);
  }

  /** A size that is only compared: as large as a number holds, where it is larger. */
  uint64AtMost(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#take(8)));
  }

  text(): string {
    const units = this.uint8();
    const at = this.#take(units * 2);
    const text = this.#bytes.toString("utf16le", at, at + units * 2);
    return text.endsWith("\0") ? text.slice(0, -1) : text;
  }

  /** Like {@link text}; "" where the dataset ends before it. */
  textIfAny(): string {
    return this.#at === this.#bytes.length ? "" : this.text();
  }

  /** An array with a 32-bit count, at most `limit` items; the count is checked against the bytes before anything is made. */
  list<T>(itemBytes: number, limit: number, item: () => T): T[] {
    const count = this.uint32();
    if (count > limit || count * itemBytes > this.#bytes.length - this.#at) throw new OutOfBytes();
    return Array.from({ length: count }, item);
  }
}

function decode<T>(bytes: Uint8Array, read: (reader: Reader) => T): Result<T, BadDataset> {
  try {
    return ok(read(new Reader(bytes)));
  } catch (error) {
    if (error instanceof OutOfBytes) return err("bad-dataset");
    throw error;
  }
}

export interface DeviceInfo {
  readonly operations: ReadonlySet<number>;
  readonly deviceProperties: ReadonlySet<number>;
  readonly manufacturer: string;
  readonly model: string;
  readonly version: string;
  readonly serial: string;
}

/** MTP 1.1, 5.1.1. Some devices leave out strings at the end (libgphoto2 issue 581): a missing string is empty. */
export const decodeDeviceInfo = (bytes: Uint8Array): Result<DeviceInfo, BadDataset> =>
  decode(bytes, (reader) => {
    reader.skip(8);
    reader.text();
    reader.skip(2);
    const codes = () => new Set(reader.list(2, 4096, reader.uint16));
    const operations = codes();
    codes();
    const deviceProperties = codes();
    codes();
    codes();
    const manufacturer = reader.textIfAny();
    const model = reader.textIfAny();
    const version = reader.textIfAny();
    return { operations, deviceProperties, manufacturer, model, version, serial: reader.textIfAny() };
  });

/** An array of 32-bit numbers: storage ids, object handles. At most `limit`. */
export const decodeUint32List = (bytes: Uint8Array, limit: number): Result<readonly number[], BadDataset> =>
  decode(bytes, (reader) => reader.list(4, limit, reader.uint32));

export interface StorageInfo {
  /** Read and write; anything else is read-only in one way or another. */
  readonly isWritable: boolean;
  /** Bytes. */
  readonly free: number;
}

/** MTP 1.1, 5.2.2. */
export const decodeStorageInfo = (bytes: Uint8Array): Result<StorageInfo, BadDataset> =>
  decode(bytes, (reader) => {
    reader.skip(4);
    const isWritable = reader.uint16() === 0;
    reader.skip(8);
    return { isWritable, free: reader.uint64AtMost() };
  });

export interface ObjectInfo {
  readonly format: number;
  /** Bytes; 0xffffffff stands for 4 GiB and more. */
  readonly size: number;
  readonly name: string;
}

/** One reading of ObjectInfo. `sizeBytes`: 4 by the standard, 8 on some devices. */
const objectInfoWith = (bytes: Uint8Array, sizeBytes: 4 | 8): Result<ObjectInfo, BadDataset> =>
  decode(bytes, (reader) => {
    reader.skip(4);
    const format = reader.uint16();
    reader.skip(2);
    const size = sizeBytes === 4 ? reader.uint32() : reader.uint64();
    reader.skip(30);
    const isAssociation = reader.uint16() !== 0;
    reader.skip(8);
    const name = reader.text();
    // Some devices tell a folder as an object of no format; its association type still says that it is one.
    return { format: isAssociation && format === FORMAT.undefined ? FORMAT.association : format, size, name };
  });

/**
 * MTP 1.1, 5.3.1. Some devices write the size with 64 bits (libgphoto2 issue 581), so that all behind it is moved by four bytes: the
 * standard's reading then finds no name where the other one does.
 */
export function decodeObjectInfo(bytes: Uint8Array): Result<ObjectInfo, BadDataset> {
  const standard = objectInfoWith(bytes, 4);
  if (standard.ok && standard.value.name !== "") return standard;
  const wide = objectInfoWith(bytes, 8);
  return wide.ok && wide.value.name !== "" ? wide : standard;
}

/** The value of one property, where it is a number or a string. */
function propertyValue(reader: Reader, type: number): number | string | null {
  if (type === TYPE.string) return reader.text();
  if (type === TYPE.uint16) return reader.uint16();
  if (type === TYPE.uint32) return reader.uint32();
  if (type === TYPE.uint64) return reader.uint64();
  return null;
}

export interface PropertyLine {
  readonly handle: number;
  readonly property: number;
  readonly value: number | string;
}

/** ObjectPropList (MTP 1.1, E.2.1) with numbers and strings alone; at most `limit` lines. */
export const decodePropList = (
  bytes: Uint8Array,
  limit: number,
): Result<readonly PropertyLine[], BadDataset> =>
  decode(bytes, (reader) =>
    reader.list(8, limit, () => {
      const handle = reader.uint32();
      const property = reader.uint16();
      const value = propertyValue(reader, reader.uint16());
      if (value === null) throw new OutOfBytes();
      return { handle, property, value };
    }),
  );

export const decodeText = (bytes: Uint8Array): Result<string, BadDataset> =>
  decode(bytes, (reader) => reader.text());

export const decodeUint64 = (bytes: Uint8Array): Result<number, BadDataset> =>
  decode(bytes, (reader) => reader.uint64());

/** A string of at most 254 UTF-16 units. */
export function encodeText(text: string): Buffer {
  if (text === "") return Buffer.of(0);
  const units = Buffer.from(`${text}\0`, "utf16le");
  if (units.length > 255 * 2) throw new Error("an MTP string has at most 254 units");
  return Buffer.concat([Buffer.of(units.length / 2), units]);
}

/** ObjectInfo for sending a new object: what the tablet needs to know of it, the rest zero. `size` in bytes. */
export function encodeObjectInfo(format: number, size: number, name: string): Buffer {
  const fixed = Buffer.alloc(52);
  fixed.writeUInt16LE(format, 4);
  fixed.writeUInt32LE(size, 8);
  if (format === 0x3001) fixed.writeUInt16LE(1, 42);
  return Buffer.concat([fixed, encodeText(name), Buffer.alloc(3)]);
}

const DATE_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:\.\d+)?(Z|[+-]\d{4})?$/;

/**
 * A DateTime string (MTP 1.1, 3.2.5) as milliseconds since 1970 UTC. Without a zone it is local time, and the station's zone is taken. null for
 * anything else.
 */
export function parseDateTime(text: string): number | null {
  const match = DATE_TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, zone] = match;
  const suffix = zone === undefined ? "" : zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(3)}`;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${suffix}`);
  return Number.isNaN(time) ? null : time;
}
