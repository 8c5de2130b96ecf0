import {
  type AreaName,
  type BatchFilter,
  type BatchRow,
  type BatchSort,
  type CELL_LETTERS,
  type CellLetter,
  type DayCounts,
  MAX_CELLS,
  type SequenceView,
  type TabletLine,
  type VerdictCounts,
} from "../../../../shared/ipc/views.ts";
import type { Verdict } from "../../../../shared/reasons.ts";
import type { AreaNames, Books } from "../../../engine/ports-desk.ts";
import type { Journal } from "../journal.ts";
import { ANYTHING, countIn, eachCell, type Marks, wantedBy } from "./cells.ts";
import { areaCode, areaWord, dayWord, NONE, verdictCode, verdictWord } from "./codes.ts";
import { choose, chooseAll, isNamed, type LineKey, type Listing, listingOf } from "./listing.ts";
import { bookedDevice, factsOf, rowOf, shownDevice } from "./rows.ts";
import { Shelf, type Tablet } from "./shelf.ts";
import { Upkeep } from "./upkeep.ts";

/** Lists that are kept ready: a window asks for page after page of the same one. */
const KEPT_LISTINGS = 4;
const MOST_CHAINS = 64;
const MOST_DAYS = 400;

const NO_VERDICTS: VerdictCounts = {
  safe: 0,
  "to-upload": 0,
  "on-tablet-only": 0,
  missing: 0,
  conflict: 0,
  refused: 0,
  "lost-in-vpn": 0,
  damaged: 0,
  revoked: 0,
};

const LETTERS = {
  safe: "s",
  "to-upload": "u",
  "on-tablet-only": "t",
  missing: "m",
  conflict: "c",
  refused: "r",
  "lost-in-vpn": "l",
  damaged: "d",
  revoked: "x",
} as const satisfies { readonly [V in Verdict]: Letter<V> };
type Letter<V extends Verdict> = {
  [L in CellLetter]: (typeof CELL_LETTERS)[L] extends V ? L : never;
}[CellLetter];

/** Verdicts that a person must look at. */
const OPEN = (["missing", "damaged", "revoked", "conflict", "refused"] as const).map((verdict) => ({
  ...ANYTHING,
  verdict: verdictCode(verdict),
}));

export class SqliteBooks implements Books {
  revision = 0;
  readonly #journal: Journal;
  readonly #areas: AreaNames;
  readonly #upkeep: Upkeep;
  #shelf: Shelf | null = null;
  readonly #listings = new Map<string, Listing>();
  #facets: ReturnType<Books["facets"]> | null = null;

  constructor(journal: Journal, folder: string, areas: AreaNames) {
    this.#journal = journal;
    this.#areas = areas;
    this.#upkeep = new Upkeep(journal, folder);
  }

  get #tablets(): Shelf {
    this.#shelf ??= new Shelf(this.#journal);
    return this.#shelf;
  }

  catchUp(milliseconds: number): boolean {
    // Loaded even where nothing is stale: the first look at a full store is for the start of the program, not for the first question.
    const shelf = this.#tablets;
    chooseAll(shelf.all);
    const deadline = performance.now() + milliseconds;
    do {
      const tablets = this.#upkeep.step(deadline);
      if (tablets.length === 0) return false;
      shelf.put(tablets);
      this.revision++;
      this.#listings.clear();
      this.#facets = null;
    } while (performance.now() < deadline);
    return this.#upkeep.isBehind();
  }

  batches(filter: BatchFilter, sort: BatchSort, offset: number, limit: number) {
    const listing = this.#listing(filter, sort.by);
    const { total } = listing;
    const count = Math.max(0, Math.min(limit, total - offset));
    const lines = sort.descending
      ? [...listing.ascending(total - offset - count, count)].reverse()
      : listing.ascending(offset, count);
    return { total, rows: lines.map((line) => this.#row(line)) };
  }

  #row(line: LineKey): BatchRow {
    const tablet = this.#tablets.numbered(line.tablet);
    const chain = tablet.chains[line.chain];
    if (chain === undefined) throw new Error(`tablet ${line.tablet} has no chain ${line.chain}`);
    return rowOf(this.#journal, tablet, chain, line.seq, verdictWord(line.verdict));
  }

  #listing(filter: BatchFilter, by: BatchSort["by"]): Listing {
    const names = by === "area" ? this.#areas.all() : [];
    const key = JSON.stringify([filter, by, names]);
    const known = this.#listings.get(key);
    if (known !== undefined) return known;
    const made = listingOf(this.#journal, this.#tablets.all, filter, by, areaRanks(names));
    const [oldest] = this.#listings.keys();
    if (oldest !== undefined && this.#listings.size >= KEPT_LISTINGS) this.#listings.delete(oldest);
    this.#listings.set(key, made);
    return made;
  }

  verdictCounts(filter: BatchFilter): VerdictCounts {
    const counts = { ...NO_VERDICTS };
    const wanted = wantedBy(filter);
    const take = ({ verdict }: Marks, count: number): void => {
      counts[verdictWord(verdict)] += count;
    };
    if (filter.device === null && filter.text.trim() === "") this.#tablets.sums.each(wanted, take);
    else for (const { cells } of choose(this.#tablets.all, filter).tablets) eachCell(cells, wanted, take);
    return counts;
  }

  facets() {
    this.#facets ??= this.#allFacets();
    return this.#facets;
  }

  #allFacets(): ReturnType<Books["facets"]> {
    const areas = new Set<number>();
    const days = new Set<number>();
    this.#tablets.sums.each(ANYTHING, ({ area, day }) => {
      areas.add(area);
      days.add(day);
    });
    areas.delete(NONE);
    days.delete(NONE);
    return {
      areas: [...areas].sort((a, b) => a - b).map((code) => areaWord(code) ?? ""),
      days: [...days].sort((a, b) => a - b).map(dayWord),
    };
  }

  tablets(text: string, area: string | null, offset: number, limit: number) {
    const part = text.trim().toLocaleLowerCase("kk");
    const found = this.#tablets.all.filter(
      (tablet) => (area === null || tablet.area === area) && (part === "" || isNamed(tablet, part)),
    );
    return { total: found.length, rows: found.slice(offset, offset + limit).map(tabletLine) };
  }

  sequence(device: string): SequenceView | null {
    const tablet = this.#tablets.device(bookedDevice(device));
    if (tablet === undefined) return null;
    const lines = this.#journal.all<LineKey>(
      "SELECT chain, seq, verdict FROM lines WHERE tablet = ? ORDER BY chain, seq",
      tablet.no,
    );
    const chains = tablet.chains.slice(0, MOST_CHAINS).map((chain, no) =>
      cellsOf(
        chain,
        lines.filter((line) => line.chain === no),
      ),
    );
    return { device, name: tablet.name, area: tablet.area, chains };
  }

  days(area: string | null): readonly DayCounts[] {
    const wanted = { ...ANYTHING, area: area === null ? null : areaCode(area) };
    const days = new Map<number, Record<Verdict, number>>();
    this.#tablets.sums.each(wanted, ({ day, verdict }, count) => {
      if (day === NONE) return;
      const counts = days.get(day) ?? { ...NO_VERDICTS };
      days.set(day, counts);
      counts[verdictWord(verdict)] += count;
    });
    return [...days]
      .sort(([a], [b]) => a - b)
      .slice(-MOST_DAYS)
      .map(([day, counts]) => ({ day: dayWord(day), counts }));
  }

  tablet(device: string): { readonly name: string | null; readonly area: string | null } {
    const tablet = this.#tablets.device(bookedDevice(device));
    return { name: tablet?.name ?? null, area: tablet?.area ?? null };
  }

  facts(key: Parameters<Books["facts"]>[0]) {
    const tablet = this.#tablets.device(bookedDevice(key.device));
    const chain = tablet?.chains.indexOf(key.chain) ?? -1;
    if (tablet === undefined || chain < 0) return null;
    const at = (place: string): Pick<LineKey, "seq" | "verdict"> | undefined =>
      this.#journal.get(
        `SELECT seq, verdict FROM lines WHERE tablet = ? AND chain = ? AND seq ${place}`,
        ...[tablet.no, chain, key.seq],
      );
    const line = at("= ?");
    if (line === undefined) return null;
    return factsOf(this.#journal, tablet, key, verdictWord(line.verdict), {
      previous: at("< ? ORDER BY seq DESC LIMIT 1")?.seq ?? null,
      next: at("> ? ORDER BY seq LIMIT 1")?.seq ?? null,
    });
  }
}

function tabletLine({ device, name, area, cells, lines }: Tablet): TabletLine {
  const open = OPEN.reduce((sum, wanted) => sum + countIn(cells, wanted), 0);
  return { device: shownDevice(device), name, area, batches: lines, open };
}

/** A letter for every number from the first line on; `more`: lines beyond the last letter. */
function cellsOf(chain: string, lines: readonly LineKey[]): SequenceView["chains"][number] {
  const first = lines[0]?.seq ?? 0;
  const last = Math.min(lines.at(-1)?.seq ?? 0, first + MAX_CELLS - 1);
  const letters: string[] = Array.from({ length: last - first + 1 }, () => LETTERS.missing);
  let more = 0;
  for (const { seq, verdict } of lines)
    if (seq <= last) letters[seq - first] = LETTERS[verdictWord(verdict)];
    else more++;
  return { chain, first, cells: letters.join(""), more };
}

/** Districts in the Kazakh order of their names; those without one after them, by code; no district last. */
export function areaRanks(names: readonly AreaName[]): (code: number) => number {
  const { compare } = new Intl.Collator("kk", { numeric: true });
  const ranks = new Map(
    [...names].sort((a, b) => compare(a.kk, b.kk)).map(({ area }, rank) => [areaCode(area), rank]),
  );
  return (code) => (code === NONE ? Number.MAX_SAFE_INTEGER : (ranks.get(code) ?? ranks.size + code));
}
