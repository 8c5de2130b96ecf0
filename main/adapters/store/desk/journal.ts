import type { Database, Statement } from "better-sqlite3";
import type { AuditEvent } from "../../../engine/audit-events.ts";
import type { Audit } from "../audit.ts";
import { orDiskError } from "../failures.ts";

/** The store's one connection, with its statements kept, for the parts of the store that serve the windows. */
export class Journal {
  readonly db: Database;
  readonly #audit: Audit;
  readonly #now: () => Date;
  readonly #statements = new Map<string, Statement>();

  constructor(db: Database, audit: Audit, now: () => Date) {
    this.db = db;
    this.#audit = audit;
    this.#now = now;
  }

  #sql(text: string): Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const made = this.db.prepare(text);
    this.#statements.set(text, made);
    return made;
  }

  safely = <T>(work: () => T): T => orDiskError(this.db.name, work);

  get = <T>(text: string, ...values: unknown[]): T | undefined =>
    this.safely(() => this.#sql(text).get(...values) as T | undefined);
  all = <T>(text: string, ...values: unknown[]): T[] =>
    this.safely(() => this.#sql(text).all(...values) as T[]);
  run = (text: string, ...values: unknown[]): number =>
    this.safely(() => Number(this.#sql(text).run(...values).lastInsertRowid));

  /** RFC 3339, UTC. */
  time = (): string => this.#now().toISOString();
  now = (): Date => this.#now();

  /** One transaction, with its audit line where it has one. */
  change<T>(event: AuditEvent | ((value: T) => AuditEvent) | null, work: () => T): T {
    const change = this.db.transaction(() => {
      const value = work();
      if (event !== null) this.#audit.append(typeof event === "function" ? event(value) : event);
      return value;
    });
    return this.safely(() => change.immediate());
  }
}
