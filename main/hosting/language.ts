import type { Language } from "../../shared/messages/index.ts";

const known = (word: string): Language | null =>
  word === "kk" || word === "ru" || word === "en" ? word : null;

/** The value of `--lang` wherever it stands before a `--`; the last one counts. null where it is absent. */
export function languageOption(args: readonly string[]): string | null {
  let value: string | null = null;
  for (const [at, arg] of args.entries()) {
    if (arg === "--") break;
    if (arg === "--lang") value = args[at + 1] ?? null;
    if (arg.startsWith("--lang=")) value = arg.slice("--lang=".length);
  }
  return value;
}

/**
 * The language of the messages: `--lang`, else SANAQ_LANG, else what LC_ALL, LC_MESSAGES or LANG says (POSIX, in this order:
 * the first that is set), else Russian.
 */
export function chooseLanguage(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  const words = [languageOption(args) ?? "", env.SANAQ_LANG ?? "", locale.slice(0, 2)];
  for (const word of words) {
    const language = known(word);
    if (language !== null) return language;
  }
  return "ru";
}
