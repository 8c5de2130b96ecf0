import { REPORT_FORMATS, REPORT_KINDS } from "../../shared/ipc/jobs.ts";
import type { Result } from "../../shared/result.ts";
import type { ReconcileLine } from "../../shared/views.ts";
import type { DiskFailure } from "./ports.ts";
import type { HeldPlace } from "./ports-places.ts";

/** The engine's ways to the rows of a report and to the file that it becomes. */

export { REPORT_FORMATS, REPORT_KINDS };
export type ReportKind = (typeof REPORT_KINDS)[number];
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** A line of `reconcile` with what stands behind it. Times are RFC 3339; null: there is none. */
export interface EvidenceLine extends ReconcileLine {
  readonly campaign: string | null;
  /** KATO code of the district; of what is not here, that of the tablet's newest batch. */
  readonly area: string | null;
  /** Body bytes, as staged, quarantined or listed. */
  readonly bytes: number | null;
  readonly records: number | null;
  /** By the tablet's clock. */
  readonly madeAt: string | null;
  /** The first mark of sending that a ledger showed, by the tablet's clock. */
  readonly sentAt: string | null;
  /** The centre's acknowledgement is held and verifies: the newest ledger has it, or the station has fetched it. */
  readonly acknowledged: boolean;
  /** The station's day on which it was staged or quarantined: `2021-10-12`. */
  readonly day: string | null;
  readonly stagedAt: string | null;
  /** Why it, or another content under its number, is in quarantine. */
  readonly reason: string | null;
  /** Station that carried it here. */
  readonly carriedBy: string | null;
  /** Stations that hold it too by their signed word, with a space between. */
  readonly alsoAt: string | null;
  /** The centre's answer in full: accepted, already-there, conflict. */
  readonly answer: string | null;
  readonly answeredAt: string | null;
}

export interface ReportSource {
  /** Every line, in order of device, chain and number; one tablet's in memory at a time. */
  evidence(): IterableIterator<EvidenceLine>;
}

export type Cell = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: "text" | "number" | "flag";
}

export interface ReportTable {
  readonly columns: readonly Column[];
  /** Cells in order of the columns. */
  readonly rows: Iterable<readonly Cell[]>;
}

/** Writes a table to a file, which appears under its name when it is whole and durable. Value: rows. */
export type WriteReport = (
  file: string,
  format: ReportFormat,
  table: ReportTable,
  signal: AbortSignal,
) => Promise<Result<number, HeldPlace | DiskFailure | { readonly type: "cancelled" }>>;
