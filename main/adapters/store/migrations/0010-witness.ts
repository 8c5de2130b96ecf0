/**
 * What a line of the log holds of the rows beside it (adapters/store/witness.ts). Lines of before hold nothing. Never edited once it has
 * shipped.
 */
export const witness = `
ALTER TABLE audit ADD COLUMN held TEXT;
CREATE TABLE witness (name TEXT PRIMARY KEY, sum BLOB NOT NULL, line INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE pin_failures (person INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;
`;
