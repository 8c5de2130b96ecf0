import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { Station } from "./at-the-cable.ts";
import { FarTablet } from "./far-tablet.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/** A tablet that lies at random on the wire. It lives in a process of its own, so that the memory measured here is the program's alone. */

const MEMORY_LIMIT = 256 * 1_048_576;

/** At the full share: 20,000 unloadings. */
export async function lies(plan: Plan): Promise<readonly Row[]> {
  const campaign = await TestCampaign.create({ seed: "torture" });
  await campaign.tablet("0417");
  const campaignFolder = await campaign.write(join(plan.folder, "campaign"));
  const runs = runsOf(plan, 20_000);
  const findings: string[] = [];
  let faults = 0;
  const folder = join(plan.folder, "station");
  const tablet = FarTablet.start();
  try {
    for (let at = 0; at < runs; at++) {
      await mkdir(folder, { recursive: true });
      const station = await Station.open(folder, campaign, campaignFolder);
      await tablet.become(String(plan.random.part(`lie ${at}`).below(2 ** 32)));
      station.cable.plug(tablet);
      try {
        await station.unload();
        const outside = (await readdir(plan.folder)).filter(
          (name) => name !== "campaign" && name !== "station",
        );
        findings.push(...outside.map((name) => `run ${at}: wrote ${name} outside the store`));
        findings.push(...(await station.checks()).map((problem) => `run ${at}: ${problem}`));
        const { told, differing } = await tablet.confess(station.store);
        faults += told;
        findings.push(...differing.map((problem) => `run ${at}: ${problem}`));
      } catch (error) {
        findings.push(`run ${at}: ${error instanceof Error ? error.stack : error}`);
      } finally {
        station.close();
        station.cable.unplug(tablet);
      }
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    tablet.stop();
  }
  const highest = process.resourceUsage().maxRSS * 1_024;
  if (highest > MEMORY_LIMIT) findings.push(`memory rose to ${Math.round(highest / 1_048_576)} MiB`);
  return [
    {
      torture: "a tablet that lies on the wire",
      runs,
      faults,
      findings,
      lost: findings.filter((one) => one.includes("is not what the tablet had")).length,
      notes: `highest memory ${Math.round(highest / 1_048_576)} MiB, the program's alone`,
    },
  ];
}
