/** Bytes a second over the last stretch of time, so that one slow batch does not turn the figure over. */

const STRETCH_MS = 10_000;

export class Speed {
  readonly #now: () => number;
  #moved: { readonly at: number; readonly bytes: number }[] = [];
  #began: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  clear(): void {
    this.#moved = [];
    this.#began = null;
  }

  add(bytes: number): void {
    const at = this.#now();
    this.#began ??= at;
    if (bytes <= 0) return;
    const last = this.#moved.at(-1);
    // Several in one moment are one, so that the list stays short.
    if (last !== undefined && at - last.at < 100)
      this.#moved[this.#moved.length - 1] = { at: last.at, bytes: last.bytes + bytes };
    else this.#moved.push({ at, bytes });
  }

  /** Whole bytes a second; 0 before there is a second to speak of. */
  perSecond(): number {
    const now = this.#now();
    this.#moved = this.#moved.filter((one) => now - one.at <= STRETCH_MS);
    if (this.#began === null) return 0;
    const stretch = Math.min(STRETCH_MS, now - this.#began);
    if (stretch < 1_000) return 0;
    return Math.round((this.#moved.reduce((sum, one) => sum + one.bytes, 0) * 1000) / stretch);
  }
}
