import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { type CborValue, decodeCbor, encodeCbor } from "../../main/formats/cbor.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const takes = (text: string): CborValue | "malformed" => {
  const item = decodeCbor(hex(text));
  return item.ok ? item.value : item.error;
};

describe("CBOR of the profile", () => {
  it.each<[string, string, CborValue]>([
    ["0", "00", 0],
    ["23", "17", 23],
    ["24", "18 18", 24],
    ["255", "18 ff", 255],
    ["256", "19 0100", 256],
    ["65536", "1a 00010000", 65_536],
    ["2^32", "1b 0000000100000000", 4_294_967_296],
    ["2^53 - 1", "1b 001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["-1", "20", -1],
    ["-24", "37", -24],
    ["-25", "38 18", -25],
    ["1 - 2^53", "3b 001ffffffffffffe", Number.MIN_SAFE_INTEGER],
    ["false", "f4", false],
    ["true", "f5", true],
    ["null", "f6", null],
    ["empty text", "60", ""],
    ["Kazakh text", "69 d3a9d180d0b8d196 20", "өриі "],
    ["text that begins with a byte order mark", "64 efbbbf 61", "\ufeffa"],
    ["text beyond the basic plane", "64 f0909991", "\u{10651}"],
    ["text with a zero byte", "61 00", "\0"],
    ["empty array", "80", []],
    ["array", "83 01 02 03", [1, 2, 3]],
    ["empty map", "a0", new Map()],
    [
      "map with numbers and text",
      "a3 01 02 20 03 61 61 04",
      new Map<number | string, CborValue>([
        [1, 2],
        [-1, 3],
        ["a", 4],
      ]),
    ],
    ["key with a space and a tilde", "a1 62 207e 00", new Map([[" ~", 0]])],
  ])("takes %s", (_, text, value) => {
    expect(takes(text)).toEqual(value);
    expect(Buffer.from(encodeCbor(value))).toEqual(hex(text));
  });

  it("takes byte strings of any length", () => {
    for (const size of [0, 1, 23, 24, 255, 256, 65_535, 65_536]) {
      const encoded = encodeCbor(new Uint8Array(size).fill(7));
      const item = decodeCbor(encoded);
      expect(item.ok && item.value instanceof Uint8Array && item.value.length).toBe(size);
    }
  });

  it.each([
    ["nothing", ""],
    ["bytes after the item", "00 00"],
    ["a number cut off", "19 01"],
    ["a text cut off", "62 61"],
    ["an array cut off", "82 01"],
    ["a map cut off", "a1 01"],
    ["a long form of 0", "18 00"],
    ["a long form of 23", "18 17"],
    ["a long form of 255", "19 00ff"],
    ["a long form of 65535", "1a 0000ffff"],
    ["a long form of 2^32 - 1", "1b 00000000ffffffff"],
    ["a long form of -1", "38 00"],
    ["a long form of a text's length", "78 01 61"],
    ["a long form of a byte string's length", "58 01 00"],
    ["a long form of an array's count", "98 01 00"],
    ["a long form of a map's count", "b8 01 00 00"],
    ["2^53", "1b 0020000000000000"],
    ["2^64 - 1", "1b ffffffffffffffff"],
    ["-2^64", "3b ffffffffffffffff"],
    ["reserved additional information 28", "1c"],
    ["an indefinite byte string", "5f 41 00 ff"],
    ["an indefinite text", "7f 61 61 ff"],
    ["an indefinite array", "9f 00 ff"],
    ["an indefinite map", "bf 00 00 ff"],
    ["a break alone", "ff"],
    ["undefined", "f7"],
    ["simple value 16", "f0"],
    ["simple value 255", "f8 ff"],
    ["false in two bytes", "f8 14"],
    ["a half float", "f9 3c00"],
    ["a float", "fa 3f800000"],
    ["a double", "fb 3ff0000000000000"],
    ["a whole number as a double", "fb 4000000000000000"],
    ["not a number", "f9 7e00"],
    ["infinity", "f9 7c00"],
    ["a tag", "c1 00"],
    ["tag 18 inside", "81 d2 80"],
    ["a bignum", "c2 41 01"],
    ["self-described CBOR", "d9 d9f7 00"],
    ["a key twice", "a2 01 00 01 00"],
    ["a text key twice", "a2 61 61 00 61 61 01"],
    ["keys out of order", "a2 02 00 01 00"],
    ["text keys out of order", "a2 61 62 00 61 61 00"],
    ["a longer key before a shorter one", "a2 62 6161 00 61 62 00"],
    ["text before numbers", "a2 61 61 00 01 00"],
    ["a Kazakh key", "a1 62 d3a9 00"],
    ["a key with a control character", "a1 61 1f 00"],
    ["a key with a delete character", "a1 61 7f 00"],
    ["a byte string as key", "a1 41 01 00"],
    ["an array as key", "a1 80 00"],
    ["null as key", "a1 f6 00"],
    ["true as key", "a1 f5 00"],
    ["a lone surrogate in UTF-8", "63 eda080"],
    ["an overlong form in UTF-8", "62 c0af"],
    ["a cut sequence in UTF-8", "61 d3"],
    ["a byte that UTF-8 has not", "61 ff"],
    ["a code point above 0x10ffff", "64 f4908080"],
  ])("refuses %s", (_, text) => {
    expect(takes(text)).toBe("malformed");
  });

  it("takes eight arrays and maps within each other, and refuses nine", () => {
    for (const [open, close] of [
      ["81", "00"],
      ["81", ""],
      ["a1 01", "00"],
    ] as const) {
      const innermost = open === "81" ? "80" : "a0";
      const nested = (depth: number) =>
        open.repeat(depth - (close === "" ? 1 : 0)) + (close === "" ? innermost : close);
      expect(takes(nested(8))).not.toBe("malformed");
      expect(takes(nested(9))).toBe("malformed");
    }
    expect(takes(`82 ${"81".repeat(7)}00 ${"81".repeat(7)}00`)).not.toBe("malformed");
    expect(takes(`82 ${"81".repeat(7)}00 ${"81".repeat(8)}00`)).toBe("malformed");
  });

  it("refuses a hundred thousand arrays within each other like nine", () => {
    expect(decodeCbor(Buffer.alloc(100_000, 0x81)).ok).toBe(false);
    expect(decodeCbor(Buffer.alloc(8 * 1_048_576, 0x81)).ok).toBe(false);
  });

  it("refuses a count beyond the bytes before anything of that size is made", () => {
    for (const head of [
      "9a ffffffff",
      "9b 00000000ffffffff",
      "9b 001fffffffffffff",
      "9b ffffffffffffffff",
      "ba ffffffff",
      "bb 7fffffffffffffff",
      "5a ffffffff",
      "5b 001fffffffffffff",
      "7b ffffffffffffffff",
    ])
      expect(takes(`${head} 00`)).toBe("malformed");
  });

  it("refuses eight MiB of tiny items, whose values would take gigabytes", () => {
    const size = 8 * 1_048_576;
    for (const item of [0x00, 0x80, 0xa0]) {
      const bytes = Buffer.alloc(size, item);
      bytes[0] = 0x9a;
      bytes.writeUInt32BE(size - 5, 1);
      expect(decodeCbor(bytes).ok).toBe(false);
    }
  });
});

const scalar = fc.oneof(
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array(),
);
const key = fc.oneof(fc.maxSafeInteger(), fc.stringMatching(/^[ -~]{0,30}$/));
const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 6 }).map((pairs) => new Map(pairs)),
  ),
}));

describe("any value of the profile", () => {
  it("comes back as it went", () => {
    fc.assert(
      fc.property(value, (one) => {
        expect(decodeCbor(new Uint8Array(encodeCbor(one)))).toEqual({ ok: true, value: one });
      }),
    );
  });
});

describe("any bytes", () => {
  const selfEncoding = (bytes: Uint8Array) => {
    const item = decodeCbor(bytes);
    if (item.ok) expect(Buffer.from(encodeCbor(item.value))).toEqual(Buffer.from(bytes));
    else expect(item.error).toBe("malformed");
  };

  it("are a value that encodes to the same bytes, or malformed", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), selfEncoding), { numRuns: 2_000 });
  });

  it("so are the bytes of true objects with some of them changed, taken out or put in", async () => {
    const campaign = await TestCampaign.create();
    const tablet = new TabletBuilder(campaign, await campaign.tablet());
    await tablet.add({ state: "acknowledged" });
    const objects = [tablet.batch(1).manifest.subarray(1), tablet.ledger().bytes.subarray(1)];
    fc.assert(
      fc.property(
        fc.constantFrom(...objects),
        fc.nat(),
        fc.nat(3),
        fc.uint8Array({ maxLength: 3 }),
        (object, at, out, put) => {
          const place = at % object.length;
          selfEncoding(Buffer.concat([object.subarray(0, place), put, object.subarray(place + out)]));
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
