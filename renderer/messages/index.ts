import type { Language } from "../../shared/ipc/views.ts";
import { MESSAGES, type MessageKey as SharedKey } from "../../shared/messages/index.ts";
import { en } from "./en.ts";
import { kk } from "./kk.ts";
import { ru } from "./ru.ts";

type OwnKey = keyof typeof en;
/** The windows' own messages: English names the keys, the other two must have the same. */
export type Catalogue = Readonly<Record<OwnKey, string>>;

/** The windows' own and those that the command line has too. */
export type MessageKey = OwnKey | SharedKey;

export const messages: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = {
  kk: { ...MESSAGES.kk, ...kk },
  ru: { ...MESSAGES.ru, ...ru },
  en: { ...MESSAGES.en, ...en },
};
