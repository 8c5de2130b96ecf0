import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../shared/result.ts";

/** How often a job that waits for another looks whether its own tablet is still there, in milliseconds. */
const LOOK_MS = 1_000;

/** When a job stops waiting for its turn. */
export interface Impatience<E> {
  readonly signal: AbortSignal;
  /** Why there is nothing left to wait for, such as a cable that was pulled; null: go on waiting. */
  readonly isGone: () => Promise<E | null>;
}

interface Turn {
  /** Settles when every earlier job under the same keys has ended; null: there is none. */
  readonly before: Promise<unknown> | null;
  readonly end: () => void;
}

/** Jobs that touch one device wait for each other; jobs of different devices do not. */
export class Locks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `job` when every earlier job under any of `keys` has ended. Keys are taken all at once, so no two jobs wait in a circle. */
  async run<T>(keys: readonly string[], job: () => Promise<T>): Promise<T> {
    const { before, end } = this.#queue(keys);
    await before;
    try {
      return await job();
    } finally {
      end();
    }
  }

  /**
   * Does what `run` does, and gives up the waiting when the signal comes or the tablet is gone. Those who came later still wait for
   * those who came earlier.
   */
  async runUnlessGone<T, E>(
    keys: readonly string[],
    job: () => Promise<T>,
    impatience: Impatience<E>,
  ): Promise<Result<T, E | { readonly type: "cancelled" }>> {
    const { before, end } = this.#queue(keys);
    const reason = before === null ? null : await waitFor(before, impatience);
    if (reason !== null) {
      void before?.then(end);
      return err(reason);
    }
    try {
      return ok(await job());
    } finally {
      end();
    }
  }

  #queue(keys: readonly string[]): Turn {
    const earlier = keys.flatMap((key) => this.#tails.get(key) ?? []);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    for (const key of keys) this.#tails.set(key, ended);
    const end = (): void => {
      resolve();
      for (const key of keys) if (this.#tails.get(key) === ended) this.#tails.delete(key);
    };
    return { before: earlier.length === 0 ? null : Promise.all(earlier), end };
  }
}

/** Waits for `before`. Value: why the waiting was given up; null: the turn has come. */
async function waitFor<E>(
  before: Promise<unknown>,
  { signal, isGone }: Impatience<E>,
): Promise<E | { readonly type: "cancelled" } | null> {
  const turn = before.then(() => "turn" as const);
  for (;;) {
    const timer = new AbortController();
    const looked = sleep(LOOK_MS, "look" as const, {
      signal: AbortSignal.any([signal, timer.signal]),
    }).catch(() => "stopped" as const);
    const first = await Promise.race([turn, looked]);
    timer.abort();
    if (first === "turn") return null;
    if (signal.aborted) return { type: "cancelled" };
    const gone = await isGone();
    if (gone !== null) return gone;
  }
}
