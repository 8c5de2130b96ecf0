import type { Reason, TabletState, Verdict } from "../../../../shared/reasons.ts";

/** Words of the formats as small numbers, in the tables of the books alone. A number that was given once stays; new words get new ones. */

/** In place of a word, a day, a district, a length or a time that there is none of. */
export const NONE = -1;

const verdicts: Readonly<Record<Verdict, number>> = {
  safe: 0,
  "to-upload": 1,
  "on-tablet-only": 2,
  missing: 3,
  conflict: 4,
  refused: 5,
  "lost-in-vpn": 6,
  damaged: 7,
  revoked: 8,
};

const reasons: Readonly<Record<Reason, number>> = {
  malformed: 0,
  "signature-invalid": 1,
  "certificate-untrusted": 2,
  "certificate-expired": 3,
  "certificate-revoked": 4,
  "wrong-device": 5,
  "wrong-campaign": 6,
  "unknown-schema": 7,
  "central-not-recipient": 8,
  "body-missing": 9,
  "length-mismatch": 10,
  "chunk-mismatch": 11,
  "not-age": 12,
  "previous-mismatch": 13,
  conflict: 14,
  "ledger-mismatch": 15,
  io: 16,
};

const states: Readonly<Record<TabletState, number>> = { pending: 0, sent: 1, acknowledged: 2, unloaded: 3 };

const inverse = <W extends string>(codes: Readonly<Record<W, number>>): ReadonlyMap<number, W> =>
  new Map(Object.entries<number>(codes).map(([word, code]) => [code, word as W]));

const words = { verdict: inverse(verdicts), reason: inverse(reasons), state: inverse(states) };

export const verdictCode = (word: Verdict): number => verdicts[word];
export const reasonCode = (word: Reason | null): number => (word === null ? NONE : reasons[word]);
export const stateCode = (word: TabletState | null): number => (word === null ? NONE : states[word]);

export const VERDICT_CODES: readonly number[] = Object.values(verdicts);

export function verdictWord(code: number): Verdict {
  const word = words.verdict.get(code);
  if (word === undefined) throw new Error(`no verdict has the number ${code}`);
  return word;
}

/** Days since 1970 by the clock of this machine, at a moment given as RFC 3339. */
export function dayCode(moment: string): number {
  const date = new Date(moment);
  return Math.floor((date.getTime() / 60_000 - date.getTimezoneOffset()) / 1_440);
}

/** `2021-10-12` and back. */
export const dayWord = (code: number): string => new Date(code * 86_400_000).toISOString().slice(0, 10);
export const dayOf = (word: string): number => Math.floor(Date.parse(`${word}T00:00:00Z`) / 86_400_000);

/** A district's code; what is not 9 digits counts as none. */
export const areaCode = (area: string | null): number =>
  area !== null && /^\d{9}$/.test(area) ? Number(area) : NONE;
export const areaWord = (code: number): string | null =>
  code === NONE ? null : String(code).padStart(9, "0");
