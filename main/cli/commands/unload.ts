import type { DeviceId } from "../../../shared/ids.ts";
import type { BatchReport, TabletReport, UnloadReport, UnloadTotals } from "../../../shared/views.ts";
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

/**
 * What several unloadings come to: each tablet as it was left at last, each batch once, by what became of it last. One that was staged
 * in the meantime counts as staged.
 */
function summed(reports: readonly TabletReport[]): {
  readonly tablets: number;
  readonly totals: UnloadTotals;
  readonly exits: readonly Exit[];
} {
  const exits = new Map<DeviceId | number, Exit>();
  const batches = new Map<string, BatchReport>();
  for (const [at, report] of reports.entries()) {
    const tablet = report.device ?? at;
    exits.set(tablet, exitOfTablet(report));
    for (const one of report.batches) {
      const key = `${tablet} ${one.chain} ${one.seq}`;
      const stays = batches.get(key)?.outcome === "staged" && one.outcome === "already-staged";
      if (!stays) batches.set(key, one);
    }
  }
  const totals = { ...NO_TOTALS };
  for (const { outcome, bytes } of batches.values()) {
    totals[outcome === "already-staged" ? "alreadyStaged" : outcome]++;
    totals.bytes += bytes;
  }
  return { tablets: exits.size, totals, exits: [...exits.values()] };
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
  const { tablets: count, totals, exits } = summed(reports);
  if (context.json) await printJson(context, unloadDocument({ tablets: reports, totals }));
  else await out.line(totalsText(count, totals, words));
  return exits.length === 0 ? EXIT.done : worst(exits);
}
