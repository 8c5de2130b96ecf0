import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FORMS, SCHEMA } from "../../fixtures/campaign.ts";
import { cbor } from "../../fixtures/outbox/sign1.ts";
import { encodeManifest, parseManifest, recordsIn } from "../../main/formats/manifest.ts";

const bytes = (size: number, fill = 0): Buffer => Buffer.alloc(size, fill);
const right: Readonly<Record<string, unknown>> = {
  v: 1,
  campaign: "kz-2021",
  device: bytes(16, 1),
  chain: bytes(16, 2),
  seq: 2,
  prev: bytes(32, 3),
  made: [1_633_838_400, 300],
  form: { [FORMS[0]]: 20, [FORMS[1]]: 0 },
  area: "273600000",
  schema: Buffer.from(SCHEMA, "hex"),
  length: 1_048_577,
  chunk: 1_048_576,
  chunks: [bytes(32, 4), bytes(32, 5)],
  recipients: [bytes(32, 6), bytes(32, 7)],
};
const parse = (change: Readonly<Record<string, unknown>>) => parseManifest(cbor({ ...right, ...change }));
const without = (key: string) =>
  parseManifest(cbor(Object.fromEntries(Object.entries(right).filter(([name]) => name !== key))));

describe("a manifest's shape", () => {
  it("is read, field by field", () => {
    const manifest = parse({});
    if (!manifest.ok) throw new Error(manifest.error);
    expect(manifest.value).toMatchObject({
      campaign: "kz-2021",
      device: "01".repeat(16),
      chain: "02".repeat(16),
      seq: 2,
      prev: "03".repeat(32),
      made: { utc: 1_633_838_400, offset: 300 },
      area: "273600000",
      schema: SCHEMA,
      length: 1_048_577,
      recipients: ["06".repeat(32), "07".repeat(32)],
    });
    expect(manifest.value.chunks.map((one) => Buffer.from(one))).toEqual([bytes(32, 4), bytes(32, 5)]);
    expect(recordsIn(manifest.value)).toBe(20);
  });

  it("is written as it was read", () => {
    const manifest = parse({});
    if (!manifest.ok) throw new Error(manifest.error);
    expect(Buffer.from(encodeManifest(manifest.value))).toEqual(Buffer.from(cbor(right)));
  });

  it.each<[string, Record<string, unknown>]>([
    ["the first batch, without one before", { seq: 1, prev: null }],
    ["the last seq", { seq: 99_999_999 }],
    ["a moment before 1970", { made: [-1, 0] }],
    ["a clock of a full day east", { made: [0, 1440] }],
    ["a clock of a full day west", { made: [0, -1440] }],
    ["one form", { form: { a: 0 } }],
    ["forms with any printable name", { form: { "~ 4/a": 1 } }],
    ["an empty form name", { form: { "": 1 } }],
    ["a district whose oblast nobody knows", { area: "999900000" }],
    ["no chunks", { length: 0, chunks: [] }],
    ["chunks that do not fit the length: a matter of the body", { length: 0 }],
    ["65,536 chunks", { chunks: Array.from({ length: 65_536 }, () => bytes(32)) }],
    ["the largest length", { length: Number.MAX_SAFE_INTEGER }],
    ["one recipient", { recipients: [bytes(32)] }],
    ["eight recipients", { recipients: Array.from({ length: 8 }, (_, at) => bytes(32, at)) }],
    ["a campaign's id of any text", { campaign: "" }],
  ])("is taken with %s", (_, change) => {
    expect(parse(change).ok).toBe(true);
  });

  it.each<[string, Record<string, unknown>]>([
    ["version 2", { v: 2 }],
    ["version 0", { v: 0 }],
    ["the version as text", { v: "1" }],
    ["a campaign that is no text", { campaign: 1 }],
    ["a device of 15 bytes", { device: bytes(15) }],
    ["a device of 17 bytes", { device: bytes(17) }],
    ["a device as text", { device: "01".repeat(16) }],
    ["a chain of 32 bytes", { chain: bytes(32) }],
    ["seq 0", { seq: 0, prev: null }],
    ["seq 100,000,000", { seq: 100_000_000 }],
    ["a negative seq", { seq: -1 }],
    ["no batch before, at seq 2", { prev: null }],
    ["a batch before, at seq 1", { seq: 1 }],
    ["a prev of 31 bytes", { prev: bytes(31) }],
    ["a moment without an offset", { made: [0] }],
    ["a moment of three numbers", { made: [0, 0, 0] }],
    ["a moment as a number", { made: 0 }],
    ["a clock more than a day east", { made: [0, 1441] }],
    ["a clock more than a day west", { made: [0, -1441] }],
    ["no forms", { form: {} }],
    ["a negative count of forms", { form: { a: -1 } }],
    ["a form with a number for a name", { form: new Map([[1, 1]]) }],
    ["a form's name in Kazakh", { form: { үй: 1 } }],
    ["forms as a list", { form: [["a", 1]] }],
    ["an area of 8 digits", { area: "27360000" }],
    ["an area of 10 digits", { area: "2736000000" }],
    ["an area below district level", { area: "273610000" }],
    ["an area whose last digit is set", { area: "273600001" }],
    ["an area with a letter", { area: "27З600000" }],
    ["an area as a number", { area: 273_600_000 }],
    ["an area with a line feed", { area: "273600000\n" }],
    ["a schema of 20 bytes", { schema: bytes(20) }],
    ["a negative length", { length: -1 }],
    ["chunks of 512 KiB", { chunk: 524_288 }],
    ["chunks of 2 MiB", { chunk: 2_097_152 }],
    ["a chunk's digest of 31 bytes", { chunks: [bytes(31)] }],
    ["a chunk's digest as text", { chunks: ["00".repeat(32)] }],
    ["65,537 chunks", { chunks: Array.from({ length: 65_537 }, () => bytes(32)) }],
    ["no recipients", { recipients: [] }],
    ["nine recipients", { recipients: Array.from({ length: 9 }, (_, at) => bytes(32, at)) }],
    ["recipients out of order", { recipients: [bytes(32, 7), bytes(32, 6)] }],
    ["a recipient twice", { recipients: [bytes(32, 6), bytes(32, 6)] }],
    ["a recipient of 31 bytes", { recipients: [bytes(31)] }],
    ["a field nobody knows", { note: "hello" }],
    ["a field with a number for a name", { 1: 1 }],
    ["a length that is null", { length: null }],
  ])("is malformed with %s", (_, change) => {
    expect(parse(change)).toEqual({ ok: false, error: "malformed" });
  });

  it.each(Object.keys(right))("is malformed without its %s", (key) => {
    expect(without(key)).toEqual({ ok: false, error: "malformed" });
  });

  it.each<[string, unknown]>([
    ["a list", [right]],
    ["a number", 1],
    ["null", null],
    ["an empty map", {}],
    ["a map with numbers for names", new Map(Object.values(right).map((value, at) => [at, value]))],
  ])("is malformed as %s", (_, value) => {
    expect(parseManifest(cbor(value))).toEqual({ ok: false, error: "malformed" });
  });

  it("of any bytes is a manifest that is written alike, or malformed", () => {
    const good = Buffer.from(cbor(right));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const mutated = Buffer.from(good);
        mutated[at] = byte;
        const manifest = parseManifest(mutated);
        if (manifest.ok) expect(Buffer.from(encodeManifest(manifest.value))).toEqual(mutated);
        else expect(manifest.error).toBe("malformed");
      }),
      { numRuns: 2_000 },
    );
  });
});
