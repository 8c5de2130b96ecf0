import type { BatchFilter } from "../../../../shared/ipc/views.ts";
import { areaCode, dayOf, NONE, reasonCode, stateCode, verdictCode } from "./codes.ts";

/**
 * A tablet's batches counted by everything that they can be filtered by. A tablet has a handful of such cells, whatever it has of batches, so
 * all cells of the whole country fit into memory, and any filter is counted in milliseconds.
 */

/** verdict, reason, state, day, area, count. */
const WIDTH = 6;
export type Cells = Int32Array;

/** The filterable sides of one line, as numbers. */
export interface Marks {
  readonly verdict: number;
  readonly reason: number;
  readonly state: number;
  readonly day: number;
  readonly area: number;
}

export function countCells(lines: Iterable<Marks>): Cells {
  const cells = new Map<string, number[]>();
  for (const { verdict, reason, state, day, area } of lines) {
    const key = `${verdict} ${reason} ${state} ${day} ${area}`;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [verdict, reason, state, day, area, 1]);
    else cell[5] = (cell[5] ?? 0) + 1;
  }
  return Int32Array.from([...cells.values()].flat());
}

export const packCells = (cells: Cells): Buffer =>
  Buffer.from(cells.buffer, cells.byteOffset, cells.byteLength);

/** Copies, because a Buffer from SQLite may lie at any address. */
export const unpackCells = (blob: Uint8Array): Cells => new Int32Array(Uint8Array.from(blob).buffer);

/** What a line must be; null: anything. The tablet itself (device, text) is looked at elsewhere. */
export interface Wanted {
  readonly verdict: number | null;
  readonly reason: number | null;
  readonly state: number | null;
  readonly day: number | null;
  readonly area: number | null;
}

export const ANYTHING: Wanted = { verdict: null, reason: null, state: null, day: null, area: null };

export const wantedBy = (filter: BatchFilter): Wanted => ({
  verdict: filter.verdict === null ? null : verdictCode(filter.verdict),
  reason: filter.reason === null ? null : reasonCode(filter.reason),
  state: filter.state === null ? null : stateCode(filter.state),
  day: filter.day === null ? null : dayOf(filter.day),
  area: filter.area === null ? null : areaCode(filter.area),
});

/** Calls `take` with every cell that fits. */
export function eachCell(cells: Cells, wanted: Wanted, take: (marks: Marks, count: number) => void): void {
  for (let at = 0; at < cells.length; at += WIDTH) {
    const [verdict = NONE, reason = NONE, state = NONE, day = NONE, area = NONE, count = 0] = [
      cells[at],
      cells[at + 1],
      cells[at + 2],
      cells[at + 3],
      cells[at + 4],
      cells[at + 5],
    ];
    if (wanted.verdict !== null && verdict !== wanted.verdict) continue;
    if (wanted.reason !== null && reason !== wanted.reason) continue;
    if (wanted.state !== null && state !== wanted.state) continue;
    if (wanted.day !== null && day !== wanted.day) continue;
    if (wanted.area !== null && area !== wanted.area) continue;
    take({ verdict, reason, state, day, area }, count);
  }
}

/** How many lines fit. The hot loop of every count: nothing is allocated in it. */
export function countIn(cells: Cells, wanted: Wanted): number {
  const { verdict, reason, state, day, area } = wanted;
  let sum = 0;
  for (let at = 0; at < cells.length; at += WIDTH)
    if (
      (verdict === null || cells[at] === verdict) &&
      (reason === null || cells[at + 1] === reason) &&
      (state === null || cells[at + 2] === state) &&
      (day === null || cells[at + 3] === day) &&
      (area === null || cells[at + 4] === area)
    )
      sum += cells[at + 5] ?? 0;
  return sum;
}

/** Cells of all tablets together: what is asked of no tablet in particular is counted over a few thousand sums. */
export class Sums {
  /** By district, then by the other marks packed into one number. */
  readonly #areas = new Map<number, Map<number, number>>();

  /** Adds a tablet's cells, or takes them away with `sign` -1. */
  add(cells: Cells, sign: 1 | -1): void {
    for (let at = 0; at < cells.length; at += WIDTH) {
      const area = cells[at + 4] ?? NONE;
      let sums = this.#areas.get(area);
      if (sums === undefined) {
        sums = new Map();
        this.#areas.set(area, sums);
      }
      const key = packed(
        cells[at] ?? NONE,
        cells[at + 1] ?? NONE,
        cells[at + 2] ?? NONE,
        cells[at + 3] ?? NONE,
      );
      const count = (sums.get(key) ?? 0) + sign * (cells[at + 5] ?? 0);
      if (count === 0) sums.delete(key);
      else sums.set(key, count);
    }
  }

  /** Calls `take` with every sum that fits. */
  each(wanted: Wanted, take: (marks: Marks, count: number) => void): void {
    for (const [area, sums] of this.#areas) {
      if (wanted.area !== null && area !== wanted.area) continue;
      for (const [key, count] of sums) {
        const marks = { ...unpacked(key), area };
        if (
          (wanted.verdict === null || marks.verdict === wanted.verdict) &&
          (wanted.reason === null || marks.reason === wanted.reason) &&
          (wanted.state === null || marks.state === wanted.state) &&
          (wanted.day === null || marks.day === wanted.day)
        )
          take(marks, count);
      }
    }
  }
}

/** Room for 62 words of each kind and any day of the next thousand years. */
const WORDS = 64;
const packed = (verdict: number, reason: number, state: number, day: number): number =>
  (((day + 1) * WORDS + verdict + 1) * WORDS + reason + 1) * WORDS + state + 1;
const unpacked = (key: number): Omit<Marks, "area"> => ({
  state: (key % WORDS) - 1,
  reason: (Math.floor(key / WORDS) % WORDS) - 1,
  verdict: (Math.floor(key / WORDS ** 2) % WORDS) - 1,
  day: Math.floor(key / WORDS ** 3) - 1,
});
