import { type Language, MESSAGES, type MessageKey } from "../../shared/messages/index.ts";
import { makeWords, type Words as WordsOf } from "../hosting/words.ts";
import { type CliKey, en } from "./messages/en.ts";
import { kk } from "./messages/kk.ts";
import { ru } from "./messages/ru.ts";

export type Key = MessageKey | CliKey;
export type Words = WordsOf<Key>;

const CLI_MESSAGES = { kk, ru, en };

/** Sequence numbers as people write them: `1, 3–7`. Ascending and unique; at most `limit` runs, then `…`. */
export function ranges(numbers: readonly number[], limit = 40): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  const texts = runs
    .slice(0, limit)
    .map(([first, last]) =>
      first === last ? `${first}` : `${first}${last === first + 1 ? ", " : "–"}${last}`,
    );
  return runs.length > limit ? `${texts.join(", ")}, …` : texts.join(", ");
}

/** The words of a language. */
export const wordsOf = (language: Language): Words =>
  makeWords<Key>(language, { ...MESSAGES[language], ...CLI_MESSAGES[language] });
