import type { StoreKeeping } from "../../compose.ts";
import { printJson, type Reporter, stopOn, warn } from "../context.ts";
import { EXIT, type Exit } from "../exit.ts";
import type { Progress } from "../progress.ts";
import { sign } from "../render/text.ts";

/** Commands beside whoever owns the store. */
export interface KeepContext extends Reporter {
  readonly keeping: StoreKeeping;
  /** The store's folder. */
  readonly store: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Batches that are not what was staged: a person has to know. */
async function printDamaged(context: KeepContext, damaged: number): Promise<void> {
  const { out, words } = context;
  if (damaged === 0) return;
  await out.line(`  ${sign("person", out)} ${words.t("backup.failed", { count: damaged })}`);
  await out.line(`    ${words.t("what-to-do", { text: words.t("backup.failed.do") })}`);
}

/** `backup --to DIR`, while the store may be in use. */
export async function backup(context: KeepContext, to: string): Promise<Exit> {
  const { keeping, store, out, words, progress, signal } = context;
  const { t } = words;
  const made = await keeping.backup(store, to, (step) => progress.carry(step), signal);
  progress.clear();
  if (!made.ok) return stopOn(context, made.error);
  const { batches, bytes, damaged, logged } = made.value;
  if (!logged) await warn(context, t("backup.not-logged"));
  if (context.json) await printJson(context, made.value);
  else {
    const counts = { batches: t("count.batches", { count: batches }), bytes: words.bytes(bytes) };
    await out.line(t("backup.done", { ...counts, path: to }));
    await printDamaged(context, damaged);
  }
  return damaged > 0 ? EXIT.needsPerson : EXIT.done;
}

/** `restore DIR`, into a store that is not there yet. */
export async function restore(context: KeepContext, folder: string): Promise<Exit> {
  const { keeping, store, out, words, progress, signal } = context;
  const { t } = words;
  const made = await keeping.restore(folder, store, (step) => progress.carry(step), signal);
  progress.clear();
  if (!made.ok) return stopOn(context, made.error);
  const { batches, was, damaged } = made.value;
  if (context.json) await printJson(context, made.value);
  else {
    await out.line(
      t("restore.done", { store: made.value.store, was, batches: t("count.batches", { count: batches }) }),
    );
    await printDamaged(context, damaged);
  }
  return damaged > 0 ? EXIT.needsPerson : EXIT.done;
}
