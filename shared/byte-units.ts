import type { Language } from "./messages/index.ts";

const CYRILLIC = ["байт", "кБ", "МБ", "ГБ", "ТБ"] as const;

/**
 * byte, kilobyte, megabyte, gigabyte and terabyte (each a thousand of the one before), as a language writes them. Our own: Unicode's data
 * for Kazakh spell the megabyte with a Latin M.
 */
export const BYTE_UNITS: Readonly<Record<Language, readonly string[]>> = {
  kk: CYRILLIC,
  ru: CYRILLIC,
  en: ["byte", "kB", "MB", "GB", "TB"],
};
