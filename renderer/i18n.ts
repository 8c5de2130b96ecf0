import { IntlMessageFormat } from "intl-messageformat";
import { createContext, useContext } from "react";
import { compareNames } from "../shared/alphabet.ts";
import type { Language } from "../shared/ipc/views.ts";
import { localeOf } from "./locale.ts";
import { type MessageKey, messages } from "./messages/index.ts";

type Values = Readonly<Record<string, string | number | null>>;

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
  /** 12 Oct 09:30 +05, for columns. */
  tableMoment(stamp: string): string;
  /** 12 October 2021, 09:30:14 (+05). */
  fullMoment(stamp: string): string;
  /** 09:30 */
  clock(stamp: string): string;
  compare(a: string, b: string): number;
}

const MAX_UNIT = 4;
const unitOf = (value: number): number => {
  let unit = 0;
  for (let rest = value; rest >= 1000 && unit < MAX_UNIT; rest /= 1000) unit += 1;
  return unit;
};

/** The wall clock of a stamp as a Date in UTC, and its offset as people write it: +05, +05:30. Null: a clock beyond all calendars. */
function wall(stamp: string): { readonly date: Date; readonly offset: string } | null {
  const found = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2})$/.exec(stamp);
  const [, day, clock, zone = "Z"] = found ?? [];
  const date = new Date(`${day}T${clock}Z`);
  if (Number.isNaN(date.getTime())) return null;
  return { date, offset: zone === "Z" ? "+00" : zone.replace(":00", "") };
}

const wallDay = (day: string): Date => new Date(`${day.slice(0, 10)}T00:00:00Z`);

/** Builds the words of one language; formatters are made once. */
export function wordsOf(language: Language): Words {
  const catalogue = messages[language];
  const locale = localeOf(language);
  const ready = new Map<string, IntlMessageFormat>();
  const plain = (value: number, unit: number) =>
    (unit === 0 ? locale.number : locale.oneDecimal).format(value / 1000 ** unit);
  const t: Words["t"] = (key, values) => {
    let format = ready.get(key);
    if (format === undefined) {
      format = new IntlMessageFormat(catalogue[key], locale.tag, undefined, { ignoreTag: true });
      ready.set(key, format);
    }
    return String(format.format(values));
  };
  const bytes = (value: number, unit = unitOf(value)) =>
    t("unit.amount", { value: plain(value, unit), unit: locale.units[unit] ?? "" });
  const moment = (key: "time.moment" | "time.table", stamp: string) => {
    const at = wall(stamp);
    if (at === null) return stamp;
    return t(key, { day: locale.short(at.date), clock: clock(at.date), offset: at.offset });
  };
  const clock = (date: Date) => date.toISOString().slice(11, 16);
  return {
    language,
    t,
    number: (value) => locale.number.format(value),
    percent: (share) => locale.percent.format(Math.floor(share * 100) / 100),
    bytes: (value) => bytes(value),
    bytesOf: (part, whole) => {
      const unit = unitOf(whole);
      return { part: plain(part, unit), whole: bytes(whole, unit) };
    },
    duration: (total) => {
      const hours = Math.floor(total / 3600);
      const minutes = Math.floor((total % 3600) / 60);
      if (hours > 0) return t("time.hours", { hours, minutes });
      if (minutes > 0) return t("time.minutes", { minutes });
      return t("time.seconds", { seconds: Math.max(1, Math.round(total)) });
    },
    date: (day) => locale.long(wallDay(day)),
    dayMonth: (day) => locale.short(wallDay(day)),
    moment: (stamp) => moment("time.moment", stamp),
    tableMoment: (stamp) => moment("time.table", stamp),
    fullMoment: (stamp) => {
      const at = wall(stamp);
      if (at === null) return stamp;
      const seconds = at.date.toISOString().slice(11, 19);
      return t("time.full", { day: locale.long(at.date), clock: seconds, offset: at.offset });
    },
    clock: (stamp) => {
      const at = wall(stamp);
      return at === null ? stamp : clock(at.date);
    },
    compare: compareNames,
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
