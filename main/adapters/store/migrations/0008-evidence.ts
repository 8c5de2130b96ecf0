import type { Database } from "better-sqlite3";
import { parseSign1 } from "../../../formats/cose.ts";
import { parseLedger } from "../../../formats/ledger.ts";

/**
 * Evidence, not memory: damage of staged files, what the file system said when they were last read whole, and every digest that a
 * ledger or a believed manifest ever named beside those that the ledgers in force list. Never edited once it has shipped.
 */
const evidence = `
ALTER TABLE batches ADD COLUMN damage TEXT CHECK (damage IN ('missing', 'wrong-length', 'changed', 'unreadable'));
ALTER TABLE batches ADD COLUMN damaged_at TEXT;
ALTER TABLE batches ADD COLUMN manifest_length INTEGER;
ALTER TABLE batches ADD COLUMN stamps TEXT;
CREATE INDEX batches_damaged ON batches (device) WHERE damage IS NOT NULL;
CREATE TRIGGER batches_damage_changed AFTER UPDATE OF damage ON batches WHEN OLD.damage IS NOT NEW.damage BEGIN
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;

ALTER TABLE on_tablet ADD COLUMN manifest TEXT;

CREATE TABLE named (
  device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, manifest TEXT NOT NULL, length INTEGER NOT NULL,
  acknowledged INTEGER NOT NULL, listed INTEGER NOT NULL, PRIMARY KEY (device, chain, seq, manifest)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER named_new AFTER INSERT ON named BEGIN
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;
CREATE TRIGGER named_gone AFTER DELETE ON named BEGIN
  INSERT INTO stale SELECT OLD.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = OLD.device);
END;
`;

/** Ledgers that were read before this version: what they listed and the ledgers in force do not is named from now on too. */
function nameOlderListings(db: Database): void {
  const listed = db.prepare(
    "SELECT 1 FROM entries WHERE device = ? AND chain = ? AND seq = ? AND manifest = ?",
  );
  const add = db.prepare(
    "INSERT INTO named (device, chain, seq, manifest, length, acknowledged, listed) VALUES (?, ?, ?, ?, ?, 0, 1) ON CONFLICT DO NOTHING",
  );
  const ledgers = db.prepare("SELECT device, chain, cose FROM ledgers").all();
  for (const row of ledgers as { device: string; chain: string; cose: Uint8Array }[]) {
    const object = parseSign1(row.cose, "ledger");
    const ledger = object.ok ? parseLedger(object.value.payload) : object;
    if (!ledger.ok) continue;
    for (const { seq, manifest, length } of ledger.value.entries)
      if (listed.get(row.device, row.chain, seq, manifest) === undefined)
        add.run(row.device, row.chain, seq, manifest, length);
  }
}

export function addEvidence(db: Database): void {
  db.exec(evidence);
  nameOlderListings(db);
}
