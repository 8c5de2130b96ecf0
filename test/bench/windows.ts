import { join } from "node:path";
import { openStore } from "../../main/adapters/store/open.ts";
import type { Books } from "../../main/engine/ports-desk.ts";
import { SNAPSHOT_INTERVAL_MS } from "../../shared/ipc/contract.ts";
import type { BatchFilter, BatchSort } from "../../shared/ipc/views.ts";
import { Office } from "../integration/office.ts";
import { openStation, TODAY } from "../integration/station.ts";
import { BATCHES_PER_TABLET, fillWithTablets, nameTablets } from "./country.ts";
import { frames } from "./frames.ts";
import { median, type Ratio, timed } from "./ratio.ts";
import { tabletOf, workshop } from "./workshop.ts";

/**
 * The engine's part of what a window waits for: the first rows of all batches with their counts, and pages far down, in a store with the whole
 * country beside one with a thousand batches. And how often windows are told of ten tablets at work.
 */
const COUNTRY = 27_411;
const SMALL = 16;
const ROUNDS = 15;

const ALL: BatchFilter = {
  ...{ area: null, device: null, verdict: null, reason: null, state: null, day: null },
  text: "",
};
const PAGE = 100;

interface Library {
  readonly books: Books;
  close(): void;
}

/** A store of so many tablets, with its books up to date and looked into, as at the start of the program. */
async function library(folder: string, tablets: number): Promise<Library> {
  await using shop = await workshop();
  const station = await openStation(folder, shop.campaignFolder);
  await station.unload([await tabletOf(shop.campaign, "0417", BATCHES_PER_TABLET, 2_000)], shop.top);
  station.close();
  const file = join(folder, "store.db");
  fillWithTablets(file, tablets);
  const first = await openStore(folder, () => TODAY);
  if (!first.ok) throw new Error(JSON.stringify(first.error));
  while (first.value.desk.books.catchUp(5_000));
  first.value.close();
  nameTablets(file);
  const store = await openStore(folder, () => TODAY);
  if (!store.ok) throw new Error(JSON.stringify(store.error));
  store.value.desk.books.catchUp(0);
  return { books: store.value.desk.books, close: () => store.value.close() };
}

/** Each round has a filter of its own that lets everything through, so that no list is one that was made before. */
let round = 0;
const fresh = (filter: Partial<BatchFilter> = {}): BatchFilter => ({
  ...ALL,
  ...filter,
  text: " ".repeat(round++),
});

const rows = (books: Books, filter: BatchFilter, by: BatchSort["by"], offset: number): void => {
  books.batches(filter, { by, descending: false }, offset, PAGE);
};

const looks: readonly (readonly [what: string, look: (books: Books) => () => void])[] = [
  [
    "the engine's part of the first rows, with counts and choices",
    (books) => {
      const filter = fresh();
      return () => {
        rows(books, filter, "tablet", 0);
        books.verdictCounts(filter);
        books.facets();
      };
    },
  ],
  [
    "the engine's part of a page, in the middle by tablet",
    (books) => {
      const filter = fresh();
      const { total } = books.batches(filter, { by: "tablet", descending: false }, 0, 1);
      return () => rows(books, filter, "tablet", Math.floor(total / 2));
    },
  ],
  [
    "the engine's part of a page, in the middle by size",
    (books) => {
      const filter = fresh();
      const { total } = books.batches(filter, { by: "bytes", descending: false }, 0, 1);
      rows(books, filter, "bytes", Math.floor(total / 2));
      return () => rows(books, filter, "bytes", Math.floor(total / 2) + PAGE);
    },
  ],
];

async function looking(folders: {
  readonly small: string;
  readonly full: string;
}): Promise<readonly Ratio[]> {
  const small = await library(folders.small, SMALL);
  const full = await library(folders.full, COUNTRY);
  const total = (one: Library) =>
    one.books.batches(ALL, { by: "tablet", descending: false }, 0, 1).total.toLocaleString("en");
  try {
    const ratios: Ratio[] = [];
    for (const [what, look] of looks) {
      const times = { small: [] as number[], full: [] as number[] };
      for (let at = 0; at < ROUNDS; at++) {
        times.small.push(await timed(look(small.books)));
        times.full.push(await timed(look(full.books)));
      }
      ratios.push({
        what: `${what}, of ${total(full)}`,
        ours: `${median(times.full).toFixed(1)} ms`,
        beside: `of ${total(small)}, ${median(times.small).toFixed(1)} ms`,
        ratio: median(times.full) / median(times.small),
        aim: "a part of a frame",
      });
    }
    const jumps: number[] = [];
    for (let at = 0; at < ROUNDS; at++) {
      const filter = fresh();
      const { total: all } = full.books.batches(filter, { by: "bytes", descending: false }, 0, 1);
      jumps.push(await timed(() => rows(full.books, filter, "bytes", Math.floor(all / 2))));
    }
    ratios.push({
      what: "first jump into the middle of them by size",
      ours: `${median(jumps).toFixed(1)} ms`,
      beside: "50 ms",
      ratio: median(jumps) / 50,
      aim: "about 1",
    });
    return ratios;
  } finally {
    small.close();
    full.close();
  }
}

async function telling(): Promise<Ratio> {
  await using office = await Office.ready();
  const tablets: Awaited<ReturnType<Office["tablet"]>>[] = [];
  for (let at = 0; at < 10; at++)
    tablets.push(
      await office.tablet(`04${10 + at}`, (one) => one.addMany(12, { bodyBytes: 1_048_576 }), {
        bytesPerSecond: 3_000_000,
      }),
    );
  await office.loadCampaign();
  // The first is the answer to listening, and tells of no change.
  let told = -1;
  const stop = office.desk.subscribe(() => told++);
  const time = await timed(async () => {
    for (const { tablet } of tablets) office.cable.plug(tablet);
    await office.until(
      "ten safe cards",
      ({ unload: { cards } }) => cards.length === 10 && cards.every((card) => card.state === "safe"),
      300_000,
    );
  });
  stop();
  const perSecond = (told / time) * 1000;
  return {
    what: `windows told of ten tablets at work, in ${(time / 1000).toFixed(0)} s`,
    ours: `${perSecond.toFixed(1)} a second`,
    beside: `${1000 / SNAPSHOT_INTERVAL_MS} a second`,
    ratio: (perSecond * SNAPSHOT_INTERVAL_MS) / 1000,
    aim: "at most 1.0",
  };
}

export async function windows(): Promise<readonly Ratio[]> {
  await using shop = await workshop();
  const folders = { small: join(shop.top, "small"), full: join(shop.top, "full") };
  return [await telling(), ...(await looking(folders)), ...(await frames(folders))];
}
