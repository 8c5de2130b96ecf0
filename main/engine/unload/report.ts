import type { DeviceId } from "../../../shared/ids.ts";
import { rfc3339 } from "../../../shared/time.ts";
import type {
  BatchReport,
  LedgerReport,
  LinkFailure,
  TabletProgress,
  TabletReport,
  UnloadTotals,
} from "../../../shared/views.ts";
import type { Disposition } from "../audit-events.ts";
import type { ActiveLedger } from "./active-ledger.ts";
import type { Outbox } from "./read-outbox.ts";

/** What is told of the ledger; null: there is none. */
export function ledgerReport(outbox: Outbox, active: ActiveLedger | null): LedgerReport | null {
  const judged = outbox.ledger;
  if (judged === null) return null;
  const { ledger } = judged;
  return {
    no: ledger?.no ?? null,
    made: ledger === null ? null : rfc3339(ledger.made.utc, ledger.made.offset),
    state: judged.reason ?? (active?.rollback === true ? "rollback" : "ok"),
  };
}

/** The report of a tablet that could not be opened, or not be read. */
export const unread = (
  source: string,
  failure: LinkFailure,
  device: DeviceId | null = null,
): TabletReport => ({
  device,
  source,
  outbox: null,
  chain: null,
  ledger: null,
  batches: [],
  findings: [],
  receipts: [],
  failure,
});

/** Safe to unplug: everything is durable and nothing waits for a person. */
export function phaseOf(report: TabletReport): TabletProgress["phase"] {
  if (report.failure !== null || report.batches.some((one) => one.outcome === "failed")) return "interrupted";
  return needsPerson(report) ? "needs-person" : "safe-to-unplug";
}

/** How an unloading ended, in the audit log's words. */
export function dispositionOf(report: TabletReport): Disposition {
  if (report.failure?.type === "cancelled") return "stopped";
  const phase = phaseOf(report);
  return phase === "safe-to-unplug" ? "done" : phase === "needs-person" ? "needs-person" : "failed";
}

/** Whether something about a tablet is for a person to look at: a refused batch, or any finding but a wrong clock. */
export const needsPerson = (report: TabletReport): boolean =>
  report.batches.some((one) => one.outcome === "quarantined") ||
  report.findings.some((one) => one.kind !== "clock-skew");

/** Counts over tablets. `bytes`: bodies staged in this run. */
export function totalsOf(reports: readonly TabletReport[]): UnloadTotals {
  const batches = reports.flatMap((report) => report.batches);
  const count = (outcome: BatchReport["outcome"]) => batches.filter((one) => one.outcome === outcome).length;
  return {
    staged: count("staged"),
    alreadyStaged: count("already-staged"),
    acknowledged: count("acknowledged"),
    quarantined: count("quarantined"),
    failed: count("failed"),
    bytes: batches.reduce((sum, one) => sum + one.bytes, 0),
  };
}
