import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  dateTime,
  deviceInfo,
  list,
  objectInfo,
  storageInfo,
  u16,
  u32,
  u64,
} from "../../fixtures/tablet/encode.ts";
import {
  decodeDeviceInfo,
  decodeObjectInfo,
  decodePropList,
  decodeStorageInfo,
  decodeText,
  decodeUint32List,
  decodeUint64,
  encodeObjectInfo,
  encodeText,
  parseDateTime,
} from "../../main/mtp/dataset.ts";

/** The decoders of MTP's datasets: what a tablet means is understood, and whatever else it sends is `bad-dataset`. */

const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((one) => !one.includes("\0"));
const code = fc.integer({ min: 0, max: 0xffff });
const number = fc.integer({ min: 0, max: 0xffff_ffff });

const info = fc.record({
  manufacturer: text,
  product: text,
  serial: text,
  operations: fc.array(code, { maxLength: 60 }),
  deviceProperties: fc.array(code, { maxLength: 20 }),
});
const object = fc.record({ storage: number, parent: number, format: code, size: number, name: text });
const line = fc.record({ handle: number, name: text });
const nameLines = (lines: readonly { handle: number; name: string }[]): Buffer =>
  list(
    lines.map(({ handle, name }) => Buffer.concat([u32(handle), u16(0xdc07), u16(0xffff), encodeText(name)])),
  );

/** Bytes with a few of them changed, cut off, or followed by others. */
const damaged = (bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      bytes,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
      fc.nat({ max: 20 }),
      fc.uint8Array({ maxLength: 20 }),
    )
    .map(([whole, changes, cut, more]) => {
      const copy = Buffer.from(whole);
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
      return Buffer.concat([copy.subarray(0, Math.max(0, copy.length - cut)), more]);
    });

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  damaged(info.map(deviceInfo)),
  damaged(object.map(objectInfo)),
  damaged(fc.array(line, { maxLength: 20 }).map(nameLines)),
);

const decoders: Readonly<Record<string, (bytes: Uint8Array) => { ok: boolean; error?: unknown }>> = {
  deviceInfo: decodeDeviceInfo,
  objectInfo: decodeObjectInfo,
  propList: (bytes) => decodePropList(bytes, 1_000),
  uint32List: (bytes) => decodeUint32List(bytes, 1_000),
  storageInfo: decodeStorageInfo,
  text: decodeText,
  uint64: decodeUint64,
};

describe("what a tablet says", () => {
  it("of itself is understood", () => {
    void fc.assert(
      fc.property(info, (facts) => {
        expect(decodeDeviceInfo(deviceInfo(facts))).toEqual({
          ok: true,
          value: {
            manufacturer: facts.manufacturer,
            model: facts.product,
            version: "1.0",
            serial: facts.serial,
            operations: new Set(facts.operations),
            deviceProperties: new Set(facts.deviceProperties),
          },
        });
      }),
    );
  });

  it("of an object is understood, in any script", () => {
    void fc.assert(
      fc.property(object, (facts) => {
        const { format, size, name } = facts;
        expect(decodeObjectInfo(objectInfo(facts))).toEqual({ ok: true, value: { format, size, name } });
        expect(decodeObjectInfo(encodeObjectInfo(format, size, name))).toEqual({
          ok: true,
          value: { format, size, name },
        });
      }),
    );
  });

  it("of itself without its last strings is understood as far as it goes", () => {
    const whole = deviceInfo({
      ...{ manufacturer: "A", product: "B", serial: "C" },
      ...{ operations: [0x1001], deviceProperties: [] },
    });
    // The serial "C" takes five bytes, the version "1.0" nine.
    for (const [cut, rest] of [
      [5, { version: "1.0", serial: "" }],
      [14, { version: "", serial: "" }],
    ] as const)
      expect(decodeDeviceInfo(whole.subarray(0, whole.length - cut))).toEqual({
        ok: true,
        value: {
          ...{ manufacturer: "A", model: "B", ...rest },
          ...{ operations: new Set([0x1001]), deviceProperties: new Set() },
        },
      });
  });

  it("of an object with a size of 64 bits is understood (libgphoto2 581)", () => {
    const narrow = objectInfo({ storage: 65_537, parent: 3, format: 0x3000, size: 0, name: "ledger.cose" });
    for (const size of [700, 0x1_0000_0000 + 5]) {
      const wide = Buffer.concat([narrow.subarray(0, 8), u64(size), narrow.subarray(12)]);
      expect(decodeObjectInfo(wide)).toEqual({
        ok: true,
        value: { format: 0x3000, size, name: "ledger.cose" },
      });
    }
  });

  it("of a folder that has no format but is an association is understood as a folder", () => {
    const folder = objectInfo({ storage: 65_537, parent: 3, format: 0x3001, size: 0, name: "batches" });
    folder.writeUInt16LE(0x3000, 4);
    expect(decodeObjectInfo(folder)).toEqual({
      ok: true,
      value: { format: 0x3001, size: 0, name: "batches" },
    });
  });

  it("of a folder's properties is understood", () => {
    void fc.assert(
      fc.property(fc.array(line, { maxLength: 50 }), (lines) => {
        expect(decodePropList(nameLines(lines), 50)).toEqual({
          ok: true,
          value: lines.map(({ handle, name }) => ({ handle, property: 0xdc07, value: name })),
        });
      }),
    );
  });

  it("of the time is understood, with and without a zone", () => {
    expect(parseDateTime(dateTime(1_633_838_400))).toBe(1_633_838_400_000);
    expect(parseDateTime("20211010T090000+0500")).toBe(Date.UTC(2021, 9, 10, 4));
    expect(parseDateTime("20211010T090000.5-0330")).toBe(Date.UTC(2021, 9, 10, 12, 30));
    expect(parseDateTime("20211010T090000")).toBe(new Date(2021, 9, 10, 9).getTime());
    for (const wrong of ["", "2021-10-10T09:00:00Z", "20211310T090000Z", "20211010T", "19700101T000000+9"])
      expect(parseDateTime(wrong)).toBeNull();
  });

  it("in more lines than were asked for, or with a number that no file has, is refused", () => {
    expect(decodeUint32List(list([1, 2, 3].map(u32)), 2)).toEqual({ ok: false, error: "bad-dataset" });
    expect(decodeUint64(u64(Number.MAX_SAFE_INTEGER))).toEqual({ ok: true, value: Number.MAX_SAFE_INTEGER });
    expect(decodeUint64(Buffer.alloc(8, 0xff))).toEqual({ ok: false, error: "bad-dataset" });
  });
});

it("what a tablet says of a storage is understood", () => {
  expect(decodeStorageInfo(storageInfo(true, 5_000))).toEqual({
    ok: true,
    value: { isWritable: true, free: 5_000 },
  });
  expect(decodeStorageInfo(storageInfo(false, 0))).toEqual({
    ok: true,
    value: { isWritable: false, free: 0 },
  });
});

describe.each(Object.entries(decoders))("whatever bytes are called %s", (_, decode) => {
  it("are a value or bad-dataset, never an exception", () => {
    void fc.assert(
      fc.property(anyBytes, (bytes) => {
        const decoded = decode(bytes);
        if (!decoded.ok) expect(decoded.error).toBe("bad-dataset");
      }),
      { numRuns: 2_000 },
    );
  });

  it("that announce four billion items are refused before room is made for them", () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < 40; at++) decode(Buffer.alloc(64 + at, 0xff));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1_048_576);
  });
});
