/**
 * Bags: what was carried away, what came in, and what other stations said of it. And two things that the newest ledger alone forgets: every mark of
 * sending that a ledger has ever shown, and what lay in a tablet's outbox when it was last looked into. Never edited once it has shipped.
 */
export const carry = `
ALTER TABLE batches ADD COLUMN carried_by TEXT
  GENERATED ALWAYS AS (CASE WHEN source LIKE 'bag:%' THEN substr(source, 5, 32) END) VIRTUAL;

CREATE TABLE sent_marks (
  device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, manifest TEXT NOT NULL, synced_utc INTEGER NOT NULL, synced_offset INTEGER NOT NULL,
  PRIMARY KEY (device, chain, seq, manifest)
) STRICT, WITHOUT ROWID;
INSERT INTO sent_marks
  SELECT device, chain, seq, manifest, synced_utc, synced_offset FROM entries WHERE synced_utc IS NOT NULL AND synced_offset IS NOT NULL;
CREATE TABLE on_tablet (
  device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (device, chain, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER on_tablet_new AFTER INSERT ON on_tablet BEGIN
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;
CREATE TRIGGER on_tablet_gone AFTER DELETE ON on_tablet BEGIN
  INSERT INTO stale SELECT OLD.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = OLD.device);
END;

CREATE TABLE bags (
  no INTEGER PRIMARY KEY, begun_at TEXT NOT NULL, finished_at TEXT, statement TEXT, cose BLOB
) STRICT;
CREATE TABLE bag_items (
  bag INTEGER NOT NULL REFERENCES bags (no), device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, manifest TEXT NOT NULL,
  length INTEGER NOT NULL, PRIMARY KEY (bag, device, chain, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX bag_items_batch ON bag_items (device, chain, seq);

CREATE TABLE bag_receipts (
  digest TEXT PRIMARY KEY, bag INTEGER NOT NULL REFERENCES bags (no), station TEXT NOT NULL, no INTEGER NOT NULL, cose BLOB NOT NULL, taken_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE bag_answers (
  device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, manifest TEXT NOT NULL, station TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('staged', 'accepted', 'refused', 'missing')), reason TEXT NOT NULL, no INTEGER NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (device, chain, seq, manifest, station)
) STRICT, WITHOUT ROWID;

CREATE TABLE imports (
  no INTEGER PRIMARY KEY, station TEXT NOT NULL, bag INTEGER NOT NULL, statement TEXT NOT NULL, cose BLOB NOT NULL, receipt BLOB NOT NULL,
  imported_at TEXT NOT NULL
) STRICT;
CREATE INDEX imports_statement ON imports (statement, no);
CREATE TABLE elsewhere (
  device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, station TEXT NOT NULL, manifest TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('staged', 'accepted')), PRIMARY KEY (device, chain, seq, station)
) STRICT, WITHOUT ROWID;
`;
