import type { Journal } from "../journal.ts";
import { ANYTHING, type Cells, countIn, Sums, unpackCells } from "./cells.ts";

/** Every tablet that the books know, in memory, in the Kazakh order of names. */

export interface Tablet {
  /** Its number in the tables of the books. */
  readonly no: number;
  /** Its id; empty for what was refused and names no tablet. */
  readonly device: string;
  readonly name: string | null;
  readonly area: string | null;
  /** Chains in the order of their numbers in `lines`. */
  readonly chains: readonly string[];
  readonly cells: Cells;
  /** Lines that it has in all. */
  readonly lines: number;
}

const collator = new Intl.Collator("kk", { numeric: true });

/** Named ones by name, then those without one by id; batches of no tablet come last. */
function compare(a: Tablet, b: Tablet): number {
  if (a.device === "" || b.device === "") return Number(a.device === "") - Number(b.device === "");
  if (a.name === null || b.name === null) {
    if (a.name !== b.name) return a.name === null ? 1 : -1;
  } else {
    const order = collator.compare(a.name, b.name);
    if (order !== 0) return order;
  }
  return a.device < b.device ? -1 : Number(a.device > b.device);
}

interface Row {
  readonly no: number;
  readonly device: string;
  readonly name: string | null;
  readonly area: string | null;
  readonly chains: string;
  readonly cells: Uint8Array;
}

export class Shelf {
  #ordered: Tablet[];
  /** What all tablets have together. */
  readonly sums = new Sums();
  readonly #byDevice: Map<string, Tablet>;
  readonly #byNo: Map<number, Tablet>;

  constructor(journal: Journal) {
    this.#ordered = journal
      .all<Row>("SELECT no, device, name, area, chains, cells FROM tablets")
      .map((row) => {
        const cells = unpackCells(row.cells);
        const chains = JSON.parse(row.chains) as string[];
        return { ...row, chains, cells, lines: countIn(cells, ANYTHING) };
      })
      .sort(compare);
    for (const { cells } of this.#ordered) this.sums.add(cells, 1);
    this.#byDevice = new Map(this.#ordered.map((one) => [one.device, one]));
    this.#byNo = new Map(this.#ordered.map((one) => [one.no, one]));
  }

  /** In order. Another array after every change. */
  get all(): readonly Tablet[] {
    return this.#ordered;
  }

  device(device: string): Tablet | undefined {
    return this.#byDevice.get(device);
  }

  numbered(no: number): Tablet {
    const tablet = this.#byNo.get(no);
    if (tablet === undefined) throw new Error(`no tablet has the number ${no}`);
    return tablet;
  }

  /** Puts tablets in, in place of what was known of them. */
  put(tablets: readonly Tablet[]): void {
    if (tablets.length === 0) return;
    const changed = new Map(tablets.map((one) => [one.no, one]));
    const rest = this.#ordered.filter((one) => !changed.has(one.no));
    const fresh = [...changed.values()].sort(compare);
    this.#ordered = merge(rest, fresh);
    for (const one of tablets) {
      const before = this.#byNo.get(one.no);
      if (before !== undefined) this.sums.add(before.cells, -1);
      this.sums.add(one.cells, 1);
      this.#byDevice.set(one.device, one);
      this.#byNo.set(one.no, one);
    }
  }
}

function merge(a: readonly Tablet[], b: readonly Tablet[]): Tablet[] {
  const merged: Tablet[] = [];
  let at = 0;
  for (const one of b) {
    for (let next = a[at]; next !== undefined && compare(next, one) < 0; next = a[++at]) merged.push(next);
    merged.push(one);
  }
  for (; at < a.length; at++) {
    const next = a[at];
    if (next !== undefined) merged.push(next);
  }
  return merged;
}
