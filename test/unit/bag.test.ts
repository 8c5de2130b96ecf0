import { describe, expect, it } from "vitest";
import { decodePath, encodePath, isInside, isOdd } from "../../main/adapters/carrier/paths.ts";
import { manifestText, parseDeclaration, parseManifestFile } from "../../main/adapters/carrier/tagfiles.ts";
import {
  type BagReceipt,
  type BagStatement,
  encodeBagReceipt,
  encodeBagStatement,
  parseBagReceipt,
  parseBagStatement,
} from "../../main/formats/bag.ts";
import { sha256 } from "../../main/formats/sha256.ts";
import type { ChainId, DeviceId, StationId } from "../../shared/ids.ts";

const device = "0".repeat(31);
const named = (seq: number) => ({
  device: `${device}1` as DeviceId,
  chain: "a".repeat(32) as ChainId,
  seq,
  manifest: sha256(`manifest ${seq}`),
});

const statement: BagStatement = {
  campaign: "kz-2021",
  station: "b".repeat(32) as StationId,
  no: 7,
  made: { utc: 1_634_000_000, offset: 300 },
  batches: [1, 2, 3].map((seq) => ({ ...named(seq), length: 1_000 * seq })),
  elsewhere: [{ ...named(4), status: "accepted" }],
  manifest: sha256("manifest-sha256.txt"),
  audit: null,
};

const receipt: BagReceipt = {
  campaign: "kz-2021",
  station: "c".repeat(32) as StationId,
  no: 2,
  made: { utc: 1_634_000_000, offset: 300 },
  bag: { station: statement.station, no: 7, statement: sha256("statement") },
  items: [
    { ...named(1), status: "staged", reason: "" },
    { ...named(2), status: "refused", reason: "chunk-mismatch" },
  ],
  audit: Uint8Array.of(1, 2, 3),
};

describe("what stations sign about a bag", () => {
  it("is read as it was written", () => {
    expect(parseBagStatement(encodeBagStatement(statement))).toEqual({
      ok: true,
      value: { v: 1, ...statement },
    });
    const read = parseBagReceipt(encodeBagReceipt(receipt));
    expect(read).toMatchObject({ ok: true, value: { ...receipt, audit: expect.anything() } });
  });

  const refused = (change: Partial<BagStatement>) =>
    parseBagStatement(encodeBagStatement({ ...statement, ...change })).ok;

  it("is malformed out of order, twice, with a number that cannot be, or with a reason that does not belong", () => {
    const [one, two, three] = statement.batches;
    if (one === undefined || two === undefined || three === undefined) throw new Error("three batches");
    expect(refused({ batches: [two, one, three] })).toBe(false);
    expect(refused({ batches: [one, one] })).toBe(false);
    expect(refused({ batches: [{ ...one, seq: 0 }] })).toBe(false);
    expect(refused({ batches: [] })).toBe(true);
    const answered = (status: "staged" | "refused", reason: "" | "io") =>
      parseBagReceipt(encodeBagReceipt({ ...receipt, items: [{ ...named(1), status, reason }] })).ok;
    expect([answered("staged", ""), answered("refused", "io")]).toEqual([true, true]);
    expect([answered("staged", "io"), answered("refused", "")]).toEqual([false, false]);
  });
});

describe("a path in a bag", () => {
  it.each([
    "../x",
    "data/../../x",
    "/etc/passwd",
    "data//x",
    "data/./x",
    "C:\\x",
    "C:/x",
    "data/x:stream",
    "\\\\server\\x",
    "~/x",
    "~root/x",
    "",
    "data/",
  ])("%j leads out of it or nowhere", (path) => {
    expect(isInside(path)).toBe(false);
  });

  it.each([
    "data/CON",
    "data/nul.txt",
    "data/Com1.age",
    "data/x.",
    "data/x ",
    "data/a\u202eb",
    "data/a\u0007b",
    "data/a\nb",
    "data/a?b",
  ])("%j stays inside, and some system cannot keep it", (path) => {
    expect([isInside(path), isOdd(path)]).toEqual([true, true]);
  });

  it("is written with CR, LF and the percent sign encoded, and nothing else, and is read back", () => {
    const path = "data/100%\r\n қазақша ~.age";
    expect(encodePath(path)).toBe("data/100%25%0D%0A қазақша ~.age");
    expect(decodePath(encodePath(path))).toBe(path);
    expect(decodePath("data/%7Ex")).toBeNull();
    expect(decodePath("data/100%")).toBeNull();
    const text = manifestText(new Map([[path, "0".repeat(64)]]));
    expect(parseManifestFile(text, 64, [1, 0])?.[0]?.path).toBe(path);
    expect(parseManifestFile(`${"0".repeat(63)}  data/x\n`, 64, [1, 0])).toBeNull();
  });

  it("stands in a bag of a version and an encoding that are declared exactly", () => {
    const declare = (text: string) => parseDeclaration(Buffer.from(text));
    expect(declare("BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8").ok).toBe(true);
    expect(declare("BagIt-Version: 1.1\nTag-File-Character-Encoding: UTF-8\n")).toMatchObject({
      error: "unknown-version",
    });
    expect(declare("\ufeffBagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n").ok).toBe(false);
    expect(declare("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nmore\n").ok).toBe(false);
  });
});
