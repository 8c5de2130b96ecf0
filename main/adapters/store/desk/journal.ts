import type { Database } from "better-sqlite3";
import type { AuditEvent } from "../../../engine/audit-events.ts";
import type { Audit } from "../audit.ts";
import { orDiskError } from "../failures.ts";
import { Statements } from "../statements.ts";

/** The store's one connection, with its statements kept, for the parts of the store that serve the windows. */
export class Journal {
  readonly db: Database;
  readonly #audit: Audit;
  readonly #now: () => Date;
  readonly #statements: Statements;

  constructor(db: Database, audit: Audit, now: () => Date) {
    this.db = db;
    this.#statements = new Statements(db);
    this.#audit = audit;
    this.#now = now;
  }

  safely = <T>(work: () => T): T => orDiskError(this.db.name, work);

  get = <T>(text: string, ...values: unknown[]): T | undefined =>
    this.safely(() => this.#statements.of(text).get(...values) as T | undefined);
  all = <T>(text: string, ...values: unknown[]): T[] =>
    this.safely(() => this.#statements.of(text).all(...values) as T[]);
  run = (text: string, ...values: unknown[]): number =>
    this.safely(() => Number(this.#statements.of(text).run(...values).lastInsertRowid));

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
