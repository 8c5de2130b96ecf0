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
