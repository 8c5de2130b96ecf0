import { spawn } from "node:child_process";
import { join } from "node:path";

/** The built program as a process that is killed, or whose disk fails, at a chosen step. */

export const ROOT = join(import.meta.dirname, "../..");
const PROGRAM = join(ROOT, "dist/cli/sanaq-unload.mjs");
const CRASH_POINTS = join(import.meta.dirname, "crash-points.mjs");

export interface Ended {
  /** null: killed. */
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the program to its end. `fault`: see crash-points.mjs; null: none. */
export const runProgram = (
  args: readonly string[],
  fault: string | null,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> => runScript(PROGRAM, ["--lang", "en", ...args], fault, env);

/** The same for another script. */
export function runScript(
  script: string,
  args: readonly string[],
  fault: string | null,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const loaded = fault === null ? [] : ["--import", CRASH_POINTS];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...loaded, script, ...args], {
      cwd: ROOT,
      env: {
        ...process.env,
        SANAQ_PASSPHRASE: "torture",
        ...(fault === null ? {} : { SANAQ_FAULT: fault }),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    let err = "";
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    child.on("error", reject);
    child.on("close", (exit) => resolve({ exit, out, err }));
  });
}
