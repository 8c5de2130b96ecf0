import { readdirSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { Station, tabletOf } from "./at-the-cable.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/** A long day: tablets one after the other through one process. Memory and open files must stay where they were. */

const TABLETS = 500;
/** 50 GB over 500 tablets. */
const BODY_BYTES = 10_000_000;
const BODIES = 10;
/** How much higher memory may stand at the end than after the first tenth. */
const GROWTH_LIMIT = 64 * 1_048_576;

const openFiles = (): number => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);

function settledMemory(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** Bodies are removed after every tenth tablet, so that the disk need not hold all of them. */
export async function long(plan: Plan): Promise<readonly Row[]> {
  const campaign = await TestCampaign.create({ seed: "torture" });
  await campaign.tablet("0417");
  const campaignFolder = await campaign.write(join(plan.folder, "campaign"));
  const runs = runsOf(plan, TABLETS);
  const station = await Station.open(join(plan.folder, "station"), campaign, campaignFolder);
  await mkdir(station.folder, { recursive: true });
  const findings: string[] = [];
  const curve: number[] = [];
  const files: number[] = [];
  for (let at = 0; at < runs; at++) {
    const sizes = Array.from({ length: BODIES }, () => BODY_BYTES);
    const { tablet } = await tabletOf(campaign, `long ${at}`, sizes);
    station.cable.plug(tablet);
    const { totals } = await station.unload();
    station.cable.unplug(tablet);
    if (totals.staged !== BODIES) findings.push(`tablet ${at}: ${JSON.stringify(totals)}`);
    if (at % Math.max(1, Math.floor(runs / 10)) !== 0) continue;
    curve.push(settledMemory());
    files.push(openFiles());
    await rm(join(station.store, "bodies"), { recursive: true, force: true });
    await mkdir(join(station.store, "bodies"), { mode: 0o700 });
  }
  station.close();
  const growth = (curve.at(-1) ?? 0) - (curve[1] ?? curve[0] ?? 0);
  if (growth > GROWTH_LIMIT) findings.push(`memory grew by ${Math.round(growth / 1_048_576)} MiB`);
  const opened = (files.at(-1) ?? 0) - (files[1] ?? files[0] ?? 0);
  if (opened > 4) findings.push(`${opened} more files are open at the end`);
  const mib = curve.map((bytes) => Math.round(bytes / 1_048_576)).join(", ");
  return [
    {
      torture: `one process, ${runs} tablets, ${((runs * BODIES * BODY_BYTES) / 1e9).toFixed(1)} GB`,
      runs,
      faults: 0,
      findings,
      lost: 0,
      notes: `memory in MiB at every tenth of the way: ${mib}; open files ${files[0]} then ${files.at(-1)}`,
    },
  ];
}
