import { basename } from "node:path";
import { stringify } from "csv-stringify/sync";
import { printable } from "../../../shared/printable.ts";
import { readFileWithin } from "../../adapters/disk/regular.ts";
import type { AnchorFile, AuditHead, AuditProblem } from "../../engine/api.ts";
import { type AuditType, dispositionOf, phaseOf } from "../../engine/audit-events.ts";
import type { AuditLine } from "../../engine/ports.ts";
import { jsonText } from "../../hosting/output.ts";
import { type Context, printJson, printList, stop, stopOn } from "../context.ts";
import { EXIT, type Exit } from "../exit.ts";
import { type Told, tellAddress } from "../render/problem.ts";

/** Larger files are no anchors. */
const MAX_ANCHOR_BYTES = 256 * 1_048_576;

/** Lines of a clock that was set back that people are shown; scripts get all. */
const MOST_CLOCK_LINES = 20;

export type AuditFormat = "jsonl" | "csv";

/** Columns of the table of lines: what most lines have, then the rest as `name=value`. */
const COLUMNS = [
  "no",
  "at",
  "type",
  "phase",
  "disposition",
  "device",
  "chain",
  "seq",
  "facts",
  "hash",
] as const;

const factsText = (data: AuditLine["data"], but: readonly string[] = []): string =>
  Object.entries(data)
    .filter(([name]) => !but.includes(name))
    .map(([name, value]) => `${name}=${printable(String(value))}`)
    .join(" ");

function recordOf(line: AuditLine) {
  const { no, at, type, data, held, hash } = line;
  const disposition = dispositionOf(line);
  return { no, at, type, phase: disposition === null ? null : phaseOf(type), disposition, data, held, hash };
}

function rowOf(line: AuditLine): readonly (string | number | null)[] {
  const { no, at, type, phase, disposition, data, hash } = recordOf(line);
  const { device = null, chain = null, seq = null } = data;
  const facts = factsText(data, ["device", "chain", "seq", "disposition"]);
  return [
    no,
    at,
    type,
    phase,
    disposition,
    ...[device, chain, seq].map((one) => one as string | null),
    facts,
    hash,
  ];
}

/** Text of a table for spreadsheets (RFC 4180, UTF-8 with a mark); a cell that would be read as a formula begins with an apostrophe. */
const csvText = (row: readonly unknown[]): string =>
  stringify([row as unknown[]], { escape_formulas: true, record_delimiter: "windows" });

async function exportLines(context: Context, format: AuditFormat): Promise<void> {
  const { out } = context;
  if (format === "csv") await out.write(`\ufeff${csvText(COLUMNS)}`);
  for (const line of context.engine.auditShow()) {
    await out.write(format === "csv" ? csvText(rowOf(line)) : `${jsonText(recordOf(line))}\n`);
    if (out.gone) return;
  }
}

/** `audit show`: every line as it was written. */
export async function auditShow(context: Context, format: AuditFormat | null): Promise<Exit> {
  const { out } = context;
  if (format !== null) {
    await exportLines(context, format);
    return EXIT.done;
  }
  const lines = context.engine.auditShow();
  if (context.json) {
    await printList(context, "lines", lines);
    return EXIT.done;
  }
  for (const { no, at, type, data } of lines) {
    await out.line(`${no}  ${at}  ${typeText(context, type)}  ${factsText(data)}`.trimEnd());
    if (out.gone) break;
  }
  return EXIT.done;
}

/** The words of a type; the type itself where somebody has written one of their own into the log. */
const typeText = ({ words }: Context, type: AuditType): string =>
  dispositionOf({ type, data: { disposition: "done" } }) === null
    ? printable(type)
    : words.t(`audit.${type}`);

function tellAudit(problem: AuditProblem, context: Context): Told {
  const { t } = context.words;
  const todo = t("audit.broken.do");
  switch (problem.type) {
    case "audit-broken": {
      const { no, upTo, by, name } = problem;
      if (by === "chain") return { what: t("audit.broken", { no }), todo };
      const witness = t(`audit.witness.${by}`, { name: name ?? "" });
      return { what: t("audit.broken-by", { same: no === upTo ? "yes" : "no", no, upTo, witness }), todo };
    }
    case "line-without-record":
      return { what: t("audit.no-record", { no: problem.no, event: t(`audit.${problem.what}`) }), todo };
    case "record-without-line":
      return { what: t("audit.no-line", { name: problem.name, event: t(`audit.${problem.what}`) }), todo };
    case "rows-changed": {
      const name = problem.tables.join(", ");
      const { no } = problem;
      return { what: no === null ? t("audit.rows", { name }) : t("audit.rows-after", { name, no }), todo };
    }
    case "anchor-bad": {
      const { by, name } = problem;
      const why = t(`audit.anchor-fault.${problem.why}`);
      if (by === "anchor")
        return { what: t("audit.anchor-bad", { name, why }), todo: t("audit.anchor-bad.do") };
      return { what: t("audit.anchor-bad", { name: t(`audit.witness.${by}`, { name }), why }), todo };
    }
  }
}

/** A file that proves nothing is a wrong file; anything else that does not fit needs a person. */
const exitOf = (problem: AuditProblem): Exit =>
  problem.type === "anchor-bad" &&
  problem.by === "anchor" &&
  (problem.why === "not-an-anchor" || problem.why === "other-store")
    ? EXIT.usage
    : EXIT.needsPerson;

async function readAnchors(
  files: readonly string[],
): Promise<readonly AnchorFile[] | { code: string; path: string }> {
  const anchors: AnchorFile[] = [];
  for (const path of files) {
    try {
      anchors.push({ name: basename(path), bytes: await readFileWithin(path, MAX_ANCHOR_BYTES) });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      return { code, path };
    }
  }
  return anchors;
}

/** The heads that the centre keeps; the exit code where it cannot be asked. */
async function headsAt(
  context: Context,
  to: string,
): Promise<{ readonly heads: readonly AuditHead[] } | { readonly exit: Exit }> {
  const centre = await context.connect(to);
  if (!centre.ok)
    return { exit: await stop(context, centre.error, tellAddress(centre.error, context.words), EXIT.usage) };
  try {
    const heads = await context.engine.headsAtCentre(centre.value, context.signal);
    return heads.ok ? { heads: heads.value } : { exit: await stopOn(context, heads.error) };
  } finally {
    await centre.value.close();
  }
}

/** `audit verify`: a log that is not what it was needs a person, and its first bad line is named. */
export async function auditVerify(
  context: Context,
  command: { readonly anchors: readonly string[]; readonly to: string | null },
): Promise<Exit> {
  const { t } = context.words;
  const { anchors: files, to } = command;
  const anchors = await readAnchors(files);
  if (!Array.isArray(anchors))
    return stopOn(context, { type: "disk", ...(anchors as { code: string; path: string }) });
  const asked = to === null ? { heads: null } : await headsAt(context, to);
  if ("exit" in asked) return asked.exit;
  const verified = await context.engine.auditVerify(anchors as readonly AnchorFile[], asked.heads);
  if (!verified.ok)
    return stop(context, verified.error, tellAudit(verified.error, context), exitOf(verified.error));
  const proof = verified.value;
  if (context.json) {
    await printJson(context, proof);
    return EXIT.done;
  }
  await context.out.line(t("audit.whole", { lines: proof.lines }));
  await context.out.line(
    t("audit.whole-by", {
      heads: proof.heads.signed,
      receipts: proof.receipts,
      acts: proof.acts,
      batches: proof.staged,
    }),
  );
  if (proof.heads.unsigned > 0) await context.out.line(t("audit.unsigned", { count: proof.heads.unsigned }));
  if (proof.notWitnessed > 0) await context.out.line(t("audit.not-witnessed", { no: proof.notWitnessed }));
  if (proof.unbound.length > 0)
    await context.out.line(t("audit.unbound", { name: proof.unbound.join(", ") }));
  for (const { no, seconds } of proof.clockBack.slice(0, MOST_CLOCK_LINES))
    await context.out.line(t("audit.clock-back", { no, time: context.words.duration(seconds) }));
  for (const { name, from, no } of proof.anchors)
    await context.out.line(t(from === no ? "audit.anchored-line" : "audit.anchored", { name, no }));
  if (proof.centre !== null) {
    const { heads, no, others } = proof.centre;
    await context.out.line(heads === 0 ? t("audit.centre.none") : t("audit.centre", { heads, no }));
    if (others > 0) await context.out.line(t("audit.centre.others", { count: others }));
  }
  if (proof.head !== null) await context.out.line(t("audit.head", { no: proof.lines, hash: proof.head }));
  return EXIT.done;
}
