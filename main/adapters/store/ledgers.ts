import type { ChainId, DeviceId, Digest } from "../../../shared/ids.ts";
import type { AuditEvent } from "../../engine/audit-events.ts";
import type { LedgerListing, LedgerRecord, NamedBatch, OutboxListing } from "../../engine/ports.ts";
import type { Journal } from "./journal.ts";

const listingsOf = (
  rows: readonly (Omit<LedgerListing, "acknowledged"> & { readonly acknowledged: number })[],
): readonly LedgerListing[] => rows.map((row) => ({ ...row, acknowledged: row.acknowledged === 1 }));

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
      if (highest !== null && ledger.no < highest.no) {
        this.#nameUnlisted(device, chain, ledger.entries);
        return;
      }
      for (const one of [...ledger.older, { chain, head: ledger.head }])
        this.#journal.run(
          `INSERT INTO chains (device, chain, head) VALUES (?, ?, ?)
           ON CONFLICT (device, chain) DO UPDATE SET head = max(head, excluded.head)`,
          device,
          one.chain,
          one.head,
        );
      const before = this.#listings(device, chain);
      this.#journal.run("DELETE FROM entries WHERE device = ? AND chain = ?", device, chain);
      for (const entry of ledger.entries)
        this.#journal.run(
          `INSERT INTO entries (device, chain, seq, manifest, length, state, synced_utc, synced_offset, acknowledged, found)
           VALUES (@device, @chain, @seq, @manifest, @length, @state, @syncedUtc, @syncedOffset, @acknowledged, @found)`,
          { ...entry, device, chain, acknowledged: Number(entry.acknowledged), found: Number(entry.found) },
        );
      this.#nameUnlisted(device, chain, before);
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

  /** Remembers those of these entries that the ledger in force does not list, and takes off what it lists now. */
  #nameUnlisted(
    device: DeviceId,
    chain: ChainId,
    entries: readonly Pick<LedgerListing, "seq" | "manifest" | "length" | "acknowledged">[],
  ): void {
    const inForce = new Map(this.#listings(device, chain).map((one) => [one.seq, one.manifest]));
    this.saveNamed(
      device,
      entries
        .filter((one) => inForce.get(one.seq) !== one.manifest)
        .map(({ seq, manifest, length, acknowledged }) => ({
          chain,
          seq,
          manifest,
          length,
          acknowledged,
          isListed: true,
        })),
    );
    this.#journal.run(
      `DELETE FROM named AS n WHERE device = ? AND chain = ? AND EXISTS (
         SELECT 1 FROM entries e WHERE e.device = n.device AND e.chain = n.chain AND e.seq = n.seq AND e.manifest = n.manifest)`,
      device,
      chain,
    );
  }

  #listings(device: DeviceId, chain: ChainId): readonly LedgerListing[] {
    return listingsOf(
      this.#journal.all(
        "SELECT chain, seq, manifest, length, acknowledged FROM entries WHERE device = ? AND chain = ?",
        device,
        chain,
      ),
    );
  }

  *inForce(): Generator<{ device: DeviceId; chain: ChainId; cose: Uint8Array }> {
    const chains = this.#journal.all<{ device: DeviceId; chain: ChainId }>(
      "SELECT DISTINCT device, chain FROM entries WHERE state = 'acknowledged'",
    );
    for (const { device, chain } of chains) {
      const row = this.#journal.get<{ cose: Uint8Array }>(
        `SELECT cose FROM ledgers WHERE device = @device AND chain = @chain
         AND no = (SELECT max(no) FROM ledgers WHERE device = @device AND chain = @chain) ORDER BY read_at DESC LIMIT 1`,
        { device, chain },
      );
      if (row !== undefined) yield { device, chain, cose: row.cose };
    }
  }

  countAcknowledged(device: DeviceId, chain: ChainId, seqs: ReadonlySet<number>): void {
    const changed = this.#journal
      .all<{ seq: number; acknowledged: number }>(
        "SELECT seq, acknowledged FROM entries WHERE device = ? AND chain = ? AND state = 'acknowledged'",
        device,
        chain,
      )
      .filter((one) => seqs.has(one.seq) !== (one.acknowledged === 1));
    if (changed.length === 0) return;
    this.#journal.change(null, () => {
      for (const { seq } of changed)
        this.#journal.run(
          "UPDATE entries SET acknowledged = ? WHERE device = ? AND chain = ? AND seq = ?",
          ...[Number(seqs.has(seq)), device, chain, seq],
        );
      this.#journal.run("INSERT INTO stale (device) VALUES (?) ON CONFLICT DO NOTHING", device);
    });
  }

  heads(device: DeviceId): readonly { chain: ChainId; head: number }[] {
    return this.#journal.all("SELECT chain, head FROM chains WHERE device = ? ORDER BY chain", device);
  }

  named(device: DeviceId): readonly NamedBatch[] {
    const rows = this.#journal.all<Omit<NamedBatch, "acknowledged" | "isListed"> & { a: number; l: number }>(
      `SELECT chain, seq, manifest, length, acknowledged AS a, listed AS l FROM named
       WHERE device = ? ORDER BY chain, seq, manifest`,
      device,
    );
    return rows.map(({ a, l, ...row }) => ({ ...row, acknowledged: a === 1, isListed: l === 1 }));
  }

  saveNamed(device: DeviceId, named: readonly NamedBatch[]): void {
    if (named.length === 0) return;
    this.#journal.change(null, () => {
      for (const one of named)
        this.#journal.run(
          `INSERT INTO named (device, chain, seq, manifest, length, acknowledged, listed)
           VALUES (@device, @chain, @seq, @manifest, @length, @acknowledged, @listed)
           ON CONFLICT DO UPDATE SET acknowledged = max(acknowledged, excluded.acknowledged), listed = max(listed, excluded.listed)
           WHERE excluded.acknowledged > acknowledged OR excluded.listed > listed`,
          { ...one, device, acknowledged: Number(one.acknowledged), listed: Number(one.isListed) },
        );
    });
  }

  saveOutbox(device: DeviceId, present: readonly OutboxListing[]): void {
    this.#journal.change(null, () => {
      this.#journal.run("DELETE FROM on_tablet WHERE device = ?", device);
      for (const { chain, seq, manifest } of present)
        this.#journal.run(
          "INSERT INTO on_tablet (device, chain, seq, manifest) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
          device,
          chain,
          seq,
          manifest,
        );
      this.#journal.run(
        `UPDATE entries AS e SET found = EXISTS (
           SELECT 1 FROM on_tablet o WHERE o.device = e.device AND o.chain = e.chain AND o.seq = e.seq
             AND (o.manifest IS NULL OR o.manifest = e.manifest))
         WHERE device = ?`,
        device,
      );
    });
  }

  entries(device: DeviceId): readonly LedgerListing[] {
    return listingsOf(
      this.#journal.all(
        "SELECT chain, seq, manifest, length, acknowledged FROM entries WHERE device = ?",
        device,
      ),
    );
  }
}
