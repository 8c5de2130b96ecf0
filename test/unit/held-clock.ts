import type { Clock } from "../../main/engine/ports-desk.ts";

/** A clock that stands still until a test moves it. */
export class HeldClock implements Clock {
  #now: number;
  #elapsed = 0;
  readonly #waiting = new Map<number, { readonly at: number; readonly work: () => void }>();
  #next = 0;

  constructor(start = "2021-10-12T09:00:00Z") {
    this.#now = Date.parse(start);
  }

  now(): Date {
    return new Date(this.#now);
  }

  elapsed(): number {
    return this.#elapsed;
  }

  after(milliseconds: number, work: () => void): () => void {
    const id = this.#next++;
    this.#waiting.set(id, { at: this.#elapsed + milliseconds, work });
    return () => void this.#waiting.delete(id);
  }

  /** Lets time pass; everything that falls due happens in its order, at its time. */
  pass(milliseconds: number): void {
    const end = this.#elapsed + milliseconds;
    for (;;) {
      const due = [...this.#waiting]
        .filter(([, one]) => one.at <= end)
        .sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      const [id, { at, work }] = due;
      this.#waiting.delete(id);
      this.#moveTo(Math.max(this.#elapsed, at));
      work();
    }
    this.#moveTo(end);
  }

  #moveTo(elapsed: number): void {
    this.#now += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }

  /** Somebody sets the computer's clock; nothing that waits notices. */
  set(moment: string): void {
    this.#now = Date.parse(moment);
  }
}
