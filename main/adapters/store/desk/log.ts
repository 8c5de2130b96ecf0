import type { AuditLine } from "../../../engine/ports.ts";
import type { LogBook } from "../../../engine/ports-desk.ts";
import { dataOf } from "../audit.ts";
import type { Journal } from "../journal.ts";

type Row = Omit<AuditLine, "data"> & { readonly data: string };

/** The audit log from its end. Lines are numbered without a gap, so that any page is found by number. */
export const logOf = (journal: Journal): LogBook => ({
  page: (offset, limit) => {
    const total = journal.get<{ no: number | null }>("SELECT max(no) AS no FROM audit")?.no ?? 0;
    const rows = journal.all<Row>(
      "SELECT no, at, type, data, hash FROM audit WHERE no <= ? AND no > ? ORDER BY no DESC",
      total - offset,
      total - offset - limit,
    );
    return { total, lines: rows.map((row) => ({ ...row, data: dataOf(row.data) })) };
  },
  away: () => {
    const row = journal.get<ReturnType<LogBook["away"]>>(
      `SELECT (SELECT count(*) FROM bags WHERE statement IS NOT NULL) AS bags,
         (SELECT count(*) FROM audit_heads WHERE at_centre = 1) AS atCentre`,
    );
    return row ?? { bags: 0, atCentre: 0 };
  },
  record: (event) => journal.change(event, () => undefined),
});
