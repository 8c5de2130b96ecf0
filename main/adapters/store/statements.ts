import type { Database, Statement } from "better-sqlite3";

/** The statements of one connection, each prepared when it is first asked for. */
export class Statements {
  readonly #db: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(db: Database) {
    this.#db = db;
  }

  of(text: string): Statement {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const made = this.#db.prepare(text);
    this.#prepared.set(text, made);
    return made;
  }
}
