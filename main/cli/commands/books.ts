import type { DeviceId } from "../../../shared/ids.ts";
import { VERDICTS, type Verdict } from "../../../shared/reasons.ts";
import type { ReconcileLine } from "../../../shared/views.ts";
import { type Context, printJson, printList, stopOn } from "../context.ts";
import { EXIT, type Exit, needsPerson } from "../exit.ts";
import { quarantineTable, reconcileTable } from "../render/tables.ts";
import { heading, sign } from "../render/text.ts";

/** Rows of one table; a longer chain goes on in the next. */
const ROWS_AT_ONCE = 1_000;

function* counted(
  lines: Iterable<ReconcileLine>,
  counts: Map<Verdict, number>,
): Generator<ReconcileLine, void> {
  for (const line of lines) {
    counts.set(line.verdict, (counts.get(line.verdict) ?? 0) + 1);
    yield line;
  }
}

/** Tables of one chain each, as the lines come. */
async function printTables(context: Context, lines: Iterable<ReconcileLine>): Promise<void> {
  const { out, words } = context;
  let rows: ReconcileLine[] = [];
  let place = "";
  const flush = async () => {
    if (rows.length > 0) await out.line(`${reconcileTable(rows, words)}\n`);
    rows = [];
  };
  for (const line of lines) {
    const here = `${line.device} ${line.chain}`;
    if (here !== place || rows.length === ROWS_AT_ONCE) await flush();
    if (here !== place) {
      const who =
        line.device === null ? words.t("unload.unknown") : words.t("unload.tablet", { device: line.device });
      await out.line(`${heading(who, out)} · ${words.t("unload.chain", { chain: line.chain })}`);
    }
    place = here;
    rows.push(line);
    if (out.gone) return;
  }
  await flush();
}

async function printVerdicts(context: Context, counts: ReadonlyMap<Verdict, number>): Promise<void> {
  const { out, words } = context;
  const found = VERDICTS.filter((verdict) => counts.has(verdict));
  if (found.length === 0) return out.line(words.t("reconcile.none"));
  const parts = found.map((verdict) => `${words.t(`verdict.${verdict}.name`)}: ${counts.get(verdict)}`);
  const all = [...counts.values()].reduce((a, b) => a + b, 0);
  await out.line(
    words.t("reconcile.totals", {
      batches: words.t("count.batches", { count: all }),
      counts: parts.join(" · "),
    }),
  );
  for (const verdict of found.filter((one) => one !== "safe")) {
    const kind = needsPerson(verdict) ? "person" : "done";
    const name = words.t(`verdict.${verdict}.name`);
    await out.line(`  ${sign(kind, out)} ${name}: ${words.t(`verdict.${verdict}.what`)}`);
    await out.line(`    ${words.t("what-to-do", { text: words.t(`verdict.${verdict}.do`) })}`);
  }
}

/** Makes a table of what each verdict stands on. The same in every language. */
const EVIDENCE = "sanaq-unload report --by batch --out FILE";

/** `reconcile`: tablet, station and centre side by side. */
export async function reconcile(context: Context, device: DeviceId | null): Promise<Exit> {
  const lines = context.engine.reconcile(device);
  if (!lines.ok) return stopOn(context, lines.error);
  const counts = new Map<Verdict, number>();
  const all = counted(lines.value, counts);
  if (context.json) await printList(context, "batches", all);
  else {
    await printTables(context, all);
    await printVerdicts(context, counts);
    if (counts.size > 0) await context.out.line(context.words.t("reconcile.evidence", { command: EVIDENCE }));
  }
  return [...counts.keys()].some(needsPerson) ? EXIT.needsPerson : EXIT.done;
}

/** `quarantine list`: anything in it needs a person. */
export async function quarantineList(context: Context): Promise<Exit> {
  const { out, words } = context;
  const lines = context.engine.quarantineList();
  if (context.json) {
    const shown = lines.map(({ id, device, chain, seq, manifest, reason, bytes, since }) => ({
      ...{ id, device, chain, seq, manifest, reason, bytes, since },
    }));
    await printList(context, "quarantine", shown);
  } else if (lines.length === 0) await out.line(words.t("quarantine.none"));
  else {
    await out.line(quarantineTable(lines, words));
    for (const reason of new Set(lines.map((line) => line.reason))) {
      await out.line(`\n${words.t(`reason.${reason}.name`)}: ${words.t(`reason.${reason}.what`)}`);
      await out.line(`  ${words.t("what-to-do", { text: words.t(`reason.${reason}.do`) })}`);
    }
  }
  return lines.length > 0 ? EXIT.needsPerson : EXIT.done;
}

/** `quarantine retry`: judged by the trust data of now. */
export async function quarantineRetry(context: Context): Promise<Exit> {
  const { out, words } = context;
  const retried = await context.engine.quarantineRetry();
  if (!retried.ok) return stopOn(context, retried.error);
  const { staged, stillRefused, lines, failure } = retried.value;
  if (context.json) {
    const batches = lines.map(({ device, chain, seq, reason, staged }) => ({
      ...{ device, chain, seq, outcome: staged ? "staged" : "quarantined" },
      reason: staged ? null : reason,
    }));
    await printJson(context, { staged, stillRefused, batches });
  } else {
    const refused = lines.filter((line) => !line.staged);
    if (refused.length > 0) await out.line(`${quarantineTable(refused, words)}\n`);
    await out.line(words.t("quarantine.retried", { staged, stillRefused }));
  }
  if (failure !== null) return stopOn({ ...context, json: false }, failure);
  return stillRefused > 0 ? EXIT.needsPerson : EXIT.done;
}
