import { z } from "zod";
import { err, ok, type Result } from "../../shared/result.ts";
import { parseCampaign } from "../formats/campaign.ts";
import type { Shares } from "./keyring.ts";

/** What is asked when a campaign is founded, from a file of answers or from options of the command line. */

export const OBLAST = /^[1-9][0-9]0{7}$/;
/** The arc that RFC 5612 keeps for documentation; a Bureau with an arc of its own names it. */
const DEFAULT_ARC = "1.3.6.1.4.1.32473.2021";

const texts = z.object({ kk: z.string(), ru: z.string(), en: z.string() });

const answers = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  name: texts,
  from: z.string(),
  to: z.string(),
  oblasts: z.array(z.string().regex(OBLAST)).min(1),
  intermediate: z.boolean().default(false),
  central: z.array(z.string()).min(1),
  department: z.array(z.string()).default([]),
  forms: z.array(z.string().min(1)).min(1),
  schemas: z.array(z.string().regex(/^[0-9a-fA-F]{64}$/)).min(1),
  outbox: z.string().optional(),
  graceDays: z.number().optional(),
  roleArc: z.string().default(DEFAULT_ARC),
  shares: z
    .string()
    .regex(/^[0-9]{1,3}of[0-9]{1,3}$/)
    .nullish(),
  formNames: z.record(z.string(), texts).optional(),
  kit: z.array(z.object({ kk: z.string(), ru: z.string(), en: z.string().optional() })).optional(),
});

/** Answers as a file of JSON holds them, or as options gave them. */
export type Answers = z.input<typeof answers>;

export interface AnswersFault {
  readonly type: "bad-answers";
  /** The field as a path with dots. */
  readonly field: string;
  readonly why: "missing" | "wrong" | "twice" | "past";
}

/** What is founded. */
export interface Founding {
  readonly json: string;
  readonly id: string;
  /** Seconds since 1970 UTC. */
  readonly to: number;
  readonly oblasts: readonly string[];
  readonly intermediate: boolean;
  readonly shares: Shares | null;
}

const bad = (field: string, why: AnswersFault["why"]): Result<never, AnswersFault> =>
  err({ type: "bad-answers", field, why });

const hasTwice = (list: readonly string[]): boolean => new Set(list).size !== list.length;

function sharesOf(text: string | null | undefined): Shares | null | "wrong" {
  if (text === null || text === undefined) return null;
  const [needed = 0, officers = 0] = text.split("of").map(Number);
  return needed >= 2 && needed <= officers && officers <= 255 ? { needed, officers } : "wrong";
}

/**
 * Judges answers and makes campaign.json of them.
 *
 * @param isRecipient - whether a text is an age recipient, checksum included: a mistyped one would make bodies that nobody can read
 */
export function judgeAnswers(
  given: unknown,
  isRecipient: (text: string) => boolean,
  now: number,
): Result<Founding, AnswersFault> {
  const parsed = answers.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys] : (issue?.path ?? []);
    const isMissing = issue?.code === "invalid_type" && issue.message.includes("undefined");
    return bad(path.join(".") || "id", isMissing ? "missing" : "wrong");
  }
  const { central, department, oblasts, intermediate, graceDays = 0, outbox, formNames, kit } = parsed.data;
  for (const [field, list] of Object.entries({ central, department }))
    for (const [at, one] of list.entries()) if (!isRecipient(one)) return bad(`${field}.${at}`, "wrong");
  // A recipient of both would let the Department's key open what is for the centre alone.
  if (hasTwice([...central, ...department])) return bad("central", "twice");
  for (const field of ["oblasts", "forms", "schemas"] as const)
    if (hasTwice(parsed.data[field])) return bad(field, "twice");
  const shares = sharesOf(parsed.data.shares);
  if (shares === "wrong") return bad("shares", "wrong");
  const { id, name, from, to, roleArc, forms, schemas } = parsed.data;
  const json = `${JSON.stringify(
    {
      ...{ v: 1, id, name, from, to, graceDays, roleArc, outbox: outbox ?? "/Sanaq/outbox", forms },
      ...(formNames === undefined ? {} : { formNames }),
      ...(kit === undefined ? {} : { kit }),
      schemas: schemas.map((one) => one.toLowerCase()),
      recipients: { central, department },
    },
    null,
    2,
  )}\n`;
  const campaign = parseCampaign(json);
  if (!campaign.ok) return bad(campaign.error, "wrong");
  if (campaign.value.to < now) return bad("to", "past");
  return ok({ json, id, to: campaign.value.to, oblasts, intermediate, shares });
}
