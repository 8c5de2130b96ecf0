import type { ChainId, DeviceId, Digest } from "../../../shared/ids.ts";
import type { AuditEvent } from "../../engine/audit-events.ts";
import type { LedgerListing, LedgerRecord } from "../../engine/ports.ts";
import type { Journal } from "./journal.ts";

/** What tablets say of themselves: every ledger that was read, the entries of the newest of each chain, and what lay in an outbox last. */
export class Ledgers {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  highest(device: DeviceId, chain: ChainId): { no: number; digests: readonly Digest[] } | null {
    const rows = this.#journal.all<{ no: number; digest: Digest }>(
      `SELECT no, digest FROM ledgers WHERE device = @device AND chain = @chain
       AND no = (SELECT max(no) FROM ledgers WHERE device = @device AND chain = @chain)`,
      { device, chain },
    );
    const [first] = rows;
    return first === undefined ? null : { no: first.no, digests: rows.map((row) => row.digest) };
  }

  save(ledger: LedgerRecord, event: AuditEvent): void {
    const { device, chain } = ledger;
    this.#journal.change(event, () => {
      const highest = this.highest(device, chain);
      this.#journal.run(
        `INSERT INTO ledgers (device, chain, no, digest, head, made_utc, made_offset, older, cose, read_at)
         VALUES (@device, @chain, @no, @digest, @head, @madeUtc, @madeOffset, @older, @cose, @readAt) ON CONFLICT DO NOTHING`,
        { ...ledger, entries: null, older: JSON.stringify(ledger.older), readAt: this.#journal.time() },
      );
      if (highest !== null && ledger.no < highest.no) return;
      for (const one of [...ledger.older, { chain, head: ledger.head }])
        this.#journal.run(
          `INSERT INTO chains (device, chain, head) VALUES (?, ?, ?)
           ON CONFLICT (device, chain) DO UPDATE SET head = max(head, excluded.head)`,
          device,
          one.chain,
          one.head,
        );
      this.#journal.run("DELETE FROM entries WHERE device = ? AND chain = ?", device, chain);
      for (const entry of ledger.entries)
        this.#journal.run(
          `INSERT INTO entries (device, chain, seq, manifest, length, state, synced_utc, synced_offset, acknowledged, found)
           VALUES (@device, @chain, @seq, @manifest, @length, @state, @syncedUtc, @syncedOffset, @acknowledged, @found)`,
          { ...entry, device, chain, acknowledged: Number(entry.acknowledged), found: Number(entry.found) },
        );
      this.#journal.run(
        `INSERT INTO sent_marks
           SELECT device, chain, seq, manifest, synced_utc, synced_offset FROM entries
           WHERE device = ? AND chain = ? AND synced_utc IS NOT NULL AND synced_offset IS NOT NULL
         ON CONFLICT DO NOTHING`,
        device,
        chain,
      );
    });
  }

  saveOutbox(device: DeviceId, present: readonly { readonly chain: ChainId; readonly seq: number }[]): void {
    this.#journal.change(null, () => {
      this.#journal.run("DELETE FROM on_tablet WHERE device = ?", device);
      for (const { chain, seq } of present)
        this.#journal.run(
          "INSERT INTO on_tablet (device, chain, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
          device,
          chain,
          seq,
        );
      this.#journal.run(
        `UPDATE entries AS e SET found = EXISTS (
           SELECT 1 FROM on_tablet o WHERE o.device = e.device AND o.chain = e.chain AND o.seq = e.seq)
         WHERE device = ?`,
        device,
      );
    });
  }

  entries(device: DeviceId): readonly LedgerListing[] {
    return this.#journal.all("SELECT chain, seq, manifest, length FROM entries WHERE device = ?", device);
  }
}
