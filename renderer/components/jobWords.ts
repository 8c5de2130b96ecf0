import type { JobOutcome, JobView } from "../../shared/ipc/jobs.ts";
import type { Words } from "../i18n.ts";
import type { Tone } from "./icons.tsx";

/** What long work says of itself, as pure functions of it. */

/** Stations are told apart by the first digits of their ids, as on the act. */
const station = (id: string): string => id.slice(0, 8);

/** Whether an outcome leaves something for a person to clear up. */
function needsPerson(outcome: JobOutcome): boolean {
  switch (outcome.kind) {
    case "export":
      return outcome.failed > 0;
    case "import":
      return (
        outcome.quarantined + outcome.failed + outcome.missing + outcome.faults + outcome.staleCas.length >
          0 ||
        outcome.receiptFailure !== null ||
        outcome.badReceipts > 0 ||
        outcome.answers.some(({ refused, missing }) => refused + missing > 0)
      );
    case "backup":
      return outcome.damaged > 0;
    case "report":
      return false;
  }
}

export function jobTone({ state, outcome, problem }: JobView): Tone {
  if (state === "running" || state === "stopping") return "work";
  if (problem?.type === "cancelled") return "quiet";
  if (problem !== null) return "stop";
  return outcome !== null && needsPerson(outcome) ? "call" : "calm";
}

/** From 0 to 1; null where the end is not known. */
export function jobShare({ bytesDone, bytesTotal, batchesDone, batchesTotal }: JobView): number | null {
  if (bytesTotal > 0) return Math.min(1, bytesDone / bytesTotal);
  return batchesTotal > 0 ? Math.min(1, batchesDone / batchesTotal) : null;
}

function doneHeadline(words: Words, outcome: JobOutcome): string {
  switch (outcome.kind) {
    case "export":
      return outcome.bag === null
        ? words.t("job.done.export.nothing")
        : words.t("job.done.export", { no: outcome.bag });
    case "import":
      if (outcome.bag !== null)
        return words.t("job.done.import", { no: outcome.bag.no, station: station(outcome.bag.station) });
      return words.t(outcome.answers.length > 0 ? "job.done.import.receipt" : "job.done.import.none");
    default:
      return words.t(`job.done.${outcome.kind}`);
  }
}

export function jobHeadline(words: Words, { kind, place, outcome, problem }: JobView): string {
  if (problem !== null) return words.t(`job.failed.${kind}`);
  return outcome === null ? words.t(`job.running.${kind}`, { place }) : doneHeadline(words, outcome);
}

/** Sentences with counts, each only where there is something to count. */
export function jobFacts(words: Words, { place, outcome }: JobView): readonly string[] {
  const { t } = words;
  if (outcome === null) return [];
  const counted = (key: Parameters<typeof t>[0], count: number) => (count > 0 ? [t(key, { count })] : []);
  const batches = (count: number, bytes: number) =>
    t("job.fact.batches", { count, bytes: words.bytes(bytes) });
  switch (outcome.kind) {
    case "export":
      return outcome.bag === null
        ? counted("job.fact.left", outcome.left)
        : [
            `${batches(outcome.batches, outcome.bytes)}, ${t("job.fact.tablets", { count: outcome.tablets })}`,
            ...counted("job.fact.left-out", outcome.failed),
            ...counted("job.fact.left", outcome.left),
          ];
    case "import":
      return [
        ...(outcome.bag === null ? [] : [t("job.fact.staged", { count: outcome.staged })]),
        ...counted("job.fact.before", outcome.before),
        ...counted("job.fact.quarantined", outcome.quarantined),
        ...counted("job.fact.unread", outcome.failed),
        ...counted("job.fact.missing", outcome.missing),
        ...counted("job.fact.faults", outcome.faults),
        ...outcome.staleCas.map((issuer) => t("job.fact.stale", { issuer })),
        ...(outcome.receipt === null ? [] : [t("job.fact.receipt", { path: outcome.receipt })]),
        ...(outcome.receiptFailure === null
          ? []
          : [t("job.fact.no-receipt", { code: outcome.receiptFailure })]),
        ...counted("job.fact.bad-receipts", outcome.badReceipts),
        ...outcome.answers.map((answer) =>
          t("job.fact.answer", { ...answer, station: station(answer.station) }),
        ),
      ];
    case "backup":
      return [
        place,
        `${batches(outcome.batches, outcome.bytes)}, ${t("job.fact.log", { count: outcome.auditLines })}`,
        ...counted("job.fact.damaged", outcome.damaged),
      ];
    case "report":
      return [`${place}, ${t("job.fact.lines", { count: outcome.lines })}`];
  }
}

/** What to do now. */
export function jobTodo(words: Words, { place, outcome }: JobView): readonly string[] {
  const { t } = words;
  switch (outcome?.kind) {
    case "export":
      return [
        ...(outcome.failed > 0 ? [t("job.do.export.failed")] : []),
        ...(outcome.bag === null ? [] : [t("job.do.export", { place })]),
      ];
    case "import":
      return [
        ...(outcome.quarantined + outcome.failed + outcome.missing + outcome.faults > 0
          ? [t("job.do.import.open")]
          : []),
        ...(outcome.staleCas.length > 0 ? [t("job.do.import.stale")] : []),
        ...(outcome.receipt === null ? [] : [t("job.do.import")]),
        ...(outcome.receiptFailure === null ? [] : [t("job.do.import.receipt")]),
        ...(outcome.badReceipts > 0 ? [t("job.do.import.bad-receipts")] : []),
      ];
    case "backup":
      return [t(outcome.damaged > 0 ? "job.do.backup.damaged" : "job.do.backup")];
    default:
      return [];
  }
}
