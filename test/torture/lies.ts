import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import type { Lie, Transfer } from "../../fixtures/tablet/wire.ts";
import { Station, tabletOf } from "./at-the-cable.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/** A tablet that lies at random on the wire: lengths, counts, names, handles, order, bytes without end. */

const SIZES = [300, 400, 1_048_576, 1_300_000];
/** Of a listing or a body that is lied about, so much is brought into memory to be changed; the rest is dropped. */
const KEPT_BYTES = 2_000_000;
const HURRY = 1_000;
const MEMORY_LIMIT = 256 * 1_048_576;
/** The simulated tablet lives in the same process: its bodies, and what it makes of its lies; the program alone is bounded in large-unload.test. */
const TABLET_ITSELF = 64 * 1_048_576;
const EDGES = [0, 1, 12, 0x7fffffff, 0xffffffff, 0x80000000, 0xfffffffe, 511, 512, 513];

async function bytesOf(transfer: Transfer): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of transfer.windows()) {
    pieces.push(Uint8Array.from(piece));
    size += piece.length;
    if (size >= KEPT_BYTES) break;
  }
  return Buffer.concat(pieces);
}

const transferOf = (bytes: Uint8Array): Transfer => ({
  length: bytes.length,
  *windows() {
    yield bytes;
  },
  bodyBytes: 0,
});

/** Without an end: what a broken or hostile tablet may do with any answer. */
const endless = (bytes: Buffer): Transfer => ({
  length: Number.POSITIVE_INFINITY,
  *windows() {
    for (;;) yield bytes.length === 0 ? Buffer.alloc(512) : bytes;
  },
  bodyBytes: 0,
});

function spoil(bytes: Buffer, random: Random): Buffer {
  const spoiled = Buffer.from(bytes);
  const times = 1 + random.below(4);
  for (let time = 0; time < times && spoiled.length > 0; time++) {
    // Mostly near the front, where headers, counts and lengths stand.
    const reach = random.below(3) === 0 ? spoiled.length : Math.min(spoiled.length, 64);
    const at = random.below(reach);
    if (random.below(2) === 0 && at + 4 <= spoiled.length) spoiled.writeUInt32LE(random.pick(EDGES), at);
    else spoiled.writeUInt8(random.below(256), at);
  }
  return spoiled;
}

async function lied(honest: readonly Transfer[], random: Random): Promise<readonly Transfer[]> {
  const at = random.below(Math.max(1, honest.length));
  const victim = honest[at];
  if (victim === undefined) return [];
  const around = (...instead: readonly Transfer[]) => [
    ...honest.slice(0, at),
    ...instead,
    ...honest.slice(at + 1),
  ];
  const bytes = await bytesOf(victim);
  switch (random.below(9)) {
    case 0:
      return around();
    case 1:
      return around(transferOf(bytes), transferOf(bytes));
    case 2:
      return around(transferOf(bytes.subarray(0, random.below(bytes.length + 1))));
    case 3:
      return around(transferOf(Buffer.concat([bytes, Buffer.alloc(1 + random.below(5_000), 0x41)])));
    case 4:
      return around(endless(bytes));
    case 5:
      return [...honest].reverse();
    case 6:
      return Array.from({ length: 1 + random.below(2_000) }, () => transferOf(new Uint8Array(0)));
    default:
      return around(transferOf(spoil(bytes, random)));
  }
}

/** Every `oneIn`-th answer is a lie. */
function lieOf(random: Random, oneIn: number): { readonly lie: Lie; readonly told: () => number } {
  let told = 0;
  const lie: Lie = (_command, honest) => {
    if (random.below(oneIn) !== 0) return null;
    told++;
    return lied(honest, random);
  };
  return { lie, told: () => told };
}

/** At the full share: 20,000 unloadings. */
export async function lies(plan: Plan): Promise<readonly Row[]> {
  const campaign = await TestCampaign.create({ seed: "torture" });
  await campaign.tablet("0417");
  const campaignFolder = await campaign.write(join(plan.folder, "campaign"));
  const runs = runsOf(plan, 20_000);
  const findings: string[] = [];
  let faults = 0;
  const folder = join(plan.folder, "station");
  for (let at = 0; at < runs; at++) {
    await mkdir(folder, { recursive: true });
    const random = plan.random.part(`lie ${at}`);
    const station = await Station.open(folder, campaign, campaignFolder);
    const { builder, tablet } = await tabletOf(campaign, "0417", SIZES, {
      hurry: HURRY,
      operations: random.pick(["partial64", "partial", "whole"] as const),
      propertyLists: random.below(2) === 0,
    });
    const { lie, told } = lieOf(random, random.pick([2, 5, 20, 60]));
    tablet.lie = lie;
    station.cable.plug(tablet);
    try {
      await station.unload();
      const outside = (await readdir(plan.folder)).filter(
        (name) => name !== "campaign" && name !== "station",
      );
      findings.push(...outside.map((name) => `run ${at}: wrote ${name} outside the store`));
      findings.push(...(await station.checks()).map((problem) => `run ${at}: ${problem}`));
      const differing = await station.differing(builder.batches, builder.device);
      findings.push(...differing.map((problem) => `run ${at}: ${problem}`));
    } catch (error) {
      findings.push(`run ${at}: ${error instanceof Error ? error.stack : error}`);
    } finally {
      station.close();
    }
    faults += told();
    // What the simulated tablet threw away is not to count as what the next run needs.
    globalThis.gc?.();
    await rm(folder, { recursive: true, force: true });
  }
  const highest = process.resourceUsage().maxRSS * 1_024;
  if (highest > MEMORY_LIMIT + TABLET_ITSELF)
    findings.push(`memory rose to ${Math.round(highest / 1_048_576)} MiB`);
  return [
    {
      torture: "a tablet that lies on the wire",
      runs,
      faults,
      findings,
      lost: findings.filter((one) => one.includes("is not what the tablet had")).length,
      notes: `highest memory ${Math.round(highest / 1_048_576)} MiB, the simulated tablet included`,
    },
  ];
}
