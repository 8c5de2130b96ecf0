import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BatchOptions, goodTablet, TabletBuilder } from "../../fixtures/outbox.ts";
import {
  emptyTransfers,
  endlessData,
  otherBytes,
  otherData,
  wrongLength,
  wrongTransaction,
} from "../../fixtures/tablet/lies.ts";
import { MemoryFolder, memoryStorage } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet, type TabletOptions } from "../../fixtures/tablet/tablet.ts";
import type { Lie } from "../../fixtures/tablet/wire.ts";
import { OPERATION } from "../../main/mtp/codes.ts";
import type { TabletReport } from "../../shared/views.ts";
import { Desk, findings, must, outcomes } from "./desk.ts";

/** Unloading over MTP, from simulated tablets with every fault that a cable and a tablet can have. */

const MIB = 1_048_576;
const OUTBOX = "/Sanaq/outbox";

async function tabletWith(
  desk: Desk,
  batches: readonly BatchOptions[],
  options: TabletOptions = {},
  name = "0417",
): Promise<{ builder: TabletBuilder; storage: MemoryFolder; tablet: SimulatedTablet }> {
  const builder = new TabletBuilder(desk.campaign, await desk.campaign.tablet(name));
  for (const batch of batches) await builder.add(batch);
  const storage = memoryStorage(builder.files());
  return { builder, storage, tablet: new SimulatedTablet(storage, options) };
}

const sizes = (...bodies: readonly number[]): readonly BatchOptions[] =>
  bodies.map((bodyBytes) => ({ bodyBytes }));

const staged = (report: TabletReport): number =>
  report.batches.filter((one) => one.outcome === "staged").length;

/** The staged bodies of the desk's store are those that the tablet was built with. */
async function expectSame(desk: Desk, builder: TabletBuilder): Promise<void> {
  const folder = join(desk.store, "bodies", builder.device);
  const names = await readdir(folder, { recursive: true });
  for (const batch of builder.batches) {
    const found = names.filter(
      (name) => name.includes(String(batch.seq).padStart(8, "0")) && name.endsWith(".age"),
    );
    expect(found, `one body of batch ${batch.seq}`).toHaveLength(1);
    const bytes = await readFile(join(folder, found[0] ?? ""));
    const wanted = Buffer.concat(Array.from(batch.body?.windows() ?? [], (window) => Buffer.from(window)));
    expect(bytes.equals(wanted), `the bytes of batch ${batch.seq}`).toBe(true);
  }
}

describe("a tablet on the cable", () => {
  it.each<[string, TabletOptions]>([
    ["with 64-bit offsets", {}],
    ["with 32-bit offsets", { operations: "partial" }],
    ["that only gives whole objects", { operations: "whole" }],
    ["without lists of properties", { propertyLists: false }],
    ["that gives less than it is asked for", { partialBytes: 70_000 }],
    ["with headers in transfers of their own", { splitHeader: true }],
    ["that forgets empty packets", { emptyPackets: false }],
    ["with a session left open by a crash", { sessionOpen: true, infoWithoutSession: false }],
  ])("%s is unloaded", async (_, options) => {
    await using desk = await Desk.open();
    const bodies = sizes(300, MIB - 12, MIB, MIB + 1, 2 * MIB - 12, 3 * MIB + 77);
    const { builder, tablet } = await tabletWith(desk, bodies, options);
    desk.cable.plug(tablet);
    const report = await desk.unloadOneOnCable();
    expect(outcomes(report)).toEqual([1, 2, 3, 4, 5, 6].map((seq) => `${seq} staged`));
    expect(report).toMatchObject({
      device: builder.device,
      source: `usb:${tablet.serial}`,
      findings: [],
      failure: null,
    });
    await expectSame(desk, builder);
    expect(tablet.isOpen).toBe(false);
    expect(tablet.state.sessionOpen).toBe(false);
  });

  it("has its outbox found on the second storage", async () => {
    await using desk = await Desk.open();
    const { storage } = await tabletWith(desk, sizes(400));
    const internal = new MemoryFolder("");
    internal.folder("/Sanaq/photos");
    desk.cable.plug(new SimulatedTablet([internal, storage]));
    expect(outcomes(await desk.unloadOneOnCable())).toEqual(["1 staged"]);
  });

  it("with an older outbox inside and a newer one on its card has both unloaded, each with its place", async () => {
    await using desk = await Desk.open();
    const builder = await goodTablet(desk.campaign, "t1", 2);
    const inside = memoryStorage(builder.files(), OUTBOX);
    await builder.addMany(2);
    const card = memoryStorage(builder.files(), OUTBOX);
    desk.cable.plug(new SimulatedTablet([inside, card]));
    const phases: string[] = [];
    await desk.loadCampaign();
    const engine = await desk.engine();
    const { tablets } = must(
      await engine.unload(
        [{ type: "all" }],
        { receipts: false, passphrase: null },
        (progress) => phases.push(progress.phase),
        new AbortController().signal,
      ),
    );
    expect(tablets.map((one) => outcomes(one))).toEqual([
      ["1 staged", "2 staged"],
      ["1 already-staged", "2 already-staged", "3 staged", "4 staged"],
    ]);
    expect(new Set(tablets.map((one) => one.outbox?.storage)).size).toBe(2);
    expect(tablets.map((one) => one.outbox?.path)).toEqual([OUTBOX, OUTBOX]);
    expect(phases.filter((phase) => phase === "safe-to-unplug")).toHaveLength(1);
    expect(phases.at(-1)).toBe("safe-to-unplug");
  });

  it("with the card of another tablet in it has both tablets' batches unloaded", async () => {
    await using desk = await Desk.open();
    const [own, other] = [await goodTablet(desk.campaign, "t1", 1), await goodTablet(desk.campaign, "t2", 2)];
    desk.cable.plug(
      new SimulatedTablet([memoryStorage(own.files(), OUTBOX), memoryStorage(other.files(), OUTBOX)]),
    );
    const reports = await desk.unloadCable();
    expect(reports.map((one) => [one.device, one.batches.length])).toEqual([
      [own.device, 1],
      [other.device, 2],
    ]);
  });

  it("with an empty outbox beside one with content is the tablet of the full one", async () => {
    await using desk = await Desk.open();
    const own = await goodTablet(desk.campaign, "t1", 1);
    const empty = new MemoryFolder("");
    empty.folder(`${OUTBOX}/batches`);
    desk.cable.plug(new SimulatedTablet([empty, memoryStorage(own.files(), OUTBOX)]));
    const reports = await desk.unloadCable();
    expect(reports.map((one) => outcomes(one))).toEqual([["1 staged"]]);
  });

  it("whose first outbox needs a person is not safe to unplug because the last one is", async () => {
    await using desk = await Desk.open();
    const [own, other] = [await goodTablet(desk.campaign, "t1", 1), await goodTablet(desk.campaign, "t2", 1)];
    await own.addGap();
    desk.cable.plug(
      new SimulatedTablet([memoryStorage(own.files(), OUTBOX), memoryStorage(other.files(), OUTBOX)]),
    );
    const phases: string[] = [];
    await desk.loadCampaign();
    await (await desk.engine()).unload(
      [{ type: "all" }],
      { receipts: false, passphrase: null },
      (progress) => phases.push(progress.phase),
      new AbortController().signal,
    );
    expect(phases).not.toContain("safe-to-unplug");
    expect(phases.at(-1)).toBe("needs-person");
  });

  it("without an outbox, locked, or that may not be opened says which", async () => {
    await using desk = await Desk.open();
    const { tablet } = await tabletWith(desk, sizes(400), { locked: true });
    desk.cable.plug(tablet);
    const phone = new MemoryFolder("");
    phone.folder("DCIM");
    desk.cable.plug(new SimulatedTablet(phone, { serial: "PHONE" }));
    desk.cable.plug(new SimulatedTablet([], { serial: "OTHER", problem: { type: "no-permission" } }));
    const failures = (await desk.unloadCable()).map((one) => one.failure);
    expect(failures).toEqual([
      { type: "no-storage" },
      { type: "no-outbox", path: OUTBOX },
      { type: "no-permission" },
    ]);
    tablet.state.locked = false;
    expect(outcomes((await desk.unloadCable())[0] as TabletReport)).toEqual(["1 staged"]);
  });

  it("whose clock is an hour ahead is told, and nothing else follows from it", async () => {
    await using desk = await Desk.open();
    const { tablet } = await tabletWith(desk, sizes(400), { clock: 3_600 });
    desk.cable.plug(tablet);
    const report = await desk.unloadOneOnCable();
    expect(outcomes(report)).toEqual(["1 staged"]);
    const [skew] = findings(report, "clock-skew");
    expect(skew).toMatchObject({ of: "tablet" });
    expect(skew !== undefined && "seconds" in skew ? Math.abs(skew.seconds - 3_600) : 99).toBeLessThan(20);
  });

  it.each(["nonsense", "no bytes"] as const)(
    "whose clock says %s is unloaded all the same",
    async (clock) => {
      await using desk = await Desk.open();
      const { tablet } = await tabletWith(desk, sizes(400), { clock });
      desk.cable.plug(tablet);
      const report = await desk.unloadOneOnCable();
      expect(outcomes(report)).toEqual(["1 staged"]);
      expect(report).toMatchObject({ failure: null, findings: [] });
    },
  );
});

describe("a cable pulled", () => {
  const bodies = [2 * MIB + 600_000, 700_000, 4 * MIB];
  const total = bodies.reduce((sum, one) => sum + one, 0);
  const cuts = [0, 1, 700_000, MIB, 2 * MIB + 1, bodies[0] as number, 3_300_000, 5 * MIB, total - 1];

  it.each(cuts)(
    "after %i bytes of bodies leaves what can be gone on with, and nothing is pulled twice",
    async (cut) => {
      await using desk = await Desk.open();
      const { builder, tablet } = await tabletWith(desk, sizes(...bodies));
      desk.cable.plug(tablet);
      tablet.after({ body: cut }, "unplug");
      const first = await desk.unloadOneOnCable();
      expect(first.failure).toEqual({ type: "unplugged" });
      expect(first.batches.some((one) => one.outcome === "failed" && one.reason === "io")).toBe(true);
      expect(desk.cable.isPlugged(tablet)).toBe(false);
      const arrived = tablet.traffic.body;

      desk.closeEngine();
      desk.cable.plug(tablet);
      const second = await desk.unloadOneOnCable();
      expect(second.failure).toBeNull();
      expect(staged(first) + staged(second)).toBe(3);
      await expectSame(desk, builder);
      // Whatever arrived as a whole chunk stays: what passes the cable twice is less than the chunk that was on its way.
      expect(tablet.traffic.body).toBeLessThan(total + MIB);
      expect(tablet.traffic.body).toBeGreaterThanOrEqual(total);
      expect(arrived).toBeLessThanOrEqual(cut);
    },
  );

  it("again and again, in the middle of every body, still ends with every batch", async () => {
    await using desk = await Desk.open();
    const { builder, tablet } = await tabletWith(desk, sizes(...bodies));
    let pluggings = 0;
    for (let done = 0; done < 3 && pluggings < 50; ) {
      desk.cable.plug(tablet);
      pluggings++;
      tablet.after({ body: 1_500_000 }, "unplug");
      const report = await desk.unloadOneOnCable();
      desk.cable.unplug(tablet);
      done += staged(report);
    }
    expect(pluggings).toBeLessThan(10);
    await expectSame(desk, builder);
    expect(tablet.traffic.body).toBeLessThan(total + pluggings * MIB);
  });

  it("at any byte of any traffic never loses a batch and never stages one twice", async () => {
    await using desk = await Desk.open();
    const { builder, tablet } = await tabletWith(desk, sizes(500, MIB + 9, 300, 2 * MIB));
    desk.cable.plug(tablet);
    await desk.loadCampaign();
    const outcomesSeen: string[] = [];
    for (let cut = 1; cut < 200; cut++) {
      if (!desk.cable.isPlugged(tablet)) desk.cable.plug(tablet);
      tablet.after({ traffic: Math.round(40 * 1.09 ** cut) }, "unplug");
      const report = await desk.unloadOneOnCable();
      outcomesSeen.push(...outcomes(report).filter((one) => one.endsWith(" staged")));
      if (report.failure === null) break;
      expect(report.failure.type).toBe("unplugged");
    }
    expect(outcomesSeen.sort()).toEqual(["1 staged", "2 staged", "3 staged", "4 staged"]);
    await expectSame(desk, builder);
  });

  it("of a tablet that only gives whole objects begins that body again, and finishes", async () => {
    await using desk = await Desk.open();
    const { builder, tablet } = await tabletWith(desk, sizes(...bodies), { operations: "whole" });
    desk.cable.plug(tablet);
    tablet.after({ body: 4_500_000 }, "unplug");
    expect((await desk.unloadOneOnCable()).failure).toEqual({ type: "unplugged" });
    desk.cable.plug(tablet);
    expect((await desk.unloadOneOnCable()).failure).toBeNull();
    await expectSame(desk, builder);
  });

  it("while watching is followed by the rest as soon as it is plugged in again", async () => {
    await using desk = await Desk.open();
    const { builder, tablet } = await tabletWith(desk, sizes(...bodies));
    await desk.loadCampaign();
    const engine = await desk.engine();
    const stop = new AbortController();
    const reports: TabletReport[] = [];
    tablet.after({ body: 3 * MIB }, "unplug");
    const watching = engine.watch(
      { receipts: false, passphrase: null },
      () => {},
      (report) => {
        reports.push(report);
        if (report.failure === null) stop.abort();
        else desk.cable.plug(tablet);
      },
      () => {},
      stop.signal,
    );
    desk.cable.plug(tablet);
    expect((await watching).ok).toBe(true);
    expect(reports.map((one) => one.failure?.type ?? null)).toEqual(["unplugged", null]);
    await expectSame(desk, builder);
  });
});

describe("several tablets on the cable", () => {
  it("with one serial are two tablets, each with its own batches", async () => {
    await using desk = await Desk.open();
    const one = await tabletWith(desk, sizes(2 * MIB, 500), { serial: "SAME" }, "0001");
    const other = await tabletWith(desk, sizes(700, 3 * MIB, 900), { serial: "SAME" }, "0002");
    const ids = [desk.cable.plug(one.tablet), desk.cable.plug(other.tablet)];
    expect(new Set(ids).size).toBe(2);
    const reports = await desk.unloadCable();
    expect(reports.map((report) => [report.device, report.source, staged(report)])).toEqual([
      [one.builder.device, "usb:SAME", 2],
      [other.builder.device, "usb:SAME", 3],
    ]);
    await expectSame(desk, one.builder);
    await expectSame(desk, other.builder);
  });

  it("ten at once, one of them pulled out and one of them frozen, are each their own job", async () => {
    await using desk = await Desk.open();
    const tablets = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        tabletWith(
          desk,
          sizes(600 + at, MIB + 5, 2 * MIB),
          { serial: `T${at}`, hurry: 1_000 },
          `00${at + 10}`,
        ),
      ),
    );
    for (const { tablet } of tablets) desk.cable.plug(tablet);
    tablets[3]?.tablet.after({ body: MIB }, "unplug");
    tablets[7]?.tablet.after({ body: MIB }, "freeze");
    const reports = await desk.unloadCable();
    expect(reports.map((one) => one.failure?.type ?? staged(one))).toEqual([
      3,
      3,
      3,
      "unplugged",
      3,
      3,
      3,
      "not-answering",
      3,
      3,
    ]);
    tablets[7]?.tablet.thaw();
    if (tablets[3] !== undefined) desk.cable.plug(tablets[3].tablet);
    for (const report of await desk.unloadCable()) expect(report.failure).toBeNull();
    for (const { builder } of tablets) await expectSame(desk, builder);
  });
});

describe("a tablet that stops answering", () => {
  it("ends as io within the wait, and works again after that", async () => {
    await using desk = await Desk.open();
    const { builder, tablet } = await tabletWith(desk, sizes(400, 3 * MIB, 500), { hurry: 500 });
    desk.cable.plug(tablet);
    tablet.after({ body: MIB }, "freeze");
    const frozen = await desk.unloadOneOnCable();
    expect(frozen.failure).toEqual({ type: "not-answering" });
    expect(outcomes(frozen)).toEqual(["1 staged", "2 failed (io)", "3 failed (io)"]);
    tablet.thaw();
    const thawed = await desk.unloadOneOnCable();
    expect(outcomes(thawed)).toEqual(["1 already-staged", "2 staged", "3 staged"]);
    await expectSame(desk, builder);
  });

  it("before its first word cannot be used", async () => {
    await using desk = await Desk.open();
    const { tablet } = await tabletWith(desk, sizes(400), { hurry: 500 });
    desk.cable.plug(tablet);
    tablet.freeze();
    expect((await desk.unloadOneOnCable()).failure).toEqual({ type: "not-answering" });
  });

  it("with a halted endpoint loses its thread, and goes on when asked anew", async () => {
    await using desk = await Desk.open();
    const { builder, tablet } = await tabletWith(desk, sizes(400, 3 * MIB));
    desk.cable.plug(tablet);
    tablet.after({ body: 2 * MIB }, "stall");
    expect((await desk.unloadOneOnCable()).failure).toEqual({ type: "lost-sync", detail: "stall" });
    expect((await desk.unloadOneOnCable()).failure).toBeNull();
    await expectSame(desk, builder);
  });

  it("can be left: a stopped unloading keeps what has come", async () => {
    await using desk = await Desk.open();
    const { builder, tablet } = await tabletWith(desk, sizes(4 * MIB, 4 * MIB), { bytesPerSecond: 20 * MIB });
    desk.cable.plug(tablet);
    await desk.loadCampaign();
    const engine = await desk.engine();
    const stop = new AbortController();
    const report = must(
      await engine.unload(
        [{ type: "all" }],
        { receipts: false, passphrase: null },
        (progress) => {
          if (progress.bytesDone > 5 * MIB) stop.abort();
        },
        stop.signal,
      ),
    ).tablets[0] as TabletReport;
    expect(outcomes(report)).toEqual(["1 staged", "2 failed (io)"]);
    expect(report.failure).toEqual({ type: "cancelled" });
    expect((await desk.unloadOneOnCable()).failure).toBeNull();
    await expectSame(desk, builder);
    expect(tablet.traffic.body).toBeLessThan(9 * MIB + MIB);
  });
});

describe("a tablet that lies", () => {
  const garbage = Buffer.from("ff00ff00ff00ff00ff00ff00ff00", "hex");
  it.each<[string, Lie]>([
    ["answers to other questions", wrongTransaction(OPERATION.getPartialObject64)],
    ["announces more than comes", wrongLength(OPERATION.getPartialObject64, 4_096)],
    ["announces less than comes", wrongLength(OPERATION.getPartialObject64, -40)],
    ["never ends", endlessData(OPERATION.getPartialObject64)],
    ["sends nothing but empty packets", emptyTransfers(OPERATION.getPartialObject64)],
    ["sends noise", otherBytes(OPERATION.getPartialObject64, garbage)],
    ["lists noise", otherData(OPERATION.getObjectHandles, garbage)],
    ["lists without an end", endlessData(OPERATION.getObjectHandles)],
    [
      "lists four billion objects",
      otherData(OPERATION.getObjectHandles, Buffer.from("ffffffff00000000", "hex")),
    ],
    ["names its storages without an end", endlessData(OPERATION.getStorageIds)],
    ["says noise of itself", otherData(OPERATION.getDeviceInfo, garbage)],
  ])("and %s is a failure of that tablet, and the other one is unloaded", async (_, lie) => {
    await using desk = await Desk.open();
    const liar = await tabletWith(desk, sizes(400, 2 * MIB), { hurry: 200 }, "0001");
    const honest = await tabletWith(desk, sizes(600), {}, "0002");
    liar.tablet.lie = lie;
    desk.cable.plug(liar.tablet);
    desk.cable.plug(honest.tablet);
    const [first, second] = await desk.unloadCable();
    expect(["lost-sync", "not-answering"]).toContain(first?.failure?.type);
    expect(second && outcomes(second)).toEqual(["1 staged"]);
    liar.tablet.lie = null;
    const [now] = await desk.unloadCable();
    expect(now?.failure).toBeNull();
    await expectSame(desk, liar.builder);
  });

  it("about the properties of a folder is asked object by object", async () => {
    await using desk = await Desk.open();
    const { builder, tablet } = await tabletWith(desk, sizes(400, 500, 600));
    tablet.lie = otherData(OPERATION.getObjectPropList, garbage);
    desk.cable.plug(tablet);
    expect((await desk.unloadOneOnCable()).failure).toBeNull();
    await expectSame(desk, builder);
  });

  it("with one name twice and a folder within itself has its batches unloaded once, from the first", async () => {
    await using desk = await Desk.open();
    const { builder, storage, tablet } = await tabletWith(desk, sizes(400, 500));
    const batches = storage.folder(`${OUTBOX}/batches`);
    const other = await goodTablet(desk.campaign, "0002", 1);
    const foreign = memoryStorage(other.files()).folder(`${OUTBOX}/batches`).entries[0];
    const [first] = batches.entries;
    if (first === undefined || foreign?.kind !== "file") throw new Error("no files");
    batches.put("twice", { length: 3, windows: () => [Buffer.from("abc")] });
    const twice = batches.entries.pop();
    if (twice?.kind === "file")
      batches.entries.push({
        ...twice,
        kind: "file",
        key: {},
        name: first.name,
        size: 3,
        present: async () => 3,
        read: async () => Buffer.from("abc"),
      });
    batches.entries.push(batches);
    desk.cable.plug(tablet);
    const report = await desk.unloadOneOnCable();
    expect(outcomes(report)).toEqual(["1 staged", "2 staged"]);
    await expectSame(desk, builder);
  });
});
