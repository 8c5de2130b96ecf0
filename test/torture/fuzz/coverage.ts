import { type Profiler, Session } from "node:inspector/promises";

/** Which code an input runs through, from V8's own counts of blocks. */

/** Only these files say something about an input. */
const OURS = /\/(main|shared)\/|\/node_modules\/(cborg|@peculiar|asn1js|pvtsutils|zod)\//;

export class Coverage {
  readonly #session = new Session();
  /** For every function that was called, which of its characters were run through. */
  readonly #met = new Map<string, Uint8Array>();

  readonly #code: RegExp;

  /** `code`: which files count, by their address. */
  constructor(code: RegExp = OURS) {
    this.#code = code;
  }

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post("Profiler.enable");
    await this.#session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Number of functions, and characters of their code, that were run through. */
  get size(): { readonly functions: number; readonly characters: number } {
    let characters = 0;
    for (const met of this.#met.values()) for (const one of met) characters += one;
    return { functions: this.#met.size, characters };
  }

  /** Whether something was run through since the last call, of this or of `add`, that never was before. */
  isNew(): Promise<boolean> {
    return this.#take((met, ran) => ran.some((one, at) => one === 1 && met[at] !== 1), false);
  }

  /** The same, and from now on it is not new any more. */
  add(): Promise<boolean> {
    return this.#take((met, ran) => {
      let isNew = false;
      for (const [at, one] of ran.entries())
        if (one === 1 && met[at] !== 1) {
          met[at] = 1;
          isNew = true;
        }
      return isNew;
    }, true);
  }

  async #take(look: (met: Uint8Array, ran: Uint8Array) => boolean, keeps: boolean): Promise<boolean> {
    const { result } = await this.#session.post("Profiler.takePreciseCoverage");
    let isNew = false;
    for (const { url, scriptId, functions } of result) {
      if (!this.#code.test(url)) continue;
      for (const { ranges } of functions) {
        const [whole] = ranges;
        if (whole === undefined || whole.count === 0) continue;
        const key = `${scriptId} ${whole.startOffset}`;
        const ran = painted(whole, ranges);
        const met = this.#met.get(key) ?? new Uint8Array(ran.length);
        if (keeps) this.#met.set(key, met);
        if (look(met, ran)) isNew = true;
      }
    }
    return isNew;
  }

  async stop(): Promise<void> {
    await this.#session.post("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }
}

/** A function's characters, 1 where it was run through. V8 gives outer ranges before those inside them. */
function painted(whole: Profiler.CoverageRange, ranges: readonly Profiler.CoverageRange[]): Uint8Array {
  const ran = new Uint8Array(whole.endOffset - whole.startOffset);
  for (const { startOffset, endOffset, count } of ranges)
    ran.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset);
  return ran;
}
