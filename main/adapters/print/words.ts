import { type ActKey, en } from "../../../shared/messages/act/en.ts";
import { kk } from "../../../shared/messages/act/kk.ts";
import { ru } from "../../../shared/messages/act/ru.ts";
import { MESSAGES, type MessageKey } from "../../../shared/messages/index.ts";
import type { TimeMark } from "../../formats/base.ts";

/**
 * Words of the act's two languages. Numbers and dates are put together here and not by the system's Intl, whose data differ from one
 * version of Node to the next: an act printed again is the same to the byte.
 */

export type ActLanguage = "kk" | "ru";

const ACT = { kk, ru };

const isKnown = (key: string): key is ActKey => Object.hasOwn(en, key);

export interface ActWords {
  /** A message of the act with its values. */
  t(key: ActKey, values?: Readonly<Record<string, string | number>>): string;
  /** A name of the shared catalogue, which takes no values. */
  name(
    key: Extract<MessageKey, `reason.${string}.name` | `finding.${string}.name` | `ledger-state.${string}`>,
  ): string;
  moment(mark: TimeMark): string;
  /** An RFC 3339 moment, on the clock it was read from; the text itself where it is none. */
  written(rfc3339: string): string;
  /** `270000000` as the words for its department. */
  oblast(kato: string): string;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** 1234567 as `1 234 567`, with spaces that do not break. */
export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, "\u00a0");

export function wordsIn(language: ActLanguage): ActWords {
  const t: ActWords["t"] = (key, values = {}) =>
    ACT[language][key].replace(/\{([a-z]+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  const moment = ({ utc, offset }: TimeMark): string => {
    const local = new Date((utc + offset * 60) * 1000);
    const month = `act.month.${local.getUTCMonth() + 1}`;
    const minutes = Math.abs(offset);
    if (!isKnown(month)) return String(utc);
    return t("act.date-time", {
      year: local.getUTCFullYear(),
      day: local.getUTCDate(),
      month: t(month),
      time: [local.getUTCHours(), local.getUTCMinutes(), local.getUTCSeconds()].map(two).join(":"),
      offset: `${offset < 0 ? "−" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
    });
  };
  return {
    t,
    name: (key) => MESSAGES[language][key],
    moment,
    written: (rfc3339) => {
      const utc = Date.parse(rfc3339) / 1000;
      const zone = /([+-])(\d{2}):(\d{2})$/.exec(rfc3339);
      if (Number.isNaN(utc)) return rfc3339;
      const [, sign, hours = 0, minutes = 0] = zone ?? [];
      const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
      return moment({ utc, offset });
    },
    oblast: (kato) => {
      const key = `act.oblast.${kato.slice(0, 2)}`;
      return isKnown(key) ? t(key) : t("act.oblast.other", { kato });
    },
  };
}

/** Sequence numbers as people write them: `1, 3–7`. */
export function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a}, ${b}` : `${a}–${b}`)).join(", ");
}
