import type { StoreKeeping } from "../compose.ts";
import { EXIT } from "./exit.ts";
import { chooseLanguage } from "./language.ts";
import { run } from "./program.ts";
import { wholeWrites } from "./whole-writes.ts";
import { wordsOf } from "./words.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

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

/** A bug: never an exit code that says "done". */
function crash(error: unknown): never {
  const words = wordsOf(chooseLanguage(process.argv.slice(2), process.env));
  console.error(words.t("bug"));
  console.error(error);
  process.exit(EXIT.failed);
}

/** npm runs a script in the package's folder; paths on the command line are meant from where it was typed. */
function returnToCaller(): void {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env;
  if (script === "sanaq-unload" && folder !== undefined) process.chdir(folder);
}

/** Everything below the command line. It is loaded when a command needs it: help and mistakes need none of it. */
const composition = () => import("../compose.ts");

const keeping: StoreKeeping = {
  backup: async (...args) => (await composition()).composeKeeping().backup(...args),
  restore: async (...args) => (await composition()).composeKeeping().restore(...args),
};

/** Runs the program on this process, and ends it. */
export async function start(): Promise<void> {
  returnToCaller();
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  const exit = await run({
    args: process.argv.slice(2),
    env: process.env,
    stdin: process.stdin,
    stdout: wholeWrites(process.stdout),
    stderr: process.stderr,
    compose: async (storeFolder) => (await composition()).compose({ storeFolder }),
    keeping,
    connect: async (url) => (await import("../adapters/centre/centre.ts")).postgresCentre(url),
    onInterrupt,
  }).catch(crash);
  process.exit(exit);
}
