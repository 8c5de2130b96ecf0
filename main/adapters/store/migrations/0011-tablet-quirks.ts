/**
 * What was found out about how a tablet must be asked (main/mtp/quirks.ts), as JSON under its source. No verdict rests on it. Never edited once it
 * has shipped.
 */
export const tabletQuirks = `
CREATE TABLE tablet_quirks (tablet TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;
