import type { AuditEvent } from "../../engine/audit-events.ts";
import type { BatchName, CentreBook, HeldAck } from "../../engine/ports-centre.ts";
import type { Journal } from "./journal.ts";

/** What the store keeps of the centre beside its answers: the acknowledgements. */
export class CentreStore implements CentreBook {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  lastAnswered(
    answer: "accepted" | "already-there",
    limit: number,
    skip: number,
  ): readonly (BatchName & { readonly length: number })[] {
    return this.#journal.all(
      `SELECT device, chain, seq, manifest, length FROM batches
       WHERE centre = ? ORDER BY answered_line DESC LIMIT ? OFFSET ?`,
      ...[answer, limit, skip],
    );
  }

  owesOffer(): boolean {
    return this.#journal.get("SELECT value FROM facts WHERE name = 'centre-forgot'") !== undefined;
  }

  oweOffer(owed: boolean): void {
    this.#journal.change(null, () =>
      owed
        ? this.#journal.run("INSERT OR IGNORE INTO facts (name, value) VALUES ('centre-forgot', '1')")
        : this.#journal.run("DELETE FROM facts WHERE name = 'centre-forgot'"),
    );
  }

  awaitingAck(after: BatchName | null, limit: number): readonly BatchName[] {
    const from =
      after === null
        ? 0
        : this.#journal.get<{ no: number }>(
            "SELECT no FROM batches WHERE device = @device AND chain = @chain AND seq = @seq",
            after,
          )?.no;
    return this.#journal.all(
      `SELECT device, chain, seq, manifest FROM batches
       WHERE no > ? AND acked = 0 AND centre IN ('accepted', 'already-there') ORDER BY no LIMIT ?`,
      from,
      limit,
    );
  }

  keepAcks(acks: readonly HeldAck[], event: AuditEvent): void {
    const fetchedAt = this.#journal.time();
    this.#journal.change(event, () => {
      for (const { device, chain, seq, manifest, cose, received } of acks) {
        const name = { device, chain, seq, manifest };
        this.#journal.run(
          `INSERT INTO acks (device, chain, seq, manifest, cose, received_utc, received_offset, fetched_at)
           VALUES (@device, @chain, @seq, @manifest, @cose, @utc, @offset, @fetchedAt) ON CONFLICT DO NOTHING`,
          { ...name, cose, ...received, fetchedAt },
        );
        this.#journal.run(
          "UPDATE batches SET acked = 1 WHERE device = @device AND chain = @chain AND seq = @seq AND manifest = @manifest",
          name,
        );
        // The books of the windows follow (0002-desk.ts): a verdict may be another one now.
        this.#journal.run("INSERT INTO stale (device) VALUES (?) ON CONFLICT DO NOTHING", device);
      }
    });
  }

  ackOf(batch: BatchName): Uint8Array | null {
    const row = this.#journal.get<{ cose: Uint8Array }>(
      "SELECT cose FROM acks WHERE device = @device AND chain = @chain AND seq = @seq AND manifest = @manifest",
      (({ device, chain, seq, manifest }) => ({ device, chain, seq, manifest }))(batch),
    );
    return row?.cose ?? null;
  }
}
