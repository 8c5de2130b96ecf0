import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { differing, Station, tabletOf } from "./at-the-cable.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/** Clocks that lie: the station's jumps in the middle, the tablet's stands at 1970. What is staged must not depend on either. */

const SIZES = [400, 1_048_576, 2_000_000, 700];
const DAY = 86_400;
/** Within the validity of every test certificate; outside it a refusal would be right. */
const FROM = Date.parse("2021-10-02T00:00:00Z");
const TO = Date.parse("2040-01-01T00:00:00Z");

/** At the full share: 500 unloadings, each in two halves with the cable pulled between. */
export async function clock(plan: Plan): Promise<readonly Row[]> {
  const campaign = await TestCampaign.create({ seed: "torture" });
  await campaign.tablet("0417");
  const campaignFolder = await campaign.write(join(plan.folder, "campaign"));
  const runs = runsOf(plan, 500);
  const findings: string[] = [];
  for (let at = 0; at < runs; at++) {
    const random = plan.random.part(`clock ${at}`);
    const folder = join(plan.folder, "station");
    await mkdir(folder, { recursive: true });
    const jumping = () => new Date(FROM + random.below(1_000_000) * ((TO - FROM) / 1_000_000));
    const station = await Station.open(folder, campaign, campaignFolder, jumping);
    const tabletClock = random.pick([-50 * 365 * DAY, -3_600, 0, 3_600, 31 * DAY, 365 * DAY, null]);
    const { builder, tablet } = await tabletOf(campaign, "0417", SIZES, { clock: tabletClock });
    tablet.after({ body: random.below(3_000_000) }, "unplug");
    station.cable.plug(tablet);
    await station.unload();
    if (!station.cable.isPlugged(tablet)) station.cable.plug(tablet);
    const { totals, tablets } = await station.unload();
    const what = `run ${at}, the tablet's clock off by ${tabletClock} s`;
    if (totals.staged + totals.alreadyStaged !== SIZES.length)
      findings.push(`${what}: ${JSON.stringify(totals)} ${JSON.stringify(tablets[0]?.failure)}`);
    const others = tablets[0]?.findings.filter((one) => one.kind !== "clock-skew") ?? [];
    if (others.length > 0) findings.push(`${what}: ${JSON.stringify(others)}`);
    findings.push(...(await station.checks()).map((problem) => `${what}: ${problem}`));
    findings.push(...(await differing(station.store, builder.batches, builder.device)));
    await rm(folder, { recursive: true, force: true });
  }
  return [
    {
      torture: "clocks that jump, at the station and on the tablet",
      runs,
      faults: runs,
      findings,
      lost: 0,
      notes: "station: anywhere from 2021 to 2040, at every look; tablet: 1970 to a year ahead",
    },
  ];
}
