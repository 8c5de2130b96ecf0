import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { StationWindows } from "../../fixtures/windows/station.ts";
import { openStore } from "../../main/adapters/store/open.ts";
import { BATCHES_PER_TABLET, fillWithTablets, nameTablets } from "./country.ts";
import { median, percentile, type Ratio } from "./ratio.ts";

/**
 * The real program, in real windows: from its start to its first paint, and the time from frame to frame while the table of all batches is
 * scrolled, with the whole country beside a thousand batches. Both programs are open at once and take turns.
 */
const COUNTRY = 27_411;
const SMALL = 16;
const ROUNDS = 5;
const PIN = "246810";

/** A station whose store has so many tablets besides the one that it unloaded, with the table of batches open. */
async function stationOf(tablets: number): Promise<StationWindows | null> {
  const station = await StationWindows.open();
  if (station === null) return null;
  const campaign = await TestCampaign.create();
  const tablet = new TabletBuilder(campaign, await campaign.tablet("0417"));
  await tablet.addMany(BATCHES_PER_TABLET, { bodyBytes: 2_000 });
  await station.make(tablet);
  await station.setUp(campaign, PIN);
  await station.plug(tablet);
  await station.page.locator(".card[data-state=safe]").waitFor({ timeout: 120_000 });
  await station.end();
  const folder = join(station.folder, "data", "sanaq-unload");
  const file = join(folder, "store.db");
  fillWithTablets(file, tablets);
  const store = await openStore(folder, () => new Date());
  if (!store.ok) throw new Error(JSON.stringify(store.error));
  while (store.value.desk.books.catchUp(5_000));
  store.value.close();
  nameTablets(file);
  return station;
}

/** Milliseconds from the start of the program to its first paint with something in it. */
async function firstPaint(station: StationWindows): Promise<number> {
  const began = Date.now();
  await station.start();
  const painted = await station.page.evaluate(
    "performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime",
  );
  return Number(painted) - began;
}

/** Scrolls the table for some seconds, as a hand on the wheel does. As text: the page's own policy lets nothing else in. */
const SCROLL = `new Promise((done) => {
  const grid = document.querySelector(".grid");
  if (grid.scrollTop > grid.scrollHeight * 0.6) grid.scrollTop = 0;
  const frames = [];
  let last = null;
  const step = (at) => {
    if (last !== null) frames.push(at - last);
    last = at;
    grid.scrollTop += 90;
    if (frames.length < 150) requestAnimationFrame(step);
    else done(frames);
  };
  requestAnimationFrame(step);
})`;

async function openTable(station: StationWindows): Promise<void> {
  await station.call("unlock", { person: 1, pin: PIN });
  await station.page.locator(".rail-item", { hasText: "Reconcile" }).click();
  await station.page.locator(".grid-row[aria-rowindex='2']").waitFor();
}

export async function frames(): Promise<readonly Ratio[]> {
  const small = await stationOf(SMALL);
  const full = small === null ? null : await stationOf(COUNTRY);
  if (small === null || full === null) return [];
  try {
    const paints = { small: [] as number[], full: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      paints.small.push(await firstPaint(small));
      await small.end();
      paints.full.push(await firstPaint(full));
      await full.end();
    }
    await small.start();
    await full.start();
    await openTable(small);
    await openTable(full);
    const times = { small: [] as number[], full: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      times.small.push(...((await small.page.evaluate(SCROLL)) as number[]));
      times.full.push(...((await full.page.evaluate(SCROLL)) as number[]));
    }
    const ratio = (what: string, of: (all: readonly number[]) => number, all: typeof times): Ratio => ({
      what,
      ours: `${of(all.full).toFixed(0)} ms`,
      beside: `with a thousand, ${of(all.small).toFixed(0)} ms`,
      ratio: of(all.full) / of(all.small),
      aim: "at most 1.5",
    });
    return [
      ratio("start to first paint, with 1.64 million batches", median, paints),
      ratio("a frame while they are scrolled, median", median, times),
      ratio("a frame while they are scrolled, 95th of 100", (all) => percentile(all, 95), times),
    ];
  } finally {
    await small.close();
    await full.close();
  }
}
