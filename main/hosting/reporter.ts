import type { MessageKey } from "../../shared/messages/index.ts";
import type { Exit } from "./exit.ts";
import type { HostingKey } from "./messages/en.ts";
import { jsonText, type Output } from "./output.ts";
import type { Words } from "./words.ts";

/** Two sentences: what happened and what to do; and, where one helps, the command line that does it. */
export interface Told {
  readonly what: string;
  readonly todo: string;
  readonly command?: string;
}

/** Where a command line reports: the JSON document on standard output, sentences on standard error. */
export interface Reporter<Key extends string = HostingKey | MessageKey> {
  readonly words: Words<Key | HostingKey | MessageKey>;
  /** Standard output: results. */
  readonly out: Output;
  /** Standard error: progress, warnings, problems. */
  readonly err: Output;
  readonly json: boolean;
}

/** As text: the first line says what happened, the next what to do. */
export const toldText = (told: Told, words: Words<"what-to-do">, indent = ""): string =>
  [
    told.what,
    words.t("what-to-do", { text: told.todo }),
    ...(told.command === undefined ? [] : [`  ${told.command}`]),
  ]
    .map((line) => `${indent}${line}`)
    .join("\n");

/** Prints the one JSON document of this run. */
export async function printJson(reporter: Pick<Reporter, "out">, value: unknown): Promise<void> {
  await reporter.out.line(jsonText(value, 2));
}

/** Writes `{ "NAME": [ … ] }` item by item, so that a million of them never stand in memory. */
export async function printList<T>(
  { out }: Pick<Reporter, "out">,
  name: string,
  items: Iterable<T>,
): Promise<void> {
  await out.write(`{ ${jsonText(name)}: [`);
  let first = true;
  for (const item of items) {
    await out.write(`${first ? "" : ","}\n  ${jsonText(item)}`);
    first = false;
    if (out.gone) return;
  }
  await out.line(first ? "] }" : "\n] }");
}

/** Tells what stopped the command, to people and to scripts. */
export async function stop(
  reporter: Reporter,
  error: { readonly type: string },
  told: Told,
  exit: Exit,
): Promise<Exit> {
  if (reporter.json) await printJson(reporter, { error });
  await reporter.err.line(toldText(told, reporter.words));
  return exit;
}

/** A line on standard error that a person should see, whatever standard output is for. */
export const warn = (reporter: Pick<Reporter, "err">, text: string): Promise<void> => reporter.err.line(text);
