import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import type { Fault } from "../../fixtures/tablet/pipe.ts";
import type { TabletOptions } from "../../fixtures/tablet/tablet.ts";
import { differing, Station, tabletOf } from "./at-the-cable.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/** A cable that is pulled, a tablet that freezes or halts, at every chunk boundary and at random bytes, until all is unloaded. */

const MIB = 1_048_576;
const SIZES = [300, 2 * MIB + 700_001, MIB, 90_000, 3 * MIB];
const TOTAL = SIZES.reduce((sum, size) => sum + size, 0);
/** Waits end sooner by this factor, so that a frozen tablet does not take its half minute. */
const HURRY = 300;

const KINDS: readonly TabletOptions[] = [
  {},
  { operations: "partial" },
  { operations: "whole" },
  { propertyLists: false },
  { splitHeader: true },
  { emptyPackets: false },
  { sessionOpen: true },
];

interface Blow {
  readonly body: number;
  readonly fault: Fault;
}

/** Every chunk boundary and the bytes beside it. */
const BOUNDARIES: readonly number[] = SIZES.flatMap((size, at) => {
  const before = SIZES.slice(0, at).reduce((sum, one) => sum + one, 0);
  const chunks = Array.from(
    { length: Math.ceil(size / MIB) + 1 },
    (_, chunk) => before + Math.min(size, chunk * MIB),
  );
  return chunks.flatMap((edge) => [edge - 1, edge, edge + 1]).filter((edge) => edge >= 0 && edge < TOTAL);
});

interface Result {
  readonly struck: number;
  readonly problems: readonly string[];
}

async function oneRun(
  folder: string,
  campaign: TestCampaign,
  campaignFolder: string,
  blows: readonly Blow[],
  options: TabletOptions,
): Promise<Result> {
  await mkdir(folder, { recursive: true });
  const station = await Station.open(folder, campaign, campaignFolder);
  const { builder, tablet } = await tabletOf(campaign, "0417", SIZES, { ...options, hurry: HURRY });
  const problems: string[] = [];
  let struck = 0;
  const claimed = new Set<number>();
  for (const blow of [...blows, null]) {
    if (!station.cable.isPlugged(tablet)) station.cable.plug(tablet);
    tablet.thaw();
    if (blow !== null) tablet.after({ body: blow.body }, blow.fault);
    const report = await station.unload();
    const [one] = report.tablets;
    for (const batch of one?.batches ?? [])
      if (batch.outcome === "staged" || batch.outcome === "already-staged") claimed.add(batch.seq);
      else if (claimed.has(batch.seq)) problems.push(`${batch.seq} was staged and is ${batch.outcome} now`);
    if (one?.failure !== null) struck++;
    if (blow === null && report.totals.staged + report.totals.alreadyStaged !== SIZES.length)
      problems.push(`not all in the end: ${JSON.stringify(one?.batches)} ${JSON.stringify(one?.failure)}`);
    station.cable.unplug(tablet);
  }
  const again = tablet.traffic.body - TOTAL;
  if (options.operations !== "whole" && again > (struck + 1) * 2 * MIB)
    problems.push(`${again} bytes were pulled more than once for ${struck} faults`);
  problems.push(
    ...(await station.checks()),
    ...(await differing(station.store, builder.batches, builder.device)),
  );
  await rm(folder, { recursive: true, force: true });
  return { struck, problems };
}

async function rounds(
  name: string,
  plan: Plan,
  runs: number,
  blowsOf: (random: Random, at: number) => readonly Blow[],
): Promise<Row> {
  const random = plan.random.part(name);
  const campaign = await TestCampaign.create({ seed: "torture" });
  await campaign.tablet("0417");
  const campaignFolder = await campaign.write(join(plan.folder, "campaign"));
  const findings: string[] = [];
  let faults = 0;
  for (let at = 0; at < runs; at++) {
    const blows = blowsOf(random, at);
    const options = random.pick(KINDS);
    try {
      const result = await oneRun(join(plan.folder, `run-${at}`), campaign, campaignFolder, blows, options);
      faults += result.struck;
      findings.push(...result.problems.map((problem) => `${JSON.stringify({ blows, options })}: ${problem}`));
    } catch (error) {
      findings.push(`${JSON.stringify({ blows, options })}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  return {
    torture: name,
    runs,
    faults,
    findings,
    lost: findings.filter((one) => one.includes("was staged")).length,
    notes: "",
  };
}

/** At the full share: every chunk boundary with its neighbours, 500 random bytes, and 50 times twenty pluggings in a row. */
export async function cable(plan: Plan): Promise<readonly Row[]> {
  const edges =
    plan.share === 1 ? BOUNDARIES : BOUNDARIES.filter((_, at) => at % Math.ceil(1 / plan.share) === 0);
  return [
    await rounds("cable pulled at a chunk boundary or beside it", plan, edges.length, (_, at) => [
      { body: edges[at] ?? 0, fault: "unplug" },
    ]),
    await rounds("cable pulled, frozen or halted at a random byte", plan, runsOf(plan, 500), (random) => [
      { body: random.below(TOTAL), fault: random.pick(["unplug", "unplug", "freeze", "stall"] as const) },
    ]),
    await rounds("twenty pluggings one after the other", plan, runsOf(plan, 50), (random) =>
      Array.from({ length: 20 }, () => ({ body: random.below(MIB), fault: "unplug" as const })),
    ),
  ];
}
