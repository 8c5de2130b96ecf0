import type { Result } from "../../shared/result.ts";
import type { Engine, EngineProblem, KeepProblem } from "../engine/api.ts";
import type { Centre } from "../engine/ports.ts";
import type { BadAddress } from "../engine/ports-centre.ts";
import type { Output } from "../hosting/output.ts";
import { type PassphraseSource, readPassphrase } from "../hosting/passphrase.ts";
import { printJson, printList, stop, warn } from "../hosting/reporter.ts";
import { EXIT, type Exit, exitOfProblem } from "./exit.ts";
import type { Progress } from "./progress.ts";
import { tellProblem } from "./render/problem.ts";
import type { Words } from "./words.ts";

/** What a command works with. */
export interface Context {
  readonly engine: Engine;
  readonly connect: (url: string) => Promise<Result<Centre, BadAddress>>;
  readonly words: Words;
  /** Standard output: results. */
  readonly out: Output;
  /** Standard error: progress, warnings, problems. */
  readonly err: Output;
  readonly json: boolean;
  readonly progress: Progress;
  readonly passphrase: PassphraseSource;
  readonly signal: AbortSignal;
}

/** Where problems are told: the JSON document on standard output, sentences on standard error. */
export type Reporter = Pick<Context, "words" | "out" | "err" | "json">;
export { printJson, printList, stop, warn };

export const stopOn = (context: Reporter, problem: EngineProblem | KeepProblem): Promise<Exit> =>
  stop(context, problem, tellProblem(problem, context.words), exitOfProblem(problem));

/**
 * The passphrase of the station's key; an exit code where there will be none. `twice` for a new key: asked for again, and warned about
 * where it is empty.
 */
export async function passphraseFor(
  context: Context,
  twice: boolean,
): Promise<string | { readonly exit: Exit }> {
  const { t } = context.words;
  const prompts = twice ? [t("passphrase.new"), t("passphrase.again")] : [t("passphrase.ask")];
  const passphrase = await readPassphrase(context.passphrase, prompts);
  if (passphrase.type === "cancelled") return { exit: await stopOn(context, { type: "cancelled" }) };
  if (passphrase.type === "differ") {
    if (context.json) await printJson(context, { error: { type: "passphrases-differ" } });
    await warn(context, t("passphrase.differ"));
    return { exit: EXIT.usage };
  }
  if (twice && passphrase.text === "") await warn(context, t("passphrase.empty"));
  return passphrase.text;
}
