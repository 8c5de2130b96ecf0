import type { ChainId } from "../../../shared/ids.ts";
import { printable } from "../../../shared/printable.ts";
import { OUTCOMES, type Outcome, type Reason } from "../../../shared/reasons.ts";
import type { Finding, LedgerReport, TabletReport, UnloadTotals } from "../../../shared/views.ts";
import type { Output } from "../../hosting/output.ts";
import { EXIT, exitOfTablet } from "../exit.ts";
import { ranges, type Words } from "../words.ts";
import { tellLink } from "./problem.ts";
import { heading, sign } from "./text.ts";

/** Names that do not belong are listed one by one up to this many. */
const NAMES_SHOWN = 20;

const ascending = (numbers: Iterable<number>): readonly number[] =>
  [...new Set(numbers)].sort((a, b) => a - b);

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function ledgerLine(ledger: LedgerReport | null, words: Words): string {
  if (ledger === null) return words.t("unload.no-ledger");
  const { state } = ledger;
  return words.t("unload.ledger", {
    no: ledger.no,
    made: ledger.made === null ? "–" : words.moment(ledger.made),
    state:
      state === "ok" || state === "rollback"
        ? words.t(`ledger-state.${state}`)
        : words.t(`reason.${state}.name`),
  });
}

/** How many batches came to what; outcomes without a batch are left out. */
function countsLine(count: (outcome: Outcome) => number, words: Words): string {
  const parts = OUTCOMES.filter((outcome) => count(outcome) > 0).map((outcome) =>
    words.t(`count.${outcome}`, { count: count(outcome) }),
  );
  return parts.length === 0 ? words.t("unload.no-batches") : parts.join(" · ");
}

/** One concern: a line with a sign, then what to do. */
function concern(
  what: string,
  todo: string,
  out: Output,
  words: Words,
  kind: "person" | "failed" = "person",
): string {
  return `  ${sign(kind, out)} ${what}\n    ${words.t("what-to-do", { text: todo })}`;
}

/** Whether a chain has to be named, since the tablet has more than one. */
function chainNamer(report: TabletReport, words: Words): (chain: ChainId) => string {
  const chains = new Set(report.batches.map((one) => one.chain));
  for (const finding of report.findings) if ("chain" in finding) chains.add(finding.chain);
  return chains.size > 1 ? (chain) => ` (${words.t("unload.chain", { chain })})` : () => "";
}

function refusedLines(report: TabletReport, out: Output, words: Words): readonly string[] {
  const named = chainNamer(report, words);
  const bad = report.batches.filter((one) => one.outcome === "quarantined" || one.outcome === "failed");
  const groups = groupBy(bad, (one) => `${one.outcome} ${one.reason} ${one.chain}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const reason: Reason = first.reason ?? "io";
    const numbers = ascending(group.map((one) => one.seq));
    const batches = words.t("batch-numbers", { count: numbers.length, batches: ranges(numbers) });
    const name = words.t(`reason.${reason}.name`);
    const what = `${capital(batches)}${named(first.chain)}: ${name}. ${words.t(`reason.${reason}.what`)}`;
    const kind = first.outcome === "failed" ? "failed" : "person";
    return [concern(what, words.t(`reason.${reason}.do`), out, words, kind)];
  });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

type BatchFinding = Extract<Finding, { readonly seq: number }>;

const isOfBatch = (finding: Finding): finding is BatchFinding => "seq" in finding;

function batchFindingLines(report: TabletReport, out: Output, words: Words): readonly string[] {
  const named = chainNamer(report, words);
  const groups = groupBy(report.findings.filter(isOfBatch), (one) => `${one.kind} ${one.chain}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const numbers = ascending(group.map((one) => one.seq));
    const values = { count: numbers.length, batches: ranges(numbers) };
    const more = report.findings.find(
      (one) => first.kind === "gap" && "more" in one && one.chain === first.chain,
    );
    const rest =
      more !== undefined && "more" in more ? ` ${words.t("finding.gap.more", { count: more.more })}` : "";
    const what = `${words.t(`finding.${first.kind}.what`, values)}${rest}${named(first.chain)}`;
    return [concern(what, words.t(`finding.${first.kind}.do`), out, words)];
  });
}

function otherFindingLines(report: TabletReport, out: Output, words: Words): readonly string[] {
  const lines: string[] = [];
  const add = (kind: Finding["kind"], values: object) =>
    lines.push(concern(words.t(`finding.${kind}.what`, values), words.t(`finding.${kind}.do`), out, words));
  let names = 0;
  for (const finding of report.findings) {
    if (
      finding.kind === "ledger-rollback" ||
      finding.kind === "crl-stale" ||
      finding.kind === "unsealed" ||
      finding.kind === "head-lowered" ||
      finding.kind === "chain-forgotten"
    )
      add(finding.kind, finding);
    if (finding.kind === "ledger-invalid") {
      const reason =
        finding.reason === "missing"
          ? words.t("ledger-state.missing")
          : words.t(`reason.${finding.reason}.name`);
      add(finding.kind, { reason });
    }
    if (finding.kind === "clock-skew") {
      const difference = words.duration(finding.seconds);
      add(finding.kind, { of: finding.of, ahead: finding.seconds >= 0 ? "yes" : "no", difference });
    }
    if (finding.kind === "unlisted" && ++names <= NAMES_SHOWN) add(finding.kind, finding);
  }
  if (names > NAMES_SHOWN) lines.push(`    ${words.t("unload.more-names", { count: names - NAMES_SHOWN })}`);
  return lines;
}

/** What people read of one tablet: who it is, what was done, what needs them, and whether the cable may be pulled. */
export function tabletText(
  report: TabletReport,
  out: Output,
  words: Words,
  way: "cable" | "carried" = "cable",
): string {
  const who =
    report.device === null ? words.t("unload.unknown") : words.t("unload.tablet", { device: report.device });
  const lines = [`${heading(who, out)}  ${printable(report.source)}`];
  if (report.failure === null || report.ledger !== null || report.batches.length > 0) {
    lines.push(`  ${ledgerLine(report.ledger, words)}`);
    const groups = groupBy(report.batches, (one) => one.outcome);
    lines.push(`  ${countsLine((outcome) => groups.get(outcome)?.length ?? 0, words)}`);
  }
  lines.push(...refusedLines(report, out, words));
  lines.push(...batchFindingLines(report, out, words));
  lines.push(...otherFindingLines(report, out, words));
  for (const name of report.receipts) lines.push(`  ${words.t("unload.receipt", { name })}`);
  if (report.failure !== null) {
    const told = tellLink(report.failure, words);
    lines.push(concern(told.what, told.todo, out, words, "failed"));
  }
  const exit = exitOfTablet(report);
  if (exit === EXIT.done && way === "cable") lines.push(`  ${sign("done", out)} ${words.t("unload.safe")}`);
  if (exit === EXIT.needsPerson) lines.push(`  ${sign("person", out)} ${words.t("unload.needs-person")}`);
  if (exit === EXIT.failed) lines.push(`  ${sign("failed", out)} ${words.t("unload.failed")}`);
  return lines.join("\n");
}

/** The line under all tablets. */
export function totalsText(tablets: number, totals: UnloadTotals, words: Words): string {
  const count: Readonly<Record<Outcome, number>> = {
    staged: totals.staged,
    "already-staged": totals.alreadyStaged,
    acknowledged: totals.acknowledged,
    quarantined: totals.quarantined,
    failed: totals.failed,
  };
  return words.t("unload.totals", {
    tablets: words.t("count.tablets", { count: tablets }),
    counts: countsLine((outcome) => count[outcome], words),
    bytes: words.bytes(totals.bytes),
  });
}
