/** Jobs that touch one device wait for each other; jobs of different devices do not. */
export class Locks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `job` when every earlier job under any of `keys` has ended. Keys are taken all at once, so no two jobs wait in a circle. */
  async run<T>(keys: readonly string[], job: () => Promise<T>): Promise<T> {
    const before = Promise.all(keys.map((key) => this.#tails.get(key)));
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    for (const key of keys) this.#tails.set(key, ended);
    await before;
    try {
      return await job();
    } finally {
      end();
      for (const key of keys) if (this.#tails.get(key) === ended) this.#tails.delete(key);
    }
  }
}
