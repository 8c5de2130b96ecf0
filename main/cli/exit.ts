import type { Verdict } from "../../shared/reasons.ts";
import type { TabletReport } from "../../shared/views.ts";
import type { EngineProblem, UploadReport } from "../engine/api.ts";

/** Exit codes (docs/cli.md). */
export const EXIT = { done: 0, needsPerson: 1, usage: 2, failed: 3 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

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

const MISUSE: ReadonlySet<EngineProblem["type"]> = new Set([
  "no-campaign",
  "no-station",
  "no-station-certificate",
  "station-exists",
  "wrong-passphrase",
  "bad-certificate",
  "bad-campaign",
]);

export const exitOfProblem = (problem: EngineProblem): Exit =>
  MISUSE.has(problem.type) ? EXIT.usage : EXIT.failed;
