import { BYTE_UNITS } from "../shared/byte-units.ts";
import type { Language } from "../shared/ipc/views.ts";

/**
 * How a language writes numbers and dates. The browser inside Electron carries no data for Kazakh (its dates come out as "M10 12", its
 * numbers as English): Kazakh takes the figures of Russian, which it shares, and the names of its months from here.
 */
export interface Locale {
  /** What Intl is asked for. */
  readonly tag: string;
  readonly number: Intl.NumberFormat;
  readonly oneDecimal: Intl.NumberFormat;
  readonly percent: Intl.NumberFormat;
  /** byte, kilobyte, megabyte, gigabyte, terabyte. */
  readonly units: readonly string[];
  /** Of a date in UTC; on one line always. */
  readonly long: (date: Date) => string;
  readonly short: (date: Date) => string;
}

const SPACE = "\u00a0";
const MONTHS = [
  "қаңтар",
  "ақпан",
  "наурыз",
  "сәуір",
  "мамыр",
  "маусым",
  "шілде",
  "тамыз",
  "қыркүйек",
  "қазан",
  "қараша",
  "желтоқсан",
] as const;
const SHORT_MONTHS = [
  "қаң.",
  "ақп.",
  "нау.",
  "сәу.",
  "мам.",
  "мау.",
  "шіл.",
  "там.",
  "қыр.",
  "қаз.",
  "қар.",
  "жел.",
] as const;

function figures(tag: string): Pick<Locale, "tag" | "number" | "oneDecimal" | "percent"> {
  return {
    tag,
    number: new Intl.NumberFormat(tag),
    oneDecimal: new Intl.NumberFormat(tag, { maximumFractionDigits: 1 }),
    percent: new Intl.NumberFormat(tag, { style: "percent" }),
  };
}

const unbroken = (text: string): string => text.replaceAll(" ", SPACE);

function dates(tag: string): Pick<Locale, "long" | "short"> {
  const utc = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(tag, { timeZone: "UTC", ...options });
  const long = utc({ day: "numeric", month: "long", year: "numeric" });
  const short = utc({ day: "numeric", month: "short" });
  return { long: (date) => unbroken(long.format(date)), short: (date) => unbroken(short.format(date)) };
}

const kazakhDates: Pick<Locale, "long" | "short"> = {
  long: (date) =>
    `${date.getUTCFullYear()}${SPACE}ж.${SPACE}${date.getUTCDate()}${SPACE}${MONTHS[date.getUTCMonth()] ?? ""}`,
  short: (date) => `${date.getUTCDate()}${SPACE}${SHORT_MONTHS[date.getUTCMonth()] ?? ""}`,
};

/** Formatters are slow to make: one set a language. */
export function localeOf(language: Language): Locale {
  switch (language) {
    case "kk":
      return { ...figures("ru-RU"), units: BYTE_UNITS.kk, ...kazakhDates };
    case "ru":
      return { ...figures("ru-RU"), units: BYTE_UNITS.ru, ...dates("ru-RU") };
    case "en":
      return { ...figures("en-GB"), units: BYTE_UNITS.en, ...dates("en-GB") };
  }
}
