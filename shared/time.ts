/** Writes a moment with the offset of the clock it was read from: `2021-10-12T09:30:00+05:00`. null for a year beyond 9999. */
export function rfc3339(utcSeconds: number, offsetMinutes: number): string | null {
  const local = new Date((utcSeconds + offsetMinutes * 60) * 1000);
  const year = local.getUTCFullYear();
  if (Number.isNaN(year) || year < 0 || year > 9999) return null;
  const sign = offsetMinutes < 0 ? "-" : "+";
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.abs(offsetMinutes);
  return `${local.toISOString().slice(0, 19)}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** A moment as the clock of this machine shows it, with its offset: `2021-10-12T09:30:00+05:00`. `moment`: a date, or RFC 3339. */
export function stampOf(moment: Date | string): string {
  const date = typeof moment === "string" ? new Date(moment) : moment;
  const stamp = rfc3339(Math.floor(date.getTime() / 1000), -date.getTimezoneOffset());
  if (stamp === null) throw new Error(`not a moment: ${String(moment)}`);
  return stamp;
}
