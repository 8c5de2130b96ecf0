import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestCampaign } from "../../fixtures/campaign.ts";
import { type BuiltBatch, TabletBuilder } from "../../fixtures/outbox.ts";
import { SimulatedCable } from "../../fixtures/tablet/cable.ts";
import { memoryStorage } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet, type TabletOptions } from "../../fixtures/tablet/tablet.ts";
import { compose } from "../../main/compose.ts";
import type { Engine } from "../../main/engine/api.ts";
import type { UnloadReport } from "../../shared/views.ts";
import { checkStore } from "./checks.ts";

/** A station in this process, with a simulated cable. */

/** No unloading of these small tablets may take longer, whatever the tablet does. */
const LIMIT_MS = 60_000;

export class Station {
  readonly folder: string;
  readonly campaign: TestCampaign;
  readonly cable = new SimulatedCable();
  readonly #now: () => Date;
  #engine: Engine | null = null;

  private constructor(folder: string, campaign: TestCampaign, now: () => Date) {
    this.folder = folder;
    this.campaign = campaign;
    this.#now = now;
  }

  static async open(
    folder: string,
    campaign: TestCampaign,
    campaignFolder: string,
    now: () => Date = () => new Date(),
  ): Promise<Station> {
    const station = new Station(folder, campaign, now);
    const loaded = await (await station.engine()).loadCampaign(campaignFolder);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    return station;
  }

  get store(): string {
    return join(this.folder, "store");
  }

  async engine(): Promise<Engine> {
    if (this.#engine !== null) return this.#engine;
    const engine = await compose({ storeFolder: this.store, cable: this.cable, now: this.#now });
    if (!engine.ok) throw new Error(JSON.stringify(engine.error));
    this.#engine = engine.value;
    return engine.value;
  }

  /** Unloads all that is plugged in. Throws where it takes longer than anything may take. */
  async unload(): Promise<UnloadReport> {
    const engine = await this.engine();
    let late: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`still unloading after ${LIMIT_MS} ms`)), LIMIT_MS);
    });
    const work = engine.unload(
      [{ type: "all" }],
      { receipts: false, passphrase: null },
      () => {},
      new AbortController().signal,
    );
    try {
      const report = await Promise.race([work, limit]);
      if (!report.ok) throw new Error(JSON.stringify(report.error));
      return report.value;
    } finally {
      clearTimeout(late);
    }
  }

  close(): void {
    this.#engine?.close();
    this.#engine = null;
  }

  /** Closes the station and looks at what it holds: see checks.ts. */
  async checks(): Promise<readonly string[]> {
    this.close();
    return checkStore(this.store);
  }
}

/** Batches of a tablet whose bytes staged in this store are not those they were built with. */
export async function differing(
  store: string,
  batches: readonly BuiltBatch[],
  device: string,
): Promise<readonly string[]> {
  const folder = join(store, "bodies", device);
  const names = await readdir(folder).catch(() => []);
  const problems: string[] = [];
  for (const name of names.filter((one) => one.endsWith(".age"))) {
    const batch = batches.find((one) => name.startsWith(`${one.chain}-${String(one.seq).padStart(8, "0")}-`));
    const wanted = Buffer.concat(Array.from(batch?.body?.windows() ?? [], (window) => Buffer.from(window)));
    if (!(await readFile(join(folder, name))).equals(wanted))
      problems.push(`${name} is not what the tablet had`);
  }
  return problems;
}

/** A tablet with bodies of these sizes, in bytes. */
export async function tabletOf(
  campaign: TestCampaign,
  name: string,
  sizes: readonly number[],
  options: TabletOptions = {},
): Promise<{ readonly builder: TabletBuilder; readonly tablet: SimulatedTablet }> {
  const builder = new TabletBuilder(campaign, await campaign.tablet(name));
  for (const bodyBytes of sizes) await builder.add({ bodyBytes });
  return { builder, tablet: new SimulatedTablet(memoryStorage(builder.files()), options) };
}
