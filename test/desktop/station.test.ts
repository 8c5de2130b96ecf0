import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { StationWindows } from "../../fixtures/windows/station.ts";

/** The real program, from its first start to the centre, by the hands of four people. */

const PIN = "246810";
const PASSPHRASE = "a passphrase for the test";

let station: StationWindows;
let server: PostgresServer;
let campaign: TestCampaign;
let clean: TabletBuilder;
let large: TabletBuilder;
let refused: TabletBuilder;

beforeAll(async () => {
  const opened = await StationWindows.open();
  if (opened === null) throw new Error("no Electron runtime, library or screen");
  station = opened;
  server = await startPostgres();
  campaign = await TestCampaign.create();
  clean = new TabletBuilder(campaign, await campaign.tablet("0417"));
  await clean.addMany(5);
  large = new TabletBuilder(campaign, await campaign.tablet("0391"));
  await large.addMany(4, { bodyBytes: 6_000_000 });
  refused = new TabletBuilder(campaign, await campaign.tablet("0422"));
  await refused.addMany(2);
  await refused.add({ bodyOnTablet: (body) => body.subarray(1) });
  for (const tablet of [clean, large, refused]) await station.make(tablet);
}, 300_000);
afterAll(async () => {
  await station?.close();
  await server?.stop();
}, 60_000);

const page = () => station.page;
const button = (name: string | RegExp) => page().getByRole("button", { name });
const card = (name: string) => page().locator(".card").filter({ hasText: name });

async function english(): Promise<void> {
  await page().getByRole("button", { name: "ENG" }).click();
}

const call = (method: string, input: unknown) => station.call(method, input);

describe("a new station", () => {
  it("begins with its first administrator", async () => {
    await english();
    await page().getByLabel("Your name").fill("Bota");
    await page().getByLabel("A PIN of 6 to 12 digits").fill(PIN);
    await page().getByLabel("The PIN once more").fill(PIN);
    await button("Go on").click();
    await page().getByText("Set up the station").first().waitFor();
  }, 60_000);

  it("gets its key, campaign, certificate and a person", async () => {
    await call("createStation", { passphrase: PASSPHRASE });
    const request = join(station.folder, "request.pem");
    await station.answerDialogs(request);
    await call("saveRequest", null);
    await station.answerDialogs(await campaign.write(join(station.folder, "campaign")));
    await call("loadCampaign", null);
    const certificate = await campaign.stationCertificate(await readFile(request, "utf8"));
    await station.answerDialogs(await station.write("station.pem", certificate));
    await call("takeCertificate", null);
    await call("setOption", { name: "automatic", value: true });
    await call("setOption", { name: "receipts", value: false });
    await call("addPerson", { name: "Aibek", roles: ["employee", "auditor", "operator"], pin: "135790" });
  }, 60_000);
});

describe("an employee at the table", () => {
  it("sees a tablet unloaded by itself, and when it may be unplugged", async () => {
    await page().getByRole("link", { name: "Unload" }).or(button("Unload")).first().click();
    await station.plug(clean);
    await card("0417").getByText("Safe to unplug").waitFor({ timeout: 60_000 });
  }, 90_000);

  it("is told when a cable comes out in the middle; plugged in again, it goes on and ends safe", async () => {
    await station.plug(large);
    await card("0391")
      .getByText(/Pulling 2 of 4|Pulling 3 of 4/)
      .first()
      .waitFor({ timeout: 60_000 });
    await station.pull(large);
    await card("0391")
      .getByText(/Cable pulled/)
      .first()
      .waitFor({ timeout: 60_000 });
    await station.plug(large);
    await card("0391").getByText("Safe to unplug").waitFor({ timeout: 60_000 });
  }, 180_000);

  it("is called where a batch is refused, with what is wrong", async () => {
    await station.plug(refused);
    await card("0422").getByText("Needs you").first().waitFor({ timeout: 60_000 });
    await card("0422")
      .getByText(/length/i)
      .first()
      .waitFor();
  }, 90_000);
});

describe("an operator", () => {
  it("sends what is staged to the centre, and sees it end", async () => {
    // A screen in memory has no keyring; this stands in for the one of a desktop.
    await station.app.evaluate(({ safeStorage }) => {
      safeStorage.setUsePlainTextEncryption(true);
      safeStorage.getSelectedStorageBackend = () => "gnome_libsecret";
    });
    const url = await server.createDatabase("census");
    await call("setCentre", { url });
    await page().getByRole("link", { name: "Send" }).or(button("Send")).first().click();
    await call("startSending", null);
    await expect
      .poll(() => page().evaluate("window.sanaq.snapshot(null).then((one) => one.value?.send)"), {
        timeout: 60_000,
      })
      .toMatchObject({ state: "idle", waitingBatches: 0, doneBatches: 11, failure: null });
    await station.page.getByText("Everything staged is at the centre").first().waitFor();
    const centre = new pg.Client({ connectionString: url });
    await centre.connect();
    const { rows } = await centre.query("SELECT count(*)::int AS batches FROM batches");
    await centre.end();
    expect(rows).toEqual([{ batches: 11 }]);
  }, 120_000);
});

describe("an engine that dies", () => {
  it("is started again; the windows say so and the cards come back", async () => {
    await page().evaluate(
      'void (window.seen = [], window.sanaq.onSnapshot(({ engine }) => window.seen.push([engine.state, engine.restarts].join(" "))))',
    );
    await station.app.evaluate(({ app }) => {
      const engine = app.getAppMetrics().find((one) => one.serviceName === "node.mojom.NodeService");
      if (engine === undefined) throw new Error("no engine's process");
      process.kill(engine.pid, "SIGKILL");
    });
    await expect
      .poll(() => page().evaluate("window.seen.join()"), { timeout: 60_000 })
      .toMatch(/^(running 0,)+(down 0,)+(running 1,?)+$/);
  }, 120_000);
});

describe("the program started again", () => {
  it("asks who is there, knows what was unloaded, and an auditor finds every batch", async () => {
    await station.end();
    await station.start();
    await english();
    await button(/Aibek/).click();
    await page().keyboard.type("135790");
    await page().keyboard.press("Enter");
    await page().getByRole("link", { name: "Reconcile" }).or(button("Reconcile")).first().click();
    await page()
      .getByText(/12 batches/)
      .first()
      .waitFor({ timeout: 30_000 });
  }, 120_000);
});
