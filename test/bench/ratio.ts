/** One line of the benchmark's table. */
export interface Ratio {
  readonly what: string;
  /** The tool's figure, with its unit. */
  readonly ours: string;
  /** What it is measured against, with its figure. */
  readonly beside: string;
  readonly ratio: number;
  /** What the ratio should be. */
  readonly aim: string;
}

/** Rows of cells; the first names the columns. */
export type Table = readonly (readonly string[])[];

/** Wall time of `work`, in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** The middle one of some times; they are taken in turns, so that a slow minute of the machine meets both sides. */
export function median(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** `bytes` in `ms` as MB/s. */
export const speed = (bytes: number, ms: number): string => `${(bytes / 1e3 / ms).toFixed(0)} MB/s`;

/** The time below which so many hundredths of all stay. */
export function percentile(times: readonly number[], hundredths: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * hundredths) / 100))] ?? Number.NaN;
}
