/** The centre's acknowledgements for what was sent from here. Never edited once it has shipped. */
export const centre = `
CREATE TABLE acks (
  device TEXT NOT NULL, chain TEXT NOT NULL, seq INTEGER NOT NULL, manifest TEXT NOT NULL,
  cose BLOB NOT NULL, received_utc INTEGER NOT NULL, received_offset INTEGER NOT NULL, fetched_at TEXT NOT NULL,
  PRIMARY KEY (device, chain, seq, manifest)
) STRICT, WITHOUT ROWID;
ALTER TABLE batches ADD COLUMN acked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX batches_awaiting_ack ON batches (no) WHERE acked = 0 AND centre IN ('accepted', 'already-there');
`;
