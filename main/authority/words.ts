import { type Language, MESSAGES, type MessageKey } from "../../shared/messages/index.ts";
import { makeWords, type Words as WordsOf } from "../hosting/words.ts";
import { type AuthorityKey, en } from "./messages/en.ts";
import { kk } from "./messages/kk.ts";
import { ru } from "./messages/ru.ts";

export type Key = MessageKey | AuthorityKey;
export type Words = WordsOf<Key>;

const OWN = { kk, ru, en };

/** The words of a language. */
export const wordsOf = (language: Language): Words =>
  makeWords<Key>(language, { ...MESSAGES[language], ...OWN[language] });
