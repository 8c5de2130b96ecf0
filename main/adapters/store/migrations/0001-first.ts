/** Version 1. Never edited once it has shipped. */
export const first = `
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE campaign (
  one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL, root_pem TEXT NOT NULL
) STRICT;
CREATE TABLE crls (digest TEXT PRIMARY KEY, no INTEGER NOT NULL, der BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE station (
  one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL, sealed_key BLOB NOT NULL, request TEXT NOT NULL, certificate TEXT
) STRICT;

CREATE TABLE ledgers (
  device TEXT NOT NULL, chain TEXT NOT NULL, no INTEGER NOT NULL, digest TEXT NOT NULL,
  head INTEGER NOT NULL, made_utc INTEGER NOT NULL, made_offset INTEGER NOT NULL, older TEXT NOT NULL, cose BLOB NOT NULL, read_at TEXT NOT NULL,
  PRIMARY KEY (device, chain, no, digest)
) STRICT, WITHOUT ROWID;
CREATE TABLE chains (
  device TEXT NOT NULL, chain TEXT NOT NULL, head INTEGER NOT NULL,
  PRIMARY KEY (device, chain)
) STRICT, WITHOUT ROWID;
CREATE TABLE entries (
  device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, manifest TEXT NOT NULL, length INTEGER NOT NULL,
  state TEXT NOT NULL, synced_utc INTEGER, synced_offset INTEGER, acknowledged INTEGER NOT NULL, found INTEGER NOT NULL,
  PRIMARY KEY (device, chain, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
  no INTEGER PRIMARY KEY,
  device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, manifest TEXT NOT NULL, prev TEXT, length INTEGER NOT NULL,
  campaign TEXT NOT NULL, area TEXT NOT NULL, made_utc INTEGER NOT NULL, made_offset INTEGER NOT NULL, records INTEGER NOT NULL,
  source TEXT NOT NULL, staged_at TEXT NOT NULL,
  centre TEXT CHECK (centre IN ('accepted', 'already-there', 'conflict')), answered_at TEXT,
  UNIQUE (device, chain, seq)
) STRICT;
CREATE INDEX batches_to_upload ON batches (no) WHERE centre IS NULL;

CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY,
  device TEXT, chain TEXT NOT NULL, seq INTEGER NOT NULL, manifest TEXT, believed INTEGER NOT NULL, prev TEXT, ledger_device TEXT,
  reason TEXT NOT NULL, manifest_file TEXT NOT NULL, file TEXT NOT NULL, has_manifest INTEGER NOT NULL, body_bytes INTEGER,
  source TEXT NOT NULL, since TEXT NOT NULL, resolved_at TEXT
) STRICT;
CREATE UNIQUE INDEX quarantine_open ON quarantine (file) WHERE resolved_at IS NULL;
CREATE INDEX quarantine_device ON quarantine (device, chain, seq) WHERE resolved_at IS NULL;

CREATE VIEW quarantined AS
  SELECT id, device, chain, seq, manifest, reason, coalesce(body_bytes, 0) AS bytes, body_bytes IS NOT NULL AS has_body, since,
    manifest_file, file, ledger_device, source
  FROM quarantine WHERE resolved_at IS NULL;

CREATE TABLE unloadings (
  no INTEGER PRIMARY KEY, device TEXT, source TEXT NOT NULL, began TEXT NOT NULL, ended TEXT NOT NULL, batches TEXT NOT NULL, findings TEXT NOT NULL
) STRICT;

CREATE TABLE receipts (
  no INTEGER PRIMARY KEY, device TEXT NOT NULL, chain TEXT NOT NULL, name TEXT NOT NULL, bytes BLOB NOT NULL, made_at TEXT NOT NULL, delivered_at TEXT
) STRICT;
CREATE INDEX receipts_chain ON receipts (device, chain, no);

CREATE TABLE audit (
  no INTEGER PRIMARY KEY, at TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
`;
