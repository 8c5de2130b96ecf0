import type { Database } from "better-sqlite3";
import type { AuditEvent } from "../../engine/audit-events.ts";
import { Audit } from "./audit.ts";
import { orDiskError } from "./failures.ts";
import { Statements } from "./statements.ts";

/**
 * The number after the highest given out in a table, and after `numbers-from`, which a restored store sets so that it never repeats a
 * number that the original gave out after its backup. Every table whose numbers leave the store takes them from here.
 */
export const NEXT_NO = `max(coalesce(max(no), 0), coalesce((SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'numbers-from'), 0)) + 1`;

/** The store's one connection with its statements kept and its log: what every part of the store stands on. */
export class Journal {
  readonly db: Database;
  readonly audit: Audit;
  readonly #now: () => Date;
  readonly #statements: Statements;

  constructor(db: Database, now: () => Date) {
    this.db = db;
    this.audit = new Audit(db, now);
    this.#statements = new Statements(db);
    this.#now = now;
  }

  /** Runs `work`; what the disk refuses is thrown as a DiskError. */
  safely = <T>(work: () => T): T => orDiskError(this.db.name, work);

  get = <T>(text: string, ...values: unknown[]): T | undefined =>
    this.safely(() => this.#statements.of(text).get(...values) as T | undefined);
  all = <T>(text: string, ...values: unknown[]): T[] =>
    this.safely(() => this.#statements.of(text).all(...values) as T[]);
  run = (text: string, ...values: unknown[]): number =>
    this.safely(() => Number(this.#statements.of(text).run(...values).lastInsertRowid));

  /** The next number of a table that counts for the outside. Within the transaction that uses it. */
  nextNo = (table: "receipts" | "acts" | "bags" | "imports"): number =>
    this.get<{ no: number }>(`SELECT ${NEXT_NO} AS no FROM ${table}`)?.no ?? 1;

  /** RFC 3339, UTC. */
  time = (): string => this.#now().toISOString();
  now = (): Date => this.#now();

  /** One transaction, with its audit line where it has one; a change that finds out only then whether it has tells it itself, with `audit`. */
  change<T>(event: AuditEvent | ((value: T) => AuditEvent) | null, work: () => T): T {
    const change = this.db.transaction(() => {
      if (event !== null) this.audit.begin(); // Triggers take the next number for the number of this change's line.
      const value = work();
      if (event !== null) this.audit.append(typeof event === "function" ? event(value) : event);
      return value;
    });
    return this.safely(() => change.immediate());
  }
}
