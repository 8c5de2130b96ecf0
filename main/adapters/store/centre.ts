import type { Database } from "better-sqlite3";
import type { AuditEvent } from "../../engine/audit-events.ts";
import type { BatchName, CentreBook, HeldAck } from "../../engine/ports-centre.ts";
import type { Audit } from "./audit.ts";
import { orDiskError } from "./failures.ts";

/** What the store keeps of the centre beside its answers: the acknowledgements. */
export class CentreStore implements CentreBook {
  readonly #db: Database;
  readonly #audit: Audit;
  readonly #now: () => Date;

  constructor(db: Database, audit: Audit, now: () => Date) {
    this.#db = db;
    this.#audit = audit;
    this.#now = now;
  }

  awaitingAck(after: BatchName | null, limit: number): readonly BatchName[] {
    return orDiskError(this.#db.name, () => {
      const from =
        after === null
          ? 0
          : this.#db
              .prepare("SELECT no FROM batches WHERE device = @device AND chain = @chain AND seq = @seq")
              .pluck()
              .get(after);
      return this.#db
        .prepare(
          `SELECT device, chain, seq, manifest FROM batches
           WHERE no > ? AND acked = 0 AND centre IN ('accepted', 'already-there') ORDER BY no LIMIT ?`,
        )
        .all(from, limit) as BatchName[];
    });
  }

  keepAcks(acks: readonly HeldAck[], event: AuditEvent): void {
    const fetchedAt = this.#now().toISOString();
    const keep = this.#db.prepare(
      `INSERT INTO acks (device, chain, seq, manifest, cose, received_utc, received_offset, fetched_at)
       VALUES (@device, @chain, @seq, @manifest, @cose, @utc, @offset, @fetchedAt) ON CONFLICT DO NOTHING`,
    );
    const mark = this.#db.prepare(
      "UPDATE batches SET acked = 1 WHERE device = @device AND chain = @chain AND seq = @seq AND manifest = @manifest",
    );
    // The books of the windows follow (0002-desk.ts): a verdict may be another one now.
    const stale = this.#db.prepare("INSERT INTO stale (device) VALUES (?) ON CONFLICT DO NOTHING");
    const change = this.#db.transaction(() => {
      for (const { device, chain, seq, manifest, cose, received } of acks) {
        const name = { device, chain, seq, manifest };
        keep.run({ ...name, cose, ...received, fetchedAt });
        mark.run(name);
        stale.run(device);
      }
      this.#audit.append(event);
    });
    orDiskError(this.#db.name, () => change.immediate());
  }

  ackOf(batch: BatchName): Uint8Array | null {
    const { device, chain, seq, manifest } = batch;
    const row = orDiskError(this.#db.name, () =>
      this.#db
        .prepare("SELECT cose FROM acks WHERE device = ? AND chain = ? AND seq = ? AND manifest = ?")
        .pluck()
        .get(device, chain, seq, manifest),
    );
    return (row as Uint8Array | undefined) ?? null;
  }
}
