import type { Database, Statement } from "better-sqlite3";
import type { Digest } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { AuditEvent, AuditType } from "../../engine/audit-events.ts";
import type { AuditLine } from "../../engine/ports.ts";
import { encodeCbor } from "../../formats/cbor.ts";
import { sha256 } from "../../formats/sha256.ts";

/** Hash before the first line. */
const START = "0".repeat(64);

interface Row {
  no: number;
  at: string;
  type: string;
  data: string;
  prev: string;
  hash: string;
}

/** SHA-256 of the deterministic CBOR of [no, at, type, data, prev]; `data` is its JSON text as stored. */
const hashOf = (row: Omit<Row, "hash">): Digest =>
  sha256(encodeCbor([row.no, row.at, row.type, row.data, row.prev]));

/** A line's data; as it stands where somebody has made it unreadable, so that the other lines can still be read. */
export function dataOf(text: string): AuditLine["data"] {
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

/** The hash-chained log of one store. */
export class Audit {
  readonly #db: Database;
  readonly #now: () => Date;
  readonly #last: Statement;
  readonly #insert: Statement;

  constructor(db: Database, now: () => Date) {
    this.#db = db;
    this.#now = now;
    this.#last = db.prepare("SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1");
    this.#insert = db.prepare(
      "INSERT INTO audit (no, at, type, data, prev, hash) VALUES (@no, @at, @type, @data, @prev, @hash)",
    );
  }

  /** Adds a line; call it inside the transaction that does what the line tells. */
  append(event: AuditEvent): void {
    const last = this.#last.get() as Pick<Row, "no" | "hash"> | undefined;
    const row = {
      no: (last?.no ?? 0) + 1,
      at: this.#now().toISOString(),
      type: event.type,
      data: JSON.stringify(event.data),
      prev: last?.hash ?? START,
    };
    this.#insert.run({ ...row, hash: hashOf(row) });
  }

  *lines(): IterableIterator<AuditLine> {
    for (const row of this.#rows())
      yield {
        no: row.no,
        at: row.at,
        type: row.type as AuditType,
        data: dataOf(row.data),
        hash: row.hash as Digest,
      };
  }

  /**
   * Walks the chain. Value: lines; error: the first line that is not where, or not what, its predecessor says. Lines cut off at the end
   * leave no trace in what remains.
   */
  verify(): Result<number, { readonly type: "audit-broken"; readonly no: number }> {
    let no = 0;
    let prev = START;
    for (const row of this.#rows()) {
      no++;
      if (row.no !== no || row.prev !== prev || hashOf(row) !== row.hash)
        return err({ type: "audit-broken", no });
      prev = row.hash;
    }
    return ok(no);
  }

  /** In pages, so that other statements may run while somebody reads. */
  *#rows(): Generator<Row> {
    const page = this.#db.prepare("SELECT * FROM audit WHERE no > ? ORDER BY no LIMIT 1000");
    for (let after = Number.MIN_SAFE_INTEGER; ; ) {
      const rows = page.all(after) as Row[];
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.no;
    }
  }
}
