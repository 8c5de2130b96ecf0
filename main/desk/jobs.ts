import type { Problem } from "../../shared/ipc/contract.ts";
import type { JobKind, JobOutcome, JobView } from "../../shared/ipc/jobs.ts";
import { ok, type Result } from "../../shared/result.ts";
import type { CarryProgress } from "../engine/api.ts";
import { problemOf, refuse } from "./problems.ts";

/** Long work beside unloading and sending: one at a time, with its progress and, until somebody puts it aside, its outcome. */

export interface Work {
  readonly kind: JobKind;
  /** Folder or file that was chosen, by its name. */
  readonly place: string;
  /** `moved`: where it really goes, by its name, where that is not what was chosen. */
  run(
    onProgress: (progress: CarryProgress) => void,
    signal: AbortSignal,
    moved: (place: string) => void,
  ): Promise<Result<JobOutcome, { readonly type: string }>>;
}

const LONGEST = 400;

export class Jobs {
  readonly #changed: () => void;
  #job: JobView | null = null;
  #abort: AbortController | null = null;
  #running: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get view(): JobView | null {
    return this.#job;
  }

  get isRunning(): boolean {
    return this.#abort !== null;
  }

  /** Begins, unless something else is under way. */
  begin(work: Work): Result<null, Problem> {
    if (this.isRunning) return refuse("job-running");
    this.#count++;
    this.#job = {
      ...{ no: this.#count, kind: work.kind, state: "running", place: work.place.slice(0, LONGEST) },
      ...{ batchesDone: 0, batchesTotal: 0, bytesDone: 0, bytesTotal: 0, outcome: null, problem: null },
    };
    this.#abort = new AbortController();
    this.#running = this.#work(work, this.#abort.signal);
    this.#changed();
    return ok(null);
  }

  async #work(work: Work, signal: AbortSignal): Promise<void> {
    const done = await work.run(
      (progress) => this.#change(progress),
      signal,
      (place) => this.#change({ place: place.slice(0, LONGEST) }),
    );
    this.#abort = null;
    this.#change(
      done.ok ? { state: "done", outcome: done.value } : { state: "failed", problem: problemOf(done.error) },
    );
  }

  #change(part: Partial<JobView>): void {
    if (this.#job === null) return;
    this.#job = { ...this.#job, ...part };
    this.#changed();
  }

  /** Asks the job to end where it can go on later; it is over when its view says so. */
  stop(no: number): Result<null, Problem> {
    if (this.#job?.no !== no || this.#abort === null) return refuse("bad-request");
    this.#abort.abort();
    this.#change({ state: "stopping" });
    return ok(null);
  }

  /** Puts the outcome aside. */
  clear(no: number): Result<null, Problem> {
    if (this.#job?.no !== no || this.isRunning) return refuse("bad-request");
    this.#job = null;
    this.#changed();
    return ok(null);
  }

  async close(): Promise<void> {
    this.#abort?.abort();
    await this.#running;
  }
}
