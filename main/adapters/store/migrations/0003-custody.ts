/** Custody: heads of the audit log, hand-over acts, and what an act has to know of an unloading. Never edited once it has shipped. */
export const custody = `
CREATE TABLE audit_heads (
  id INTEGER PRIMARY KEY, no INTEGER NOT NULL, hash TEXT NOT NULL, recorded_at TEXT NOT NULL, cose BLOB, at_centre INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX audit_heads_line ON audit_heads (no);
CREATE INDEX audit_heads_unsigned ON audit_heads (id) WHERE cose IS NULL;
CREATE INDEX audit_heads_unsent ON audit_heads (id) WHERE cose IS NOT NULL AND at_centre = 0;

CREATE TABLE acts (
  no INTEGER PRIMARY KEY, device TEXT NOT NULL, reserved_at TEXT NOT NULL,
  unloading INTEGER, facts TEXT, code TEXT, head BLOB, made_at TEXT
) STRICT;
CREATE INDEX acts_device ON acts (device, no);

ALTER TABLE receipts ADD COLUMN digest TEXT;
ALTER TABLE receipts ADD COLUMN act INTEGER;
ALTER TABLE unloadings ADD COLUMN chain TEXT;
ALTER TABLE unloadings ADD COLUMN ledger TEXT;
ALTER TABLE unloadings ADD COLUMN clock_seconds INTEGER;
ALTER TABLE unloadings ADD COLUMN failure TEXT;
`;
