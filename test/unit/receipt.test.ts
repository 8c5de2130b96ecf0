import { describe, expect, it } from "vitest";
import { cbor } from "../../fixtures/outbox/sign1.ts";
import { encodeReceipt, parseReceipt } from "../../main/formats/receipt.ts";

const bytes = (size: number, fill = 0): Buffer => Buffer.alloc(size, fill);
const right: Readonly<Record<string, unknown>> = {
  v: 1,
  campaign: "kz-2021",
  device: bytes(16, 1),
  chain: bytes(16, 2),
  station: bytes(16, 5),
  no: 12,
  made: [1_633_838_400, 300],
  ledger: bytes(32, 6),
  act: "№ 118",
  items: [
    [1, bytes(32, 7), "staged", ""],
    [2, bytes(32, 8), "accepted", ""],
    [3, bytes(32, 9), "refused", "chunk-mismatch"],
  ],
};
const parse = (change: Readonly<Record<string, unknown>>) => parseReceipt(cbor({ ...right, ...change }));

describe("a receipt's shape", () => {
  it("is read, and written as it was read", () => {
    const receipt = parse({});
    if (!receipt.ok) throw new Error(receipt.error);
    expect(receipt.value).toMatchObject({
      station: "05".repeat(16),
      no: 12,
      act: "№ 118",
      ledger: "06".repeat(32),
    });
    expect(receipt.value.items.map((item) => [item.seq, item.status, item.reason])).toEqual([
      [1, "staged", ""],
      [2, "accepted", ""],
      [3, "refused", "chunk-mismatch"],
    ]);
    expect(Buffer.from(encodeReceipt(receipt.value))).toEqual(Buffer.from(cbor(right)));
  });

  it("is taken without a ledger, an act or items", () => {
    expect(parse({ ledger: null, act: "", items: [] }).ok).toBe(true);
  });

  it.each<[string, Record<string, unknown>]>([
    ["a station of 8 bytes", { station: bytes(8) }],
    ["a negative number", { no: -1 }],
    ["an act that is null", { act: null }],
    ["an item of three parts", { items: [[1, bytes(32), "staged"]] }],
    ["an item with a status nobody knows", { items: [[1, bytes(32), "kept", ""]] }],
    ["an item whose reason is null", { items: [[1, bytes(32), "staged", null]] }],
    ["a field nobody knows", { note: 1 }],
  ])("is malformed with %s", (_, change) => {
    expect(parse(change)).toEqual({ ok: false, error: "malformed" });
  });

  it.each(Object.keys(right))("is malformed without its %s", (key) => {
    const rest = Object.fromEntries(Object.entries(right).filter(([name]) => name !== key));
    expect(parseReceipt(cbor(rest))).toEqual({ ok: false, error: "malformed" });
  });
});
