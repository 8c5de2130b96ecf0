import { CARRY_FAULTS, CARRY_PROBLEMS } from "../../../shared/messages/carry.ts";
import { centreKey, linkKey, type MessageKey } from "../../../shared/messages/index.ts";
import { CAMPAIGN_FAULTS, CERTIFICATE_FAULTS } from "../../../shared/messages/keys.ts";
import { REASONS } from "../../../shared/reasons.ts";
import type { LinkFailure } from "../../../shared/views.ts";
import type { StoreProblem } from "../../compose.ts";
import type { CarryProblem, EngineProblem, KeepProblem, Misuse } from "../../engine/api.ts";
import type { CentreFailure } from "../../engine/ports.ts";
import { BAG_FAULTS, BAG_NOTES } from "../../engine/ports-carry.ts";
import type { BadAddress } from "../../engine/ports-centre.ts";
import { type Told, toldText } from "../../hosting/reporter.ts";
import type { Words } from "../words.ts";

export { type Told, toldText };

/** Command lines that mend what a command lacks. They are the same in every language. */
const COMMANDS: Readonly<Record<string, string>> = {
  "no-campaign": "sanaq-unload campaign load DIR",
  "no-station": "sanaq-unload init",
  "no-station-certificate": "sanaq-unload station certificate FILE",
};

type Prefix = MessageKey extends infer K ? (K extends `${infer P}.what` ? P : never) : never;

const tell = (prefix: Prefix, values: object, words: Words): Told => ({
  what: words.t(`${prefix}.what`, values),
  todo: words.t(`${prefix}.do`, values),
});

const within = <T extends string>(list: readonly T[], word: string): word is T =>
  (list as readonly string[]).includes(word);

function certificateFault(why: string, words: Words): string {
  if (within(CERTIFICATE_FAULTS, why)) return words.t(`certificate-fault.${why}`);
  return within(REASONS, why) ? words.t(`reason.${why}.name`) : why;
}

function campaignFault(why: string, words: Words): string {
  return within(CAMPAIGN_FAULTS, why)
    ? words.t(`campaign-fault.${why}`)
    : words.t("campaign-fault.field", { field: why });
}

/** What is wrong with a bag, in words; a file of it is named where one is to blame. */
export function bagFault(why: string, path: string, words: Words): string {
  const known = [...BAG_FAULTS, ...BAG_NOTES, ...CARRY_FAULTS] as const;
  const name = within(known, why)
    ? words.t(`bag-fault.${why}`)
    : within(REASONS, why)
      ? words.t(`reason.${why}.name`)
      : why;
  return path === "" ? name : `${name} (${path})`;
}

const isCarry = (
  problem: EngineProblem | KeepProblem,
): problem is CarryProblem | Exclude<KeepProblem, EngineProblem> => within(CARRY_PROBLEMS, problem.type);

function tellCarry(problem: CarryProblem | Exclude<KeepProblem, EngineProblem>, words: Words): Told {
  const values =
    problem.type === "carrier-full"
      ? { path: problem.path, needed: words.bytes(problem.needed), free: words.bytes(problem.free) }
      : problem.type === "bag-refused" || problem.type === "backup-refused"
        ? { why: bagFault(problem.why, problem.path, words) }
        : problem;
  return tell(`carry.${problem.type}`, values, words);
}

const isMisuse = (problem: EngineProblem | KeepProblem): problem is Misuse =>
  problem.type === "no-campaign" ||
  problem.type === "no-station" ||
  problem.type === "no-station-certificate" ||
  problem.type === "station-exists" ||
  problem.type === "wrong-passphrase" ||
  problem.type === "bad-certificate" ||
  problem.type === "clock-outside-certificate" ||
  problem.type === "bad-campaign" ||
  problem.type === "no-unloading" ||
  problem.type === "not-an-act" ||
  problem.type === "held-place";

export const tellLink = (failure: LinkFailure, words: Words): Told =>
  tell(linkKey(failure.type), failure, words);

export const tellCentre = (failure: CentreFailure, words: Words): Told =>
  tell(centreKey(failure.type, { ...failure }), failure, words);

/** The words for an address that cannot be one of a centre. */
export const tellAddress = (bad: BadAddress, words: Words): Told =>
  tell(`centre.address.${bad.why}`, bad, words);

/** The words for what stopped a whole command. */
export function tellProblem(problem: EngineProblem | KeepProblem, words: Words): Told {
  if (isCarry(problem)) return tellCarry(problem, words);
  if (!isMisuse(problem)) return tellCentre(problem, words);
  const values =
    problem.type === "bad-certificate"
      ? { why: certificateFault(problem.why, words) }
      : problem.type === "bad-campaign"
        ? { file: problem.file, why: campaignFault(problem.why, words) }
        : problem;
  const told = tell(`misuse.${problem.type}`, values, words);
  const command = COMMANDS[problem.type];
  return command === undefined ? told : { ...told, command };
}

/** The words for a store that cannot be opened. */
export function tellStore(problem: StoreProblem, words: Words): Told {
  if (problem.type === "disk") return tell("failure.disk", problem, words);
  if (problem.type === "no-store") return tell("carry.no-store", problem, words);
  if (problem.type === "held-place") return tell("misuse.held-place", problem, words);
  if (problem.type !== "owned") return tell(`store.${problem.type}`, problem, words);
  const { pid, host, since } = problem.owner;
  const known = { pid: String(pid), host, since: words.moment(since) };
  return tell("store.owned", { holder: pid > 0 ? words.t("store.owner", known) : null }, words);
}
