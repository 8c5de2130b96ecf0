import type { Writable } from "node:stream";

/** A stream of the program: a terminal, a file or a pipe. */
export type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

const FLUSH_CHARS = 65_536;

/**
 * JSON that a terminal prints as it is: what a text may hide (controls beyond ASCII, bidirectional marks, line separators) is
 * written as escapes, which JSON (RFC 8259, section 7) reads back as the same text.
 */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(/[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu, (one) =>
    Array.from(
      { length: one.length },
      (_, at) => `\\u${one.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );

/**
 * Writes text at the pace of its reader. A reader that goes away (EPIPE) is no error: the rest is dropped. So it is where the system refuses to
 * write, and `failed` tells of that.
 */
export class Output {
  readonly stream: Stream;
  #gone = false;
  #failed: string | null = null;
  #held = "";
  #begun = false;

  constructor(stream: Stream) {
    this.stream = stream;
    stream.on("error", (error) => this.#end(error));
  }

  #end(error: NodeJS.ErrnoException): void {
    const { code, errno } = error;
    if (code === undefined || (code !== "EPIPE" && errno === undefined)) throw error;
    this.#gone = true;
    if (code !== "EPIPE") this.#failed ??= code;
  }

  /** The reader went away, or the system took no more: nobody sees what is written from now on. */
  get gone(): boolean {
    return this.#gone;
  }

  /** The system's word for why it took no more: what was written is not whole. null: it took everything, or the reader went away. */
  get failed(): string | null {
    return this.#failed;
  }

  get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  /** Keeps the text and writes it in larger pieces; `flush` writes the rest. */
  async write(text: string): Promise<void> {
    this.#held += text;
    if (this.#held.length >= FLUSH_CHARS) await this.flush();
  }

  /** Forgets what is still held. Value: nothing was written before either, so another document may take its place. */
  drop(): boolean {
    this.#held = "";
    return !this.#begun;
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** Resolves when the operating system, or whoever reads, has taken everything written so far. */
  flush(): Promise<void> {
    const text = this.#held;
    this.#held = "";
    if (text === "" || this.#gone) return Promise.resolve();
    this.#begun = true;
    return new Promise((resolve) => {
      // What goes wrong comes as the stream's event.
      this.stream.write(text, () => resolve());
    });
  }
}
