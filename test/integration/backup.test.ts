import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { goodTablet, TabletBuilder } from "../../fixtures/outbox.ts";
import { readBag } from "../../main/adapters/carrier/read.ts";
import { compose, composeKeeping } from "../../main/compose.ts";
import type { Engine } from "../../main/engine/api.ts";
import type { DeviceId } from "../../shared/ids.ts";
import type { Result } from "../../shared/result.ts";
import { run } from "./command-line.ts";
import { Desk, must, outcomes } from "./desk.ts";

const never = new AbortController().signal;
const quiet = (): void => {};
const keeping = composeKeeping();
const PROGRAM = join(import.meta.dirname, "../../main/cli/main.ts");

const backup = (store: string, to: string) => keeping.backup(store, to, quiet, never);
const restore = (from: string, store: string) => keeping.restore(from, store, quiet, never);
const typeOf = (result: Result<unknown, { readonly type: string; readonly why?: string }>): string =>
  result.ok ? "done" : (result.error.why ?? result.error.type);

const linesOf = (engine: Engine) => [...must(engine.reconcile(null))];

async function deskWith(count: number): Promise<{ desk: Desk; tablet: TabletBuilder }> {
  const desk = await Desk.open();
  await desk.loadCampaign();
  await desk.becomeStation();
  const tablet = await goodTablet(desk.campaign, "0417", count);
  await desk.unloadOne(await tablet.write(desk.path("outbox")), true);
  return { desk, tablet };
}

describe("a backup", () => {
  it("holds everything, checked, and becomes a store that works: same batches, same log, a line that says what it is", async () => {
    const made = await deskWith(3);
    await using desk = made.desk;
    const engine = await desk.engine();
    const before = linesOf(engine);
    const logBefore = [...engine.auditShow()].length;
    expect(must(await backup(desk.store, desk.path("backup")))).toMatchObject({ batches: 3, damaged: 0 });
    const reading = await readBag(desk.path("backup"), quiet, never);
    expect([reading.faults, reading.notes]).toEqual([[], []]);

    const restored = must(await restore(desk.path("backup"), desk.path("other")));
    expect(restored).toMatchObject({ batches: 3, damaged: 0, auditLines: logBefore });
    const other = must(await compose({ storeFolder: desk.path("other") }));
    expect(linesOf(other)).toEqual(before);
    const log = [...other.auditShow()];
    expect(log.slice(0, logBefore)).toEqual([...engine.auditShow()].slice(0, logBefore));
    expect(log.at(-1)).toMatchObject({ type: "restored", data: { was: restored.was, lines: logBefore } });
    // The line is under a head, which waits for the station's key.
    expect(must(await other.auditVerify())).toMatchObject({ lines: logBefore + 1, heads: { unsigned: 1 } });
    other.close();
  });

  it("is for its user alone", async () => {
    const made = await deskWith(1);
    await using desk = made.desk;
    must(await backup(desk.store, desk.path("backup")));
    const open: string[] = [];
    for (const one of await readdir(desk.path("backup"), { recursive: true, withFileTypes: true }))
      if (((await stat(join(one.parentPath, one.name))).mode & 0o077) !== 0) open.push(one.name);
    expect(open).toEqual([]);
    expect((await stat(desk.path("backup"))).mode & 0o077).toBe(0);
  });

  it("is taken while another process unloads, and holds what was staged at one moment, whole", async () => {
    const made = await deskWith(2);
    await using desk = made.desk;
    const busy = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0422"));
    await busy.addMany(60, { bodyBytes: 2_000_000 });
    const outbox = await busy.write(desk.path("busy"));
    await desk.loadCampaign();
    desk.closeEngine();
    const child = spawn(
      process.execPath,
      [PROGRAM, "--store", desk.store, "--json", "unload", "--from", outbox],
      {
        stdio: ["ignore", "ignore", "pipe"],
      },
    );
    const ended = once(child, "exit");
    const staged = async () =>
      (await readdir(join(desk.store, "bodies", busy.device)).catch(() => [])).filter((name) =>
        name.endsWith(".cose"),
      ).length;
    while ((await staged()) < 3 && child.exitCode === null)
      await new Promise((resolve) => setImmediate(resolve));
    const report = must(await backup(desk.store, desk.path("backup")));
    expect(report.damaged).toBe(0);
    expect((await ended)[0]).toBe(0);
    expect(report.batches).toBeGreaterThanOrEqual(2);
    expect((await readBag(desk.path("backup"), quiet, never)).faults).toEqual([]);

    must(await restore(desk.path("backup"), desk.path("other")));
    const other = must(await compose({ storeFolder: desk.path("other") }));
    expect(linesOf(other).filter((line) => line.station === "staged")).toHaveLength(report.batches);
    const again = must(
      await other.unload(
        [{ type: "folder", path: outbox }],
        { receipts: false, passphrase: null },
        quiet,
        never,
      ),
    );
    expect(again.totals.staged + again.totals.alreadyStaged).toBe(60);
    expect(again.totals.failed + again.totals.quarantined).toBe(0);
    other.close();
  }, 120_000);

  it("holds the quarantine too", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.add({ recipients: [desk.campaign.recipients.department] });
    await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(must(await backup(desk.store, desk.path("backup")))).toMatchObject({
      batches: 1,
      quarantined: 1,
      damaged: 0,
    });
    must(await restore(desk.path("backup"), desk.path("other")));
    const other = must(await compose({ storeFolder: desk.path("other") }));
    expect(must(await other.quarantineRetry())).toMatchObject({ stillRefused: 1 });
    expect(other.quarantineList()).toMatchObject([{ seq: 2, reason: "central-not-recipient" }]);
    other.close();
  });

  it("says which batches are no longer what was staged, and keeps the rest", async () => {
    const made = await deskWith(3);
    await using desk = made.desk;
    const folder = join(desk.store, "bodies", made.tablet.device);
    const bodies = (await readdir(folder)).filter((name) => name.endsWith(".age")).sort();
    await rm(join(folder, bodies[0] ?? ""));
    await writeFile(join(folder, bodies[1] ?? ""), "something else");
    expect(must(await backup(desk.store, desk.path("backup")))).toMatchObject({ batches: 3, damaged: 2 });
    expect(must(await restore(desk.path("backup"), desk.path("other")))).toMatchObject({
      batches: 3,
      damaged: 2,
    });
  });

  it("tells of a manifest whose signature alone was changed: its digest does not cover that", async () => {
    const made = await deskWith(3);
    await using desk = made.desk;
    const folder = join(desk.store, "bodies", made.tablet.device);
    const [, second = ""] = (await readdir(folder)).filter((name) => name.endsWith(".cose")).sort();
    const cose = await readFile(join(folder, second));
    cose[cose.length - 9] = (cose.at(-9) ?? 0) ^ 1;
    await writeFile(join(folder, second), cose);
    expect(must(await backup(desk.store, desk.path("backup")))).toMatchObject({ batches: 3, damaged: 1 });
  });

  it("is not written into a folder with something in it, and not over a finished backup", async () => {
    const made = await deskWith(1);
    await using desk = made.desk;
    await mkdir(desk.path("letters"));
    await writeFile(desk.path("letters", "letter.txt"), "dear all");
    expect(typeOf(await backup(desk.store, desk.path("letters")))).toBe("carrier-in-use");
    must(await backup(desk.store, desk.path("backup")));
    expect(typeOf(await backup(desk.store, desk.path("backup")))).toBe("carrier-in-use");
    expect(typeOf(await backup(desk.path("nowhere"), desk.path("b")))).toBe("no-store");
    expect(await readdir(desk.path("letters"))).toEqual(["letter.txt"]);
  });

  it("that was cut off is finished by the next go", async () => {
    const made = await deskWith(4);
    await using desk = made.desk;
    const stop = new AbortController();
    const cut = await keeping.backup(
      desk.store,
      desk.path("backup"),
      ({ batchesDone }) => {
        if (batchesDone === 2) stop.abort();
      },
      stop.signal,
    );
    expect(typeOf(cut)).toBe("cancelled");
    expect((await readBag(desk.path("backup"), quiet, never)).faults.map((one) => one.type)).toEqual([
      "half-bag",
    ]);
    expect(typeOf(await restore(desk.path("backup"), desk.path("other")))).toBe("half-bag");
    expect(must(await backup(desk.store, desk.path("backup")))).toMatchObject({ batches: 4, damaged: 0 });
    expect((await readBag(desk.path("backup"), quiet, never)).faults).toEqual([]);
  });
});

describe("restoring", () => {
  it("never writes over a store, or over anything", async () => {
    const made = await deskWith(1);
    await using desk = made.desk;
    must(await backup(desk.store, desk.path("backup")));
    const before = await readFile(join(desk.store, "store.db"));
    expect(typeOf(await restore(desk.path("backup"), desk.store))).toBe("store-exists");
    expect(await readFile(join(desk.store, "store.db"))).toEqual(before);
    await mkdir(desk.path("letters"));
    await writeFile(desk.path("letters", "letter.txt"), "dear all");
    expect(typeOf(await restore(desk.path("backup"), desk.path("letters")))).toBe("store-exists");
    await mkdir(desk.path("empty"));
    expect(typeOf(await restore(desk.path("backup"), desk.path("empty")))).toBe("done");
  });

  it("refuses a backup that is not as it was made", async () => {
    const made = await deskWith(2);
    await using desk = made.desk;
    must(await backup(desk.store, desk.path("backup")));
    const attempt = async (spoil: (copy: string) => Promise<unknown>): Promise<string> => {
      await rm(desk.path("copy"), { recursive: true, force: true });
      await cp(desk.path("backup"), desk.path("copy"), { recursive: true });
      await spoil(desk.path("copy"));
      return typeOf(await restore(desk.path("copy"), desk.path("other")));
    };
    expect(await attempt((copy) => writeFile(join(copy, "data/store.db"), "no journal"))).toBe("changed");
    expect(
      await attempt((copy) => rm(join(copy, "data/bodies", made.tablet.device), { recursive: true })),
    ).toBe("missing");
    expect(await attempt((copy) => rm(join(copy, "bagit.txt")))).toBe("not-a-bag");
    expect(await readdir(desk.folder)).not.toContain("other");
  });

  it("makes a store of its own: another id, and numbers that the original cannot have given out", async () => {
    const made = await deskWith(1);
    await using desk = made.desk;
    const device = made.tablet.device as DeviceId;
    const act = async (engine: Engine) => must(await engine.act(device, "")).no;
    const bag = async (engine: Engine, name: string) =>
      must(
        await engine.exportBag(desk.path(name), { devices: [], again: true, passphrase: "" }, quiet, never),
      ).bag?.no;
    expect([await act(await desk.engine()), await bag(await desk.engine(), "bag")]).toEqual([1, 1]);
    must(await backup(desk.store, desk.path("backup")));
    // The original goes on, and gives out receipt 2, act 2 and bag 2.
    await made.tablet.add();
    await desk.unloadOne(await made.tablet.write(desk.path("outbox")), true);
    expect([await act(await desk.engine()), await bag(await desk.engine(), "bag-2")]).toEqual([2, 2]);
    const restored = must(await restore(desk.path("backup"), desk.path("other")));
    expect(restored.store).not.toBe(restored.was);

    const other = must(await compose({ storeFolder: desk.path("other") }));
    const outbox = await made.tablet.write(desk.path("outbox"));
    const report = must(
      await other.unload(
        [{ type: "folder", path: outbox }],
        { receipts: true, passphrase: "" },
        quiet,
        never,
      ),
    );
    const [first] = report.tablets;
    expect(first === undefined ? [] : outcomes(first)).toEqual(["1 already-staged", "2 staged"]);
    const numbers = (await readdir(join(outbox, "receipts"))).map((name) => Number(name.slice(17, 25)));
    expect(new Set(numbers)).toEqual(new Set([1, 2, 100_002]));
    expect([await act(other), await bag(other, "bag-3")]).toEqual([100_002, 100_002]);
    // A copy of the copy leaves out as many again.
    must(await backup(desk.path("other"), desk.path("backup-2")));
    must(await restore(desk.path("backup-2"), desk.path("third")));
    const third = must(await compose({ storeFolder: desk.path("third") }));
    await made.tablet.add();
    const later = await made.tablet.write(desk.path("outbox"));
    const target = [{ type: "folder", path: later }] as const;
    must(await third.unload(target, { receipts: true, passphrase: "" }, quiet, never));
    const names = await readdir(join(later, "receipts"));
    expect(Math.max(...names.map((name) => Number(name.slice(17, 25))))).toBeGreaterThan(200_000);
    expect(await act(third)).toBeGreaterThan(200_000);
    third.close();
    other.close();
    const db = new Database(join(desk.path("other"), "store.db"), { readonly: true });
    const facts = Object.fromEntries(
      (db.prepare("SELECT name, value FROM facts").all() as { name: string; value: string }[]).map((one) => [
        one.name,
        one.value,
      ]),
    );
    db.close();
    expect(facts).toMatchObject({ store: restored.store, "restored-from": restored.was });
  });

  it("on the command line is one JSON document, and exits as the others do", async () => {
    const made = await deskWith(2);
    await using desk = made.desk;
    desk.closeEngine();
    const backed = await run<{ readonly auditLines: number }>(desk.store, [
      "backup",
      "--to",
      desk.path("backup"),
    ]);
    expect([backed.exit, backed.json]).toMatchObject([0, { batches: 2, damaged: 0, logged: true }]);
    const engine = await desk.engine();
    const lines = [...engine.auditShow()];
    const { auditLines } = backed.json;
    const told = { batches: 2, damaged: 0, lines: auditLines };
    expect(lines.slice(auditLines)).toMatchObject([{ type: "backup-made", data: told }]);
    const summary = JSON.parse(await readFile(desk.path("backup", "data", "backup.json"), "utf8"));
    expect(summary).toMatchObject({ v: 1, batches: 2, auditLines, auditHead: lines[auditLines - 1]?.hash });
    expect(must(await engine.auditVerify())).toMatchObject({ lines: lines.length, heads: { unsigned: 1 } });
    // With the store in this process's hands the backup is made all the same, and says that its line is missing.
    const beside = await run(desk.store, ["backup", "--to", desk.path("beside")]);
    expect([beside.exit, beside.json]).toMatchObject([0, { batches: 2, logged: false }]);
    expect(beside.errors).not.toBe("");
    expect([...engine.auditShow()]).toHaveLength(lines.length);
    desk.closeEngine();
    expect((await run(desk.store, ["backup", "--to", desk.path("backup")])).exit).toBe(2);
    expect((await run(desk.store, ["restore", desk.path("backup")])).exit).toBe(2);
    const restored = await run(desk.path("other"), ["restore", desk.path("backup")]);
    expect([restored.exit, restored.json]).toMatchObject([0, { batches: 2 }]);
    expect((await run(desk.path("third"), ["restore", desk.path("nowhere")])).exit).toBe(3);
    await rm(desk.path("backup", "data", "backup.json"));
    expect((await run(desk.path("third"), ["restore", desk.path("backup")])).exit).toBe(1);
  }, 60_000);
});
