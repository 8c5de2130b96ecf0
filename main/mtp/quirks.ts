import { OPERATION } from "./codes.ts";

/**
 * What sessions found out about one tablet: operations that it offers and that do not work, and objects on which it stopped answering.
 * Only how an object is asked for follows from it, never whether it counts; so a wrong entry costs time and nothing else.
 */

/**
 * Ways to read an object, in the order in which they are tried: each gives up what tablets are known to hang on. `narrow`: with 32-bit offsets where
 * that is possible, and in parts that are no whole number of packets.
 */
const WAYS = ["plain", "narrow", "whole"] as const;
export type Way = (typeof WAYS)[number];

/** Operations that have a substitute. */
const REPLACEABLE: ReadonlySet<number> = new Set([
  OPERATION.getPartialObject64,
  OPERATION.getPartialObject,
  OPERATION.getObjectPropList,
]);
/** An operation that has never worked and after which the tablet stopped answering so many times is not asked for any more. */
const MAX_SUSPICIONS = 2;
/** Objects remembered of one tablet; the oldest are forgotten. */
const MAX_OBJECTS = 1_000;

/** Kept in JSON, and exchanged between stations. */
export interface QuirksRecord {
  /** Numbers of operations that are offered and do not work, as in main/mtp/codes.ts. */
  readonly avoid: readonly number[];
  /** Numbers of operations that have worked: a later failure is not their fault. */
  readonly works: readonly number[];
  /** Operations that have never worked, and how often the tablet stopped answering after them. */
  readonly suspects: readonly (readonly [number, number])[];
  /** Objects that the tablet stopped answering on, by their key, and how often. */
  readonly hangs: readonly (readonly [string, number])[];
}

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value);
const isText = (value: unknown): value is string => typeof value === "string";
const listOf = <T>(value: unknown, is: (item: unknown) => item is T): readonly T[] =>
  Array.isArray(value) ? value.filter(is) : [];
const isPair =
  <T>(is: (item: unknown) => item is T) =>
  (value: unknown): value is readonly [T, number] =>
    Array.isArray(value) && value.length === 2 && is(value[0]) && isNumber(value[1]);

/** Reads a kept record; what is no record is as if nothing had been kept. */
export function parseQuirks(text: string | null): QuirksRecord {
  let kept: Readonly<Record<string, unknown>> = {};
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value === "object" && value !== null) kept = value as typeof kept;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return {
    avoid: listOf(kept.avoid, isNumber),
    works: listOf(kept.works, isNumber),
    suspects: listOf(kept.suspects, isPair(isNumber)),
    hangs: listOf(kept.hangs, isPair(isText)),
  };
}

export class Quirks {
  readonly #avoid: Set<number>;
  readonly #worked: Set<number>;
  readonly #suspects: Map<number, number>;
  readonly #hangs: Map<string, number>;
  readonly #keep: (record: QuirksRecord) => void;

  constructor(record: QuirksRecord = parseQuirks(null), keep: (record: QuirksRecord) => void = () => {}) {
    this.#avoid = new Set(record.avoid.filter((one) => REPLACEABLE.has(one)));
    this.#worked = new Set(record.works.filter((one) => REPLACEABLE.has(one)));
    this.#suspects = new Map(record.suspects);
    this.#hangs = new Map(record.hangs.slice(-MAX_OBJECTS));
    this.#keep = keep;
  }

  avoids(operation: number): boolean {
    return this.#avoid.has(operation);
  }

  /** The operation gave what it promises, so a later failure is not its fault. */
  worked(operation: number): void {
    if (!REPLACEABLE.has(operation) || this.#worked.has(operation)) return;
    this.#worked.add(operation);
    this.#keep(this.record);
  }

  /** Whether the operation has ever worked. */
  hasWorked(operation: number): boolean {
    return this.#worked.has(operation);
  }

  /** The operation is offered and does not work. */
  failed(operation: number): void {
    if (!REPLACEABLE.has(operation) || this.#worked.has(operation) || this.#avoid.has(operation)) return;
    this.#avoid.add(operation);
    this.#keep(this.record);
  }

  /** The tablet stopped answering after this operation. */
  suspect(operation: number): void {
    if (!REPLACEABLE.has(operation) || this.#worked.has(operation)) return;
    const times = (this.#suspects.get(operation) ?? 0) + 1;
    this.#suspects.set(operation, times);
    this.#keep(this.record);
    if (times >= MAX_SUSPICIONS) this.failed(operation);
  }

  /** The tablet stopped answering on an object. */
  hung(object: string): void {
    const times = (this.#hangs.get(object) ?? 0) + 1;
    this.#hangs.delete(object);
    this.#hangs.set(object, times);
    for (const oldest of this.#hangs.keys()) {
      if (this.#hangs.size <= MAX_OBJECTS) break;
      this.#hangs.delete(oldest);
    }
    this.#keep(this.record);
  }

  /** Whether the tablet stopped answering on this object before: it comes last. */
  isHard(object: string): boolean {
    return this.#hangs.has(object);
  }

  /**
   * How to ask for an object this time. After the last way the first is tried again: what failed may have been the cable. `isEarly`: others are read
   * after it, so every second time it is skipped and they are read in any case; the skipping counts as a hang.
   */
  wayOf(object: string, isEarly: boolean): Way | "skip" {
    const hangs = this.#hangs.get(object) ?? 0;
    if (isEarly && hangs % 2 === 1) return "skip";
    return WAYS[(isEarly ? hangs / 2 : hangs) % WAYS.length] ?? "plain";
  }

  get record(): QuirksRecord {
    const ascending = (numbers: Iterable<number>) => [...numbers].toSorted((a, b) => a - b);
    return {
      avoid: ascending(this.#avoid),
      works: ascending(this.#worked),
      suspects: [...this.#suspects],
      hangs: [...this.#hangs],
    };
  }
}
