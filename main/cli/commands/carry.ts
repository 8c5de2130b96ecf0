import type { DeviceId } from "../../../shared/ids.ts";
import type { ImportReport } from "../../engine/api.ts";
import { type Context, passphraseFor, printJson, stopOn } from "../context.ts";
import { type Exit, exitOfExport, exitOfImport } from "../exit.ts";
import { bagFault } from "../render/problem.ts";
import { sign } from "../render/text.ts";
import { tabletText, totalsText } from "../render/unload.ts";
import { unloadDocument } from "./unload.ts";

/** Faults of a bag's files that are told one by one. */
const FAULTS_SHOWN = 20;

/** A line with a sign, then what to do. */
async function concern(context: Context, what: string, todo: string, failed = false): Promise<void> {
  const { out, words } = context;
  await out.line(`  ${sign(failed ? "failed" : "person", out)} ${what}`);
  await out.line(`    ${words.t("what-to-do", { text: todo })}`);
}

/** `export --to DIR`. */
export async function exportBag(
  context: Context,
  command: { readonly to: string; readonly devices: readonly DeviceId[]; readonly again: boolean },
): Promise<Exit> {
  const { out, words, progress } = context;
  const { t } = words;
  const passphrase = await passphraseFor(context, false);
  if (typeof passphrase !== "string") return passphrase.exit;
  const { devices, again, to } = command;
  const done = await context.engine.exportBag(
    to,
    { devices, again, passphrase },
    (step) => progress.carry(step),
    context.signal,
  );
  progress.clear();
  if (!done.ok) return stopOn(context, done.error);
  const report = done.value;
  const { bag, batches, tablets, bytes, failed, left } = report;
  if (context.json) await printJson(context, { bag, tablets, batches, bytes, failed, left });
  else if (bag === null) await out.line(t("export.nothing"));
  else {
    const counts = {
      no: bag.no,
      batches: t("count.batches", { count: batches }),
      tablets: t("count.tablets", { count: tablets }),
    };
    await out.line(t("export.done", { ...counts, bytes: words.bytes(bytes), path: to }));
    if (failed > 0)
      await concern(context, t("export.failed", { count: failed }), t("export.failed.do"), true);
    if (left > 0) await out.line(`  ${t("export.left", { count: left })}`);
  }
  return exitOfExport(report);
}

async function printImport(context: Context, report: ImportReport): Promise<void> {
  const { out, words } = context;
  const { t } = words;
  const { bag, faults, missing, staleCas, receipt, receiptFailure, answers, badReceipts } = report;
  if (bag !== null) {
    await out.line(`${t("import.bag", { no: bag.no, station: bag.station })}\n`);
    for (const tablet of report.tablets) await out.line(`${tabletText(tablet, out, words, "carried")}\n`);
    await out.line(totalsText(report.tablets.length, report.totals, words));
  }
  for (const { type, path } of faults.slice(0, FAULTS_SHOWN))
    await concern(context, t("import.fault", { path, why: bagFault(type, "", words) }), t("import.fault.do"));
  if (missing > 0) await concern(context, t("import.missing", { count: missing }), t("import.missing.do"));
  for (const issuer of staleCas) await concern(context, t("import.stale", { issuer }), t("import.stale.do"));
  for (const answer of answers) await out.line(t("import.answer", { ...answer, bag: answer.bag }));
  for (const { path, why } of badReceipts)
    await concern(
      context,
      t("import.bad-receipt", { path, why: bagFault(why, "", words) }),
      t("import.bad-receipt.do"),
    );
  if (receipt !== null) await out.line(t("import.receipt", { path: receipt }));
  if (receiptFailure !== null)
    await concern(context, t("import.no-receipt", receiptFailure), t("import.no-receipt.do"), true);
}

/** `import DIR`: a bag of another station, or its receipt for one of ours. */
export async function importBag(context: Context, folder: string): Promise<Exit> {
  const { progress } = context;
  const passphrase = await passphraseFor(context, false);
  if (typeof passphrase !== "string") return passphrase.exit;
  const done = await context.engine.importBag(
    folder,
    { passphrase },
    (step) => progress.carry(step),
    context.signal,
  );
  progress.clear();
  if (!done.ok) return stopOn(context, done.error);
  const report = done.value;
  if (context.json) {
    const { bag, faults, missing, staleCas, receipt, answers, badReceipts } = report;
    const found = { bag, faults, missing, staleCas };
    await printJson(context, { ...found, ...unloadDocument(report), receipt, answers, badReceipts });
  } else await printImport(context, report);
  return exitOfImport(report);
}
