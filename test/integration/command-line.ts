import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The command line as a script meets it: a process, its exit code and one JSON document. */

const PROGRAM = join(import.meta.dirname, "../../main/cli/main.ts");
const NEEDS_NODE = pathToFileURL(join(import.meta.dirname, "../../main/needs-node.mjs")).href;
const MAX_OUTPUT = 256 * 1_048_576;

export interface Run<T> {
  readonly exit: number;
  /** What stood on standard output, parsed; null where it was empty. */
  readonly json: T;
  readonly errors: string;
}

/** Runs `sanaq-unload --store STORE --json ARGS` to its end. Throws where standard output is no JSON document. */
export function run<T = unknown>(
  store: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Run<T>> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      ["--import", NEEDS_NODE, PROGRAM, "--store", store, "--json", ...args],
      { env: { ...process.env, SANAQ_PASSPHRASE: "", ...env }, maxBuffer: MAX_OUTPUT },
      (_, stdout, errors) => {
        try {
          const json = (stdout === "" ? null : JSON.parse(stdout)) as T;
          resolve({ exit: child.exitCode ?? -1, json, errors });
        } catch (cause) {
          reject(new Error(`no JSON on standard output: ${stdout.slice(0, 500)} ${errors}`, { cause }));
        }
      },
    );
  });
}
