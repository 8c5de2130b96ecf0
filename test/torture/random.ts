import { createHash } from "node:crypto";

/** Numbers that are the same at every run with the same seed. */
export class Random {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A generator of its own for one part, so that parts do not disturb each other. */
  part(name: string): Random {
    return new Random(`${this.#seed} ${name}`);
  }

  /** A whole number from 0 up to, and without, `limit` (at most 2^32). */
  below(limit: number): number {
    const drawn = createHash("sha256")
      .update(`${this.#seed} ${this.#drawn++}`)
      .digest()
      .readUInt32LE(0);
    return Math.floor((drawn / 2 ** 32) * limit);
  }

  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error("nothing to pick from");
    return values[this.below(values.length)] as T;
  }
}
