import type { AuditEvent } from "../../engine/audit-events.ts";
import type { BatchName, CentreAck, CentreBook, HeldAck } from "../../engine/ports-centre.ts";
import { IS_DOUBTED } from "./answers.ts";
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

  forget(event: AuditEvent): void {
    this.#journal.change(event, () => {
      // What was answered for and is in doubt from now on waits again.
      this.#journal.run(
        `UPDATE sending SET batches = batches + d.many, bytes = bytes + d.size FROM (
           SELECT count(*) AS many, coalesce(sum(length), 0) AS size FROM batches
           WHERE centre IN ('accepted', 'already-there') AND NOT ${IS_DOUBTED}) AS d`,
      );
      this.#journal.run("INSERT OR IGNORE INTO facts (name, value) VALUES ('centre-forgot', '1')");
      this.#journal.run(
        `INSERT INTO facts (name, value) SELECT 'centre-doubt', coalesce(max(no), 0) FROM audit WHERE true
         ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      );
      this.#journal.run(
        "INSERT OR IGNORE INTO stale (device) SELECT DISTINCT device FROM batches WHERE centre IS NOT NULL",
      );
    });
  }

  offered(): void {
    this.#journal.change(null, () => this.#journal.run("DELETE FROM facts WHERE name = 'centre-forgot'"));
  }

  isDoubted(): boolean {
    return this.#journal.get("SELECT 1 FROM facts WHERE name = 'centre-doubt'") !== undefined;
  }

  bar({ device, chain, seq }: BatchName, barred: boolean): void {
    const at = [device, chain, seq, Number(barred)] as const;
    const known = "FROM batches WHERE device = ? AND chain = ? AND seq = ? AND barred = ?";
    if (this.#journal.get(`SELECT 1 ${known}`, ...at) !== undefined) return;
    this.#journal.change(null, () =>
      this.#journal.run(
        "UPDATE batches SET barred = ? WHERE device = ? AND chain = ? AND seq = ?",
        ...[Number(barred), device, chain, seq],
      ),
    );
  }

  *heldAcks(): Generator<CentreAck & { readonly counts: boolean }> {
    let after = { device: "", chain: "", seq: 0, manifest: "" };
    for (;;) {
      const page = this.#journal.all<CentreAck & { acked: number | null }>(
        `SELECT a.device, a.chain, a.seq, a.manifest, a.cose, b.acked FROM acks a
         LEFT JOIN batches b ON b.device = a.device AND b.chain = a.chain AND b.seq = a.seq AND b.manifest = a.manifest
         WHERE (a.device, a.chain, a.seq, a.manifest) > (@device, @chain, @seq, @manifest)
         ORDER BY a.device, a.chain, a.seq, a.manifest LIMIT 500`,
        after,
      );
      for (const { acked, ...ack } of page) yield { ...ack, counts: acked === 1 };
      const last = page.at(-1);
      if (last === undefined) return;
      after = { device: last.device, chain: last.chain, seq: last.seq, manifest: last.manifest };
    }
  }

  countAck({ device, chain, seq, manifest }: BatchName, counts: boolean): void {
    this.#journal.change(null, () =>
      this.#journal.run(
        "UPDATE batches SET acked = ? WHERE device = ? AND chain = ? AND seq = ? AND manifest = ?",
        ...[Number(counts), device, chain, seq, manifest],
      ),
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
