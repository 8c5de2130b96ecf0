import { existsSync, readFileSync } from "node:fs";

/** One test that failed, or one file or stage that ended badly without naming a test. */
export interface Failure {
  readonly stage: string;
  /** Absolute path of the test file, or empty. */
  readonly file: string;
  readonly title: string;
  readonly message: string;
}

/** What one stage came to. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

/** The part of vitest's JSON report that is read here (vitest, JSON reporter). */
interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[] | null;
  }[];
}
export type Results = ReadonlyMap<string, FileResult>;

/** How many lines of a failure's message are printed at the end of a run. */
const MESSAGE_LINES = 12;

const firstLines = (text: string): string => text.split("\n").slice(0, MESSAGE_LINES).join("\n");

/** Reads the JSON report of one vitest run: its results by file, or null where the run wrote none. */
export function resultsByFile(path: string): Results | null {
  if (!existsSync(path)) return null;
  const report = JSON.parse(readFileSync(path, "utf8")) as { readonly testResults?: readonly FileResult[] };
  return new Map((report.testResults ?? []).map((file) => [file.name, file]));
}

/** The files in which something failed, files that could not be loaded among them. */
export const failedFiles = (results: Results): readonly string[] =>
  [...results.values()].filter((file) => file.status === "failed").map((file) => file.name);

function countFile(stage: string, file: FileResult): Outcome {
  const of = (status: string) => file.assertionResults.filter((test) => test.status === status);
  const failures: Failure[] = of("failed").map((test) => ({
    stage,
    file: file.name,
    title: test.fullName,
    message: firstLines((test.failureMessages ?? []).join("\n")),
  }));
  if (file.status === "failed" && failures.length === 0)
    failures.push({
      stage,
      file: file.name,
      title: "the file itself",
      message: firstLines(file.message ?? ""),
    });
  const passed = of("passed").length;
  return {
    passed,
    failed: failures.length,
    skipped: file.assertionResults.length - passed - of("failed").length,
    failures,
  };
}

/** Adds two outcomes. */
export const plus = (one: Outcome, other: Outcome): Outcome => ({
  passed: one.passed + other.passed,
  failed: one.failed + other.failed,
  skipped: one.skipped + other.skipped,
  failures: [...one.failures, ...other.failures],
});

export const NOTHING: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] };

/** Counts the tests of all files. A file that failed as a whole counts as one failed test. */
export const countResults = (stage: string, results: Results): Outcome =>
  [...results.values()].map((file) => countFile(stage, file)).reduce(plus, NOTHING);

/**
 * Counts a stage that reports only sums, as the USB lab does, or nothing but its exit code.
 *
 * @param path - The report with the sums; undefined for a stage that writes none.
 * @param code - The exit code of the stage; anything but 0 is at least one failure.
 */
export function countSums(stage: string, path: string | undefined, code: number): Outcome {
  const sums =
    path !== undefined && existsSync(path)
      ? (JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, number>>)
      : { numPassedTests: code === 0 ? 1 : 0 };
  const failed = sums.numFailedTests ?? 0;
  return {
    passed: sums.numPassedTests ?? 0,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: (sums.numPendingTests ?? 0) + (sums.numTodoTests ?? 0),
    failures:
      code === 0 ? [] : [{ stage, file: "", title: `ended with ${code}`, message: "see its output above" }],
  };
}
