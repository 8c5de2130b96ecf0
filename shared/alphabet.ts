/**
 * The order of names in Kazakhstan: signs, numbers by value, Latin letters, then the 42 letters of the Kazakh Cyrillic alphabet, which
 * holds all 33 Russian ones in their own order. Written out, because neither SQLite nor the browser inside Electron knows the locale kk.
 */
const LETTERS = "аәбвгғдеёжзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя";
const PLACES = new Map([...LETTERS].map((letter, index) => [letter, `~${String.fromCharCode(48 + index)}`]));
const MAX_DIGITS = 90;

/** A text whose plain comparison, also by bytes in SQLite, gives the order of names. Upper and lower case are one. */
export function alphabetKey(text: string): string {
  return text
    .normalize("NFC")
    .toLowerCase()
    .replace(/\d+|\p{L}/gu, (found) => {
      const place = PLACES.get(found);
      if (place !== undefined) return place;
      if (!/^\d/.test(found)) return found;
      const digits = found.replace(/^0+(?=\d)/, "").slice(0, MAX_DIGITS);
      return `0${String.fromCharCode(32 + digits.length)}${digits}`;
    });
}

/** Compares two names for sorting: by `alphabetKey`, and where that is equal by the texts themselves. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [alphabetKey(a), alphabetKey(b)];
  if (left !== right) return left < right ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}
