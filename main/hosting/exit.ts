/** Exit codes of every command line (docs/cli.md). */
export const EXIT = { done: 0, needsPerson: 1, usage: 2, failed: 3 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];
