import type { CardTotals } from "../../../../shared/ipc/views.ts";
import { stampOf } from "../../../../shared/time.ts";
import type { BatchReport, Finding } from "../../../../shared/views.ts";
import type { Books, Unloadings } from "../../../engine/ports-desk.ts";
import type { Journal } from "../journal.ts";

/** How unloadings ended. A row never changes, so each is read and counted once. */

interface Row {
  readonly no: number;
  readonly device: string | null;
  readonly ended: string;
  readonly batches: string;
  readonly findings: string;
  /** Type of the failure that ended it early or left it without its receipt. */
  readonly failure: string | null;
}

/** Rows remembered at most: some days of a busy station. */
const REMEMBERED = 2_000;

type Counted = { readonly totals: CardTotals; readonly bytes: number; readonly calm: boolean };

function count(row: Row): Counted {
  const totals = { staged: 0, alreadyStaged: 0, acknowledged: 0, quarantined: 0, failed: 0 };
  let bytes = 0;
  for (const one of JSON.parse(row.batches) as readonly BatchReport[]) {
    totals[one.outcome === "already-staged" ? "alreadyStaged" : one.outcome]++;
    bytes += one.bytes;
  }
  const findings = JSON.parse(row.findings) as readonly Finding[];
  const calm =
    row.failure === null &&
    totals.quarantined === 0 &&
    totals.failed === 0 &&
    findings.every((one) => one.kind === "clock-skew");
  return { totals, bytes, calm };
}

export function unloadingsOf(journal: Journal, books: Pick<Books, "tablet">): Unloadings {
  const counted = new Map<number, Counted>();
  const counts = (no: number): Counted => {
    const known = counted.get(no);
    if (known !== undefined) return known;
    const row = journal.get<Row>("SELECT batches, findings, failure FROM unloadings WHERE no = ?", no);
    if (row === undefined) throw new Error("an unloading is gone");
    const made = count(row);
    if (counted.size >= REMEMBERED) counted.clear();
    counted.set(no, made);
    return made;
  };
  return {
    since: (since) =>
      journal
        .all<Pick<Row, "no" | "device" | "ended">>(
          "SELECT no, device, ended FROM unloadings WHERE ended >= ? ORDER BY no DESC LIMIT 1000",
          since,
        )
        .map(({ no, device, ended }) => ({
          no,
          at: stampOf(ended),
          device,
          ...(device === null ? { name: null, area: null } : books.tablet(device)),
          ...counts(no),
        })),
  };
}
