import { IntlMessageFormat } from "intl-messageformat";
import { createContext, useContext } from "react";
import type { Language } from "../shared/ipc/views.ts";
import { type MessageKey, messages } from "./messages/index.ts";

type Values = Readonly<Record<string, string | number | null>>;

const LOCALES: Readonly<Record<Language, string>> = { kk: "kk-KZ", ru: "ru-KZ", en: "en-GB" };

/** Words, numbers and times of one language. */
export interface Words {
  readonly language: Language;
  t(key: MessageKey, values?: Values): string;
  number(value: number): string;
  /** A share from 0 to 1, rounded down: 100 % is said only when all is there. */
  percent(share: number): string;
  /** Decimal units, as on the packaging of every drive: 9.8 MB. */
  bytes(value: number): string;
  /** Two amounts in the unit of the larger: "4.1 of 9.8 MB" needs the first without its unit. */
  bytesOf(part: number, whole: number): { readonly part: string; readonly whole: string };
  duration(seconds: number): string;
  /** 12 October 2021, as the language writes it. `day`: YYYY-MM-DD or a stamp, in its own offset. */
  date(day: string): string;
  dayMonth(day: string): string;
  /** 12 Oct 09:30 (+05), by the clock that was read. */
  moment(stamp: string): string;
  /** 12 October 2021, 09:30:14 (+05). */
  fullMoment(stamp: string): string;
  /** 09:30 */
  clock(stamp: string): string;
  compare(a: string, b: string): number;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
const unitOf = (value: number): number => {
  let unit = 0;
  for (let rest = value; rest >= 1000 && unit < UNITS.length - 1; rest /= 1000) unit += 1;
  return unit;
};

/** The wall clock of a stamp as a Date in UTC, and its offset as people write it: +05, +05:30. */
function wall(stamp: string): { readonly date: Date; readonly offset: string } {
  const offset = stamp.endsWith("Z") ? "+00" : stamp.slice(19).replace(":00", "");
  return {
    date: new Date(`${stamp.slice(0, 19).padEnd(19, "T00:00:00".slice(stamp.length - 10))}Z`),
    offset,
  };
}

const wallDay = (day: string): Date => new Date(`${day.slice(0, 10)}T00:00:00Z`);

/** Builds the words of one language; formatters are made once. */
export function wordsOf(language: Language): Words {
  const catalogue = messages[language];
  const locale = LOCALES[language];
  const ready = new Map<string, IntlMessageFormat>();
  const dates = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...options });
  const number = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: "percent" });
  const units = UNITS.map((unit) => ({
    whole: new Intl.NumberFormat(locale, {
      style: "unit",
      unit,
      maximumFractionDigits: unit === "byte" ? 0 : 1,
    }),
    bare: new Intl.NumberFormat(locale, { maximumFractionDigits: unit === "byte" ? 0 : 1 }),
  }));
  const long = dates({ day: "numeric", month: "long", year: "numeric" });
  const short = dates({ day: "numeric", month: "short" });
  const clock = dates({ hour: "2-digit", minute: "2-digit", hour12: false, hourCycle: "h23" });
  const seconds = dates({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const collator = new Intl.Collator(locale, { numeric: true });
  const unit = (index: number) => units[index] ?? units[0];

  const t: Words["t"] = (key, values) => {
    let format = ready.get(key);
    if (format === undefined) {
      format = new IntlMessageFormat(catalogue[key], locale, undefined, { ignoreTag: true });
      ready.set(key, format);
    }
    return String(format.format(values));
  };
  return {
    language,
    t,
    number: (value) => number.format(value),
    percent: (share) => percent.format(Math.floor(share * 100) / 100),
    bytes: (value) => {
      const index = unitOf(value);
      return unit(index)?.whole.format(value / 1000 ** index) ?? "";
    },
    bytesOf: (part, whole) => {
      const index = unitOf(whole);
      return {
        part: unit(index)?.bare.format(part / 1000 ** index) ?? "",
        whole: unit(index)?.whole.format(whole / 1000 ** index) ?? "",
      };
    },
    duration: (total) => {
      const hours = Math.floor(total / 3600);
      const minutes = Math.floor((total % 3600) / 60);
      if (hours > 0) return t("time.hours", { hours, minutes });
      if (minutes > 0) return t("time.minutes", { minutes });
      return t("time.seconds", { seconds: Math.max(1, Math.round(total)) });
    },
    date: (day) => long.format(wallDay(day)),
    dayMonth: (day) => short.format(wallDay(day)),
    moment: (stamp) => {
      const { date, offset } = wall(stamp);
      return t("time.moment", { day: short.format(date), clock: clock.format(date), offset });
    },
    fullMoment: (stamp) => {
      const { date, offset } = wall(stamp);
      return t("time.full", { day: long.format(date), clock: seconds.format(date), offset });
    },
    clock: (stamp) => clock.format(wall(stamp).date),
    compare: collator.compare,
  };
}

const cache = new Map<Language, Words>();
export const words = (language: Language): Words => {
  const held = cache.get(language);
  if (held !== undefined) return held;
  const made = wordsOf(language);
  cache.set(language, made);
  return made;
};

export const WordsContext = createContext<Words>(words("kk"));
export const useWords = (): Words => useContext(WordsContext);
