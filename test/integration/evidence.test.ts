import { readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { goodTablet, type TabletBuilder } from "../../fixtures/outbox.ts";
import { exitOfTablet } from "../../main/cli/exit.ts";
import type { ReconcileLine, TabletReport } from "../../shared/views.ts";
import { Desk, must, outcomes, seqs } from "./desk.ts";

/** What stands on a disk is looked at before it is called staged; whatever was taken away is no longer claimed. */

/** The files of a staged batch in the store's folder. */
async function stagedFile(
  desk: Desk,
  tablet: TabletBuilder,
  seq: number,
  ending: "age" | "cose",
): Promise<string> {
  const folder = join(desk.store, "bodies", tablet.device);
  const name = (await readdir(folder)).find(
    (one) => one.includes(`-${String(seq).padStart(8, "0")}-`) && one.endsWith(`.${ending}`),
  );
  if (name === undefined) throw new Error(`batch ${seq} was never staged`);
  return join(folder, name);
}

async function alterOneByte(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const WAYS: Readonly<Record<string, (path: string) => Promise<void>>> = {
  deleted: (path) => rm(path),
  "cut short": (path) => truncate(path, 10),
  "altered in one byte": alterOneByte,
  emptied: (path) => truncate(path, 0),
};

async function stagedStation(): Promise<{ desk: Desk; tablet: TabletBuilder; outbox: string }> {
  const desk = await Desk.open();
  await desk.loadCampaign();
  await desk.becomeStation();
  const tablet = await goodTablet(desk.campaign, "t1", 3);
  const outbox = await tablet.write(desk.path("outbox"));
  expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 staged", "2 staged", "3 staged"]);
  return { desk, tablet, outbox };
}

const verdicts = async (desk: Desk): Promise<readonly string[]> =>
  [...must((await desk.engine()).reconcile(null))].map(
    (line: ReconcileLine) => `${line.seq} ${line.verdict}`,
  );

/** What the tablet's newest receipt says is staged or accepted. */
const receiptOf = (report: TabletReport): number => report.receipts.length;

describe.each(["age", "cose"] as const)("a staged batch whose file .%s was", (ending) => {
  describe.each(Object.entries(WAYS))("%s", (_, spoil) => {
    it("is pulled again and staged when the tablet still has it", async () => {
      const { desk, tablet, outbox } = await stagedStation();
      await using _desk = desk;
      await spoil(await stagedFile(desk, tablet, 2, ending));
      const report = await desk.unloadOne(outbox);
      expect(outcomes(report)).toEqual(["1 already-staged", "2 staged", "3 already-staged"]);
      expect(report.findings).toEqual([]);
      expect(await verdicts(desk)).toEqual(["1 to-upload", "2 to-upload", "3 to-upload"]);
      expect(outcomes(await desk.unloadOne(outbox))[1]).toBe("2 already-staged");
    });

    it("is damaged when the tablet cannot give it again", async () => {
      const { desk, tablet, outbox } = await stagedStation();
      await using _desk = desk;
      await spoil(await stagedFile(desk, tablet, 2, ending));
      tablet.remove(2);
      const report = await desk.unloadOne(await tablet.write(outbox), true);
      expect(seqs(report, "damaged")).toEqual([2]);
      expect(exitOfTablet(report)).toBe(1);
      expect(await verdicts(desk)).toEqual(["1 to-upload", "2 damaged", "3 to-upload"]);
      desk.closeEngine();
      expect(await verdicts(desk)).toEqual(["1 to-upload", "2 damaged", "3 to-upload"]);
      const act = must(await (await desk.engine()).act(tablet.device as never, ""));
      expect(act.open).toBe(1);
    });
  });
});

describe("a station that lost every file of its store", () => {
  it("claims nothing until the tablet has given everything again", async () => {
    const { desk, tablet, outbox } = await stagedStation();
    await using _desk = desk;
    await rm(join(desk.store, "bodies", tablet.device), { recursive: true });
    for (const seq of [1, 2, 3]) tablet.remove(seq);
    const lost = await desk.unloadOne(await tablet.write(desk.path("emptied")), true);
    expect(seqs(lost, "damaged")).toEqual([1, 2, 3]);
    expect(receiptOf(lost)).toBe(0);
    expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 staged", "2 staged", "3 staged"]);
    expect(await verdicts(desk)).toEqual(["1 to-upload", "2 to-upload", "3 to-upload"]);
  });
});

describe("a file that was only touched", () => {
  it("is read again, and stays staged", async () => {
    const { desk, tablet, outbox } = await stagedStation();
    await using _desk = desk;
    const now = new Date();
    await utimes(await stagedFile(desk, tablet, 2, "age"), now, now);
    expect(outcomes(await desk.unloadOne(outbox))).toEqual([
      "1 already-staged",
      "2 already-staged",
      "3 already-staged",
    ]);
  });
});

const unheard = (): void => {};
const unstopped = (): AbortSignal => new AbortController().signal;

async function check(desk: Desk, depth: "light" | "deep") {
  return must(await (await desk.engine()).checkStore(depth, unheard, unstopped()));
}

describe("checking the store", () => {
  it("names every file that is missing or has another length, and everything else sees it from then on", async () => {
    const { desk, tablet } = await stagedStation();
    await using _desk = desk;
    expect(await check(desk, "light")).toMatchObject({ batches: 3, damaged: [] });
    await rm(await stagedFile(desk, tablet, 1, "age"));
    await truncate(await stagedFile(desk, tablet, 3, "cose"), 5);
    const { device, chain } = tablet;
    const found = (await check(desk, "light")).damaged.toSorted((a, b) => a.seq - b.seq);
    expect(found).toEqual([
      { device, chain, seq: 1, why: "missing" },
      { device, chain, seq: 3, why: "wrong-length" },
    ]);
    expect(await verdicts(desk)).toEqual(["1 damaged", "2 to-upload", "3 damaged"]);
  });

  it("reads every byte when it is asked to, and keeps the day of the last full reading", async () => {
    const { desk, tablet } = await stagedStation();
    await using _desk = desk;
    await alterOneByte(await stagedFile(desk, tablet, 2, "age"));
    expect((await desk.engine()).lastDeepCheck()).toBeNull();
    expect((await check(desk, "deep")).damaged).toMatchObject([{ seq: 2, why: "changed" }]);
    expect((await desk.engine()).lastDeepCheck()).not.toBeNull();
  });

  it("calls a batch whole again once its bytes are back", async () => {
    const { desk, tablet } = await stagedStation();
    await using _desk = desk;
    const path = await stagedFile(desk, tablet, 2, "age");
    const bytes = await readFile(path);
    await rm(path);
    expect((await check(desk, "light")).damaged).toHaveLength(1);
    await writeFile(path, bytes);
    expect((await check(desk, "light")).damaged).toEqual([]);
    expect(await verdicts(desk)).toEqual(["1 to-upload", "2 to-upload", "3 to-upload"]);
  });

  it("looks at the quarantine too, and a body that is gone from it is pulled again", async () => {
    await using desk = await Desk.open();
    await desk.loadCampaign();
    const tablet = await goodTablet(desk.campaign, "t1", 1);
    await tablet.add({ bodyOnTablet: (body) => Buffer.concat([body, Buffer.alloc(1)]) });
    const outbox = await tablet.write(desk.path("outbox"));
    expect(outcomes(await desk.unloadOne(outbox))[1]).toBe("2 quarantined (length-mismatch)");
    const folder = join(desk.store, "quarantine");
    const body = (await readdir(folder)).find((name) => name.endsWith(".age")) ?? "";
    await rm(join(folder, body));
    expect((await check(desk, "light")).damaged).toMatchObject([{ seq: 2, why: "missing" }]);
    await desk.unloadOne(outbox);
    expect((await check(desk, "light")).damaged).toEqual([]);
  });
});

describe("what else finds damage", () => {
  it("an export that cannot read a batch makes it damaged, and unloading the tablet again heals it", async () => {
    const { desk, tablet, outbox } = await stagedStation();
    await using _desk = desk;
    await alterOneByte(await stagedFile(desk, tablet, 2, "age"));
    const engine = await desk.engine();
    const options = { devices: [], again: false, passphrase: "" };
    const bag = must(await engine.exportBag(desk.path("bag"), options, unheard, unstopped()));
    expect(bag).toMatchObject({ batches: 2, failed: 1 });
    expect(await verdicts(desk)).toEqual(["1 to-upload", "2 damaged", "3 to-upload"]);
    await desk.unloadOne(outbox);
    expect(await verdicts(desk)).toEqual(["1 to-upload", "2 to-upload", "3 to-upload"]);
    const again = { ...options, again: true };
    expect(must(await engine.exportBag(desk.path("bag2"), again, unheard, unstopped()))).toMatchObject({
      batches: 3,
      failed: 0,
    });
  });

  it("a backup that finds a changed body makes it damaged", async () => {
    const { desk, tablet } = await stagedStation();
    await using _desk = desk;
    await alterOneByte(await stagedFile(desk, tablet, 2, "age"));
    const made = must(await (await desk.engine()).backup(desk.path("backup"), unheard, unstopped()));
    expect(made.damaged).toBe(1);
    expect(await verdicts(desk)).toEqual(["1 to-upload", "2 damaged", "3 to-upload"]);
  });

  it("a log that tells of damage and of healing stays whole", async () => {
    const { desk, tablet, outbox } = await stagedStation();
    await using _desk = desk;
    await rm(await stagedFile(desk, tablet, 2, "age"));
    await check(desk, "light");
    await desk.unloadOne(outbox);
    const engine = await desk.engine();
    const types = [...engine.auditShow()].map((line) => line.type);
    expect(types.filter((type) => type.startsWith("batch-"))).toEqual(["batch-damaged", "batch-healed"]);
    expect((await engine.auditVerify()).ok).toBe(true);
  });
});
