import { SNAPSHOT_INTERVAL_MS } from "../../shared/ipc/contract.ts";
import type { Snapshot } from "../../shared/ipc/views.ts";
import type { Clock } from "../engine/ports-desk.ts";

/**
 * Gives whole snapshots to whoever listens: at once when somebody begins to, then after changes, never sooner than the interval after the
 * one before. Each that differs from the last has a higher revision.
 */
export class Snapshots {
  readonly #read: () => Omit<Snapshot, "revision">;
  readonly #clock: Clock;
  readonly #takers = new Set<(snapshot: Snapshot) => void>();
  #current: Snapshot | null = null;
  #told = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | null = null;
  #isNew = true;

  constructor(read: () => Omit<Snapshot, "revision">, clock: Clock) {
    this.#read = read;
    this.#clock = clock;
  }

  /** Something that a snapshot shows has changed. */
  changed(): void {
    this.#isNew = true;
    if (this.#cancel !== null || this.#takers.size === 0) return;
    const wait = this.#told + SNAPSHOT_INTERVAL_MS - this.#clock.now().getTime();
    this.#cancel = this.#clock.after(Math.min(SNAPSHOT_INTERVAL_MS, Math.max(0, wait)), () => this.#tell());
  }

  current(): Snapshot {
    if (this.#current === null || this.#isNew) {
      this.#isNew = false;
      this.#current = { revision: (this.#current?.revision ?? 0) + 1, ...this.#read() };
    }
    return this.#current;
  }

  subscribe(take: (snapshot: Snapshot) => void): () => void {
    this.#takers.add(take);
    this.#told = this.#clock.now().getTime();
    take(this.current());
    return () => void this.#takers.delete(take);
  }

  #tell(): void {
    this.#cancel = null;
    this.#told = this.#clock.now().getTime();
    const snapshot = this.current();
    for (const take of this.#takers) take(snapshot);
  }

  close(): void {
    this.#cancel?.();
    this.#takers.clear();
  }
}
