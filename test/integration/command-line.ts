import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The command line as a script meets it: a process, its exit code, and what it prints. */

const PROGRAM = join(import.meta.dirname, "../../main/cli/main.ts");
const NEEDS_NODE = pathToFileURL(join(import.meta.dirname, "../../main/needs-node.mjs")).href;
const MAX_OUTPUT = 256 * 1_048_576;

export interface Run<T> {
  readonly exit: number;
  /** What stood on standard output, parsed; null where it was empty. */
  readonly json: T;
  readonly errors: string;
}

/** What stood on standard output, as it came. */
export interface TextRun extends Omit<Run<never>, "json"> {
  readonly text: string;
}

/** Runs `sanaq-unload --store STORE ARGS` to its end. */
export function runText(
  store: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TextRun> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--import", NEEDS_NODE, PROGRAM, "--store", store, ...args],
      { env: { ...process.env, SANAQ_PASSPHRASE: "", ...env }, maxBuffer: MAX_OUTPUT },
      (_, text, errors) => resolve({ exit: child.exitCode ?? -1, text, errors }),
    );
  });
}

/** The same with `--json`. Throws where standard output is no JSON document. */
export async function run<T = unknown>(
  store: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run<T>> {
  const { exit, text, errors } = await runText(store, ["--json", ...args], env);
  try {
    return { exit, json: (text === "" ? null : JSON.parse(text)) as T, errors };
  } catch (cause) {
    throw new Error(`no JSON on standard output: ${text.slice(0, 500)} ${errors}`, { cause });
  }
}
