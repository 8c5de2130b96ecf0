import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import { PATIENCE, type Patience } from "../../main/adapters/centre/link.ts";
import type { Centre } from "../../main/engine/ports.ts";
import { ask, emptyDatabase } from "./postgres.ts";
import { openStation, type Station } from "./station.ts";
import { hexOf } from "./upload-batch.ts";

/** A real server, a campaign, and as many stations and tablets as a test wants: the one set-up of all tests that send to a centre. */

const never = new AbortController().signal;

class Office {
  readonly #patience: Patience;
  readonly #cleanups: (() => unknown)[] = [];
  #server: PostgresServer | null = null;
  #campaign: TestCampaign | null = null;
  #top = "";
  #campaignFolder = "";
  #names = 400;

  constructor(settings: readonly string[], patience: Patience) {
    this.#patience = patience;
    beforeAll(async () => {
      this.#top = await mkdtemp(join(tmpdir(), "sanaq-office-"));
      [this.#server, this.#campaign] = await Promise.all([
        startPostgres([...settings]),
        TestCampaign.create(),
      ]);
      await this.campaign.issuer();
      await this.campaign.centre();
      this.#campaignFolder = await this.campaign.write(join(this.#top, "campaign"));
    });
    afterAll(async () => {
      await this.server.stop();
      await rm(this.#top, { recursive: true, force: true });
    });
    afterEach(async () => {
      for (const clean of this.#cleanups.splice(0).reverse()) await clean();
    });
  }

  get server(): PostgresServer {
    if (this.#server === null) throw new Error("the server starts with the first test");
    return this.#server;
  }

  get campaign(): TestCampaign {
    if (this.#campaign === null) throw new Error("the campaign is made with the first test");
    return this.#campaign;
  }

  get campaignFolder(): string {
    return this.#campaignFolder;
  }

  /** A path in the tests' folder. */
  path = (...names: readonly string[]): string => join(this.#top, ...names);

  /** Called after the test. */
  cleanUp = (clean: () => unknown): void => void this.#cleanups.push(clean);

  /** A centre that is closed after the test. */
  centreAt = (url: string, patience: Patience = this.#patience): Centre => {
    const made = postgresCentre(url, patience);
    if (!made.ok) throw new Error("bad url");
    this.cleanUp(() => made.value.close());
    return made.value;
  };

  /** An empty database with the centre's tables. Value: its URL as the owner has it. */
  emptyCentre = async (): Promise<string> => {
    const owner = await emptyDatabase(this.server);
    const centre = this.centreAt(owner);
    await centre.open(never);
    await centre.close();
    return owner;
  };

  /** A new role for a station in the database that `owner` names. Value: its URL. */
  asStation = async (owner: string): Promise<string> => {
    const name = `s_${hexOf(5)}`;
    await ask(owner, `CREATE ROLE ${name} LOGIN PASSWORD 'x' IN ROLE sanaq_station`);
    const address = new URL(owner);
    address.username = name;
    address.password = "x";
    return address.href;
  };

  newFolder = (): Promise<string> => mkdtemp(this.path("store-"));

  /** A station on the store in `folder`, closed after the test. */
  stationAt = async (folder: string): Promise<Station> => {
    const station = await openStation(folder, this.#campaignFolder);
    this.cleanUp(() => station.close());
    return station;
  };

  /** A new station that has unloaded these tablets. */
  staged = async (...tablets: readonly TabletBuilder[]): Promise<Station> => {
    const station = await this.stationAt(await this.newFolder());
    await station.unload(tablets, this.#top);
    return station;
  };

  /** A tablet with bodies of these sizes, in bytes. */
  tabletWith = async (sizes: readonly number[]): Promise<TabletBuilder> => {
    const tablet = new TabletBuilder(this.campaign, await this.campaign.tablet(`0${this.#names++}`));
    for (const bodyBytes of sizes) await tablet.add({ bodyBytes });
    return tablet;
  };
}

/** For the tests of the file that calls it. `settings`: of the server. */
export const openOffice = (settings: readonly string[] = [], patience: Patience = PATIENCE): Office =>
  new Office(settings, patience);
