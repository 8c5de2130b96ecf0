import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { runProgram } from "./program.ts";

/** What every kind of torture begins with, made once and copied: a station that may write receipts, and a tablet's outbox. */
export interface Bench {
  readonly campaign: TestCampaign;
  readonly campaignFolder: string;
  /** 8 batches of different sizes, one of them with a wrong body. */
  readonly outbox: string;
  readonly batches: number;
  readonly good: number;
  /** Campaign and certificate are loaded; nothing is staged. */
  readonly freshStore: string;
  /** The good batches of the outbox are staged. */
  readonly stagedStore: string;
  /** Another station, with nothing staged. */
  readonly otherStore: string;
  /** A bag of what is staged. */
  readonly bag: string;
}

export async function must(args: readonly string[], exits: readonly number[] = [0]): Promise<string> {
  const ended = await runProgram(args, null);
  if (ended.exit === null || !exits.includes(ended.exit))
    throw new Error(`${args.join(" ")}: exit ${ended.exit}\n${ended.out}\n${ended.err}`);
  return ended.out;
}

/** A station that has its certificate and the campaign. Value: its store. */
async function station(store: string, campaign: TestCampaign, campaignFolder: string): Promise<string> {
  const at = ["--store", store, "--json"];
  const { request } = JSON.parse(await must([...at, "init"])) as { request: string };
  const certificate = `${store}.pem`;
  await writeFile(certificate, await campaign.stationCertificate(request));
  await must([...at, "campaign", "load", campaignFolder]);
  await must([...at, "station", "certificate", certificate]);
  return store;
}

export async function prepare(folder: string): Promise<Bench> {
  const campaign = await TestCampaign.create({ seed: "torture" });
  const tablet = new TabletBuilder(campaign, await campaign.tablet("0417"));
  await tablet.addMany(4);
  await tablet.add({ bodyBytes: 2_600_000 });
  await tablet.add({ bodyBytes: 1_048_576 });
  await tablet.add({ bodyOnTablet: (body) => body.subarray(1) });
  await tablet.add();
  await mkdir(folder, { recursive: true });
  const outbox = await tablet.write(join(folder, "outbox"));
  const campaignFolder = await campaign.write(join(folder, "campaign"));
  const freshStore = await station(join(folder, "fresh"), campaign, campaignFolder);
  const otherStore = await station(join(folder, "other"), campaign, campaignFolder);
  const stagedStore = join(folder, "staged");
  await cp(freshStore, stagedStore, { recursive: true });
  await must(["--store", stagedStore, "--json", "unload", "--from", outbox], [1]);
  const carrying = join(folder, "carrying");
  await cp(stagedStore, carrying, { recursive: true });
  const bag = join(folder, "bag");
  await must(["--store", carrying, "--json", "export", "--to", bag]);
  return { campaign, campaignFolder, outbox, batches: 8, good: 7, freshStore, stagedStore, otherStore, bag };
}
