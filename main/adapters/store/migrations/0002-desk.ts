/**
 * What the windows need: people, settings, names of districts, and books that can be paged through.
 *
 * `stale` names the tablets of which the books do not know the newest yet. Triggers fill it, so that whoever writes to the journal, now or
 * later, is noticed; adapters/store/desk/upkeep.ts empties it. `lines` and `tablets` follow from the journal and hold nothing of their own.
 *
 * (In a trigger, OR IGNORE counts for nothing where the statement that fired it has a conflict clause of its own; hence NOT EXISTS.)
 *
 * `…_line` columns hold the number of the audit line that tells of the row. Every change is one transaction that ends with its one audit
 * line, so a trigger knows the number before the line is written.
 */
export const desk = `
CREATE TABLE people (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, roles TEXT NOT NULL, pin TEXT, removed_at TEXT,
  CHECK ((pin IS NULL) = (removed_at IS NOT NULL))
) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE area_names (
  area TEXT PRIMARY KEY, kk TEXT NOT NULL, ru TEXT NOT NULL, en TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE batches ADD COLUMN staged_line INTEGER;
ALTER TABLE batches ADD COLUMN answered_line INTEGER;
ALTER TABLE quarantine ADD COLUMN line INTEGER;
ALTER TABLE unloadings ADD COLUMN line INTEGER;
CREATE INDEX unloadings_device ON unloadings (device, no);
CREATE INDEX unloadings_ended ON unloadings (ended);
CREATE INDEX batches_conflicts ON batches (no) WHERE centre = 'conflict';

CREATE TABLE sending (
  one INTEGER PRIMARY KEY CHECK (one = 1), batches INTEGER NOT NULL, bytes INTEGER NOT NULL, conflicts INTEGER NOT NULL
) STRICT;
INSERT INTO sending
  SELECT 1, count(*) FILTER (WHERE centre IS NULL), coalesce(sum(length) FILTER (WHERE centre IS NULL), 0),
    count(*) FILTER (WHERE centre = 'conflict')
  FROM batches;

CREATE TABLE stale (device TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO stale
  SELECT device FROM entries UNION SELECT device FROM chains UNION SELECT device FROM batches
  UNION SELECT coalesce(device, '') FROM quarantine;

CREATE TABLE tablets (
  no INTEGER PRIMARY KEY, device TEXT NOT NULL UNIQUE, name TEXT, area TEXT, ledger TEXT, chains TEXT NOT NULL, cells BLOB NOT NULL
) STRICT;
CREATE TABLE lines (
  tablet INTEGER NOT NULL REFERENCES tablets, chain INTEGER NOT NULL, seq INTEGER NOT NULL,
  verdict INTEGER NOT NULL, reason INTEGER NOT NULL, state INTEGER NOT NULL, day INTEGER NOT NULL, area INTEGER NOT NULL,
  bytes INTEGER NOT NULL, staged INTEGER NOT NULL,
  PRIMARY KEY (tablet, chain, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX lines_seq ON lines (seq, tablet, chain, verdict, reason, state, day, area);
CREATE INDEX lines_bytes ON lines (bytes, tablet, chain, seq, verdict, reason, state, day, area);
CREATE INDEX lines_staged ON lines (day, staged, tablet, chain, seq, verdict, reason, state, area);
CREATE INDEX lines_verdict ON lines (verdict, reason, tablet, chain, seq, state, day, area);

CREATE TRIGGER batches_staged AFTER INSERT ON batches BEGIN
  UPDATE batches SET staged_line = (SELECT coalesce(max(no), 0) + 1 FROM audit) WHERE no = NEW.no;
  UPDATE sending SET batches = batches + 1, bytes = bytes + NEW.length WHERE NEW.centre IS NULL;
  UPDATE sending SET conflicts = conflicts + 1 WHERE NEW.centre = 'conflict';
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;
CREATE TRIGGER batches_answered AFTER UPDATE OF centre ON batches BEGIN
  UPDATE batches SET answered_line = (SELECT coalesce(max(no), 0) + 1 FROM audit) WHERE no = NEW.no;
  UPDATE sending SET
    batches = batches - (OLD.centre IS NULL) + (NEW.centre IS NULL),
    bytes = bytes + NEW.length * ((NEW.centre IS NULL) - (OLD.centre IS NULL)),
    conflicts = conflicts + (NEW.centre IS 'conflict') - (OLD.centre IS 'conflict');
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;
CREATE TRIGGER quarantine_new AFTER INSERT ON quarantine BEGIN
  UPDATE quarantine SET line = (SELECT coalesce(max(no), 0) + 1 FROM audit) WHERE id = NEW.id;
  INSERT INTO stale SELECT coalesce(NEW.device, '') WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = coalesce(NEW.device, ''));
END;
CREATE TRIGGER quarantine_changed AFTER UPDATE OF reason, device, source, resolved_at ON quarantine BEGIN
  UPDATE quarantine SET line = (SELECT coalesce(max(no), 0) + 1 FROM audit) WHERE id = NEW.id AND NEW.resolved_at IS NULL;
  INSERT INTO stale SELECT coalesce(OLD.device, '') WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = coalesce(OLD.device, ''));
  INSERT INTO stale SELECT coalesce(NEW.device, '') WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = coalesce(NEW.device, ''));
END;
CREATE TRIGGER unloadings_new AFTER INSERT ON unloadings BEGIN
  UPDATE unloadings SET line = (SELECT coalesce(max(no), 0) + 1 FROM audit) WHERE no = NEW.no;
END;
CREATE TRIGGER entries_new AFTER INSERT ON entries BEGIN
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;
CREATE TRIGGER entries_gone AFTER DELETE ON entries BEGIN
  INSERT INTO stale SELECT OLD.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = OLD.device);
END;
CREATE TRIGGER chains_new AFTER INSERT ON chains BEGIN
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;
CREATE TRIGGER chains_changed AFTER UPDATE ON chains BEGIN
  INSERT INTO stale SELECT NEW.device WHERE NOT EXISTS (SELECT 1 FROM stale WHERE device = NEW.device);
END;
`;
