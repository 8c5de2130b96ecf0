import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { StationWindows } from "../../fixtures/windows/station.ts";
import { median, percentile, type Ratio } from "./ratio.ts";

/**
 * The real program, in real windows: from its start to its first paint, and the time from frame to frame while the table of all batches is
 * scrolled, with the whole country beside a thousand batches. Both programs are open at once and take turns.
 */
const ROUNDS = 5;
const PIN = "246810";

/** The program on a copy of a store, with its first administrator; ended again. */
async function stationOf(store: string): Promise<StationWindows | null> {
  const station = await StationWindows.open();
  if (station === null) return null;
  await station.end();
  const folder = join(station.folder, "data", "sanaq-unload");
  await rm(folder, { recursive: true });
  await cp(store, folder, { recursive: true });
  await station.start();
  await station.call("setLanguage", { language: "en" });
  await station.call("firstAdministrator", { name: "Bota", pin: PIN });
  await station.end();
  return station;
}

/** When the page first painted something, in milliseconds since 1970; waits for it. */
const FIRST_PAINT = `new Promise((done) => {
  new PerformanceObserver((list, observer) => {
    const [first] = list.getEntriesByName("first-contentful-paint");
    if (first === undefined) return;
    observer.disconnect();
    done(performance.timeOrigin + first.startTime);
  }).observe({ type: "paint", buffered: true });
})`;

/** Milliseconds from the start of the program to its first paint with something in it. */
async function firstPaint(station: StationWindows): Promise<number> {
  const began = Date.now();
  await station.start();
  const painted = await station.page.evaluate(FIRST_PAINT);
  return Number(painted) - began;
}

/**
 * Scrolls the table for some seconds, as a hand on the wheel does: 90 pixels of rows a frame, however long the list is. As text: the page's
 * own policy lets nothing else in.
 */
const SCROLL = `new Promise((done) => {
  const grid = document.querySelector(".grid");
  if (grid.scrollTop > grid.scrollHeight * 0.6) grid.scrollTop = 0;
  const frames = [];
  let last = null;
  const step = (at) => {
    if (last !== null) frames.push(at - last);
    last = at;
    const isTaken = !grid.dispatchEvent(new WheelEvent("wheel", { deltaY: 90, bubbles: true, cancelable: true }));
    if (!isTaken) grid.scrollTop += 90;
    if (frames.length < 150) requestAnimationFrame(step);
    else done(frames);
  };
  requestAnimationFrame(step);
})`;

/** From a press on the room of all batches to its first rows with what is in them, in milliseconds. */
const FIRST_ROWS = `new Promise((done) => {
  const began = performance.now();
  const look = () =>
    document.querySelector(".grid-row[aria-rowindex='2'] b") === null
      ? requestAnimationFrame(look)
      : done(performance.now() - began);
  [...document.querySelectorAll(".rail-item")].find((one) => one.textContent.includes("Reconcile")).click();
  look();
})`;

/** Signs in and opens the table of all batches. Value: milliseconds to its first rows. */
async function openTable(station: StationWindows): Promise<number> {
  await station.call("unlock", { person: 1, pin: PIN });
  await station.page.locator(".rail-item", { hasText: "Reconcile" }).waitFor();
  return Number(await station.page.evaluate(FIRST_ROWS));
}

async function sortBySize(station: StationWindows): Promise<void> {
  await station.page.locator(".grid-sort", { hasText: "Size" }).click();
  await station.page.locator("[aria-sort='ascending']", { hasText: "Size" }).waitFor();
}

/** Times from frame to frame with both programs, in turns. */
async function scrolled(small: StationWindows, full: StationWindows) {
  const times = { small: [] as number[], full: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.small.push(...((await small.page.evaluate(SCROLL)) as number[]));
    times.full.push(...((await full.page.evaluate(SCROLL)) as number[]));
  }
  return times;
}

/** `stores`: folders of closed stores, one with the country and one with a thousand batches. Nothing where there is no Electron or screen. */
export async function frames(stores: {
  readonly small: string;
  readonly full: string;
}): Promise<readonly Ratio[]> {
  const small = await stationOf(stores.small);
  const full = small === null ? null : await stationOf(stores.full);
  if (small === null || full === null) return [];
  try {
    const paints = { small: [] as number[], full: [] as number[] };
    const firstRows = { small: [] as number[], full: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, station] of [
        ["small", small],
        ["full", full],
      ] as const) {
        paints[name].push(await firstPaint(station));
        firstRows[name].push(await openTable(station));
        if (round < ROUNDS - 1) await station.end();
      }
    }
    const times = await scrolled(small, full);
    await sortBySize(small);
    await sortBySize(full);
    const bySize = await scrolled(small, full);
    const ratio = (what: string, of: (all: readonly number[]) => number, all: typeof times): Ratio => ({
      what,
      ours: `${of(all.full).toFixed(0)} ms`,
      beside: `with a thousand, ${of(all.small).toFixed(0)} ms`,
      ratio: of(all.full) / of(all.small),
      aim: "at most 1.5",
    });
    return [
      ratio("start to first paint, with 1.64 million batches", median, paints),
      ratio("a press on their room to their first rows", median, firstRows),
      ratio("a frame while they are scrolled, median", median, times),
      ratio("a frame while they are scrolled, 95th of 100", (all) => percentile(all, 95), times),
      ratio("a frame while they are scrolled by size, median", median, bySize),
      ratio("a frame while they are scrolled by size, 95th of 100", (all) => percentile(all, 95), bySize),
    ];
  } finally {
    await small.close();
    await full.close();
  }
}
