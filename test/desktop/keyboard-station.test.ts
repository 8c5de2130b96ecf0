import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { StationWindows } from "../../fixtures/windows/station.ts";

/** A day's work without a mouse, over the real engine: a tablet is unloaded, its batches reconciled, and sent to the centre. */

const PIN = "246810";

let station: StationWindows;
let server: PostgresServer;
let tablet: TabletBuilder;
let url: string;
beforeAll(async () => {
  const opened = await StationWindows.open();
  if (opened === null) throw new Error("no Electron runtime, library or screen");
  station = opened;
  server = await startPostgres();
  url = await server.createDatabase("census");
  const campaign = await TestCampaign.create();
  tablet = new TabletBuilder(campaign, await campaign.tablet("0417"));
  await tablet.addMany(6);
  await station.make(tablet);
  await station.setUp(campaign, PIN);
  await station.call("setOption", { name: "automatic", value: false });
  // A screen in memory has no keyring; this stands in for the one of a desktop.
  await station.app.evaluate(({ safeStorage }) => {
    safeStorage.setUsePlainTextEncryption(true);
    safeStorage.getSelectedStorageBackend = () => "gnome_libsecret";
  });
  await station.call("setCentre", { url });
  await station.call("lock", null);
}, 300_000);
afterAll(async () => {
  await station?.close();
  await server?.stop();
}, 60_000);

const press = async (...keys: string[]) => {
  for (const key of keys) await station.page.keyboard.press(key);
};
const focused = () =>
  station.page.evaluate(
    "((one) => (one.ariaLabel || one.innerText || '').trim().replace(/\\s+/g, ' '))(document.activeElement)",
  ) as Promise<string>;
/** Tabs on until the keyboard is on what bears this name. */
async function tabTo(name: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < 80; step += 1) {
    await press("Tab");
    const now = await focused();
    if (name.test(now)) return;
    passed.push(now);
  }
  throw new Error(`Tab does not reach ${name}; it passed ${passed.join(" | ")}`);
}
const text = (words: string | RegExp) => station.page.getByText(words).first().waitFor({ timeout: 60_000 });

it("unloads a tablet, finds its batches safe on the station, and sends them", async () => {
  // One person only: the lock asks for the PIN at once, and the keyboard is there.
  await station.page.getByRole("heading", { name: "PIN of Bota" }).waitFor();
  await press(...PIN, "Enter");
  await station.page.getByRole("heading", { name: "Unload", exact: true }).waitFor();

  await station.plug(tablet);
  await text("Found");
  await tabTo(/^Unload: /);
  await press("Enter");
  await text("Safe to unplug");
  await station.pull(tablet);
  await text("Unplugged, all staged");

  await tabTo(/^Reconcile/);
  await press("Enter");
  await text(/^6 batches$/);
  await tabTo(/^Batches$/);
  const grid = station.page.getByRole("grid", { name: "Batches" });
  for (let step = 0; step < 40; step += 1) {
    await press("Tab");
    if (await grid.evaluate((one: unknown) => (one as { matches(text: string): boolean }).matches(":focus")))
      break;
  }
  await press("ArrowDown", "ArrowDown", "Enter");
  await text(/· batch 2$/);
  await text("Checked and staged");

  await tabTo(/^Send/);
  await press("Enter");
  await text("Ready to send");
  await tabTo(/^Send now$/);
  await press("Enter");
  await text("Everything staged is at the centre");

  const centre = new pg.Client({ connectionString: url });
  await centre.connect();
  const { rows } = await centre.query("SELECT count(*)::int AS batches FROM batches");
  await centre.end();
  expect(rows).toEqual([{ batches: 6 }]);
  expect(station.complaints).toEqual([]);
}, 240_000);
