import { MODERATE } from "../adapters/keys/sealed.ts";
import { runOnProcess } from "../hosting/process.ts";
import { run } from "./program.ts";
import { wordsOf } from "./words.ts";

/** Runs the program on this process, and ends it. */
export const start = (): Promise<never> =>
  runOnProcess(
    "sanaq-authority",
    (language) => wordsOf(language).t("bug"),
    (host) => run({ ...host, limits: MODERATE, clock: () => new Date() }),
  );
