import { setImmediate as turn } from "node:timers/promises";

/** Long work of one process that has other things to do: it is written as a generator that yields where it may be interrupted. */
export type Slices<T> = Generator<undefined, T>;

/** Milliseconds of work between two looks at what else there is to do. */
const SLICE_MS = 12;

/** Does the work in slices; between them everything else of the process gets its turn. */
export async function inSlices<T>(work: Slices<T>): Promise<T> {
  for (;;) {
    const until = performance.now() + SLICE_MS;
    while (performance.now() < until) {
      const step = work.next();
      if (step.done === true) return step.value;
    }
    await turn();
  }
}
