import type { UploadReport } from "../../engine/api.ts";
import { type Context, printJson, stop, stopOn, warn } from "../context.ts";
import { EXIT, type Exit, exitOfUpload } from "../exit.ts";
import { tellAddress, tellCentre, toldText } from "../render/problem.ts";
import { sign } from "../render/text.ts";

async function printReport(context: Context, report: UploadReport): Promise<void> {
  const { out, words } = context;
  const { t } = words;
  const { conflicts, waitingForCrl, revoked, failed, acks, acksRefused } = report;
  const sent = report.accepted + report.alreadyThere;
  if (sent + conflicts + waitingForCrl + revoked + failed > 0 || report.problem !== null)
    await out.line(t("upload.done", { ...report, bytes: words.bytes(report.bytes) }));
  else await out.line(t("upload.nothing"));
  if (report.forgotten) await out.line(t("upload.forgotten"));
  if (acks > 0) await out.line(t("upload.acks", { count: acks }));
  const concerns = [
    ["conflicts", conflicts],
    ["waiting", waitingForCrl],
    ["revoked", revoked],
    ["acks-refused", acksRefused],
  ] as const;
  for (const [what, count] of concerns) {
    if (count === 0) continue;
    await out.line(`  ${sign("person", out)} ${t(`upload.${what}`, { count })}`);
    await out.line(`    ${t("what-to-do", { text: t(`upload.${what}.do`) })}`);
  }
  if (failed > 0) await out.line(`  ${sign("failed", out)} ${t("upload.failed", { count: failed })}`);
}

/** `upload --to URL`. The URL may hold a password and is never shown. */
export async function upload(
  context: Context,
  { to, again }: { readonly to: string; readonly again: boolean },
): Promise<Exit> {
  const { words, progress } = context;
  const centre = await context.connect(to);
  if (!centre.ok) return stop(context, centre.error, tellAddress(centre.error, words), EXIT.usage);
  try {
    const done = await context.engine.upload(centre.value, (step) => progress.upload(step), context.signal, {
      again,
    });
    progress.clear();
    if (!done.ok) return await stopOn(context, done.error);
    const report = done.value;
    if (context.json) await printJson(context, report);
    else await printReport(context, report);
    if (report.problem !== null) await warn(context, toldText(tellCentre(report.problem, words), words));
    return exitOfUpload(report);
  } finally {
    await centre.value.close();
  }
}
