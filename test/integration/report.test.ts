import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, it } from "vitest";
import { goodTablet, TabletBuilder } from "../../fixtures/outbox.ts";
import { writeReport } from "../../main/adapters/report/write.ts";
import type { Cell, ReportFormat, ReportKind } from "../../main/engine/ports-report.ts";
import { run } from "./command-line.ts";
import { Desk, must } from "./desk.ts";

const never = new AbortController().signal;

/** Asks DuckDB, as an auditor would; numbers of 64 bits come back as texts. */
async function ask(sql: string): Promise<readonly Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const quoted = (path: string): string => `'${path.replaceAll("'", "''")}'`;

/** A desk with two tablets: one good, one with a gap, a refused batch and an acknowledged one. */
async function busyDesk(): Promise<{ desk: Desk; good: TabletBuilder; poor: TabletBuilder }> {
  const desk = await Desk.open();
  const good = await goodTablet(desk.campaign, "0417", 3);
  const poor = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0422"));
  await poor.add({ state: "sent" });
  await poor.addGap();
  await poor.add({ recipients: [desk.campaign.recipients.department] });
  await poor.add({ state: "acknowledged" });
  await desk.unload([await good.write(desk.path("good")), await poor.write(desk.path("poor"))]);
  return { desk, good, poor };
}

const report = async (desk: Desk, by: ReportKind, format: ReportFormat, name: string): Promise<number> =>
  must(await (await desk.engine()).report(by, format, desk.path(name), never));

describe("a report", () => {
  it("of batches is the same through CSV and Parquet, and the same as reconcile", async () => {
    const made = await busyDesk();
    await using desk = made.desk;
    expect(await report(desk, "batch", "csv", "batches.csv")).toBe(7);
    expect(await report(desk, "batch", "parquet", "batches.parquet")).toBe(7);
    const columns = "device, chain, seq, manifest, tablet, station, centre, verdict";
    const fromParquet = await ask(
      `SELECT ${columns} FROM read_parquet(${quoted(desk.path("batches.parquet"))}) ORDER BY device, chain, seq`,
    );
    const fromCsv = await ask(
      `SELECT ${columns} FROM read_csv(${quoted(desk.path("batches.csv"))}, all_varchar = true)
       ORDER BY device, chain, seq::INTEGER`,
    );
    const lines = [...must((await desk.engine()).reconcile(null))].map((line) => ({
      ...line,
      seq: String(line.seq),
    }));
    expect(fromParquet).toEqual(lines);
    expect(fromCsv).toEqual(lines);
    const evidence = await ask(
      `SELECT seq, verdict, area, bytes > 0 AS has_bytes, records > 0 AS has_records, sentAt, reason, acknowledged
       FROM read_parquet(${quoted(desk.path("batches.parquet"))}) WHERE device = '${made.poor.device}' ORDER BY seq`,
    );
    expect(evidence).toMatchObject([
      {
        seq: "1",
        verdict: "to-upload",
        area: "273600000",
        has_bytes: true,
        has_records: true,
        acknowledged: false,
      },
      { seq: "2", verdict: "missing", area: "273600000", has_records: null },
      { seq: "3", verdict: "refused", reason: "central-not-recipient" },
      { seq: "4", verdict: "safe", acknowledged: true, sentAt: expect.stringMatching(/^2021-10-.*\+05:00$/) },
    ]);
    expect(evidence[0]?.sentAt).toMatch(/\+05:00$/);
  });

  it("per day, district and campaign counts what the batches come to", async () => {
    const made = await busyDesk();
    await using desk = made.desk;
    for (const by of ["day", "district", "campaign"] as const)
      for (const format of ["csv", "parquet"] as const) await report(desk, by, format, `${by}.${format}`);
    const [district] = await ask(`SELECT * FROM read_parquet(${quoted(desk.path("district.parquet"))})`);
    expect(district).toMatchObject({
      district: "273600000",
      tablets: "2",
      batches: "7",
      staged: "4",
      safe: "1",
      "to-upload": "4",
      missing: "1",
      refused: "1",
      conflict: "0",
    });
    expect(
      await ask(`SELECT campaign, batches FROM read_parquet(${quoted(desk.path("campaign.parquet"))})`),
    ).toEqual([{ campaign: "kz-2021", batches: "7" }]);
    const days = await ask(
      `SELECT coalesce(day, '') AS day, batches FROM read_csv(${quoted(desk.path("day.csv"))}, all_varchar = true) ORDER BY 1`,
    );
    expect(days.map((one) => one.batches)).toEqual(["2", "5"]);
    expect(days[0]?.day).toBe("");
    expect(days[1]?.day).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  it("of an empty store is a file with columns and no lines", async () => {
    await using desk = await Desk.open();
    await desk.loadCampaign();
    expect(await report(desk, "batch", "parquet", "none.parquet")).toBe(0);
    expect(await ask(`SELECT count(*) AS n FROM read_parquet(${quoted(desk.path("none.parquet"))})`)).toEqual(
      [{ n: "0" }],
    );
    expect(await report(desk, "day", "csv", "none.csv")).toBe(0);
    expect(await readFile(desk.path("none.csv"), "utf8")).toMatch(/^day,tablets,batches,.*\r\n$/);
  });

  it("runs nothing on an auditor's machine: a cell that looks like a formula is made a text", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sanaq-report-"));
    const cells = [
      "=cmd|' /C calc'!A0",
      "+1+1",
      "-2",
      "@SUM(A1)",
      "\t=1",
      "\r=1",
      "plain",
      'with "quotes", and\nlines',
    ];
    const table = {
      columns: [{ name: "cell", type: "text" as const }],
      rows: cells.map((cell): Cell[] => [cell]),
    };
    must(await writeReport(join(folder, "cells.csv"), "csv", table, never));
    const text = await readFile(join(folder, "cells.csv"), "utf8");
    expect(text).not.toMatch(/(^|\n|,)"?[=+\-@\t\r]/);
    const read = await ask(
      `SELECT cell FROM read_csv(${quoted(join(folder, "cells.csv"))}, all_varchar = true, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', new_line = '\\r\\n', columns = {'cell': 'VARCHAR'})`,
    );
    expect(read.map((one) => String(one.cell).slice(0, 2))).toEqual([
      "'=",
      "'+",
      "'-",
      "'@",
      "'\t",
      "'\r",
      "pl",
      "wi",
    ]);
    must(await writeReport(join(folder, "cells.parquet"), "parquet", table, never));
    const exact = await ask(`SELECT cell FROM read_parquet(${quoted(join(folder, "cells.parquet"))})`);
    expect(exact.map((one) => one.cell)).toEqual(cells);
    await rm(folder, { recursive: true });
  });

  it.each(["csv", "parquet"] as const)(
    "as %s is written with little memory, however many its lines are",
    async (format) => {
      const folder = await mkdtemp(join(tmpdir(), "sanaq-report-"));
      const file = join(folder, `many.${format}`);
      const lines = 300_000;
      const script = `
      import { writeReport } from ${JSON.stringify(join(import.meta.dirname, "../../main/adapters/report/write.ts"))};
      function* rows() {
        for (let at = 0; at < ${lines}; at++) yield [String(at % 27412).padStart(32, "0"), at, "to-upload", at % 2 === 0];
      }
      const columns = [{ name: "device", type: "text" }, { name: "seq", type: "number" }, { name: "verdict", type: "text" }, { name: "even", type: "flag" }];
      const done = await writeReport(${JSON.stringify(file)}, ${JSON.stringify(format)}, { columns, rows: rows() }, new AbortController().signal);
      if (!done.ok || done.value !== ${lines}) process.exit(1);
    `;
      await promisify(execFile)(process.execPath, [
        "--max-old-space-size=48",
        "--input-type=module",
        "--eval",
        script,
      ]);
      const read = format === "csv" ? "read_csv" : "read_parquet";
      const [found] = await ask(
        `SELECT count(*) AS lines, count(DISTINCT device) AS devices, sum(seq)::BIGINT AS seqs FROM ${read}(${quoted(file)})`,
      );
      expect(found).toEqual({
        lines: String(lines),
        devices: "27412",
        seqs: String((lines * (lines - 1)) / 2),
      });
      await rm(folder, { recursive: true });
    },
    120_000,
  );

  it("on the command line says what it wrote, and leaves no half file where it cannot", async () => {
    const made = await busyDesk();
    await using desk = made.desk;
    desk.closeEngine();
    const file = desk.path("report.parquet");
    const ran = await run(desk.store, ["report", "--by", "batch", "--format", "parquet", "--out", file]);
    expect([ran.exit, ran.json]).toEqual([0, { by: "batch", format: "parquet", file, lines: 7 }]);
    const nowhere = await run(desk.store, [
      "report",
      "--by",
      "day",
      "--out",
      desk.path("no", "such", "folder.csv"),
    ]);
    expect(nowhere.exit).toBe(3);
    expect((await run(desk.store, ["report", "--by", "moon", "--out", file])).exit).toBe(2);
    expect((await readdir(desk.folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  }, 60_000);
});
