import { DiskError } from "../engine/ports.ts";
import type { Books, Clock } from "../engine/ports-desk.ts";

/** Milliseconds that one question may spend on bringing the books up to date before it is answered. */
const CATCH_UP_MS = 30;
/** Milliseconds of work and of rest while the books are far behind, so that unloading hardly notices. */
const SLICE_MS = 15;
const REST_MS = 25;
/** Milliseconds until the books are tried again after the disk has refused. */
const AFTER_DISK_MS = 30_000;

export interface BookkeepingParts {
  readonly books: Books;
  readonly clock: Clock;
  /** The books are up to date again. */
  readonly done: () => void;
}

/** Brings the windows' books up to date: in slices by itself, and for a moment before each question to them. */
export class Bookkeeping {
  readonly #parts: BookkeepingParts;
  #stop: (() => void) | null = null;
  /** Readers for which the books stand still. */
  #readers = 0;
  #isClosed = false;

  constructor(parts: BookkeepingParts) {
    this.#parts = parts;
  }

  close(): void {
    this.#isClosed = true;
    this.#stop?.();
  }

  /** Something in the store has changed: brings the books up to date in slices, and tells when they are. */
  changed(wait = REST_MS): void {
    if (this.#isClosed || this.#stop !== null) return;
    this.#stop = this.#parts.clock.after(wait, () => {
      this.#stop = null;
      if (this.#catchUp(SLICE_MS) === "done") this.#parts.done();
    });
  }

  /** The books, as up to date as a moment makes them. */
  current(): Books {
    this.catchUp();
    return this.#parts.books;
  }

  /** Works in what has changed, for a moment; the rest is done later. */
  catchUp(): void {
    this.#catchUp(CATCH_UP_MS);
  }

  /** Lets `read` have the books as they are now to its end: they do not change meanwhile. */
  async still<T>(read: (books: Books) => Promise<T>): Promise<T> {
    const books = this.current();
    this.#readers++;
    try {
      return await read(books);
    } finally {
      this.#readers--;
    }
  }

  /** A disk that refuses does not stop the desk: the books stay as they are, and it is tried again after a while. */
  #catchUp(milliseconds: number): "done" | "later" {
    if (this.#readers > 0) {
      this.changed();
      return "later";
    }
    try {
      if (!this.#parts.books.catchUp(milliseconds)) return "done";
      this.changed();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.changed(AFTER_DISK_MS);
    }
    return "later";
  }
}
