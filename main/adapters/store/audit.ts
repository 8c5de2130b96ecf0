import type { Database, Statement } from "better-sqlite3";
import type { Digest } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { AuditData, AuditEvent, AuditType } from "../../engine/audit-events.ts";
import type { AuditLine } from "../../engine/ports.ts";
import { encodeCbor } from "../../formats/cbor.ts";
import { sha256 } from "../../formats/sha256.ts";
import { orDiskError } from "./failures.ts";
import { bindSums, hasUnbound, hasWitness } from "./witness.ts";

/** Hash before the first line. */
const START = "0".repeat(64);

interface Row {
  no: number;
  at: string;
  type: string;
  data: string;
  prev: string;
  hash: string;
  /** Digest of the rows beside the log (witness.ts); null in lines of versions before it. */
  held: string | null;
}

/** SHA-256 of the deterministic CBOR of [no, at, type, data, prev, held]; `data` is its JSON text as stored. Without `held`, of the first five. */
const hashOf = ({ no, at, type, data, prev, held }: Omit<Row, "hash">): Digest =>
  sha256(encodeCbor(held === null ? [no, at, type, data, prev] : [no, at, type, data, prev, held]));

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
  /** null while the schema is older than the witness. */
  readonly #bind: ((no: number) => string) | null;
  #session: { readonly event: AuditEvent; no: number | null } | null = null;

  constructor(db: Database, now: () => Date) {
    this.#db = db;
    this.#now = now;
    this.#last = db.prepare("SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1");
    this.#bind = hasWitness(db) ? bindSums(db) : null;
    this.#insert = db.prepare(
      this.#bind === null
        ? "INSERT INTO audit (no, at, type, data, prev, hash) VALUES (@no, @at, @type, @data, @prev, @hash)"
        : "INSERT INTO audit (no, at, type, data, prev, hash, held) VALUES (@no, @at, @type, @data, @prev, @hash, @held)",
    );
  }

  /** Number and hash of the last line. */
  last(): { readonly no: number; readonly hash: Digest } | null {
    return (this.#last.get() as { no: number; hash: Digest } | undefined) ?? null;
  }

  beginSession(data: AuditData): void {
    this.#session = { event: { type: "session-begin", data }, no: null };
  }

  /** Number of the session's first line; null where nothing was written in it, or its first transaction was rolled back. */
  #begun(last: number): number | null {
    const no = this.#session?.no ?? null;
    return no !== null && no <= last ? no : null;
  }

  /** Whether anything was written in the session; it is over then. */
  endSession(): boolean {
    if (this.#bind !== null && this.#session !== null && hasUnbound(this.#db)) this.begin();
    const wrote = this.#begun(this.last()?.no ?? 0) !== null;
    this.#session = null;
    return wrote;
  }

  /** Writes the session's first line where it is not there yet; within the transaction whose line comes next. */
  begin(): void {
    const last = this.last();
    if (this.#session === null || this.#begun(last?.no ?? 0) !== null) return;
    this.#session.no = (last?.no ?? 0) + 1;
    this.#add(this.#session.event, last);
  }

  /** Adds a line, and the session's first before it where this is one; call it inside the transaction that does what the line tells. */
  append(event: AuditEvent): void {
    this.begin();
    this.#add(event, this.last());
  }

  #add(event: AuditEvent, last: { readonly no: number; readonly hash: Digest } | null): void {
    const no = (last?.no ?? 0) + 1;
    const row = {
      no,
      at: this.#now().toISOString(),
      type: event.type,
      data: JSON.stringify(event.data),
      prev: last?.hash ?? START,
      held: this.#bind?.(no) ?? null,
    };
    this.#insert.run({ ...row, hash: hashOf(row) });
  }

  *lines(after?: number): IterableIterator<AuditLine> {
    for (const row of this.#rows(after))
      yield {
        no: row.no,
        at: row.at,
        type: row.type as AuditType,
        data: dataOf(row.data),
        held: row.held,
        hash: row.hash as Digest,
      };
  }

  /**
   * Walks the chain, and may be interrupted at every line. Value: lines; error: the first line that is not where, or not what, its
   * predecessor says. Lines cut off at the end leave no trace in what remains.
   */
  *verify(): Generator<undefined, Result<number, { readonly type: "audit-broken"; readonly no: number }>> {
    let no = 0;
    let prev = START;
    let isHolding = false;
    for (const row of this.#rows()) {
      no++;
      if (row.no !== no || row.prev !== prev || hashOf(row) !== row.hash || (isHolding && row.held === null))
        return err({ type: "audit-broken", no });
      prev = row.hash;
      isHolding = row.held !== null;
      yield;
    }
    return ok(no);
  }

  /** In pages, so that other statements may run while somebody reads. */
  *#rows(after = Number.MIN_SAFE_INTEGER): Generator<Row> {
    const page = this.#db.prepare("SELECT * FROM audit WHERE no > ? ORDER BY no LIMIT 1000");
    for (let from = after; ; ) {
      const rows = orDiskError(this.#db.name, () => page.all(from) as Row[]);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) return;
      from = last.no;
    }
  }
}
