import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAreaNames } from "../../main/desk/area-names.ts";
import { concernsOf } from "../../main/desk/concerns.ts";
import { batchesAsCsv, csvCell } from "../../main/desk/csv.ts";
import { problemOf } from "../../main/desk/problems.ts";
import { Speed } from "../../main/desk/speed.ts";
import type { Books } from "../../main/engine/ports-desk.ts";
import type { ChainId } from "../../shared/ids.ts";
import { type BatchRow, concernSchema } from "../../shared/ipc/views.ts";
import type { BatchReport, Finding, TabletReport } from "../../shared/views.ts";
import { HeldClock } from "./held-clock.ts";

/** Small parts of the desk: cells of a table, names of districts, concerns, speed. */

describe("a cell of the CSV", () => {
  it.each([
    ["=1+1", "'=1+1"],
    ["+7 700", "'+7 700"],
    ["-2", "'-2"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\tx", "'\tx"],
    ["\rx", '"\'\rx"'],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ])("never begins a formula: %j", (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });

  it("quotes what would break the line, and leaves the rest as it is", () => {
    expect(csvCell("a,b")).toBe('"a,b"');
    expect(csvCell('say "сәлем"')).toBe('"say ""сәлем"""');
    expect(csvCell("two\nlines")).toBe('"two\nlines"');
    expect(csvCell("0417")).toBe("0417");
    expect(csvCell(12)).toBe("12");
    expect(csvCell(null)).toBe("");
  });

  it("is one cell whatever the text, and a formula never", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const cell = csvCell(text);
        const inner = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
        expect(inner.replace(/^'(?=[=+\-@\t\r])/, "")).toBe(text);
        expect(inner).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });
});

describe("a list as CSV", () => {
  it("goes on over several pages of the books, each batch once and in order", async () => {
    const rows = Array.from(
      { length: 2_345 },
      (_, seq): BatchRow => ({
        ...{ device: "0a".repeat(16), name: null, area: null, chain: "0b".repeat(16), seq, bytes: 1 },
        ...{ tablet: null, synced: null, station: null, stagedAt: null, reason: null },
        ...{ centre: null, answeredAt: null, verdict: "missing" },
      }),
    );
    const books: Pick<Books, "batches"> = {
      batches: (_filter, _sort, offset, limit) => ({
        total: rows.length,
        rows: rows.slice(offset, offset + limit),
      }),
    };
    const filter = {
      area: null,
      device: null,
      verdict: null,
      reason: null,
      state: null,
      day: null,
      text: "",
    };
    let text = "";
    for await (const part of batchesAsCsv(books, filter, { by: "batch", descending: false })) text += part;
    const seqs = text
      .trim()
      .split("\r\n")
      .slice(1)
      .map((line) => Number(line.split(",")[4]));
    expect(seqs).toEqual(rows.map((row) => row.seq));
  });
});

describe("the classifier of districts", () => {
  const read = (text: string) => parseAreaNames(new TextEncoder().encode(text));
  const zhanibek = {
    area: "273600000",
    kk: "Жәнібек ауданы",
    ru: "Жанибекский район",
    en: "Zhanibek district",
  };

  it("is read with semicolons, commas or tabs, a heading, a byte order mark and Windows line ends", () => {
    const cells = Object.values(zhanibek);
    for (const separator of [";", ",", "\t"])
      expect(
        read(`\uFEFFcode${separator}kk${separator}ru${separator}en\r\n${cells.join(separator)}\r\n`),
      ).toEqual([zhanibek]);
    expect(read(cells.join(";"))).toEqual([zhanibek]);
  });

  it("may have quotes, and no English", () => {
    expect(read('273600000;"Жәнібек; ауданы";"Район ""Ж"""')).toEqual([
      { area: "273600000", kk: "Жәнібек; ауданы", ru: 'Район "Ж"', en: 'Район "Ж"' },
    ]);
  });

  it.each([
    ["nothing", ""],
    ["a heading alone", "code;kk;ru;en\n"],
    ["a code of another length", "27360000;а;б;в\n27360001;а;б;в"],
    ["a code twice", "273600000;а;б\n273600000;в;г"],
    ["a name missing", "273600000;;б"],
    ["an open quote", '273600000;"а;б;в'],
    ["another table", "a;b\nc;d"],
  ])("is refused with %s", (_, text) => {
    expect(read(text)).toBeNull();
  });

  it("is refused where it is not UTF-8", () => {
    expect(parseAreaNames(Uint8Array.of(0x32, 0xff, 0xfe, 0x3b))).toBeNull();
  });
});

describe("what a person should know of a tablet", () => {
  const chain = "0a".repeat(16) as ChainId;
  const batch = (seq: number, outcome: BatchReport["outcome"], reason: BatchReport["reason"] = null) => ({
    ...{ chain, seq, outcome, reason, bytes: 0 },
  });
  const report = (batches: readonly BatchReport[], findings: readonly Finding[]): TabletReport => ({
    ...{ device: null, source: "usb:1", outbox: null, chain, ledger: null, receipts: [], failure: null },
    batches,
    findings,
  });

  it("is said once for each kind and reason, with the first few numbers and the whole count", () => {
    const refused = Array.from({ length: 12 }, (_, at) => batch(at + 1, "quarantined", "signature-invalid"));
    const concerns = concernsOf(
      report(
        [...refused, batch(20, "quarantined", "conflict"), batch(21, "failed", "io"), batch(22, "staged")],
        [
          { kind: "gap", chain, seq: 30 },
          { kind: "gap", chain, more: 4 },
          { kind: "unlisted", name: "=cmd.exe" },
          { kind: "unlisted", name: "b" },
          { kind: "crl-stale", issuer: "CN=A" },
          { kind: "crl-stale", issuer: "CN=B" },
          { kind: "clock-skew", of: "tablet", seconds: -3_600.4 },
          { kind: "ledger-invalid", reason: "missing" },
        ],
      ),
    );
    expect(
      concerns.map(({ kind, reason, count, batches, name }) => [kind, reason, count, batches, name]),
    ).toEqual([
      ["quarantined", "signature-invalid", 12, [1, 2, 3, 4, 5, 6, 7, 8], null],
      ["quarantined", "conflict", 1, [20], null],
      ["failed", "io", 1, [21], null],
      ["gap", null, 5, [30], null],
      ["unlisted", null, 2, [], "=cmd.exe"],
      ["crl-stale", null, 1, [], "CN=A"],
      ["crl-stale", null, 1, [], "CN=B"],
      ["clock-skew", null, 1, [], null],
      ["ledger-invalid", "missing", 1, [], null],
    ]);
    for (const concern of concerns) expect(() => concernSchema.parse(concern)).not.toThrow();
  });

  it("is never more than a card can hold", () => {
    const findings = Array.from(
      { length: 500 },
      (_, at): Finding => ({ kind: "crl-stale", issuer: `CN=${at}` }),
    );
    expect(concernsOf(report([], findings))).toHaveLength(40);
  });
});

describe("the speed of sending", () => {
  it("is that of the last ten seconds, and nothing before there is a second to speak of", () => {
    const clock = new HeldClock();
    const speed = new Speed(() => clock.now().getTime());
    speed.add(0);
    expect(speed.perSecond()).toBe(0);
    for (let at = 0; at < 20; at++) {
      clock.pass(500);
      speed.add(1_000_000);
    }
    expect(speed.perSecond()).toBeCloseTo(2_000_000, -5);
    clock.pass(20_000);
    expect(speed.perSecond()).toBe(0);
  });
});

describe("a problem for the windows", () => {
  it("is the failure's word with its values, cut to what a message can hold", () => {
    expect(problemOf({ type: "disk", code: "ENOSPC", path: "x".repeat(900) } as never)).toEqual({
      type: "disk",
      values: { code: "ENOSPC", path: "x".repeat(400) },
    });
    expect(() => problemOf({ type: "something-else" })).toThrow();
  });
});
