import Database from "better-sqlite3";

/**
 * Fills the store of one unloaded tablet with as many others as wanted, by copying its rows: other devices, districts, days, lengths, marks and
 * answers, so that every filter finds something, much or little.
 */

/** Batches of each tablet, as in fixtures/windows/country.ts. */
export const BATCHES_PER_TABLET = 60;

export function fillWithTablets(file: string, tablets: number): void {
  const db = new Database(file);
  db.pragma("synchronous = OFF");
  db.transaction(() => {
    db.exec(`CREATE TEMP TABLE n AS WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${tablets})
      SELECT n, lower(hex(zeroblob(12))) || printf('%08x', n * 2654435761 % 4294967296) AS device FROM n`);
    // A number below 10,000 for each batch, the same every time.
    const dice = "((n * 7919 + seq * 104729 + n * seq * 31) % 10007)";
    db.exec(`INSERT INTO batches (device, chain, seq, manifest, prev, length, campaign, area, made_utc, made_offset, records, source, staged_at, centre, answered_at)
      SELECT n.device, chain, seq, manifest, prev, 40000 + ${dice} * 19, campaign, 271000000 + n % 13 * 1000000, made_utc, made_offset, records, source,
        strftime('%Y-%m-%dT%H:%M:%SZ', 1634000000 + n % 22 * 86400 + n % 977 * 29 + seq, 'unixepoch'),
        CASE WHEN ${dice} < 8800 THEN 'accepted' WHEN ${dice} < 8810 THEN 'conflict' END,
        CASE WHEN ${dice} < 8810 THEN '2021-11-09T06:00:00Z' END
      FROM n, (SELECT * FROM batches WHERE device <> '') WHERE ${dice} < 9950`);
    db.exec(`INSERT INTO entries (device, chain, seq, manifest, length, state, synced_utc, synced_offset, acknowledged, found)
      SELECT n.device, chain, seq, manifest, length, CASE WHEN ${dice} % 5 = 0 THEN 'sent' ELSE 'pending' END, NULL, NULL,
        ${dice} BETWEEN 4000 AND 4400, ${dice} < 9990 FROM n, (SELECT * FROM entries)`);
    db.exec(
      "INSERT INTO chains (device, chain, head) SELECT n.device, chain, head FROM n, (SELECT * FROM chains)",
    );
    db.exec(`INSERT INTO quarantine (device, chain, seq, manifest, believed, ledger_device, reason, manifest_file, file, has_manifest, body_bytes, source, since)
      SELECT n.device, chain, seq, manifest, 1, n.device, CASE n % 3 WHEN 0 THEN 'chunk-mismatch' WHEN 1 THEN 'signature-invalid' ELSE 'certificate-expired' END,
        manifest, n.device || seq, 0, 1000, 'folder:/card', '2021-10-12T06:00:00Z'
      FROM n, (SELECT chain, seq, manifest FROM entries LIMIT 60) WHERE n % 97 = 5 AND seq = 31 OR ${dice} >= 9995`);
  })();
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
}

/** Names for the tablets of `fillWithTablets`, which have no certificate that could be read. */
export function nameTablets(file: string): void {
  const db = new Database(file);
  db.exec("UPDATE tablets SET name = printf('%05d', no * 7919 % 27409) WHERE name IS NULL AND device <> ''");
  db.close();
}
