import { IntlMessageFormat } from "intl-messageformat";
import { BYTE_UNITS } from "../../shared/byte-units.ts";
import type { Language } from "../../shared/messages/index.ts";
import { printable } from "../../shared/printable.ts";

/** One language's words, numbers and dates. */
export interface Words<Key extends string> {
  readonly language: Language;
  /** The message with its values. Every value that is a text is made printable. */
  t(key: Key, values?: object): string;
  /** A moment (RFC 3339) as written on the clock it was read from, with that clock's offset; the text itself where it is none. */
  moment(rfc3339: string): string;
  /** A size in bytes, in units of a thousand. */
  bytes(count: number): string;
  /** A span of seconds in days, hours and minutes; seconds only below an hour. */
  duration(seconds: number): string;
}

const SPANS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** Makes the words of a language from its messages. A message is parsed when it is first used. */
export function makeWords<Key extends string>(
  language: Language,
  messages: Readonly<Record<Key, string>>,
): Words<Key> {
  const formats = new Map<Key, IntlMessageFormat>();

  const formatOf = (key: Key): IntlMessageFormat => {
    let format = formats.get(key);
    if (format === undefined) {
      format = new IntlMessageFormat(messages[key], language, undefined, { ignoreTag: true });
      formats.set(key, format);
    }
    return format;
  };
  const amount = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const span = (name: string, count: number) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, maximumFractionDigits: 0 }).format(count);
  const moments = new Map<string, Intl.DateTimeFormat>();
  const momentIn = (offset: string): Intl.DateTimeFormat => {
    let format = moments.get(offset);
    if (format === undefined) {
      format = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short", timeZone: offset });
      moments.set(offset, format);
    }
    return format;
  };

  return {
    language,
    t: (key, values = {}) => {
      const safe = Object.entries(values).map(([name, value]) => [
        name,
        typeof value === "string" ? printable(value) : value,
      ]);
      return String(formatOf(key).format(Object.fromEntries(safe)));
    },
    moment: (rfc3339) => {
      const offset = /(Z|[+-]\d{2}:\d{2})$/.exec(rfc3339)?.[1];
      const time = new Date(rfc3339);
      if (offset === undefined || Number.isNaN(time.getTime())) return printable(rfc3339);
      const zone = offset === "Z" ? "+00:00" : offset;
      return `${momentIn(zone).format(time)} (${zone})`;
    },
    bytes: (count) => {
      const units = BYTE_UNITS[language];
      const step = count < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
      return `${amount.format(count / 1000 ** step)} ${units[step] ?? ""}`;
    },
    duration: (seconds) => {
      let left = Math.abs(Math.round(seconds));
      const parts: string[] = [];
      for (const [name, length] of SPANS) {
        const count = Math.floor(left / length);
        left -= count * length;
        if (count > 0 && !(name === "second" && parts.length > 1)) parts.push(span(name, count));
      }
      return parts.length === 0 ? span("second", 0) : parts.join(" ");
    },
  };
}
