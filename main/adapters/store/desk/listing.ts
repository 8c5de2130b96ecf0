import type { BatchFilter, BatchSort } from "../../../../shared/ipc/views.ts";
import type { Journal } from "../journal.ts";
import { countIn, eachCell, type Wanted, wantedBy } from "./cells.ts";
import { VERDICT_CODES } from "./codes.ts";
import { bookedDevice } from "./rows.ts";
import type { Tablet } from "./shelf.ts";

/**
 * A list of batches under one filter in one order, of which any page can be had without walking through what is before it. There are three
 * ways to it, and each list takes the cheapest:
 *
 * - by tablets (sorted by tablet, district or verdict): the cells tell how many lines each tablet has in the list, so a page is a few tablets;
 * - gathered: few lines in all, or lines of few tablets: they are read once and kept sorted;
 * - walked: an index in the wanted order, from the nearest place that was seen before.
 */

/** Names one line of the tables. */
export interface LineKey {
  readonly tablet: number;
  readonly chain: number;
  readonly seq: number;
  readonly verdict: number;
}

export interface Listing {
  readonly total: number;
  /** Lines from `from` on in ascending order, at most `count`. */
  ascending(from: number, count: number): readonly LineKey[];
}

/** Lines that may be read to make a gathered list. */
const GATHERED = 60_000;
/** Places of a walked list that are remembered, and lines between two that are remembered on the way. */
const REMEMBERED = 1_024;
const STRIDE = 10_000;

const FITS = `(@verdict IS NULL OR verdict = @verdict) AND (@reason IS NULL OR reason = @reason) AND (@state IS NULL OR state = @state)
  AND (@day IS NULL OR day = @day) AND (@area IS NULL OR area = @area)`;

/** The tablets a filter lets through, in order, with their lines that fit. */
interface Chosen {
  readonly tablets: readonly Tablet[];
  readonly total: number;
  /** All lines of these tablets, whether they fit or not. */
  readonly lines: number;
  /** Not every tablet: `device` or `text` is set. */
  readonly named: boolean;
  /** Lines that fit before each tablet, and all at the end. */
  readonly before: Int32Array;
}

/** Lines before each unit, and all at the end. */
function linesBefore(counts: Int32Array): Int32Array {
  const before = new Int32Array(counts.length + 1);
  for (let at = 0; at < counts.length; at++) before[at + 1] = (before[at] ?? 0) + (counts[at] ?? 0);
  return before;
}

/** What a filter without a wish lets through, by the tablets there are: the same until one of them changes. */
const everything = new WeakMap<readonly Tablet[], Chosen>();

/** All tablets with all their lines. */
export function chooseAll(all: readonly Tablet[]): Chosen {
  const known = everything.get(all);
  if (known !== undefined) return known;
  const tablets = all.filter((tablet) => tablet.lines > 0);
  const before = linesBefore(Int32Array.from(tablets, (tablet) => tablet.lines));
  const total = before.at(-1) ?? 0;
  const chosen = { tablets, total, lines: total, named: false, before };
  everything.set(all, chosen);
  return chosen;
}

export function choose(all: readonly Tablet[], filter: BatchFilter): Chosen {
  const text = filter.text.trim().toLocaleLowerCase("kk");
  const device = filter.device === null ? null : bookedDevice(filter.device);
  const named = device !== null || text !== "";
  const wanted = wantedBy(filter);
  const isAnything = Object.values(wanted).every((one) => one === null);
  if (isAnything && !named) return chooseAll(all);
  const tablets: Tablet[] = [];
  const found: number[] = [];
  let total = 0;
  let lines = 0;
  for (const tablet of all) {
    if (named && device !== null && tablet.device !== device) continue;
    if (named && text !== "" && !isNamed(tablet, text)) continue;
    const count = isAnything ? tablet.lines : countIn(tablet.cells, wanted);
    if (count === 0) continue;
    tablets.push(tablet);
    found.push(count);
    total += count;
    lines += tablet.lines;
  }
  return { tablets, total, lines, named, before: linesBefore(Int32Array.from(found)) };
}

/** `text` in lower case. */
export const isNamed = (tablet: Tablet, text: string): boolean =>
  (tablet.name?.toLocaleLowerCase("kk").includes(text) ?? false) || tablet.device.includes(text);

/**
 * Makes the list; `areaRank` gives the place of a district among all by its code. A list is gathered where that reads no more than
 * `most` lines.
 */
export function listingOf(
  journal: Journal,
  all: readonly Tablet[],
  filter: BatchFilter,
  by: BatchSort["by"],
  areaRank: (code: number) => number,
  most: number = GATHERED,
): Listing {
  const chosen = choose(all, filter);
  const wanted = wantedBy(filter);
  if (by === "tablet" || by === "area" || by === "verdict")
    return byTablets(journal, chosen, wanted, by, areaRank);
  if (chosen.total === 0) return { total: 0, ascending: () => [] };
  if (chosen.lines <= most) return gathered(gatherTablets(journal, chosen, wanted), by);
  if (wanted.verdict !== null || wanted.reason !== null) {
    const narrow = { ...wanted, state: null, day: null, area: null };
    const cost = all.reduce((sum, tablet) => sum + countIn(tablet.cells, narrow), 0);
    if (cost <= most) return gathered(gatherVerdicts(journal, chosen, wanted), by);
  }
  return new Walked(journal, chosen, wanted, by);
}

// ---------------------------------------------------------------- by tablets

/** Lines of one tablet, of one verdict or district where the list is sorted by that. */
interface Unit {
  readonly tablet: Tablet;
  readonly wanted: Wanted;
}
/** Units in order, with the lines before each. */
interface Units {
  readonly before: Int32Array;
  readonly at: (place: number) => Unit | undefined;
}

function unitsOf(
  { tablets, before }: Chosen,
  wanted: Wanted,
  by: "tablet" | "area" | "verdict",
  areaRank: (code: number) => number,
): Units {
  if (by === "tablet") {
    const at = (place: number) => {
      const tablet = tablets[place];
      return tablet === undefined ? undefined : { tablet, wanted };
    };
    return { before, at };
  }
  const units = by === "verdict" ? byVerdict(tablets, wanted) : byArea(tablets, wanted, areaRank);
  const counts = Int32Array.from(units, (unit) => unit.count);
  return { before: linesBefore(counts), at: (place) => units[place] };
}

const byVerdict = (
  tablets: readonly Tablet[],
  wanted: Wanted,
): readonly (Unit & { readonly count: number })[] =>
  VERDICT_CODES.filter((code) => wanted.verdict === null || wanted.verdict === code).flatMap((verdict) => {
    const one = { ...wanted, verdict };
    return tablets
      .map((tablet) => ({ tablet, wanted: one, count: countIn(tablet.cells, one) }))
      .filter((unit) => unit.count > 0);
  });

function byArea(
  tablets: readonly Tablet[],
  wanted: Wanted,
  areaRank: (code: number) => number,
): readonly (Unit & { readonly count: number })[] {
  const units: (Unit & { readonly count: number; readonly rank: number })[] = [];
  for (const tablet of tablets) {
    const areas = new Map<number, number>();
    eachCell(tablet.cells, wanted, ({ area }, count) => areas.set(area, (areas.get(area) ?? 0) + count));
    for (const [area, count] of areas)
      units.push({ tablet, wanted: { ...wanted, area }, count, rank: areaRank(area) });
  }
  return units.sort((a, b) => a.rank - b.rank);
}

function byTablets(
  journal: Journal,
  chosen: Chosen,
  wanted: Wanted,
  by: "tablet" | "area" | "verdict",
  areaRank: (code: number) => number,
): Listing {
  const { before, at: unitOf } = unitsOf(chosen, wanted, by, areaRank);
  const read = (unit: Unit, offset: number, limit: number): LineKey[] =>
    journal.all<LineKey>(
      `SELECT tablet, chain, seq, verdict FROM lines WHERE tablet = @tablet AND ${FITS}
       ORDER BY chain, seq LIMIT @limit OFFSET @offset`,
      { ...unit.wanted, tablet: unit.tablet.no, limit, offset },
    );
  return {
    total: chosen.total,
    ascending: (from, count) => {
      const lines: LineKey[] = [];
      for (let at = unitAt(before, from); lines.length < count; at++) {
        const unit = unitOf(at);
        if (unit === undefined) break;
        const offset = Math.max(0, from - (before[at] ?? 0));
        lines.push(...read(unit, offset, count - lines.length));
      }
      return lines;
    },
  };
}

/** The unit that holds place `from`: the last with no more than `from` lines before it. */
function unitAt(before: Int32Array, from: number): number {
  let low = 0;
  let high = before.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((before[middle] ?? 0) <= from) low = middle;
    else high = middle - 1;
  }
  return low;
}

// ---------------------------------------------------------------- gathered

type SortedBy = "batch" | "bytes" | "staged";
interface GatheredLine extends LineKey {
  readonly bytes: number;
  readonly day: number;
  readonly staged: number;
}

const GATHERED_COLUMNS = "tablet, chain, seq, verdict, bytes, day, staged";

const gatherTablets = (journal: Journal, chosen: Chosen, wanted: Wanted): GatheredLine[] =>
  chosen.tablets.flatMap((tablet) =>
    journal.all<GatheredLine>(`SELECT ${GATHERED_COLUMNS} FROM lines WHERE tablet = @tablet AND ${FITS}`, {
      ...wanted,
      tablet: tablet.no,
    }),
  );

function gatherVerdicts(journal: Journal, chosen: Chosen, wanted: Wanted): GatheredLine[] {
  const verdicts = wanted.verdict === null ? VERDICT_CODES : [wanted.verdict];
  const lines = verdicts.flatMap((verdict) =>
    journal.all<GatheredLine>(
      `SELECT ${GATHERED_COLUMNS} FROM lines INDEXED BY lines_verdict
       WHERE verdict = @verdict AND reason BETWEEN @least AND @most AND ${FITS}`,
      { ...wanted, verdict, least: wanted.reason ?? -1, most: wanted.reason ?? 1_000 },
    ),
  );
  if (!chosen.named) return lines;
  const numbers = new Set(chosen.tablets.map((tablet) => tablet.no));
  return lines.filter((line) => numbers.has(line.tablet));
}

/** The order of the indexes, so that a list is the same whichever way it was made. */
const COLUMNS = {
  batch: ["seq", "tablet", "chain"],
  bytes: ["bytes", "tablet", "chain", "seq"],
  staged: ["day", "staged", "tablet", "chain", "seq"],
} as const satisfies Record<SortedBy, readonly (keyof GatheredLine)[]>;

function gathered(lines: GatheredLine[], by: SortedBy): Listing {
  const columns = COLUMNS[by];
  lines.sort((a, b) => {
    for (const column of columns) if (a[column] !== b[column]) return a[column] - b[column];
    return 0;
  });
  return { total: lines.length, ascending: (from, count) => lines.slice(from, from + count) };
}

// ---------------------------------------------------------------- walked

const INDEXES = { batch: "lines_seq", bytes: "lines_bytes", staged: "lines_staged" } as const;

/** A line of which the place is known: `place` lines come before it and itself. */
interface Seen {
  readonly place: number;
  readonly key: readonly number[];
}

type Direction = "ASC" | "DESC";

/**
 * Walks an index. It remembers lines on its way, at every page's ends and at every stride, so that scrolling on costs no more than the page, and
 * what was walked once is never walked again in full.
 */
class Walked implements Listing {
  readonly total: number;
  readonly #journal: Journal;
  readonly #wanted: Wanted;
  readonly #by: SortedBy;
  readonly #tablets: string | null;
  readonly #seen: Record<Direction, Seen[]> = { ASC: [], DESC: [] };

  constructor(journal: Journal, chosen: Chosen, wanted: Wanted, by: SortedBy) {
    this.#journal = journal;
    this.total = chosen.total;
    this.#wanted = wanted;
    this.#by = by;
    this.#tablets = chosen.named ? JSON.stringify(chosen.tablets.map((tablet) => tablet.no)) : null;
  }

  /** Without a day that is the same in all lines: SQLite seeks only by columns that may differ. */
  get #columns(): readonly (keyof GatheredLine)[] {
    return COLUMNS[this.#by].filter((name) => name !== "day" || this.#wanted.day === null);
  }

  ascending(from: number, count: number): readonly LineKey[] {
    const end = Math.min(this.total, from + count);
    if (end <= from) return [];
    const back = this.total - end;
    const ahead = from - this.#nearest("ASC", from).place;
    const behind = back - this.#nearest("DESC", back).place;
    const lines =
      ahead <= behind
        ? this.#walk("ASC", from, end - from)
        : [...this.#walk("DESC", back, end - from)].reverse();
    const [first, last] = [lines[0], lines.at(-1)];
    if (first !== undefined) this.#remember("DESC", this.total - from, first);
    if (last !== undefined) this.#remember("ASC", end, last);
    return lines;
  }

  #nearest(direction: Direction, place: number): Seen {
    let best: Seen = { place: 0, key: [] };
    for (const seen of this.#seen[direction])
      if (seen.place <= place && seen.place >= best.place) best = seen;
    return best;
  }

  #walk(direction: Direction, from: number, count: number): readonly GatheredLine[] {
    let start = this.#nearest(direction, from);
    while (from - start.place > STRIDE) {
      const [line] = this.#read(direction, start, STRIDE - 1, 1);
      if (line === undefined) return [];
      start = this.#remember(direction, start.place + STRIDE, line);
    }
    return this.#read(direction, start, from - start.place, count);
  }

  #read(direction: Direction, start: Seen, offset: number, limit: number): readonly GatheredLine[] {
    const columns = this.#columns;
    const after =
      start.key.length === 0
        ? ""
        : `AND (${columns.join(", ")}) ${direction === "ASC" ? ">" : "<"} (${columns.map((name) => `@from_${name}`).join(", ")})`;
    return this.#journal.all<GatheredLine>(
      `SELECT ${[...new Set(["tablet", "chain", "seq", "verdict", ...columns])].join(", ")}
       FROM lines INDEXED BY ${INDEXES[this.#by]}
       WHERE ${this.#fits()} ${after}
       ORDER BY ${columns.map((name) => `${name} ${direction}`).join(", ")} LIMIT @limit OFFSET @offset`,
      {
        ...this.#wanted,
        tablets: this.#tablets,
        ...Object.fromEntries(columns.map((name, at) => [`from_${name}`, start.key[at] ?? 0])),
        limit,
        offset,
      },
    );
  }

  /** Only what is asked for, so that SQLite sees plain conditions on the index. */
  #fits(): string {
    const parts = (["verdict", "reason", "state", "day", "area"] as const)
      .filter((name) => this.#wanted[name] !== null)
      .map((name) => `${name} = @${name}`);
    if (this.#tablets !== null) parts.push("tablet IN (SELECT value FROM json_each(@tablets))");
    return parts.length === 0 ? "1" : parts.join(" AND ");
  }

  #remember(direction: Direction, place: number, line: GatheredLine): Seen {
    const made = { place, key: this.#columns.map((name) => line[name]) };
    const seen = this.#seen[direction];
    if (seen.some((one) => one.place === place)) return made;
    if (seen.length >= REMEMBERED) seen.splice(Math.floor(Math.random() * seen.length), 1);
    seen.push(made);
    return made;
  }
}
