import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { hollowBody } from "../../fixtures/outbox/body.ts";
import { batchName, TabletBuilder } from "../../fixtures/outbox.ts";
import { Desk } from "./desk.ts";

/** What is large takes time and disk, and no memory. Set SANAQ_LARGE_MIB for more than the usual 300: 4096 is the stress of one batch. */

const MIB = 1_048_576;
const LARGE = Number(process.env.SANAQ_LARGE_MIB ?? 300);

let top: string;
let campaign: TestCampaign;
let tablets = 0;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "sanaq-large-"));
  campaign = await TestCampaign.create();
  await campaign.issuer();
}, 60_000);
afterAll(() => rm(top, { recursive: true }));

interface Ended {
  readonly totals: { readonly staged: number; readonly bytes: number; readonly failed: number };
  /** The most memory that was resident, in bytes. */
  readonly peak: number;
}

/** Unloads in a process of its own, from a fresh store. */
async function unloaded(from: "folder" | "cable", path: string): Promise<Ended> {
  await using desk = await Desk.open(campaign);
  await desk.loadCampaign();
  desk.closeEngine();
  const child = spawn(process.execPath, [
    join(import.meta.dirname, "unload-process.ts"),
    ...[desk.store, from, path],
  ]);
  let out = "";
  child.stderr.pipe(process.stderr);
  for await (const part of child.stdout) out += part;
  const [, totals, peak] = /^done (\{.*\}) (\d+)$/m.exec(out) ?? expect.fail(out);
  return { totals: JSON.parse(totals ?? ""), peak: Number(peak) * 1024 };
}

/** The storage of a tablet with one batch of `mebibytes` and a few bytes more; the outbox lies in Sanaq/outbox. */
async function storageWith(mebibytes: number): Promise<string> {
  const name = `large ${++tablets}`;
  const body = hollowBody(mebibytes * MIB + 700, 2);
  const tablet = new TabletBuilder(campaign, await campaign.tablet(name));
  await tablet.add({ body, withoutBody: true, entry: (entry) => ({ ...entry, present: true }) });
  const storage = join(top, name);
  const outbox = join(storage, "Sanaq", "outbox");
  await mkdir(outbox, { recursive: true });
  await tablet.write(outbox);
  await body.write(join(outbox, "batches", `${batchName(tablet.chain, 1)}.age`));
  return storage;
}

describe("one batch", () => {
  test.each(["folder", "cable"] as const)(
    `of ${LARGE} MiB from a %s takes no more memory than one of 2 MiB, and less than 256 MiB in all`,
    async (from) => {
      const peaks: number[] = [];
      for (const mebibytes of [2, LARGE]) {
        const storage = await storageWith(mebibytes);
        const path = from === "cable" ? storage : join(storage, "Sanaq", "outbox");
        const { totals, peak } = await unloaded(from, path);
        expect(totals).toMatchObject({ staged: 1, bytes: mebibytes * MIB + 700 });
        peaks.push(peak);
      }
      const [little = 0, much = 0] = peaks;
      // The simulated tablet lives in the same process, and its garbage is counted too.
      expect(much - little).toBeLessThan((from === "cable" ? 128 : 64) * MIB);
      if (from === "folder") expect(much).toBeLessThan(256 * MIB);
    },
    120_000 + LARGE * 400,
  );
});

describe("a ledger", () => {
  test("of 8 MiB takes less than 512 MiB of memory, whatever stands in it", async () => {
    const tablet = new TabletBuilder(campaign, await campaign.tablet("ledger"));
    await tablet.add({ bodyBytes: 700 });
    const entries = Array.from({ length: 95_000 }, (_, at) => ({
      ...{ seq: at + 1, manifest: Buffer.alloc(32), length: 0, present: false, state: "pending" },
    }));
    const outbox = join(top, "ledger");
    await mkdir(outbox);
    await tablet.write(outbox, { tamper: { value: (value) => ({ ...value, head: 95_000, entries }) } });
    const { size } = await stat(join(outbox, "ledger.cose"));
    expect(size).toBeGreaterThan(7 * MIB);
    expect((await readdir(join(outbox, "batches"))).length).toBe(2);
    expect((await unloaded("folder", outbox)).peak).toBeLessThan(512 * MIB);
  }, 120_000);
});
