import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { promisify } from "node:util";
import { parseSign1 } from "../../main/formats/cose.ts";
import { parseReceipt } from "../../main/formats/receipt.ts";
import { CARD_STATES } from "../../shared/ipc/views.ts";
import { EngineHost } from "./engine-host.ts";
import {
  assertUnloaded,
  keptBytes,
  made,
  newStore,
  openEngine,
  outcomes,
  plugged,
  qemuTwin,
  seen,
  tablet,
  unloadAll,
  unloadOne,
} from "./lab.ts";

/**
 * Runs inside the lab, on a real USB stack. Tablets 0 to 3 are of the kind SANAQ_KIND: 0 "thirty", 1 "twin" and 2 "other" with one serial (of QEMU's, see qemuTwin), 3
 * "sealed", which is read-only; gadget-mtp has two more: 4 "old", of the class 255/255/0, and 5 "frozen". All are unplugged at first.
 */

const run = promisify(execFile);
const kind = process.env.SANAQ_KIND ?? "";
const isGadget = kind === "gadget-mtp";
const MIB = 1_048_576;
const CLI = join(process.cwd(), "dist/cli/sanaq-unload.mjs");
const ENGINE_HOST = join(process.cwd(), "dist/usb-test/engine-host-in-node.js");

interface Cli {
  readonly code: number;
  readonly json: {
    readonly tablets: readonly {
      readonly source: string;
      readonly device?: string;
      readonly problem?: unknown;
      readonly failure?: unknown;
      readonly batches?: readonly { readonly outcome: string }[];
    }[];
    readonly totals?: { readonly staged: number };
  };
  readonly stderr: string;
}

/** Runs the command line to its end. */
async function cli(store: string, ...args: readonly string[]): Promise<Cli> {
  const all = [CLI, "--store", store, "--lang", "en", "--json", ...args];
  const done = await run("node", all).then(
    (ok) => ({ ...ok, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
  return { code: done.code, json: JSON.parse(done.stdout), stderr: done.stderr };
}

/** The same as a user without rights. */
async function cliAsOperator(store: string, ...args: readonly string[]): Promise<Cli> {
  const line = ["node", CLI, "--store", store, "--lang", "en", "--json", ...args].join(" ");
  const done = await run("su", ["operator", "-c", line]).then(
    (ok) => ({ ...ok, code: 0 }),
    (error: { stdout: string; stderr: string; code: number }) => error,
  );
  return { code: done.code, json: JSON.parse(done.stdout), stderr: done.stderr };
}

describe(`${kind}`, () => {
  afterEach(async () => {
    for (let number = 0; number < Number(process.env.USB_LAB_TABLETS); number++)
      await tablet("unplug", number);
  });

  it("30 batches of 0 B to 64 MiB come in whole, though the cable is pulled in the middle of bodies", async () => {
    const store = await newStore();
    using engine = await openEngine(store);
    // Bytes that a run comes to, with those that it finds here: once among small bodies, then three times in the large one.
    for (const cut of [3 * MIB, 12 * MIB, 20 * MIB, 32 * MIB]) {
      await plugged(engine, 0);
      let pulled: Promise<void> | null = null;
      const report = await unloadOne(engine, {
        onProgress: ({ bytesDone }) => {
          if (bytesDone >= cut) pulled ??= tablet("unplug", 0);
        },
      });
      assert.ok(pulled !== null, "the cable was pulled");
      await pulled;
      assert.deepEqual(report.failure, { type: "unplugged" });
      assert.ok(report.batches.some((one) => one.outcome === "failed" && one.reason === "io"));
      assert.equal(report.batches.length, 30);
    }
    const kept = await keptBytes(store);
    assert.ok(kept >= 32 * MIB, `what has come stays: ${kept} bytes`);
    await plugged(engine, 0);
    const resumed: number[] = [];
    const last = await unloadOne(engine, { onProgress: ({ bytesDone }) => resumed.push(bytesDone) });
    assert.equal(last.failure, null);
    assert.equal(last.device, made("thirty").device);
    assert.deepEqual(
      last.batches
        .filter((one) => one.outcome !== "staged" && one.outcome !== "already-staged")
        .map((one) => one.seq),
      [1],
    );
    await assertUnloaded(store, "thirty");
  });

  it("two tablets with one serial at once are two tablets", async () => {
    const store = await newStore();
    using engine = await openEngine(store);
    if (isGadget) await plugged(engine, 1, 2);
    else {
      await plugged(engine, 1);
      await qemuTwin("device_add", 2, "SAME");
      await seen(engine, 2);
    }
    const present = await engine.tablets();
    assert.deepEqual(
      present.map((one) => [one.source, one.problem]),
      [
        ["usb:SAME", null],
        ["usb:SAME", null],
      ],
    );
    assert.notEqual(present[0]?.id, present[1]?.id);
    const reports = await unloadAll(engine);
    assert.deepEqual(
      reports.map((one) => one.device).sort(),
      [made("twin").device, made("other").device].sort(),
    );
    for (const report of reports) assert.equal(report.failure, null);
    await assertUnloaded(store, "twin");
    await assertUnloaded(store, "other");
    if (!isGadget) await qemuTwin("device_del", 2, "SAME");
    if (!isGadget) await seen(engine, 1);
  });

  it("a receipt is written to the tablet, read back, and not written twice", async () => {
    const store = await newStore();
    using engine = await openEngine(store);
    await plugged(engine, 1);
    const report = await unloadOne(engine, { receipts: true });
    assert.equal(report.failure, null);
    assert.equal(report.receipts.length, 1);
    const outbox = "/tablet/1/Sanaq/outbox";
    const object = parseSign1(await readFile(join(outbox, report.receipts[0] ?? "")), "receipt");
    assert.ok(object.ok, "a receipt as the formats say");
    const receipt = parseReceipt(object.value.payload);
    assert.ok(receipt.ok);
    assert.equal(receipt.value.device, made("twin").device);
    assert.deepEqual(
      receipt.value.items.map(({ seq, status }) => [seq, status]),
      [
        [1, "staged"],
        [2, "staged"],
      ],
    );
    const again = await unloadOne(engine, { receipts: true });
    assert.deepEqual([again.failure, again.receipts], [null, []]);
    assert.equal((await readdir(join(outbox, "receipts"))).length, 1);
  });

  it("a tablet that may not be written to is unloaded, and says so of the receipt", async () => {
    const store = await newStore();
    using engine = await openEngine(store);
    await plugged(engine, 3);
    const report = await unloadOne(engine, { receipts: true });
    assert.deepEqual(outcomes(report), ["1 staged", "2 staged"]);
    assert.deepEqual(report.failure, { type: "read-only" });
    await assertUnloaded(store, "sealed");
  });

  it("an older tablet, of a class of its own, is found and unloaded", { skip: !isGadget }, async () => {
    const store = await newStore();
    using engine = await openEngine(store);
    await plugged(engine, 4);
    const report = await unloadOne(engine);
    assert.deepEqual(outcomes(report), ["1 staged", "2 staged"]);
    await assertUnloaded(store, "old");
  });

  it("a tablet that freezes ends as io, and works after it is thawed", { skip: !isGadget }, async () => {
    const store = await newStore();
    using engine = await openEngine(store);
    await plugged(engine, 5);
    let frozen: Promise<void> | null = null;
    const report = await unloadOne(engine, {
      onProgress: ({ bytesDone }) => {
        if (bytesDone > MIB) frozen ??= tablet("freeze", 5);
      },
    });
    await frozen;
    assert.deepEqual(report.failure, { type: "not-answering" });
    assert.deepEqual(outcomes(report), ["1 staged", "2 failed (io)", "3 failed (io)"]);
    await tablet("thaw", 5);
    const thawed = await unloadOne(engine);
    assert.equal(thawed.failure, null);
    assert.deepEqual(outcomes(thawed), ["1 already-staged", "2 staged", "3 staged"]);
    await assertUnloaded(store, "frozen");
  });

  it("while watching, a tablet is unloaded when it is plugged in, and goes on when it comes again", {
    skip: !isGadget,
  }, async () => {
    const store = await newStore();
    const watching = spawn("node", [CLI, "--store", store, "--lang", "en", "--json", "watch"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    watching.stdout.on("data", (data) => out.push(data));
    const lines: string[] = [];
    let told = (): void => {};
    watching.stderr.on("data", (data) => {
      lines.push(String(data));
      told();
    });
    const saying = async (words: RegExp, times: number) => {
      while ((lines.join("").match(new RegExp(words, "g")) ?? []).length < times)
        await new Promise<void>((resolve) => {
          told = resolve;
        });
    };
    await saying(/Waiting/, 1);
    await tablet("plug", 1);
    await saying(/safe to unplug/, 1);
    await tablet("unplug", 1);
    await tablet("plug", 1);
    await saying(/safe to unplug/, 2);
    watching.kill("SIGINT");
    const [code] = await once(watching, "exit");
    assert.equal(code, 0, lines.join(""));
    const { tablets, totals } = JSON.parse(Buffer.concat(out).toString());
    assert.deepEqual(
      tablets.map((one: { device: string }) => one.device),
      [made("twin").device, made("twin").device],
    );
    // Each batch counts once, however often its tablet came: with what became of it first.
    assert.deepEqual([totals.staged, totals.alreadyStaged], [2, 0]);
    await assertUnloaded(store, "twin");
  });

  it("the engine of the windows, in its own process, takes a tablet from the plug to safe to unplug", async () => {
    const store = await newStore();
    await using host = new EngineHost(ENGINE_HOST, store);
    await host.until("an engine that runs", ({ engine }) => engine.state === "running");
    assert.ok((await host.desk.call("firstAdministrator", { name: "Bota", pin: "246810" })).ok);
    await tablet("plug", 2);
    const card = await host.card("safe", ({ state }) => state === "safe");
    assert.equal(card.device, made("other").device);
    assert.deepEqual([card.batchesDone, card.batchesTotal, card.totals?.staged], [3, 3, 3]);
    // Windows are told at most five times a second: a state may be left out, but none comes out of turn.
    const states = host.states.get(card.id) ?? [];
    const turns = states.map((state) => CARD_STATES.indexOf(state as (typeof CARD_STATES)[number]));
    assert.deepEqual(
      turns,
      [...turns].sort((a, b) => a - b),
      states.join(", "),
    );
    assert.ok(states.length > 1, states.join(", "));
    await assertUnloaded(store, "other");
    await tablet("unplug", 2);
    await host.until("a table without it", ({ unload }) => !unload.cards.some((one) => one.connected));
  });

  it("the command line lists and unloads what is on the cable", async () => {
    const store = await newStore();
    await tablet("plug", 2);
    const listed = await cli(store, "tablets");
    assert.equal(listed.code, 0);
    assert.deepEqual(
      listed.json.tablets.map(({ source, problem }) => [source, problem]),
      [[isGadget ? "usb:SAME" : "usb:OTHER", null]],
    );
    const unloaded = await cli(store, "unload", "--all");
    assert.equal(unloaded.code, 0, unloaded.stderr);
    assert.equal(unloaded.json.totals?.staged, 3);
    assert.equal(unloaded.json.tablets[0]?.device, made("other").device);
    await assertUnloaded(store, "other");
  });

  it("a user who may not open the tablet is told which rule to add, and may after that", {
    skip: !isGadget,
  }, async () => {
    const store = await newStore();
    await run("chown", ["-R", "operator", store]);
    await chmod(store, 0o700);
    await Promise.all([tablet("plug", 2), tablet("plug", 4)]);
    const refused = await cliAsOperator(store, "unload", "--all");
    assert.equal(refused.code, 3);
    assert.deepEqual(
      refused.json.tablets.map((one) => one.failure),
      [{ type: "no-permission" }, { type: "no-permission" }],
    );
    await Promise.all([tablet("unplug", 2), tablet("unplug", 4)]);

    await mkdir("/etc/udev/rules.d", { recursive: true });
    await copyFile(
      "main/adapters/tablets/usb/70-sanaq-unload.rules",
      "/etc/udev/rules.d/70-sanaq-unload.rules",
    );
    // The lab's udevd knows no group by its name; a desktop's does.
    await run("udevadm", ["control", "--exit"]);
    await run("/usr/lib/systemd/systemd-udevd", ["--daemon", "--resolve-names=early"]);
    await Promise.all([tablet("plug", 2), tablet("plug", 4)]);
    await run("udevadm", ["settle"]);
    const allowed = await cliAsOperator(store, "unload", "--all");
    assert.equal(allowed.code, 0, JSON.stringify(allowed));
    assert.equal(allowed.json.totals?.staged, 5);
  });
});
