import type { ReportFormat, ReportKind } from "../../engine/ports-report.ts";
import { type Context, printJson, stopOn } from "../context.ts";
import { EXIT, type Exit } from "../exit.ts";

/** `report --by KIND --out FILE`: what it says needs nobody; what needs a person is told by `reconcile`. */
export async function report(
  context: Context,
  command: { readonly by: ReportKind; readonly format: ReportFormat; readonly out: string },
): Promise<Exit> {
  const { by, format, out } = command;
  const written = await context.engine.report(by, format, out, context.signal);
  if (!written.ok) return stopOn(context, written.error);
  if (context.json) await printJson(context, { by, format, file: out, lines: written.value });
  else await context.out.line(context.words.t("report.done", { lines: written.value, path: out }));
  return EXIT.done;
}
