import type { Verdict } from "../../shared/reasons.ts";
import type { TabletReport } from "../../shared/views.ts";
import type { EngineProblem, ExportReport, ImportReport, KeepProblem, UploadReport } from "../engine/api.ts";
import { EXIT, type Exit } from "../hosting/exit.ts";

export { EXIT, type Exit };

/** How one tablet was left: a failure outranks what needs a person. A wrong clock alone needs nobody. */
export function exitOfTablet(report: TabletReport): Exit {
  if (report.failure !== null || report.batches.some((one) => one.outcome === "failed")) return EXIT.failed;
  const refused = report.batches.some((one) => one.outcome === "quarantined");
  const found = report.findings.some((one) => one.kind !== "clock-skew");
  return refused || found ? EXIT.needsPerson : EXIT.done;
}

/** The worst of several. Nothing at all is no success: whoever asked for tablets had some in mind. */
export const worst = (exits: readonly Exit[]): Exit => exits.toSorted().at(-1) ?? EXIT.failed;

export function exitOfUpload(report: UploadReport): Exit {
  if (report.problem !== null || report.failed > 0) return EXIT.failed;
  const { conflicts, waitingForCrl, revoked, acksRefused } = report;
  return conflicts + waitingForCrl + revoked + acksRefused > 0 ? EXIT.needsPerson : EXIT.done;
}

/** Verdicts that a person has to look at. What is safe or waits to be sent is in order. */
export const needsPerson = (verdict: Verdict): boolean => verdict !== "safe" && verdict !== "to-upload";

export const exitOfExport = (report: ExportReport): Exit => (report.failed > 0 ? EXIT.failed : EXIT.done);

/** A carrier or a disk that failed outranks what needs a person. */
export function exitOfImport(report: ImportReport): Exit {
  const { tablets, faults, missing, staleCas, answers, badReceipts, receiptFailure } = report;
  const exits = tablets.map(exitOfTablet);
  if (exits.includes(EXIT.failed) || receiptFailure !== null) return EXIT.failed;
  const refused = answers.some((one) => one.refused + one.missing > 0);
  return exits.includes(EXIT.needsPerson) ||
    faults.length + missing + staleCas.length + badReceipts.length > 0 ||
    refused
    ? EXIT.needsPerson
    : EXIT.done;
}

const MISUSE: ReadonlySet<string> = new Set([
  "no-campaign",
  "no-station",
  "no-station-certificate",
  "station-exists",
  "wrong-passphrase",
  "bad-certificate",
  "clock-outside-certificate",
  "bad-campaign",
  "carrier-in-use",
  "store-exists",
  "no-store",
  "no-unloading",
  "not-an-act",
  "held-place",
]);
/** What was brought is not fit to be taken: a person has to see to it. */
const REFUSED: ReadonlySet<string> = new Set(["bag-refused", "backup-refused"]);

export const exitOfProblem = (problem: EngineProblem | KeepProblem): Exit =>
  MISUSE.has(problem.type) ? EXIT.usage : REFUSED.has(problem.type) ? EXIT.needsPerson : EXIT.failed;
