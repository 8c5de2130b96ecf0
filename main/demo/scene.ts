import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { NAMES } from "./roles.ts";

/** Who is at the table in the demo: a campaign of test keys and three tablets with real, encrypted and signed batches. */
export interface Scene {
  readonly campaign: TestCampaign;
  /** Folder with campaign.json, the root and the CRLs. */
  readonly campaignFolder: string;
  /** Everything on it is as it should be; two batches were acknowledged by the centre over the network, two only marked sent. */
  readonly clean: TabletBuilder;
  /** Number 5 is nowhere, number 3 differs from what was staged yesterday, number 7 has a bad signature. */
  readonly troubled: TabletBuilder;
  /** Yesterday's carrier with an earlier state of the troubled tablet. */
  readonly card: string;
  /** The one whose cable is pulled. */
  readonly pulled: TabletBuilder;
}

const KILOBYTE = 1_000;
const MEGABYTE = 1_000_000;

async function cleanTablet(campaign: TestCampaign): Promise<TabletBuilder> {
  const tablet = new TabletBuilder(campaign, await campaign.tablet(NAMES.clean));
  await tablet.addMany(2, { state: "acknowledged" });
  await tablet.addMany(2, { state: "sent" });
  await tablet.addMany(8, (seq) => ({ bodyBytes: 60 * KILOBYTE + seq * 7_001 }));
  return tablet;
}

async function troubledTablet(campaign: TestCampaign, card: string): Promise<TabletBuilder> {
  const tablet = new TabletBuilder(campaign, await campaign.tablet(NAMES.troubled));
  await tablet.addMany(2);
  const yesterday = tablet.copy();
  await yesterday.add({ plainBytes: 1_500 });
  await yesterday.write(card);
  await tablet.add({ plainBytes: 1_600 });
  await tablet.add();
  await tablet.addGap();
  await tablet.add();
  await tablet.add({
    manifest: { signature: (right) => right.map((byte, at) => (at === 40 ? byte ^ 1 : byte)) },
  });
  await tablet.addMany(3, { bodyBytes: 90 * KILOBYTE });
  return tablet;
}

async function pulledTablet(campaign: TestCampaign): Promise<TabletBuilder> {
  const tablet = new TabletBuilder(campaign, await campaign.tablet(NAMES.pulled));
  await tablet.addMany(10, (seq) => ({ bodyBytes: 2 * MEGABYTE + seq * 300_007 }));
  return tablet;
}

/** Makes everything anew in `folder`. */
export async function makeScene(folder: string): Promise<Scene> {
  const campaign = await TestCampaign.create({ seed: "demo" });
  const card = join(folder, "card");
  const clean = await cleanTablet(campaign);
  const troubled = await troubledTablet(campaign, card);
  const pulled = await pulledTablet(campaign);
  const campaignFolder = await campaign.write(join(folder, "campaign"));
  return { campaign, campaignFolder, clean, troubled, card, pulled };
}
