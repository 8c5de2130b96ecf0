import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";

/** A campaign and a folder to work in, removed with everything in it at the end. */
export interface Workshop extends AsyncDisposable {
  readonly top: string;
  readonly campaign: TestCampaign;
  readonly campaignFolder: string;
}

export async function workshop(): Promise<Workshop> {
  const top = await mkdtemp(join(tmpdir(), "sanaq-bench-"));
  const campaign = await TestCampaign.create();
  await campaign.issuer();
  return {
    top,
    campaign,
    campaignFolder: await campaign.write(join(top, "campaign")),
    [Symbol.asyncDispose]: () => rm(top, { recursive: true, force: true }),
  };
}

/** A tablet with `count` batches of exactly `bodyBytes` each. */
export async function tabletOf(
  campaign: TestCampaign,
  name: string,
  count: number,
  bodyBytes: number,
): Promise<TabletBuilder> {
  const tablet = new TabletBuilder(campaign, await campaign.tablet(name));
  await tablet.addMany(count, { bodyBytes });
  return tablet;
}
