import { execFile, spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import type { DeviceId } from "../../shared/ids.ts";
import { run } from "./command-line.ts";
import { Desk, must } from "./desk.ts";

/** The hand-over act: what two persons sign, and what it proves later. */

vi.setConfig({ testTimeout: 240_000 });

const hasPdftotext = spawnSync("pdftotext", ["-v"]).status === 0;
const textOf = async (file: string): Promise<string> =>
  (await promisify(execFile)("pdftotext", ["-layout", file, "-"], { maxBuffer: 64 * 1_048_576 })).stdout;

interface Unloaded {
  readonly desk: Desk;
  readonly tablet: TabletBuilder;
  readonly station: string;
}

async function unloaded(count: number, lost?: number): Promise<Unloaded> {
  const desk = await Desk.open();
  await desk.loadCampaign();
  const station = await desk.becomeStation();
  const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0401"));
  for (let at = 0; at < count; at++) await tablet.add({ bodyBytes: 900 + at });
  if (lost !== undefined) tablet.remove(lost);
  await tablet.write(desk.path("outbox"));
  await desk.unloadOne(desk.path("outbox"), true);
  return { desk, tablet, station };
}

describe("the act of an unloading", () => {
  test("is made once, printed again byte for byte, and known again; a changed one, another's and rubbish are not", async () => {
    const { desk, tablet } = await unloaded(3);
    const other = await unloaded(1);
    await using _ = desk;
    await using __ = other.desk;
    const engine = await desk.engine();
    const first = must(await engine.act(tablet.device as DeviceId, ""));
    const again = must(await engine.act(tablet.device as DeviceId, ""));
    expect([first.isNew, again.isNew]).toEqual([true, false]);
    expect(Buffer.from(again.bytes).equals(first.bytes)).toBe(true);
    const strange = must(await (await other.desk.engine()).act(other.tablet.device as DeviceId, ""));
    desk.closeEngine();

    const file = desk.path("act.pdf");
    const made = await run(desk.store, ["act", "--tablet", tablet.device, "--out", file]);
    expect(made.exit).toBe(0);
    expect((await readFile(file)).equals(Buffer.from(first.bytes))).toBe(true);
    expect(await run(desk.store, ["act", "--verify", file])).toMatchObject({
      exit: 0,
      json: { matches: true },
    });
    expect(await run(desk.store, ["act", "--verify", first.code])).toMatchObject({
      exit: 0,
      json: { matches: true },
    });

    const changed = Buffer.from(first.bytes);
    changed[changed.length - 20] = (changed.at(-20) ?? 0) ^ 1;
    await writeFile(desk.path("changed.pdf"), changed);
    await writeFile(desk.path("strange.pdf"), strange.bytes);
    await writeFile(desk.path("rubbish.pdf"), "rubbish");
    expect(await run(desk.store, ["act", "--verify", desk.path("changed.pdf")])).toMatchObject({
      exit: 1,
      json: { matches: false, why: "file-differs" },
    });
    expect(await run(desk.store, ["act", "--verify", desk.path("strange.pdf")])).toMatchObject({
      exit: 1,
      json: { matches: false, why: "other-store" },
    });
    expect(await run(desk.store, ["act", "--verify", desk.path("rubbish.pdf")])).toMatchObject({
      exit: 2,
      json: { error: { type: "not-an-act" } },
    });
  });

  test("that cannot be made says why: no unloading, and a place that cannot be written to", async () => {
    const { desk, tablet } = await unloaded(1);
    await using _ = desk;
    desk.closeEngine();
    const never = "0".repeat(32);
    expect(await run(desk.store, ["act", "--tablet", never, "--out", desk.path("never.pdf")])).toMatchObject({
      exit: 2,
      json: { error: { type: "no-unloading", device: never } },
    });
    expect(
      await run(desk.store, ["act", "--tablet", tablet.device, "--out", desk.path("no", "such.pdf")]),
    ).toMatchObject({ exit: 3, json: { error: { type: "disk", code: "ENOENT" } } });
  });

  test.skipIf(!hasPdftotext)(
    "names who, what, every batch and what is missing, in words that can be copied",
    async () => {
      const { desk, tablet, station } = await unloaded(4, 2);
      await using _ = desk;
      const act = must(await (await desk.engine()).act(tablet.device as DeviceId, ""));
      await writeFile(desk.path("act.pdf"), act.bytes);
      const text = await textOf(desk.path("act.pdf"));
      expect(text).toContain(station);
      expect(text).toContain(tablet.device);
      for (const { seq, digest } of tablet.batches)
        if (seq !== 2) expect(text).toContain(`${digest.slice(0, 8)} … ${digest.slice(-8)}`);
      for (const letter of "әғқңөұүі") expect(text.toLowerCase()).toContain(letter);
      expect(act).toMatchObject({ batches: 4, open: 1 });
    },
  );

  test.skipIf(!hasPdftotext)("of 300 batches has every page numbered", async () => {
    const { desk, tablet } = await unloaded(300);
    await using _ = desk;
    const act = must(await (await desk.engine()).act(tablet.device as DeviceId, ""));
    await writeFile(desk.path("act.pdf"), act.bytes);
    const pages = (await textOf(desk.path("act.pdf"))).split("\f").slice(0, -1);
    expect(pages.length).toBeGreaterThan(3);
    for (const [at, page] of pages.entries())
      expect(page).toMatch(new RegExp(`\\b${at + 1}\\s*(/|-|–|из)\\s*${pages.length}\\b`));
  });
});
