import type { SealLimits } from "../adapters/keys/sealed.ts";
import type { DiskFailure } from "../engine/ports.ts";
import { EXIT, type Exit } from "../hosting/exit.ts";
import { type Reporter, stop, type Told } from "../hosting/reporter.ts";
import type { AnswersFault } from "./answers.ts";
import type { FolderProblem } from "./folder.ts";
import type { AskPassphrase, KeyProblem } from "./keyring.ts";
import type { PassphraseFileProblem } from "./passphrases.ts";
import type { Key, Words } from "./words.ts";

/** What a command works with. */
export interface Context extends Reporter<Key> {
  readonly words: Words;
  /** The authority's folder. */
  readonly folder: string;
  readonly ask: AskPassphrase;
  /** Files with officers' shares of the root's key that are not in the folder. */
  readonly shareFiles: readonly string[];
  readonly limits: SealLimits;
  readonly clock: () => Date;
  readonly signal: AbortSignal;
}

/** Why a request gets no certificate. */
export const REFUSALS = [
  "not-a-request",
  "wrong-key",
  "bad-signature",
  "no-id",
  "wrong-name",
  "id-taken",
  "key-taken",
  "wrong-oblast",
  "wrong-role",
  "not-in-list",
  "revoked",
  "campaign-over",
  "issuer-refused",
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What is wrong with a list of devices. */
export const CSV_FAULTS = [
  "not-csv",
  "column",
  "device",
  "oblast",
  "district",
  "label",
  "serial",
  "twice",
] as const;
export type CsvFault = (typeof CSV_FAULTS)[number];

/** What stops a whole command. */
export type Problem =
  | FolderProblem
  | KeyProblem
  | PassphraseFileProblem
  | AnswersFault
  | DiskFailure
  | { readonly type: "exists"; readonly path: string }
  | { readonly type: "not-answers"; readonly path: string }
  | { readonly type: "unknown-oblast"; readonly oblast: string }
  | { readonly type: "unknown-ca"; readonly ca: string }
  | { readonly type: "unknown-certificate"; readonly id: string }
  | { readonly type: "unknown-run"; readonly run: string }
  | { readonly type: "has-issuer"; readonly oblast: string }
  | { readonly type: "refused"; readonly why: Refusal; readonly file: string }
  | { readonly type: "bad-list"; readonly path: string; readonly line: number; readonly why: CsvFault }
  | { readonly type: "foreign-folder"; readonly path: string }
  | { readonly type: "newer-published"; readonly ca: string; readonly number: string; readonly own: number }
  | { readonly type: "list-too-long"; readonly ca: string; readonly entries: number };

/** Types of problems, for the test that each has its words. */
export const PROBLEMS = [
  "no-authority",
  "in-use",
  "log-broken",
  "no-passphrase",
  "empty-passphrase",
  "passphrases-differ",
  "wrong-passphrase",
  "no-key",
  "wrong-shares",
  "no-file",
  "open-to-others",
  "bad-answers",
  "exists",
  "not-answers",
  "unknown-oblast",
  "unknown-ca",
  "unknown-certificate",
  "unknown-run",
  "has-issuer",
  "refused",
  "bad-list",
  "foreign-folder",
  "newer-published",
  "list-too-long",
] as const satisfies readonly Problem["type"][];

const tell = (problem: Problem, words: Words): Told => {
  const { t } = words;
  if (problem.type === "disk" || problem.type === "cancelled")
    return {
      what: t(`failure.${problem.type}.what`, problem),
      todo: t(`failure.${problem.type}.do`, problem),
    };
  const values =
    problem.type === "refused"
      ? { file: problem.file, why: t(`refusal.${problem.why}`) }
      : problem.type === "bad-list"
        ? { path: problem.path, line: String(problem.line), why: t(`list-fault.${problem.why}`) }
        : problem.type === "bad-answers"
          ? { field: problem.field, why: t(`answer-fault.${problem.why}`) }
          : problem.type === "in-use"
            ? { pid: String(problem.owner.pid), host: problem.owner.host }
            : problem;
  return { what: t(`problem.${problem.type}.what`, values), todo: t(`problem.${problem.type}.do`, values) };
};

const exitOf = ({ type }: Problem): Exit =>
  type === "refused"
    ? EXIT.needsPerson
    : type === "disk" || type === "in-use" || type === "cancelled"
      ? EXIT.failed
      : EXIT.usage;

/** Tells what stopped the command, to people and to scripts. */
export const stopOn = (
  reporter: Pick<Context, "words" | "out" | "err" | "json">,
  problem: Problem,
): Promise<Exit> => stop(reporter, problem, tell(problem, reporter.words), exitOf(problem));
