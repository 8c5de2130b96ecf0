import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { JobView } from "../../shared/ipc/jobs.ts";
import { becomeStation, Office, PASSPHRASE, PIN } from "./office.ts";

/** An operator carries batches between stations, an administrator backs up, an auditor takes reports: by the windows' buttons. */

const ended = (job: JobView | null): boolean =>
  job !== null && job.state !== "running" && job.state !== "stopping";

/** The job once it is over, put aside. */
async function outcome(office: Office): Promise<JobView> {
  const { job } = await office.until("the job's end", (now) => ended(now.job), 60_000);
  if (job === null) throw new Error("the job is gone");
  await office.call("clearJob", { no: job.no });
  expect((await office.snapshot()).job).toBeNull();
  return job;
}

/** A station with a tablet's batches staged. */
async function staged(office: Office, name: string, count: number): Promise<string> {
  const { builder, tablet } = await office.tablet(name, count);
  await office.loadCampaign();
  office.cable.plug(tablet);
  await office.card("safe", (card) => card.name === name && card.state === "safe");
  office.cable.unplug(tablet);
  return builder.device;
}

async function twoStations(): Promise<readonly [Office, Office]> {
  const village = await Office.ready();
  const town = await Office.ready(village.campaign);
  for (const office of [village, town]) {
    await becomeStation(office);
    await office.loadCampaign();
  }
  return [village, town];
}

describe("a bag", () => {
  it("goes to the other station on a drive with other things on it, and its receipt comes back", async () => {
    const [village, town] = await twoStations();
    await using _village = village;
    await using _town = town;
    const device = await staged(village, "0417", 5);
    const drive = village.path("drive");
    await mkdir(drive);
    await writeFile(`${drive}/photos of last summer`, "");

    village.host.choose("carrier", drive);
    expect(await village.call("exportBag", { again: false })).toEqual({ name: "drive" });
    const sent = await outcome(village);
    const own = sent.place.replace("drive/", "");
    expect(own).toMatch(/^sanaq-bag-\d{4}-\d{2}-\d{2}$/);
    expect(sent).toMatchObject({
      ...{ kind: "export", state: "done", batchesDone: 5, batchesTotal: 5 },
      outcome: { kind: "export", bag: 1, tablets: 1, batches: 5, failed: 0, left: 0 },
    });
    expect(sent.bytesDone).toBe(sent.bytesTotal);
    expect(await readdir(drive)).toEqual(["photos of last summer", own]);

    town.host.choose("bag", `${drive}/${own}`);
    await town.call("importBag", null);
    const village1 = (await village.snapshot()).station.id;
    const taken = await outcome(town);
    expect(taken).toMatchObject({
      state: "done",
      outcome: { bag: { station: village1, no: 1 }, tablets: 1, staged: 5, missing: 0, answers: [] },
    });
    const there = await town.until("the batches", (now) => now.send.waitingBatches === 5);
    expect(there.unload.today.needYou).toBe(0);

    village.host.choose("bag", `${drive}/${own}`);
    await village.call("importBag", null);
    const answered = await outcome(village);
    expect(answered).toMatchObject({
      state: "done",
      outcome: { answers: [{ bag: 1, staged: 5, accepted: 0, refused: 0, missing: 0 }] },
    });

    const rows = await village.call("batches", {
      filter: { ...{ area: null, device, verdict: null, reason: null, state: null, day: null }, text: "" },
      ...{ sort: { by: "batch", descending: false }, offset: 0, limit: 1 },
    });
    const [row] = rows.rows;
    if (row === undefined) throw new Error("the batch is gone");
    const page = await village.call("batch", { device, chain: row.chain, seq: row.seq });
    expect(page?.travels).toMatchObject({
      carriedBy: null,
      bags: [{ no: 1 }],
      stations: [{ station: (await town.snapshot()).station.id, status: "staged", reason: null }],
    });
    const arrived = await town.call("batch", { device, chain: row.chain, seq: row.seq });
    expect(arrived?.travels).toMatchObject({ carriedBy: village1, bags: [] });

    village.host.choose("carrier", village.path("second"));
    await village.call("exportBag", { again: false });
    expect((await outcome(village)).outcome).toMatchObject({ bag: null });
    await village.call("exportBag", { again: true });
    expect((await outcome(village)).outcome).toMatchObject({ bag: 2, batches: 5 });
  }, 120_000);

  it("is refused in words where the folder holds none, and asks for the key before any dialog", async () => {
    await using office = await Office.ready();
    expect(await office.refusal("exportBag", { again: false })).toBe("no-station");
    await becomeStation(office);
    await office.loadCampaign();
    await office.restart();
    const [person] = (await office.snapshot()).session.people;
    await office.call("unlock", { person: person?.id ?? 0, pin: PIN });
    for (const ask of [
      () => office.refusal("exportBag", { again: false }),
      () => office.refusal("importBag", null),
    ])
      expect(await ask()).toBe("key-closed");
    await office.call("openKey", { passphrase: PASSPHRASE });
    await mkdir(office.path("empty"));
    office.host.choose("bag", office.path("empty"));
    await office.call("importBag", null);
    expect(await outcome(office)).toMatchObject({
      ...{ kind: "import", state: "failed", outcome: null },
      problem: { type: "bag-refused", values: { why: "not-a-bag" } },
    });
    office.host.choose("bag", null);
    expect(await office.call("importBag", null)).toBeNull();
    expect((await office.snapshot()).job).toBeNull();
  }, 60_000);
});

describe("long work", () => {
  it("is one at a time, and ends where it is stopped and where the program ends", async () => {
    await using office = await Office.ready();
    await becomeStation(office);
    await staged(office, "0417", 3);
    office.host.choose("backup", office.path("backup"));
    office.host.choose("report-csv", office.path("report.csv"));
    await office.call("backup", null);
    const { job } = await office.snapshot();
    expect(job).toMatchObject({ kind: "backup", state: "running" });
    office.host.choose("carrier", office.path("drive"));
    expect(await office.refusal("exportBag", { again: false })).toBe("job-running");
    expect(await office.refusal("saveReport", { by: "day", format: "csv" })).toBe("job-running");
    expect(await office.refusal("clearJob", { no: job?.no ?? 0 })).toBe("bad-request");
    await office.call("stopJob", { no: job?.no ?? 0 });
    const stopped = await outcome(office);
    // It may have been faster than the hand that stopped it.
    if (stopped.state === "failed") expect(stopped.problem?.type).toBe("cancelled");

    await office.call("backup", null);
    await office.restart();
    expect((await office.snapshot()).job).toBeNull();
  }, 60_000);

  it("is ended by those alone who may begin it", async () => {
    await using office = await Office.ready();
    await becomeStation(office);
    office.host.choose("backup", office.path("backup"));
    const auditor = await office.person("Нұрлан", ["auditor"]);
    await office.call("backup", null);
    await office.until("the backup's end", (now) => ended(now.job));
    await office.call("unlock", { person: auditor, pin: PIN });
    const { job } = await office.snapshot();
    expect(await office.refusal("clearJob", { no: job?.no ?? 0 })).toBe("not-allowed");
    expect(await office.refusal("backup", null)).toBe("not-allowed");
    expect(await office.refusal("exportBag", { again: false })).toBe("not-allowed");
  }, 60_000);
});

describe("a backup", () => {
  it("is made while the station works, and says what was read back", async () => {
    await using office = await Office.ready();
    await becomeStation(office);
    await staged(office, "0417", 4);
    office.host.choose("backup", office.path("copies"));
    await office.call("backup", null);
    const made = await outcome(office);
    expect(made).toMatchObject({ state: "done", outcome: { kind: "backup", batches: 4, damaged: 0 } });
    await office.call("backup", null);
    expect((await outcome(office)).place).toMatch(/^copies\/sanaq-backup-\d{4}-\d{2}-\d{2}$/);
    expect(await readdir(office.path("copies"))).toContain("bagit.txt");
  }, 60_000);
});

describe("a report", () => {
  it("is saved by day, district, campaign and batch, for spreadsheets and for statistics", async () => {
    await using office = await Office.ready();
    await staged(office, "0417", 3);
    for (const by of ["batch", "day", "district", "campaign"] as const) {
      office.host.choose("report-csv", office.path(`${by}.csv`));
      await office.call("saveReport", { by, format: "csv" });
      expect(await outcome(office)).toMatchObject({
        ...{ kind: "report", state: "done", place: `${by}.csv` },
        outcome: { lines: by === "batch" ? 3 : 1 },
      });
      expect((await readFile(office.path(`${by}.csv`), "utf8")).split("\r\n")[0]).toContain(
        by === "batch" ? "device" : by,
      );
    }
    office.host.choose("report-parquet", office.path("day.parquet"));
    await office.call("saveReport", { by: "day", format: "parquet" });
    await outcome(office);
    expect((await readFile(office.path("day.parquet"))).subarray(0, 4).toString()).toBe("PAR1");
  }, 60_000);

  it("says where the disk refuses, and what to do stands in the words", async () => {
    await using office = await Office.ready();
    office.host.choose("report-csv", office.path("no such folder/day.csv"));
    await office.call("saveReport", { by: "day", format: "csv" });
    expect(await outcome(office)).toMatchObject({
      state: "failed",
      problem: { type: "disk", values: { code: "ENOENT" } },
    });
  });
});

describe("a hand-over act", () => {
  it("is printed as the very file that is saved; no printer, and a closed dialog, are said", async () => {
    await using office = await Office.ready();
    await becomeStation(office);
    const device = await staged(office, "0417", 2);
    office.host.choose("act", office.path("act.pdf"));
    await office.call("saveAct", { device });
    expect(await office.call("printAct", { device })).toEqual({ printed: true });
    const [printed] = office.host.printed;
    expect(Buffer.from(printed ?? []).equals(await readFile(office.path("act.pdf")))).toBe(true);

    office.host.printer = "closed";
    expect(await office.call("printAct", { device })).toEqual({ printed: false });
    office.host.printer = "no-printer";
    expect(await office.refusal("printAct", { device })).toBe("no-printer");
    office.host.printer = "not-printed";
    expect(await office.refusal("printAct", { device })).toBe("not-printed");
    expect(office.host.printed).toHaveLength(1);
  });
});

describe("the audit log", () => {
  it("says by whose word it is whole, while the station goes on writing into it", async () => {
    await using office = await Office.ready();
    await becomeStation(office);
    const device = await staged(office, "0417", 6);
    await office.call("printAct", { device });
    office.host.choose("carrier", office.path("drive"));
    await office.call("exportBag", { again: false });
    await outcome(office);
    await office.restart();
    const [person] = (await office.snapshot()).session.people;
    await office.call("unlock", { person: person?.id ?? 0, pin: PIN });

    const { tablet } = await office.tablet("0418", 40);
    const checks = office.call("verifyLog", null);
    office.cable.plug(tablet);
    const first = await checks;
    expect(first.fault).toBeNull();
    expect(first.proof).toMatchObject({ acts: 1, bags: 1, atCentre: 0, staged: 6 });
    expect(first.proof?.heads).toBeGreaterThan(0);
    // Once more each time that the table shows another batch.
    for (let at = 0, through = false; !through; ) {
      const { unload } = await office.until("another batch", (now) =>
        now.unload.cards.some((card) => card.state === "safe" || card.batchesDone > at),
      );
      at = Math.max(...unload.cards.map((card) => card.batchesDone));
      through = unload.cards.every((card) => card.state === "safe");
      expect((await office.call("verifyLog", null)).fault).toBeNull();
    }
    expect((await office.call("verifyLog", null)).proof?.staged).toBe(46);
  }, 60_000);
});
