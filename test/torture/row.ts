import type { Random } from "./random.ts";

/** What one kind of torture came to. */
export interface Row {
  readonly torture: string;
  readonly runs: number;
  /** How often the fault really struck; a run that ended before it counts as one without. */
  readonly faults: number;
  /** Promises that did not hold, each with what is needed to see it again. Empty: all held. */
  readonly findings: readonly string[];
  /** Batches reported as staged or sent that were not there afterwards. */
  readonly lost: number;
  /** What else is worth reading: what was met, memory, times. */
  readonly notes: string;
}

export interface Plan {
  readonly random: Random;
  /** How much of the full number of runs, 0 to 1. */
  readonly share: number;
  /** A folder of its own, empty. */
  readonly folder: string;
}

/** The full number of runs cut down to the plan's share; at least one. */
export const runsOf = (plan: Plan, full: number): number => Math.max(1, Math.round(full * plan.share));

export type Torture = (plan: Plan) => Promise<readonly Row[]>;
