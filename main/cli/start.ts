import type { StoreKeeping } from "../compose.ts";
import { runOnProcess } from "../hosting/process.ts";
import { run } from "./program.ts";
import { wordsOf } from "./words.ts";

/** Everything below the command line. It is loaded when a command needs it: help and mistakes need none of it. */
const composition = () => import("../compose.ts");

const keeping: StoreKeeping = {
  backup: async (...args) => (await composition()).composeKeeping().backup(...args),
  restore: async (...args) => (await composition()).composeKeeping().restore(...args),
};

/** Runs the program on this process, and ends it. */
export const start = (): Promise<never> =>
  runOnProcess(
    "sanaq-unload",
    (language) => wordsOf(language).t("bug"),
    (host) =>
      run({
        ...host,
        compose: async (storeFolder, opening) => (await composition()).compose({ storeFolder, opening }),
        keeping,
        connect: async (url) => (await import("../adapters/centre/centre.ts")).postgresCentre(url),
      }),
  );
