import { IntlMessageFormat } from "intl-messageformat";
import { LANGUAGES, type Language, MESSAGES, type MessageKey } from "../../shared/messages/index.ts";

/** The few words that the program itself says, outside its windows. */

interface QuitQuestion {
  readonly message: string;
  readonly detail: string;
  /** The first keeps the windows open. */
  readonly buttons: [string, string];
}

const QUIT: Readonly<Record<Language, QuitQuestion>> = {
  kk: {
    message: "Планшет түсіріліп жатыр.",
    detail:
      "Бағдарлама жабылса, түсіру тоқтайды. Ештеңе жоғалмайды: планшет қайта қосылғанда сол жерден жалғасады.",
    buttons: ["Жаппау", "Тоқтатып, жабу"],
  },
  ru: {
    message: "Идёт выгрузка планшета.",
    detail:
      "Если закрыть программу, выгрузка остановится. Ничего не потеряется: при следующем подключении она продолжится с того же места.",
    buttons: ["Не закрывать", "Остановить и закрыть"],
  },
  en: {
    message: "A tablet is being unloaded.",
    detail:
      "Closing the program stops the unloading. Nothing is lost: it goes on from there when the tablet is plugged in again.",
    buttons: ["Keep open", "Stop and close"],
  },
};

/** The system's language where it is one of ours, else Russian. */
const languageOf = (locale: string): Language =>
  LANGUAGES.find((language) => locale.toLowerCase().startsWith(language)) ?? "ru";

export const quitQuestion = (locale: string): QuitQuestion => QUIT[languageOf(locale)];

const KEYS: Readonly<Record<string, MessageKey>> = {
  owned: "store.owned.what",
  "newer-store": "store.newer-store.what",
  damaged: "store.damaged.what",
  "held-place": "misuse.held-place.what",
  disk: "failure.disk.what",
};

/** Why the store cannot be opened, and what to do. `problem`: the type of StoreProblem. */
export function storeTrouble(
  locale: string,
  problem: string,
  values: Readonly<Record<string, string | number | null>>,
): { readonly title: string; readonly text: string } {
  const language = languageOf(locale);
  const what = KEYS[problem] ?? "failure.disk.what";
  const todo = what.replace(/what$/, "do") as MessageKey;
  const text = [what, todo].map((key) =>
    String(
      new IntlMessageFormat(MESSAGES[language][key], language, undefined, { ignoreTag: true }).format(values),
    ),
  );
  return { title: "Sanaq Unload", text: text.join("\n\n") };
}
