import type { Problem } from "../shared/ipc/contract.ts";
import { centreKey } from "../shared/messages/index.ts";
import { REASONS } from "../shared/reasons.ts";
import type { Words } from "./i18n.ts";
import { type MessageKey, messages } from "./messages/index.ts";

/** A refusal in words. */

/** What happened, and what to do where that is another sentence. */
export interface Told {
  readonly what: string;
  readonly todo: string | null;
}

/** Where the two sentences stand that the command line says too. */
const SHARED = {
  "no-campaign": "misuse.no-campaign",
  "no-station": "misuse.no-station",
  "no-station-certificate": "misuse.no-station-certificate",
  "station-exists": "misuse.station-exists",
  "no-unloading": "misuse.no-unloading",
  "held-place": "misuse.held-place",
  "wrong-passphrase": "misuse.wrong-passphrase",
  "bad-certificate": "misuse.bad-certificate",
  "clock-outside-certificate": "misuse.clock-outside-certificate",
  "bad-campaign": "misuse.bad-campaign",
  "carrier-in-use": "carry.carrier-in-use",
  "carrier-full": "carry.carrier-full",
  "bag-refused": "carry.bag-refused",
  "backup-refused": "carry.backup-refused",
  "no-store": "carry.no-store",
  unreachable: "centre.unreachable",
  busy: "centre.busy",
  refused: "centre.refused",
  "wrong-schema": "centre.wrong-schema",
  "body-changed": "centre.body-changed",
  disk: "failure.disk",
  cancelled: "failure.cancelled",
} as const satisfies Partial<Record<Problem["type"], string>>;
type Shared = keyof typeof SHARED;

const isKey = (key: string): key is MessageKey => key in messages.en;

/** The words of a fault by the prefix of its messages; a reason of the formats has its own, and a field's path is a field's. */
function faultName(words: Words, prefix: string, why: string): string {
  const key = `${prefix}.${why}`;
  if (isKey(key)) return words.t(key);
  const reason = REASONS.find((one) => one === why);
  if (reason !== undefined) return words.t(`reason.${reason}.name`);
  return prefix === "campaign-fault" ? words.t("campaign-fault.field", { field: why }) : why;
}

function valuesOf(words: Words, { type, values }: Problem): Problem["values"] {
  const why = String(values.why ?? "");
  switch (type) {
    case "carrier-full":
      return {
        ...values,
        needed: words.bytes(Number(values.needed)),
        free: words.bytes(Number(values.free)),
      };
    case "bag-refused":
    case "backup-refused":
      return { ...values, why: faultName(words, "bag-fault", why) };
    case "bad-certificate":
      return { ...values, why: faultName(words, "certificate-fault", why) };
    case "bad-campaign":
      return { ...values, why: faultName(words, "campaign-fault", why) };
    default:
      return values;
  }
}

export function problemWords(words: Words, problem: Problem): Told {
  const { type } = problem;
  const values = valuesOf(words, problem);
  if (type !== "tls" && !(type in SHARED))
    return { what: words.t(`say.${type as Exclude<Problem["type"], Shared | "tls">}`, values), todo: null };
  const prefix = type === "tls" ? centreKey(type, values) : SHARED[type as Shared];
  return { what: words.t(`${prefix}.what`, values), todo: words.t(`${prefix}.do`, values) };
}
