import { createHash } from "node:crypto";
import { readdirSync, renameSync } from "node:fs";
import { mkdir, readdir, readFile, readlink, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { acknowledgeAll } from "../../fixtures/acknowledge.ts";
import { litter, TabletBuilder } from "../../fixtures/outbox.ts";
import { startPostgres } from "../../fixtures/postgres/server.ts";
import { DiskFolder, type TabletFile, type TabletFolder } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import type { UnloadTarget } from "../../main/engine/api.ts";
import { parseSign1 } from "../../main/formats/cose.ts";
import { parseReceipt, type Receipt } from "../../main/formats/receipt.ts";
import type { DeviceId } from "../../shared/ids.ts";
import type { TabletProgress, TabletReport } from "../../shared/views.ts";
import { canMount, mountSmall, remount, unmount } from "../torture/mounts.ts";
import { Desk, must, outcomes } from "./desk.ts";

/** What a station writes back to a tablet: over MTP, and into a folder. The folders of both lie on this disk, to be looked at. */

vi.setConfig({ testTimeout: 120_000 });

const WAYS = ["in a folder", "over MTP"] as const;
type Way = (typeof WAYS)[number];
const never = new AbortController().signal;

/** Every name below a folder, with what it is: a digest of bytes, a link's end, or a folder. */
async function tree(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const named = found.map(async (one): Promise<[string, string]> => {
    const path = join(one.parentPath, one.name);
    const what = one.isDirectory()
      ? "a folder"
      : one.isSymbolicLink()
        ? `a link to ${await readlink(path)}`
        : createHash("sha256")
            .update(await readFile(path))
            .digest("hex");
    return [relative(folder, path), what];
  });
  return new Map((await Promise.all(named)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const items = (receipt: Receipt | undefined): readonly string[] =>
  (receipt?.items ?? []).map(
    ({ seq, status, reason }) => `${seq} ${status}${reason === "" ? "" : ` (${reason})`}`,
  );

/** A station with its key, and a tablet that lies at it as a folder or hangs on its cable. */
class Table implements AsyncDisposable {
  readonly desk: Desk;
  readonly station: string;
  readonly tablet: TabletBuilder;
  readonly outbox: string;
  readonly way: Way;
  readonly onCable: SimulatedTablet;
  /** Phases told of the last unloading. */
  phases: TabletProgress["phase"][] = [];
  /** Called as each phase begins. */
  atPhase: (phase: TabletProgress["phase"]) => void = () => {};

  private constructor(desk: Desk, station: string, tablet: TabletBuilder, way: Way, storage: TabletFolder) {
    this.desk = desk;
    this.station = station;
    this.tablet = tablet;
    this.way = way;
    this.outbox = desk.path("tablet", "Sanaq", "outbox");
    this.onCable = new SimulatedTablet(storage);
    if (way === "over MTP") desk.cable.plug(this.onCable);
  }

  static async lay(
    way: Way,
    count: number,
    storageOf: (folder: string) => TabletFolder = (folder) => new DiskFolder(folder),
  ): Promise<Table> {
    const desk = await Desk.open();
    await desk.campaign.centre();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0417"));
    await desk.loadCampaign();
    const station = await desk.becomeStation();
    await tablet.addMany(count, { bodyBytes: 900 });
    const table = new Table(desk, station, tablet, way, storageOf(desk.path("tablet")));
    await table.write();
    return table;
  }

  /** Writes the tablet's own files, as they are now. */
  write = (): Promise<string> => this.tablet.write(this.outbox);

  async unload(receipts = true): Promise<TabletReport> {
    if (this.way === "over MTP" && !this.desk.cable.isPlugged(this.onCable))
      this.desk.cable.plug(this.onCable);
    const engine = await this.desk.engine();
    const target: UnloadTarget =
      this.way === "over MTP" ? { type: "all" } : { type: "folder", path: this.outbox };
    this.phases = [];
    const tell = ({ phase }: TabletProgress): void => {
      if (this.phases.at(-1) === phase) return;
      this.phases.push(phase);
      this.atPhase(phase);
    };
    const done = must(await engine.unload([target], { receipts, passphrase: "" }, tell, never));
    return done.tablets[0] ?? expect.fail("nothing was unloaded");
  }

  async receipts(): Promise<readonly (Receipt & { readonly name: string })[]> {
    const names = (await readdir(join(this.outbox, "receipts"))).filter((name) => name.endsWith(".cose"));
    return Promise.all(
      names.sort().map(async (name) => {
        const object = must(parseSign1(await readFile(join(this.outbox, "receipts", name)), "receipt"));
        return { name, ...must(parseReceipt(object.payload)) };
      }),
    );
  }

  async lines(type: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return [...(await this.desk.engine()).auditShow()]
      .filter((line) => line.type === type)
      .map((line) => ({ ...line.data, line: line.no }));
  }

  /** `safe-to-unplug` is the last thing that was said. */
  isSafe = (): boolean => this.phases.at(-1) === "safe-to-unplug";

  [Symbol.asyncDispose](): Promise<void> {
    return this.desk[Symbol.asyncDispose]();
  }
}

describe.each(WAYS)("a receipt %s", (way) => {
  test("says what is kept, what the centre has and what was refused, and is signed by the station", async () => {
    await using table = await Table.lay(way, 2);
    const { tablet, station } = table;
    await tablet.add({ state: "acknowledged" });
    await tablet.add({ bodyOnTablet: (body) => body.subarray(1) });
    await tablet.add({ manifest: { object: () => Buffer.from("x") }, entry: () => null });
    await table.write();
    const report = await table.unload();
    const [receipt, ...more] = await table.receipts();
    expect(more).toEqual([]);
    expect(items(receipt)).toEqual(["1 staged", "2 staged", "3 accepted", "4 refused (length-mismatch)"]);
    expect(receipt).toMatchObject({ station, device: tablet.device, chain: tablet.chain, no: 1 });
    expect(receipt?.items.map((one) => one.manifest)).toEqual(
      [1, 2, 3, 4].map((seq) => tablet.batch(seq).digest),
    );
    expect(report.receipts).toEqual([`receipts/${receipt?.name}`]);
  });

  test("is made from durable rows alone: a batch that the disk did not take is not in it, and is in the next", async () => {
    await using table = await Table.lay(way, 1);
    const { tablet, desk } = table;
    await table.unload(false);
    const { chain, seq, digest } = await tablet.add({ bodyBytes: 950 });
    await table.write();
    const name = `${chain}-${String(seq).padStart(8, "0")}-${digest.slice(0, 16)}.age`;
    const inTheWay = join(desk.store, "bodies", tablet.device, name);
    await mkdir(join(inTheWay, "x"), { recursive: true });
    const report = await table.unload();
    expect(outcomes(report)).toEqual(["1 already-staged", "2 failed (io)"]);
    expect(table.isSafe()).toBe(false);
    expect((await table.receipts()).map(items)).toEqual([["1 staged"]]);

    await rm(inTheWay, { recursive: true });
    await table.unload();
    expect((await table.receipts()).map(items)).toEqual([["1 staged"], ["1 staged", "2 staged"]]);
    const staged = await table.lines("staged");
    const made = await table.lines("receipt-made");
    expect(Number(staged.at(-1)?.line)).toBeLessThan(Number(made.at(-1)?.line));
  });

  test("is on the tablet, read back and in the log before it is said that the cable may be pulled", async () => {
    await using table = await Table.lay(way, 2);
    let onTablet: readonly string[] = [];
    let readBack = 0;
    table.atPhase = (phase) => {
      if (phase !== "safe-to-unplug") return;
      onTablet = readdirSync(join(table.outbox, "receipts"));
      for (const { name, length } of table.onCable.served) if (onTablet.includes(name)) readBack += length;
    };
    const report = await table.unload();
    expect(table.phases.slice(-2)).toEqual(["writing-receipt", "safe-to-unplug"]);
    expect(onTablet.map((name) => `receipts/${name}`)).toEqual(report.receipts);
    const { size } = await stat(join(table.outbox, ...report.receipts));
    if (way === "over MTP") expect(readBack).toBe(size);
    expect(await table.lines("receipt-delivered")).toMatchObject([{ device: table.tablet.device, no: 1 }]);
  });

  test("is never written twice for the same facts: not again, not after a restart, not with an act between", async () => {
    await using table = await Table.lay(way, 2);
    await table.unload();
    const after = await tree(table.outbox);
    const again = async () => {
      const report = await table.unload();
      expect([report.failure, report.receipts, table.isSafe()]).toEqual([null, [], true]);
      expect(await tree(table.outbox)).toEqual(after);
    };
    await again();
    table.desk.cable.unplug(table.onCable);
    table.desk.closeEngine();
    await again();
    await table.unload(false);
    must(await (await table.desk.engine()).act(table.tablet.device as DeviceId, ""));
    await again();
    expect(await table.lines("receipt-made")).toHaveLength(1);

    await table.tablet.add({ bodyBytes: 950 });
    await table.write();
    await table.unload();
    expect((await table.receipts()).map((one) => [one.no, items(one)])).toEqual([
      [1, ["1 staged", "2 staged"]],
      [2, ["1 staged", "2 staged", "3 staged"]],
    ]);
  });

  test("is all that is ever written, and nothing is removed, whatever else lies there", async () => {
    await using table = await Table.lay(way, 2);
    await litter(table.outbox, table.tablet);
    const before = await tree(table.outbox);
    expect((await table.unload(false)).receipts).toEqual([]);
    expect(await tree(table.outbox)).toEqual(before);
    const report = await table.unload();
    const after = new Map(await tree(table.outbox));
    expect(report.receipts).toHaveLength(1);
    for (const path of report.receipts) expect(after.delete(path)).toBe(true);
    expect(after).toEqual(before);
  });

  test("never takes the place of another file, nor of the half of an earlier one", async () => {
    await using table = await Table.lay(way, 1);
    await table.unload();
    const [first] = await table.receipts();
    const nameOf = (no: number) =>
      join(table.outbox, "receipts", (first?.name ?? "").replace("00000001", `0000000${no}`));
    const whole = await readFile(nameOf(1));
    await writeFile(nameOf(1), whole.subarray(0, 40));
    await writeFile(nameOf(2), "not ours");
    await table.unload();
    expect(await readFile(nameOf(1))).toEqual(whole.subarray(0, 40));
    expect(await readFile(nameOf(2), "utf8")).toBe("not ours");
    expect(items(must(parseReceipt(must(parseSign1(await readFile(nameOf(3)), "receipt")).payload)))).toEqual(
      ["1 staged"],
    );
    expect(table.isSafe()).toBe(true);
  });

  test("is one for each chain of a tablet that was reset", async () => {
    await using table = await Table.lay(way, 1);
    const old = table.tablet.chain;
    table.tablet.reset();
    await table.tablet.add();
    await table.write();
    await table.unload();
    const receipts = await table.receipts();
    expect(receipts.map((one) => one.chain).sort()).toEqual([old, table.tablet.chain].sort());
    expect(receipts.map((one) => one.no)).toEqual([1, 2]);
  });

  test("names the last act that was made for the tablet, and none where there is none", async () => {
    await using table = await Table.lay(way, 1);
    await table.unload();
    const engine = await table.desk.engine();
    const act = must(await engine.act(table.tablet.device as DeviceId, ""));
    await table.tablet.add({ bodyBytes: 950 });
    await table.write();
    await table.unload();
    expect((await table.receipts()).map((one) => one.act)).toEqual(["", String(act.no)]);
    expect(must(await engine.verifyAct(act.code))).toMatchObject({ matches: true, no: act.no });
  });
});

describe("a receipt that cannot be written", () => {
  const spoil = {
    "read-only": {
      "over MTP": (table: Table) => {
        table.onCable.state.writing = "read-only";
        return () => {
          table.onCable.state.writing = null;
        };
      },
      "in a folder": (table: Table) => {
        remount(table.desk.path("tablet"), "ro");
        return () => remount(table.desk.path("tablet"), "rw");
      },
    },
    full: {
      "over MTP": (table: Table) => {
        table.onCable.state.writing = "full";
        return () => {
          table.onCable.state.writing = null;
        };
      },
      "in a folder": async (table: Table) => {
        const filler = join(table.desk.path("tablet"), "film.mp4");
        await writeFile(filler, Buffer.alloc(2_000_000)).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== "ENOSPC") throw error;
        });
        return () => rm(filler);
      },
    },
  } as const;
  const cases = (["read-only", "full"] as const).flatMap((how) => WAYS.map((way) => [way, how] as const));

  /** A table whose tablet is a small file system of its own, where it lies as a folder. */
  async function layOn(way: Way): Promise<Table & AsyncDisposable> {
    const table = await Table.lay(way, 3);
    if (way === "in a folder") {
      const place = table.desk.path("tablet");
      await rename(place, table.desk.path("aside"));
      mountSmall(place, 400_000);
      await table.write();
      await mkdir(join(table.outbox, "receipts"), { recursive: true });
    }
    return table;
  }
  const letGo = (table: Table): void => {
    if (table.way === "in a folder") unmount(table.desk.path("tablet"));
  };

  test.each(cases)(
    "%s that is %s: said plainly, nothing is lost, and it comes the next time",
    async (way, how) => {
      const probe = await Desk.open();
      const possible = way === "over MTP" || canMount(probe.folder);
      await probe[Symbol.asyncDispose]();
      if (!possible) return expect(possible, "needs root: a file system of its own").toBe(false);
      await using table = await layOn(way);
      try {
        const mend = await spoil[how][way](table);
        const report = await table.unload();
        expect(report).toMatchObject({ failure: { type: how }, receipts: [] });
        expect(outcomes(report)).toEqual(["1 staged", "2 staged", "3 staged"]);
        expect(table.phases.at(-1)).toBe("interrupted");
        expect(await table.lines("receipt-not-written")).toMatchObject([{ no: 1, failure: how }]);
        expect(await table.lines("receipt-delivered")).toEqual([]);
        await mend();
        const again = await table.unload();
        expect([again.failure, again.receipts.length, table.isSafe()]).toEqual([null, 1, true]);
        expect(outcomes(again)).toEqual([1, 2, 3].map((seq) => `${seq} already-staged`));
      } finally {
        letGo(table);
      }
      return undefined;
    },
  );

  test("because the carrier was pulled out of a folder's place is said, and costs nothing", async () => {
    await using table = await Table.lay("in a folder", 2);
    const away = table.desk.path("away");
    table.atPhase = (phase) => {
      if (phase === "writing-receipt") renameSync(table.desk.path("tablet"), away);
    };
    const report = await table.unload();
    expect(report.failure).toEqual({ type: "unplugged" });
    expect([outcomes(report), table.isSafe()]).toEqual([["1 staged", "2 staged"], false]);
    table.atPhase = () => {};
    renameSync(away, table.desk.path("tablet"));
    expect([(await table.unload()).receipts.length, table.isSafe()]).toEqual([1, true]);
  });

  test("because the cable was pulled, at any moment of the writing, leaves whole receipts and nothing else new", async () => {
    await using table = await Table.lay("over MTP", 1);
    await table.unload(false);
    const { onCable } = table;
    const before = await tree(table.outbox);
    const start = onCable.traffic.total;
    await table.unload(false);
    const reading = onCable.traffic.total - start;
    let cuts = 0;
    for (let cut = reading - 40; ; cut += 150) {
      if (!table.desk.cable.isPlugged(onCable)) table.desk.cable.plug(onCable);
      onCable.after({ traffic: cut }, "unplug");
      const report = await table.unload();
      if (report.failure === null) break;
      cuts++;
      expect(report.failure.type).toBe("unplugged");
      expect(table.isSafe()).toBe(false);
    }
    expect(cuts).toBeGreaterThan(5);
    expect(table.isSafe()).toBe(true);
    const after = new Map(await tree(table.outbox));
    for (const { name, items } of await table.receipts()) {
      expect(items).toHaveLength(1);
      after.delete(join("receipts", name));
    }
    after.delete("receipts");
    expect(after).toEqual(before);
  });

  test("as it was meant, on a tablet that keeps other bytes: not called safe, and tried anew under another number", async () => {
    let wrong = true;
    /** The disk's folder, but for one bit of what is written. */
    const forgetful = (folder: TabletFolder): TabletFolder => ({
      ...folder,
      kind: "folder",
      key: folder.key,
      name: folder.name,
      children: async () =>
        (await folder.children()).map((one) => (one.kind === "folder" ? forgetful(one) : one)),
      makeFolder: async (name) => forgetful(await folder.makeFolder(name)),
      makeFile: (name, bytes): Promise<TabletFile> =>
        folder.makeFile(
          name,
          bytes.map((byte, at) => (wrong && at === 100 ? byte ^ 1 : byte)),
        ),
    });
    await using table = await Table.lay("over MTP", 1, (folder) => forgetful(new DiskFolder(folder)));
    const report = await table.unload();
    expect(report.failure).toMatchObject({ type: "changed" });
    expect([report.receipts, table.isSafe()]).toEqual([[], false]);
    expect(await table.lines("receipt-delivered")).toEqual([]);
    wrong = false;
    expect([(await table.unload()).failure, table.isSafe()]).toEqual([null, true]);
    expect((await table.lines("receipt-delivered")).map((line) => line.no)).toEqual([2]);
  });
});

test("a batch that the centre has acknowledged since is `accepted` in the next receipt, whose act is the one made before", async () => {
  const server = await startPostgres();
  try {
    await using table = await Table.lay("over MTP", 3);
    const url = await server.createDatabase("centre");
    const engine = await table.desk.engine();
    const send = async () => {
      const centre = must(postgresCentre(url));
      const sent = must(await engine.upload(centre, () => {}, never));
      await centre.close();
      return sent;
    };
    await table.unload();
    const act = must(await engine.act(table.tablet.device as DeviceId, ""));
    expect(await send()).toMatchObject({ accepted: 3, acks: 0 });
    expect(await acknowledgeAll(url, table.desk.campaign)).toBe(3);
    expect(await send()).toMatchObject({ accepted: 0, acks: 3 });
    await table.tablet.add({ bodyBytes: 950 });
    await table.write();
    await table.unload();
    const [first, second] = await table.receipts();
    expect([items(first), first?.act]).toEqual([["1 staged", "2 staged", "3 staged"], ""]);
    expect([items(second), second?.act]).toEqual([
      ["1 accepted", "2 accepted", "3 accepted", "4 staged"],
      String(act.no),
    ]);
  } finally {
    await server.stop();
  }
});

test("no receipt is asked for without a station's certificate, and it is said why", async () => {
  await using desk = await Desk.open();
  await desk.loadCampaign();
  const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0417"));
  await tablet.add();
  const targets = [{ type: "folder", path: await tablet.write(desk.path("outbox")) }] as const;
  const engine = await desk.engine();
  const unload = () => engine.unload(targets, { receipts: true, passphrase: "" }, () => {}, never);
  expect(await unload()).toEqual({ ok: false, error: { type: "no-station" } });
  await engine.init("");
  expect(await unload()).toEqual({ ok: false, error: { type: "no-station-certificate" } });
});

test("a receipt without a ledger says so", async () => {
  await using table = await Table.lay("in a folder", 1);
  await rm(join(table.outbox, "ledger.cose"));
  await table.unload();
  expect((await table.receipts())[0]).toMatchObject({ ledger: null, items: [{ seq: 1, status: "staged" }] });
});
