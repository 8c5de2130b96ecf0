import type { Database } from "better-sqlite3";
import type { Digest } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { AuditEvent, AuditLine, AuditType } from "../../engine/ports.ts";
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

/** The hash-chained log of one store. */
export class Audit {
  readonly #db: Database;
  readonly #now: () => Date;

  constructor(db: Database, now: () => Date) {
    this.#db = db;
    this.#now = now;
  }

  /** Adds a line; call it inside the transaction that does what the line tells. */
  append(event: AuditEvent): void {
    const last = this.#db.prepare("SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1").get() as
      | Pick<Row, "no" | "hash">
      | undefined;
    const row = {
      no: (last?.no ?? 0) + 1,
      at: this.#now().toISOString(),
      type: event.type,
      data: JSON.stringify(event.data),
      prev: last?.hash ?? START,
    };
    this.#db
      .prepare(
        "INSERT INTO audit (no, at, type, data, prev, hash) VALUES (@no, @at, @type, @data, @prev, @hash)",
      )
      .run({ ...row, hash: hashOf(row) });
  }

  *lines(): IterableIterator<AuditLine> {
    for (const row of this.#rows())
      yield {
        no: row.no,
        at: row.at,
        type: row.type as AuditType,
        data: JSON.parse(row.data),
        hash: row.hash as Digest,
      };
  }

  /** Walks the chain. Value: lines; error: the first line that is not where, or not what, its predecessor says. */
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
    for (let after = -1; ; ) {
      const rows = page.all(after) as Row[];
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.no;
    }
  }
}
