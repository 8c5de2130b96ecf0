import type { BatchReport, TabletReport, UnloadReport, UnloadTotals } from "../../../shared/views.ts";
import type { UnloadTarget } from "../../engine/api.ts";
import { type Context, passphraseFor, printJson, stopOn, warn } from "../context.ts";
import { EXIT, type Exit, exitOfTablet, worst } from "../exit.ts";
import { tellProblem, toldText } from "../render/problem.ts";
import { tabletsText } from "../render/tables.ts";
import { tabletText, totalsText } from "../render/unload.ts";

/** `tablets`: a tablet that cannot be used needs a person. */
export async function tablets(context: Context): Promise<Exit> {
  const present = await context.engine.tablets();
  if (context.json) {
    const lines = present.map(({ id, source, manufacturer, product, problem }) => ({
      ...{ id, source, manufacturer, product, problem },
    }));
    await printJson(context, { tablets: lines });
  } else await context.out.line(tabletsText(present, context.words));
  return present.some((one) => one.problem !== null) ? EXIT.needsPerson : EXIT.done;
}

/** The document of docs/cli.md; `receipts` and `failure` stand beside its keys. */
export const unloadDocument = (report: UnloadReport) => ({
  tablets: report.tablets.map(
    ({ device, source, outbox, chain, ledger, batches, findings, receipts, failure }) => ({
      ...{ device, source, ...(outbox === null ? {} : { outbox }), chain, ledger },
      batches: batches.map(({ chain, seq, outcome, reason, bytes }) => ({
        ...{ chain, seq, outcome, reason, bytes },
      })),
      ...{ findings, receipts, failure },
    }),
  ),
  totals: report.totals,
});

/** The passphrase where receipts are asked for; null where they are not. */
const receiptOptions = async (context: Context, receipts: boolean) => {
  const passphrase = receipts ? await passphraseFor(context, false) : null;
  return passphrase !== null && typeof passphrase !== "string" ? passphrase : { receipts, passphrase };
};

/** Receipts need the station's certificate; unloading does not. */
const WITHOUT_RECEIPTS: ReceiptOptions = { receipts: false, passphrase: null };

interface ReceiptOptions {
  readonly receipts: boolean;
  readonly passphrase: string | null;
}

/** `unload`: every tablet's block, then the totals. */
export async function unload(
  context: Context,
  targets: readonly UnloadTarget[],
  receipts: boolean,
): Promise<Exit> {
  const { out, words, progress } = context;
  const options = await receiptOptions(context, receipts);
  if ("exit" in options) return options.exit;
  const run = (wanted: ReceiptOptions) =>
    context.engine.unload(targets, wanted, (step) => progress.tablet(step), context.signal);
  let done = await run(options);
  const withoutReceipts = !done.ok && done.error.type === "clock-outside-certificate";
  if (!done.ok && withoutReceipts) {
    await warn(context, toldText(tellProblem(done.error, words), words));
    done = await run(WITHOUT_RECEIPTS);
  }
  progress.clear();
  if (!done.ok) return stopOn(context, done.error);
  const report = done.value;
  const exit = worst([...report.tablets.map(exitOfTablet), ...(withoutReceipts ? [EXIT.needsPerson] : [])]);
  if (context.json) await printJson(context, unloadDocument(report));
  else for (const tablet of report.tablets) await out.line(`${tabletText(tablet, out, words)}\n`);
  if (report.tablets.length === 0) await warn(context, words.t("tablets.none"));
  else if (!context.json) await out.line(totalsText(report.tablets.length, report.totals, words));
  if (exit === EXIT.failed && report.tablets.length > 0) await warn(context, words.t("unload.failed-again"));
  return exit;
}

const NO_TOTALS = {
  staged: 0,
  alreadyStaged: 0,
  acknowledged: 0,
  quarantined: 0,
  failed: 0,
  bytes: 0,
} satisfies UnloadTotals;

/** A tablet that was seen on the cable. */
interface Seen {
  /** At most so many with this source were plugged in at once. */
  readonly tablets: number;
  /** Whether any of them could not be used at some time. */
  readonly hadProblem: boolean;
}

/**
 * What several unloadings come to: each tablet as it was left at last, each batch once, by what became of it last. One that was staged
 * in the meantime counts as staged. A tablet that could not be read at first counts by what followed; one that was seen and never unloaded
 * is a failure.
 */
export function summed(
  reports: readonly TabletReport[],
  seen: ReadonlyMap<string, Seen>,
): {
  readonly tablets: number;
  readonly totals: UnloadTotals;
  readonly exits: readonly Exit[];
} {
  const ends = new Map<string, { readonly tablet: string; readonly exit: Exit }>();
  const batches = new Map<string, BatchReport>();
  for (const [at, report] of reports.entries()) {
    const { device, source, outbox } = report;
    const isAlone = (seen.get(source)?.tablets ?? 1) === 1;
    const nameless = isAlone ? `from ${source}` : `report ${at}`;
    const tablet = device ?? nameless;
    // What is known of one outbox stands for what was not known of any.
    if (device !== null) ends.delete(nameless);
    if (outbox !== null) ends.delete(tablet);
    const place = outbox === null ? tablet : `${tablet} ${outbox.storage} ${outbox.path}`;
    ends.set(place, { tablet, exit: exitOfTablet(report) });
    for (const one of report.batches) {
      const key = `${tablet} ${one.chain} ${one.seq}`;
      const stays = batches.get(key)?.outcome === "staged" && one.outcome === "already-staged";
      if (!stays) batches.set(key, one);
    }
  }
  for (const [source, { hadProblem }] of seen)
    if (hadProblem && !reports.some((one) => one.source === source))
      ends.set(source, { tablet: source, exit: EXIT.failed });
  const totals = { ...NO_TOTALS };
  for (const { outcome, bytes } of batches.values()) {
    totals[outcome === "already-staged" ? "alreadyStaged" : outcome]++;
    totals.bytes += bytes;
  }
  const all = [...ends.values()];
  const tablets = new Set(all.map((one) => one.tablet)).size;
  return { tablets, totals, exits: all.map((one) => one.exit) };
}

/**
 * `watch`: a block for every unloading as it ends. Being interrupted is its right end, so the exit code speaks of the tablets alone. As
 * JSON, one document of all unloadings when it ends.
 */
export async function watch(context: Context, receipts: boolean): Promise<Exit> {
  const { out, words, progress } = context;
  const options = await receiptOptions(context, receipts);
  if ("exit" in options) return options.exit;
  const reports: TabletReport[] = [];
  const told = new Set<string>();
  const seen = new Map<string, Seen>();
  let printing = Promise.resolve();
  const print = (text: string) => {
    progress.clear();
    printing = printing.then(() => out.line(text)).then(() => out.flush());
  };
  await warn(context, words.t("watch.waiting"));
  await context.err.flush();
  const run = (wanted: ReceiptOptions) =>
    context.engine.watch(
      wanted,
      (step) => progress.tablet(step),
      (report) => {
        reports.push(report);
        if (!context.json) print(`${tabletText(report, out, words)}\n`);
      },
      (present) => {
        for (const { source } of present) {
          const now = present.filter((one) => one.source === source);
          const before = seen.get(source);
          seen.set(source, {
            tablets: Math.max(before?.tablets ?? 0, now.length),
            hadProblem: before?.hadProblem === true || now.some((one) => one.problem !== null),
          });
        }
        for (const one of present) {
          if (one.problem === null || told.has(one.id)) continue;
          told.add(one.id);
          if (!context.json) print(tabletsText([one], words));
        }
      },
      context.signal,
    );
  let done = await run(options);
  const withoutReceipts = !done.ok && done.error.type === "clock-outside-certificate";
  if (!done.ok && withoutReceipts) {
    await warn(context, toldText(tellProblem(done.error, words), words));
    await context.err.flush();
    done = await run(WITHOUT_RECEIPTS);
  }
  progress.clear();
  await printing;
  if (!done.ok) return stopOn(context, done.error);
  const { tablets: count, totals, exits } = summed(reports, seen);
  if (context.json) await printJson(context, unloadDocument({ tablets: reports, totals }));
  else await out.line(totalsText(count, totals, words));
  const all = withoutReceipts ? [...exits, EXIT.needsPerson] : exits;
  return all.length === 0 ? EXIT.done : worst(all);
}
