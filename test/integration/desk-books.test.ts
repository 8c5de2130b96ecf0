import { readFile, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { seededHex } from "../../fixtures/outbox/seeded.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import type { BatchFilter, BatchKey, BatchRow, BatchSort } from "../../shared/ipc/views.ts";
import { NO_DEVICE } from "../../shared/ipc/views.ts";
import { Office, PASSPHRASE } from "./office.ts";

/** An auditor at the books: every batch, from all sides, with what proves it. */

const ALL: BatchFilter = {
  ...{ area: null, device: null, verdict: null, reason: null, state: null, day: null },
  text: "",
};
const BY_TABLET: BatchSort = { by: "tablet", descending: false };

const list = async (office: Office, filter: Partial<BatchFilter> = {}, sort: BatchSort = BY_TABLET) =>
  (await office.call("batches", { filter: { ...ALL, ...filter }, sort, offset: 0, limit: 200 })).rows;
const said = (rows: readonly BatchRow[]) => rows.map((row) => `${row.name} ${row.seq} ${row.verdict}`);

/** Three tablets: one clean, one with everything that can be wrong, one without a name that could be believed. */
async function auditedOffice(): Promise<Office> {
  const office = await Office.ready();
  const clean = await office.tablet("Ақжайық 10", 3);
  const wrong = await office.tablet("Ақжайық 9", async (builder) => {
    await builder.add({ state: "sent" });
    await builder.add({ state: "acknowledged" });
    await builder.addGap({ state: "sent" });
    await builder.add({ bodyOnTablet: (body) => body.subarray(1) });
    await builder.add({ bodyBytes: 9_000 });
  });
  await office.loadCampaign();
  for (const { tablet } of [clean, wrong]) office.cable.plug(tablet);
  await office.until(
    "two tablets done",
    ({ unload: { today, cards } }) =>
      today.tablets === 2 && cards.every((card) => card.state === "safe" || card.state === "needs-person"),
  );
  // A tablet of another authority, without a ledger: nothing on it can be believed.
  const other = await TestCampaign.create({ seed: "other" });
  const forged = new TabletBuilder(office.campaign, await other.tablet("forged"));
  await forged.add();
  office.host.choose("outbox", await forged.write(office.path("forged")));
  await office.call("unloadFolder", null);
  await office.until(
    "the forged one is refused",
    ({ unload: { cards } }) => cards.length === 3 && cards[2]?.totals !== null,
  );
  return office;
}

let office: Office | null = null;
afterEach(async () => {
  await office?.[Symbol.asyncDispose]();
  office = null;
});

describe("the table of batches", () => {
  it("has every batch once, by tablet in the Kazakh order of names, with a verdict each", async () => {
    office = await auditedOffice();
    expect(said(await list(office))).toEqual([
      "Ақжайық 9 1 to-upload",
      "Ақжайық 9 2 safe",
      "Ақжайық 9 3 missing",
      "Ақжайық 9 4 refused",
      "Ақжайық 9 5 to-upload",
      "Ақжайық 10 1 to-upload",
      "Ақжайық 10 2 to-upload",
      "Ақжайық 10 3 to-upload",
      "null 1 refused",
    ]);
  });

  it("tells what each side says, with times and their offsets", async () => {
    office = await auditedOffice();
    const [first, , , refused] = await list(office, { text: "айық 9" });
    expect(first).toMatchObject({
      area: "273600000",
      tablet: "sent",
      synced: "2021-10-10T10:05:00+05:00",
      station: "staged",
      reason: null,
      centre: null,
      verdict: "to-upload",
    });
    expect(first?.stagedAt).toMatch(/[+-]\d\d:\d\d$/);
    expect(refused).toMatchObject({ station: "quarantined", reason: "length-mismatch", verdict: "refused" });
  });

  it("is filtered by each side, and sorted by each column, both ways", async () => {
    office = await auditedOffice();
    expect(said(await list(office, { verdict: "missing" }))).toEqual(["Ақжайық 9 3 missing"]);
    expect(said(await list(office, { reason: "length-mismatch" }))).toEqual(["Ақжайық 9 4 refused"]);
    expect(said(await list(office, { state: "acknowledged" }))).toEqual(["Ақжайық 9 2 safe"]);
    expect(await list(office, { text: "АҚЖАЙЫҚ" })).toHaveLength(8);
    expect(await list(office, { area: "273600000" })).toHaveLength(8);
    expect(await list(office, { day: "1999-01-01" })).toEqual([]);
    const bySize = await list(office, { verdict: "to-upload" }, { by: "bytes", descending: true });
    expect(bySize[0]).toMatchObject({ name: "Ақжайық 9", seq: 5, bytes: 9_000 });
    expect(said(await list(office, {}, { by: "tablet", descending: true }))).toEqual(
      said(await list(office)).reverse(),
    );
    for (const by of ["area", "batch", "bytes", "staged", "verdict"] as const) {
      const up = await list(office, {}, { by, descending: false });
      expect(said(await list(office, {}, { by, descending: true })), by).toEqual(said(up).reverse());
    }
  });

  it("counts the same as it lists, for the verdicts, the days and the tablets", async () => {
    office = await auditedOffice();
    const counts = await office.call("verdictCounts", { filter: ALL });
    expect(counts).toEqual({
      ...{ safe: 1, "to-upload": 5, missing: 1, refused: 2, conflict: 0 },
      ...{ "on-tablet-only": 0, "lost-in-vpn": 0, damaged: 0, revoked: 0 },
    });
    const facets = await office.call("facets", null);
    expect(facets.areas).toEqual(["273600000"]);
    const days = await office.call("days", { area: null });
    expect(days.map((one) => one.day)).toEqual(facets.days);
    expect(days.reduce((sum, { counts: of }) => sum + of["to-upload"] + of.refused, 0)).toBe(7);
    const tablets = await office.call("tablets", { text: "", area: null, offset: 0, limit: 10 });
    expect(tablets.rows.map(({ name, batches, open }) => [name, batches, open])).toEqual([
      ["Ақжайық 9", 5, 2],
      ["Ақжайық 10", 3, 0],
      [null, 1, 1],
    ]);
  });

  it("is up to date at once when more is unloaded", async () => {
    office = await auditedOffice();
    const { tablet } = await office.tablet("Ақжайық 1", 2);
    await office.loadCampaign();
    office.cable.plug(tablet);
    await office.until("it is safe", ({ unload: { cards } }) =>
      cards.some((card) => card.name === "Ақжайық 1" && card.state === "safe"),
    );
    expect(said(await list(office)).slice(0, 2)).toEqual(["Ақжайық 1 1 to-upload", "Ақжайық 1 2 to-upload"]);
    expect((await office.call("verdictCounts", { filter: ALL }))["to-upload"]).toBe(7);
    await office.restart();
    await office.call("unlock", { person: 1, pin: "314159" });
    expect(said(await list(office)).slice(0, 2)).toEqual(["Ақжайық 1 1 to-upload", "Ақжайық 1 2 to-upload"]);
  });

  it("shows what names no tablet that can be believed, under no tablet", async () => {
    office = await auditedOffice();
    const rows = await list(office, { device: NO_DEVICE });
    expect(rows).toMatchObject([{ device: NO_DEVICE, name: null, verdict: "refused" }]);
    expect(await office.call("sequence", { device: NO_DEVICE })).toMatchObject({ chains: [{ cells: "r" }] });
  });
});

describe("the sequence of a tablet", () => {
  it("has a letter for each batch, and the gap among them", async () => {
    office = await auditedOffice();
    const [row] = await list(office, { text: "айық 9" });
    expect(await office.call("sequence", { device: row?.device ?? "" })).toMatchObject({
      name: "Ақжайық 9",
      chains: [{ first: 1, cells: "usmru", more: 0 }],
    });
    expect(await office.call("sequence", { device: "ab".repeat(16) })).toBeNull();
  });
});

describe("the page of a batch", () => {
  const key = ({ device, chain, seq }: BatchRow): BatchKey => ({ device, chain, seq });

  it("tells its whole way, each step with its time and what proves it", async () => {
    office = await Office.ready();
    await office.call("createStation", { passphrase: PASSPHRASE });
    const settings = await office.call("settings", null);
    await writeFile(
      office.path("station.pem"),
      await office.campaign.stationCertificate(settings.station?.request ?? ""),
    );
    office.host.choose("certificate", office.path("station.pem"));
    await office.call("takeCertificate", null);
    const { builder, tablet } = await office.tablet("0417", async (one) => {
      await one.add();
      await one.add({ state: "acknowledged" });
      await one.add({ state: "sent" });
    });
    await office.loadCampaign();
    office.cable.plug(tablet);
    await office.card("the receipt", (card) => card.receipt);

    const rows = await list(office);
    const page = await office.call("batch", key(rows[2] as BatchRow));
    const batch = builder.batch(3);
    expect(page?.manifest).toMatchObject({
      digest: batch.digest,
      prev: builder.batch(2).digest,
      made: "2021-10-10T11:00:00+05:00",
      recipients: 2,
      chunks: 1,
    });
    expect(page?.ledger).toMatchObject({ no: 1, manifest: batch.digest, found: true });
    expect(page?.station).toMatchObject({ source: `usb:${tablet.serial}`, receiptNo: 1 });
    expect(page?.previous).toBe(2);
    expect(page?.next).toBeNull();
    const events = (page?.events ?? []).map((event) => [event.kind, event.proof?.kind]);
    expect(events).toEqual([
      ["made", "certificate"],
      ["marked-sent", "none"],
      ["listed", "certificate"],
      ["unload-began", "log"],
      ["staged", "log"],
      ["receipt", "certificate"],
    ]);
    expect(page?.certificates.map(({ role, name }) => [role, name])).toEqual([
      ["tablet", "0417"],
      ["issuer", "Issuer 270000000"],
      ["station", expect.stringMatching(/^Station /)],
    ]);

    // The lines of the log that are named as proof are those that tell of this batch.
    const log = await office.call("log", { offset: 0, limit: 200 });
    const lineOf = (kind: string) => {
      const text = page?.events.find((event) => event.kind === kind)?.proof?.text;
      return log.rows.find((line) => String(line.no) === text);
    };
    expect(lineOf("staged")).toMatchObject({ type: "staged", data: { device: builder.device, seq: 3 } });
    expect(lineOf("unload-began")).toMatchObject({ type: "unload-end", data: { device: builder.device } });

    const acknowledged = await office.call("batch", key(rows[1] as BatchRow));
    expect(acknowledged?.events.find((event) => event.kind === "acknowledged")).toMatchObject({
      centreTime: expect.stringMatching(/\+06:00$/),
      proof: { kind: "certificate" },
    });
    expect(acknowledged?.certificates.map((one) => one.role)).toContain("central");
  });

  it("of a refused batch shows its manifest, the reason and the line of the log", async () => {
    office = await auditedOffice();
    const [row] = await list(office, { reason: "length-mismatch" });
    const page = await office.call("batch", key(row as BatchRow));
    expect(page).toMatchObject({
      row: { station: "quarantined", reason: "length-mismatch" },
      station: { receiptNo: null },
      manifest: { chunks: 1 },
      previous: 3,
      next: 5,
    });
    const log = await office.call("log", { offset: 0, limit: 200 });
    const proof = page?.events.find((event) => event.kind === "quarantined")?.proof?.text;
    expect(log.rows.find((line) => String(line.no) === proof)).toMatchObject({
      type: "quarantined",
      data: { seq: 4, reason: "length-mismatch" },
    });
  });

  it("is shown whatever a stranger has written into a certificate", async () => {
    office = await Office.ready();
    const other = await TestCampaign.create({ seed: "other" });
    const forged = new TabletBuilder(
      office.campaign,
      await other.tablet("forged", { commonName: "ж".repeat(5_000), serial: `4${"a".repeat(39)}` }),
    );
    await forged.add();
    office.host.choose("outbox", await forged.write(office.path("forged")));
    await office.call("unloadFolder", null);
    await office.card("it is refused", (card) => card.totals?.quarantined === 1);
    const [row] = await list(office);
    const page = await office.call("batch", key(row as BatchRow));
    expect(page?.certificates[0]?.name).toBe("ж".repeat(400));
    expect(page?.events[0]?.proof?.text.length).toBeLessThanOrEqual(400);
  });

  it("of a missing one shows that the ledger lists it, and nothing that there is not", async () => {
    office = await auditedOffice();
    const [row] = await list(office, { verdict: "missing" });
    expect(await office.call("batch", key(row as BatchRow))).toMatchObject({
      manifest: null,
      station: null,
      ledger: { found: false },
      events: [{ kind: "marked-sent" }, { kind: "listed" }],
    });
    expect(
      await office.call("batch", { device: "ab".repeat(16), chain: "cd".repeat(16), seq: 1 }),
    ).toBeNull();
  });
});

describe("a list as CSV", () => {
  it("has what is listed, as a spreadsheet reads it, and nothing that it would run", async () => {
    office = await Office.ready();
    const { tablet } = await office.tablet("=HYPERLINK(A1)", 2);
    const other = await office.tablet("-Ақжайық, 9", 1);
    await office.loadCampaign();
    for (const one of [tablet, other.tablet]) office.cable.plug(one);
    await office.until(
      "both safe",
      ({ unload: { cards } }) => cards.length === 2 && cards.every((card) => card.state === "safe"),
    );
    office.host.choose("batches", office.path("batches.csv"));
    expect(await office.call("saveCsv", { filter: ALL, sort: BY_TABLET })).toEqual({ name: "batches.csv" });
    const text = await readFile(office.path("batches.csv"), "utf8");
    const lines = text.split("\r\n");
    expect(lines[0]).toBe(
      "\uFEFFdevice,name,area,chain,seq,bytes,tablet,synced,station,stagedAt,reason,centre,answeredAt,verdict",
    );
    expect(lines).toHaveLength(5);
    expect(lines.filter((line) => line.includes(",'=HYPERLINK(A1),"))).toHaveLength(2);
    expect(lines.filter((line) => line.includes(`"'-Ақжайық, 9"`))).toHaveLength(1);
    expect(text).not.toMatch(/(^|,|")[=@+-](?!\d\d:)/m);

    office.host.choose("batches", "/proc/nowhere/batches.csv");
    expect(await office.refusal("saveCsv", { filter: ALL, sort: BY_TABLET })).toBe("disk");
    office.host.choose("batches", null);
    expect(await office.call("saveCsv", { filter: ALL, sort: BY_TABLET })).toBeNull();
  });
});

describe("the quarantine", () => {
  it("is judged again when new trust data came", async () => {
    office = await Office.ready();
    const authority = await office.campaign.authority("late", "270000000");
    const builder = new TabletBuilder(
      office.campaign,
      await office.campaign.tablet("0417", { issuer: authority, commonName: "0417" }),
      seededHex(16, "a chain"),
    );
    await builder.add();
    const early = await builder.write(office.path("outbox"));
    office.campaign.setCrl(authority, { revoked: [builder.leaf] });
    await office.loadCampaign();
    office.host.choose("outbox", early);
    await office.call("unloadFolder", null);
    await office.card("refused", (card) => card.state === "needs-person");
    expect(await office.call("retryQuarantine", null)).toEqual({ staged: 0, stillRefused: 1 });
    office.campaign.setCrl(authority, { number: 2, revoked: [] });
    await office.loadCampaign();
    expect(await office.call("retryQuarantine", null)).toEqual({ staged: 1, stillRefused: 0 });
    expect((await list(office)).map((row) => row.verdict)).toEqual(["to-upload"]);
  });
});

describe("copying", () => {
  it("puts a text on the clipboard", async () => {
    office = await Office.ready();
    await office.call("copy", { text: "0417\t12" });
    expect(office.host.clipboard).toBe("0417\t12");
  });
});
