import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { areaRanks } from "../../main/adapters/store/desk/books.ts";
import { areaWord, dayWord, NONE, verdictWord } from "../../main/adapters/store/desk/codes.ts";
import { type LineKey, listingOf } from "../../main/adapters/store/desk/listing.ts";
import { Shelf, type Tablet } from "../../main/adapters/store/desk/shelf.ts";
import { Journal } from "../../main/adapters/store/journal.ts";
import { openStore } from "../../main/adapters/store/open.ts";
import { BATCH_SORTS, type BatchFilter, type BatchSort } from "../../shared/ipc/views.ts";
import { REASONS, TABLET_STATES, VERDICTS } from "../../shared/reasons.ts";
import { fillWithTablets, nameTablets } from "../bench/country.ts";
import { tabletOf, type Workshop, workshop } from "../bench/workshop.ts";
import { openStation, TODAY } from "./station.ts";

/** Whatever the filter, the order and the page: the books give what walking through everything would give. */

interface Line extends LineKey {
  readonly reason: number;
  readonly state: number;
  readonly day: number;
  readonly area: number;
  readonly bytes: number;
  readonly staged: number;
}

const TABLETS = 120;
const areaRank = (code: number): number => (code === NONE ? Number.MAX_SAFE_INTEGER : -code);
let shop: Workshop;
let journal: Journal;
let all: readonly Tablet[];
let lines: readonly Line[];

beforeAll(async () => {
  shop = await workshop();
  const folder = join(shop.top, "store");
  const station = await openStation(folder, shop.campaignFolder);
  await station.unload([await tabletOf(shop.campaign, "0417", 60, 2_000)], shop.top);
  station.close();
  const file = join(folder, "store.db");
  fillWithTablets(file, TABLETS);
  damageSome(file);
  const store = await openStore(folder, () => TODAY);
  if (!store.ok) throw new Error("the store does not open");
  while (store.value.desk.books.catchUp(1_000));
  store.value.close();
  nameTablets(file);
  const db = new Database(file);
  journal = new Journal(db, () => TODAY);
  all = new Shelf(journal).all;
  lines = journal.all<Line>("SELECT * FROM lines");
}, 120_000);

/** Some staged batches that the centre does not have are no longer whole here. */
function damageSome(file: string): void {
  const db = new Database(file);
  db.prepare("UPDATE batches SET damage = 'missing' WHERE seq % 7 = 0 AND centre IS NULL").run();
  db.close();
}

afterAll(async () => {
  journal.db.close();
  await shop[Symbol.asyncDispose]();
});

const place = (tablet: number): number => all.findIndex((one) => one.no === tablet);

/** What the list must be, by going through everything. */
function byHand(filter: BatchFilter, by: BatchSort["by"]): readonly string[] {
  const places = new Map(all.map((one) => [one.no, place(one.no)]));
  const tabletOfLine = new Map(all.map((one) => [one.no, one]));
  const index = (words: readonly string[], code: number) => (code === NONE ? null : (words[code] ?? null));
  const fits = (line: Line): boolean => {
    const tablet = tabletOfLine.get(line.tablet);
    return (
      (filter.verdict === null || verdictWord(line.verdict) === filter.verdict) &&
      (filter.reason === null || index(REASONS, line.reason) === filter.reason) &&
      (filter.state === null || index(TABLET_STATES, line.state) === filter.state) &&
      (filter.day === null || (line.day !== NONE && dayWord(line.day) === filter.day)) &&
      (filter.area === null || areaWord(line.area) === filter.area) &&
      (filter.device === null || tablet?.device === filter.device) &&
      (filter.text === "" ||
        (tablet?.name ?? "").includes(filter.text) ||
        tablet?.device.includes(filter.text) === true)
    );
  };
  const inTablet = (line: Line) => [places.get(line.tablet) ?? 0, line.chain, line.seq];
  const keys: Readonly<Record<BatchSort["by"], (line: Line) => readonly number[]>> = {
    tablet: inTablet,
    area: (line) => [areaRank(line.area), ...inTablet(line)],
    verdict: (line) => [line.verdict, ...inTablet(line)],
    batch: (line) => [line.seq, line.tablet, line.chain],
    bytes: (line) => [line.bytes, line.tablet, line.chain, line.seq],
    staged: (line) => [line.day, line.staged, line.tablet, line.chain, line.seq],
  };
  const key = keys[by];
  return lines
    .filter(fits)
    .map((line) => ({ line, key: key(line) }))
    .sort((a, b) => {
      for (const [at, value] of a.key.entries()) if (value !== b.key[at]) return value - (b.key[at] ?? 0);
      return 0;
    })
    .map(({ line }) => `${line.tablet} ${line.chain} ${line.seq} ${line.verdict}`);
}

const filters = fc.record<BatchFilter>({
  area: fc.option(fc.constantFrom("271000000", "274000000", "273600000", "999999999"), { freq: 2 }),
  device: fc.option(
    fc.nat(TABLETS).map((at) => all[at]?.device ?? ""),
    { freq: 1 },
  ),
  verdict: fc.option(fc.constantFrom(...VERDICTS), { freq: 2 }),
  reason: fc.option(fc.constantFrom(...REASONS), { freq: 1 }),
  state: fc.option(fc.constantFrom(...TABLET_STATES), { freq: 1 }),
  day: fc.option(fc.constantFrom("2021-10-12", "2021-10-20", "2021-11-01"), { freq: 1 }),
  text: fc.oneof({ weight: 4, arbitrary: fc.constant("") }, fc.constantFrom("1", "79", "000", "nobody")),
});

const text = (line: LineKey): string => `${line.tablet} ${line.chain} ${line.seq} ${line.verdict}`;

describe("a list of batches", () => {
  it.each([
    ["gathered", Number.POSITIVE_INFINITY],
    ["gathered where there are few", 300],
    ["walked", -1],
  ])("is whole and in order, page by page, %s", (_, most) => {
    fc.assert(
      fc.property(
        filters,
        fc.constantFrom(...BATCH_SORTS),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 200 })), {
          minLength: 1,
          maxLength: 6,
        }),
        (filter, by, pages) => {
          const expected = byHand(filter, by);
          const listing = listingOf(journal, all, filter, by, areaRank, most);
          expect(listing.total).toBe(expected.length);
          for (const [share, count] of pages) {
            const from = Math.floor(share * expected.length);
            expect(listing.ascending(from, count).map(text)).toEqual(expected.slice(from, from + count));
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it("has districts in the Kazakh order of their names, then those without one", () => {
    const name = (area: string, kk: string) => ({ area, kk, ru: kk, en: kk });
    const rank = areaRanks([
      name("271000000", "Шыңғырлау"),
      name("272000000", "Бөрлі"),
      name("273000000", "Әл-Фараби"),
      name("274000000", "Ақжайық"),
    ]);
    const codes = [NONE, 279000000, 278000000, 271000000, 272000000, 273000000, 274000000];
    expect(codes.sort((a, b) => rank(a) - rank(b))).toEqual([
      274000000,
      273000000,
      272000000,
      271000000,
      278000000,
      279000000,
      NONE,
    ]);
  });

  it("has something under every verdict, or the test above shows little", () => {
    const verdicts = new Set(lines.map((line) => verdictWord(line.verdict)));
    const others = VERDICTS.filter((one) => one !== "revoked"); // The trust in force decides that one, and the rows know none.
    expect([...verdicts].sort()).toEqual([...others].sort());
  });
});
