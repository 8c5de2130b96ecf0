import { type Context, printJson, stopOn } from "../context.ts";
import { EXIT, type Exit } from "../exit.ts";
import { damagedTable } from "../render/tables.ts";
import { sign } from "../render/text.ts";

/** `store check [--deep]`: every staged and quarantined file, looked at or read through. */
export async function storeCheck(context: Context, depth: "light" | "deep"): Promise<Exit> {
  const { engine, out, words, progress, signal } = context;
  const checked = await engine.checkStore(depth, (step) => progress.carry(step), signal);
  progress.clear();
  if (!checked.ok) return stopOn(context, checked.error);
  const { batches, bytes, damaged } = checked.value;
  if (context.json) await printJson(context, checked.value);
  else {
    const counts = { batches: words.t("count.batches", { count: batches }), bytes: words.bytes(bytes) };
    await out.line(words.t(`store.checked.${depth}`, counts));
    if (damaged.length > 0) {
      await out.line(`\n${damagedTable(damaged, words)}\n`);
      await out.line(`  ${sign("person", out)} ${words.t("store.damaged", { count: damaged.length })}`);
      await out.line(`    ${words.t("what-to-do", { text: words.t("store.damaged.do") })}`);
    }
  }
  return damaged.length > 0 ? EXIT.needsPerson : EXIT.done;
}
