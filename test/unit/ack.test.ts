import { describe, expect, it } from "vitest";
import { cbor } from "../../fixtures/outbox/sign1.ts";
import { encodeAck, parseAck } from "../../main/formats/ack.ts";

const bytes = (size: number, fill = 0): Buffer => Buffer.alloc(size, fill);
const right: Readonly<Record<string, unknown>> = {
  v: 1,
  campaign: "kz-2021",
  device: bytes(16, 1),
  chain: bytes(16, 2),
  seq: 3,
  manifest: bytes(32, 4),
  received: [1_633_838_400, 360],
};

describe("an acknowledgement's shape", () => {
  it("is read, and written as it was read", () => {
    const ack = parseAck(cbor(right));
    if (!ack.ok) throw new Error(ack.error);
    expect(ack.value).toMatchObject({
      seq: 3,
      manifest: "04".repeat(32),
      received: { utc: 1_633_838_400, offset: 360 },
    });
    expect(Buffer.from(encodeAck(ack.value))).toEqual(Buffer.from(cbor(right)));
  });

  it.each<[string, Record<string, unknown>]>([
    ["another version", { v: 2 }],
    ["a negative seq", { seq: -1 }],
    ["a digest of 31 bytes", { manifest: bytes(31) }],
    ["a moment without an offset", { received: [0] }],
    ["an offset beyond a day", { received: [0, 1441] }],
    ["a field nobody knows", { prev: null }],
  ])("is malformed with %s", (_, change) => {
    expect(parseAck(cbor({ ...right, ...change }))).toEqual({ ok: false, error: "malformed" });
  });

  it.each(Object.keys(right))("is malformed without its %s", (key) => {
    const rest = Object.fromEntries(Object.entries(right).filter(([name]) => name !== key));
    expect(parseAck(cbor(rest))).toEqual({ ok: false, error: "malformed" });
  });
});
