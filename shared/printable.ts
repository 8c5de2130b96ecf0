/**
 * Text from a tablet, a carrier or a certificate, safe to show on a terminal, in a window, on paper and in a table: control, bidirectional
 * and other invisible characters, line breaks and broken surrogates are written as `\u{…}` (Unicode, categories C, Zl and Zp). Twice
 * escaped is the same as once. The original stays where it is compared or handed to a program.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);

/** The same, at most 400 characters of it: what fits a line of a window or a report. */
export const shown = (text: string): string => printable(text).slice(0, 400);
