import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { allBytes } from "../../fixtures/outbox/body.ts";
import { flipBit } from "../../fixtures/outbox/hostile.ts";
import { batchName, TabletBuilder } from "../../fixtures/outbox.ts";
import { parseSign1 } from "../../main/formats/cose.ts";
import { parseReceipt, type Receipt } from "../../main/formats/receipt.ts";
import { Desk, must } from "./desk.ts";

/** The power goes at any moment of an unloading, from a folder and over the cable. Set SANAQ_KILLS for more than the usual forty. */

const KILLS = Number(process.env.SANAQ_KILLS ?? 40);
const MIB = 1_048_576;
const SMALL_BATCHES = 24;
/** Its body differs from its manifest: refused, whatever happens. */
const BAD = 7;

let top: string;
let template: Desk;
let tablet: TabletBuilder;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "sanaq-killed-"));
  const campaign = await TestCampaign.create();
  tablet = new TabletBuilder(campaign, await campaign.tablet());
  for (let seq = 1; seq <= SMALL_BATCHES; seq++)
    await tablet.add({ bodyBytes: 2_000 + seq, ...(seq === BAD ? { bodyOnTablet: flipBit(1_000) } : {}) });
  await tablet.add({ bodyBytes: 5 * MIB + 1 });
  await tablet.add({ bodyBytes: 900 });
  template = await Desk.open(campaign);
  await template.loadCampaign();
  await template.becomeStation();
  template.closeEngine();
}, 120_000);
afterAll(async () => {
  await template[Symbol.asyncDispose]();
  await rm(top, { recursive: true });
});

interface End {
  /** null: killed. */
  readonly code: number | null;
  /** Batches that were told as done before the end. */
  readonly told: number;
}

/** One unloading in another process; killed `afterMs` behind its step number `step`, counted from its beginning, unless it ends before. */
async function unloadUntil(args: readonly string[], step: number, afterMs: number): Promise<End> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "unload-process.ts"), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = 0;
  let left = step;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("settled ")) told = Number(line.split(" ")[1]);
    if (--left === 0) setTimeout(() => child.kill("SIGKILL"), afterMs);
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return { code: child.exitCode, told };
}

/** What the store holds, looked at from outside the product: rows whose files are there and are the tablet's, byte for byte. */
async function heldIn(store: string): Promise<{ staged: readonly number[]; refused: readonly number[] }> {
  const db = new Database(join(store, "store.db"), { readonly: true });
  try {
    expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
    const staged = db.prepare("SELECT seq, manifest FROM batches ORDER BY seq").all() as {
      seq: number;
      manifest: string;
    }[];
    for (const { seq, manifest } of staged) {
      const built = tablet.batch(seq);
      expect(manifest).toBe(built.digest);
      const file = join(
        store,
        "bodies",
        tablet.device,
        `${batchName(tablet.chain, seq)}-${manifest.slice(0, 16)}`,
      );
      expect((await readFile(`${file}.age`)).equals(allBytes(built.body ?? expect.fail()))).toBe(true);
      expect((await readFile(`${file}.cose`)).equals(built.manifest)).toBe(true);
    }
    const refused = db
      .prepare("SELECT seq, file FROM quarantine WHERE resolved_at IS NULL ORDER BY seq")
      .all() as { seq: number; file: string }[];
    for (const { seq, file } of refused) {
      const body = await readFile(join(store, "quarantine", `${file}.age`));
      expect(body.equals(allBytes(tablet.batch(seq).body ?? expect.fail()))).toBe(true);
    }
    return { staged: staged.map((one) => one.seq), refused: refused.map((one) => one.seq) };
  } finally {
    db.close();
  }
}

const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile())
    .map((one) => one.name);

/** Receipts that are whole, newest last. What a killed write left behind is none, and stays. */
async function receiptsIn(outbox: string): Promise<readonly Receipt[]> {
  const folder = join(outbox, "receipts");
  const whole: Receipt[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const object = parseSign1(await readFile(join(folder, name)), "receipt");
    if (object.ok) whole.push(must(parseReceipt(object.value.payload)));
  }
  return whole;
}

describe.each(["folder", "cable"] as const)(
  "a workstation that loses its power while it unloads a %s",
  (from) => {
    const kills = Math.ceil(KILLS / 2);
    test(
      `(${kills} times, at any moment) loses no batch that it told of, has none twice, and finishes at the next go`,
      async () => {
        const good = tablet.batches.map((one) => one.seq).filter((seq) => seq !== BAD);
        for (let killed = 0, story = 0; killed < kills; story++) {
          const store = join(top, `${from}-${story}`);
          const storage = join(top, `${from}-${story}-tablet`);
          const outbox = join(storage, "Sanaq", "outbox");
          await cp(template.store, store, { recursive: true });
          await mkdir(outbox, { recursive: true });
          await tablet.write(outbox);
          const args = [store, from, from === "cable" ? storage : outbox, "receipts"];

          for (let finished = false; !finished; ) {
            const before = (await heldIn(store)).staged.length;
            // Anywhere from the first step to somewhat behind the last.
            const step = killed >= kills ? Number.POSITIVE_INFINITY : 1 + Math.floor(Math.random() * 40);
            const end = await unloadUntil(args, step, Math.random() * 25);
            finished = end.code === 0;
            if (!finished) {
              expect(end.code).toBeNull();
              killed++;
            }
            const held = await heldIn(store);
            expect(held.staged.length).toBeGreaterThanOrEqual(before);
            expect(held.staged.length + held.refused.length).toBeGreaterThanOrEqual(end.told);
          }

          expect(await heldIn(store)).toEqual({ staged: good, refused: [BAD] });
          expect((await filesIn(join(store, "bodies"))).length).toBe(2 * good.length);
          expect(await filesIn(join(store, "spool"))).toEqual([]);
          const receipts = await receiptsIn(outbox);
          expect(receipts.at(-1)?.items.map((item) => `${item.seq} ${item.status}`)).toEqual(
            tablet.batches.map(({ seq }) => `${seq} ${seq === BAD ? "refused" : "staged"}`),
          );
          expect(new Set(receipts.map((one) => one.no)).size).toBe(receipts.length);
          await rm(store, { recursive: true });
          await rm(storage, { recursive: true });
        }
      },
      120_000 + kills * 10_000,
    );
  },
);
