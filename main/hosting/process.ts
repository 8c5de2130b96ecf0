import type { Language } from "../../shared/messages/index.ts";
import { EXIT, type Exit } from "./exit.ts";
import { chooseLanguage } from "./language.ts";
import { wholeWrites } from "./whole-writes.ts";

/** SIGBREAK is Ctrl-Break on Windows; no other system sends it. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"] as const;

/** The first signal asks the work to stop; the next one has its usual effect. */
function onInterrupt(stop: () => void): () => void {
  const ignore = () => {
    for (const signal of SIGNALS) process.off(signal, first);
  };
  const first = () => {
    ignore();
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, first);
  return ignore;
}

/** npm runs a script in the package's folder; paths on the command line are meant from where it was typed. */
function returnToCaller(script: string): void {
  const { npm_lifecycle_event: running, INIT_CWD: folder } = process.env;
  if (running === script && folder !== undefined) process.chdir(folder);
}

/** What a program gets from the process that it runs on. */
export const processHost = () => ({
  args: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: wholeWrites(process.stdout),
  stderr: process.stderr,
  onInterrupt,
});

export type ProcessHost = ReturnType<typeof processHost>;

/**
 * Runs a program on this process, and ends the process.
 *
 * @param script - the npm script that starts the program
 * @param bugText - what to say where the program has a bug
 */
export async function runOnProcess(
  script: string,
  bugText: (language: Language) => string,
  run: (host: ProcessHost) => Promise<Exit>,
): Promise<never> {
  // A bug: never an exit code that says "done".
  const crash = (error: unknown): never => {
    console.error(bugText(chooseLanguage(process.argv.slice(2), process.env)));
    console.error(error);
    process.exit(EXIT.failed);
  };
  returnToCaller(script);
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  process.exit(await run(processHost()).catch(crash));
}
