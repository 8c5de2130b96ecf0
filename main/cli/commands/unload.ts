import type { DeviceId } from "../../../shared/ids.ts";
import type { TabletReport, UnloadReport, UnloadTotals } from "../../../shared/views.ts";
import type { UnloadTarget } from "../../engine/api.ts";
import { type Context, passphraseFor, printJson, stopOn, warn } from "../context.ts";
import { EXIT, type Exit, exitOfTablet, worst } from "../exit.ts";
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
  tablets: report.tablets.map(({ device, source, chain, ledger, batches, findings, receipts, failure }) => ({
    ...{ device, source, chain, ledger },
    batches: batches.map(({ chain, seq, outcome, reason, bytes }) => ({
      ...{ chain, seq, outcome, reason, bytes },
    })),
    ...{ findings, receipts, failure },
  })),
  totals: report.totals,
});

/** The passphrase where receipts are asked for; null where they are not. */
const receiptOptions = async (context: Context, receipts: boolean) => {
  const passphrase = receipts ? await passphraseFor(context, false) : null;
  return passphrase !== null && typeof passphrase !== "string" ? passphrase : { receipts, passphrase };
};

/** `unload`: every tablet's block, then the totals. */
export async function unload(
  context: Context,
  targets: readonly UnloadTarget[],
  receipts: boolean,
): Promise<Exit> {
  const { out, words, progress } = context;
  const options = await receiptOptions(context, receipts);
  if ("exit" in options) return options.exit;
  const done = await context.engine.unload(targets, options, (step) => progress.tablet(step), context.signal);
  progress.clear();
  if (!done.ok) return stopOn(context, done.error);
  const report = done.value;
  const exit = worst(report.tablets.map(exitOfTablet));
  if (context.json) await printJson(context, unloadDocument(report));
  else for (const tablet of report.tablets) await out.line(`${tabletText(tablet, out, words)}\n`);
  if (report.tablets.length === 0) await warn(context, words.t("tablets.none"));
  else if (!context.json) await out.line(totalsText(report, words));
  if (exit === EXIT.failed && report.tablets.length > 0) await warn(context, words.t("unload.failed-again"));
  return exit;
}

/** Sums of several unloadings. */
const sum = (a: UnloadTotals, b: UnloadTotals): UnloadTotals => ({
  staged: a.staged + b.staged,
  alreadyStaged: a.alreadyStaged + b.alreadyStaged,
  acknowledged: a.acknowledged + b.acknowledged,
  quarantined: a.quarantined + b.quarantined,
  failed: a.failed + b.failed,
  bytes: a.bytes + b.bytes,
});

const NO_TOTALS: UnloadTotals = {
  staged: 0,
  alreadyStaged: 0,
  acknowledged: 0,
  quarantined: 0,
  failed: 0,
  bytes: 0,
};

const totalsOf = ({ batches }: TabletReport): UnloadTotals =>
  batches
    .map(({ outcome, bytes }) => ({
      ...NO_TOTALS,
      ...(outcome === "already-staged" ? { alreadyStaged: 1 } : { [outcome]: 1 }),
      bytes,
    }))
    .reduce(sum, NO_TOTALS);

/** How each tablet was left at last: an unloading that was interrupted and then finished has finished. */
function lastExits(reports: readonly TabletReport[]): readonly Exit[] {
  const last = new Map<DeviceId | number, Exit>();
  for (const [at, report] of reports.entries()) last.set(report.device ?? at, exitOfTablet(report));
  return [...last.values()];
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
  let printing = Promise.resolve();
  const print = (text: string) => {
    progress.clear();
    printing = printing.then(() => out.line(text)).then(() => out.flush());
  };
  await warn(context, words.t("watch.waiting"));
  await context.err.flush();
  const done = await context.engine.watch(
    options,
    (step) => progress.tablet(step),
    (report) => {
      reports.push(report);
      if (!context.json) print(`${tabletText(report, out, words)}\n`);
    },
    (present) => {
      for (const one of present) {
        if (one.problem === null || told.has(one.id)) continue;
        told.add(one.id);
        if (!context.json) print(tabletsText([one], words));
      }
    },
    context.signal,
  );
  progress.clear();
  await printing;
  if (!done.ok) return stopOn(context, done.error);
  const report = { tablets: reports, totals: reports.map(totalsOf).reduce(sum, NO_TOTALS) };
  if (context.json) await printJson(context, unloadDocument(report));
  else await out.line(totalsText(report, words));
  return reports.length === 0 ? EXIT.done : worst(lastExits(reports));
}
