import { syncFolder } from "../disk/durable.ts";

/** What waits for the disk together: its files are durable under their names when `folder` is synced, then `journal` writes its rows. */
interface Entry {
  readonly folder: string;
  readonly journal: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Batches that become durable together. A group is whatever comes while the one before is on its way to the disk, and those whose files are being
 * written as it sets out: it costs one sync of each folder and one transaction, however many batches there are. A batch alone waits for nobody, and
 * none waits for a cable.
 */
export class GroupCommit {
  readonly #inTransaction: (work: () => void) => void;
  /** Files on their way to the disk, whose batches come next. */
  readonly #writing = new Set<Promise<void>>();
  #waiting: Entry[] = [];
  #isUnderWay = false;

  /** `inTransaction` runs work in a transaction that is durable when it returns; where the work throws, nothing of it is kept. */
  constructor(inTransaction: (work: () => void) => void) {
    this.#inTransaction = inTransaction;
  }

  /**
   * Resolves when `files`, whose names are in `folder`, then that folder, then the rows of `journal` are durable; rejects with what kept them from it.
   * `files` makes what is in them durable before it resolves.
   */
  async join(folder: string, files: () => Promise<void>, journal: () => void): Promise<void> {
    const written = files();
    this.#writing.add(written);
    try {
      await written;
    } finally {
      this.#writing.delete(written);
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ folder, journal, resolve, reject });
    if (!this.#isUnderWay) void this.#work();
    return promise;
  }

  async #work(): Promise<void> {
    this.#isUnderWay = true;
    while (this.#waiting.length > 0) {
      await Promise.allSettled(this.#writing);
      const group = this.#waiting;
      this.#waiting = [];
      this.#write(await withDurableNames(group));
    }
    this.#isUnderWay = false;
  }

  /** One transaction for all. Where one of them fails, each has its own, so that it fails alone. */
  #write(group: readonly Entry[]): void {
    try {
      this.#inTransaction(() => {
        for (const { journal } of group) journal();
      });
    } catch (error) {
      const [first, ...others] = group;
      if (first !== undefined && others.length === 0) first.reject(error);
      else for (const one of group) this.#write([one]);
      return;
    }
    for (const { resolve } of group) resolve();
  }
}

/** Syncs every folder of a group once. Value: the entries whose names are durable; the others have been told. */
async function withDurableNames(group: readonly Entry[]): Promise<readonly Entry[]> {
  const byFolder = Map.groupBy(group, ({ folder }) => folder);
  const synced = await Promise.all(
    [...byFolder].map(async ([folder, entries]) => {
      try {
        await syncFolder(folder);
        return entries;
      } catch (error) {
        for (const { reject } of entries) reject(error);
        return [];
      }
    }),
  );
  return synced.flat();
}
