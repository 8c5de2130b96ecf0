import * as z from "zod";

/** Why something was not done, as it crosses from one process to another. Words for people live in the message catalogues. */

/** Values of a message, as the failure holds them (shared/messages names what each needs). */
export const valuesSchema = z.record(z.string(), z.union([z.string().max(400), z.number(), z.null()]));
export type MessageValues = z.infer<typeof valuesSchema>;

/** Why the centre could not answer (the engine's CentreFailure), as word and values. */
export const CENTRE_FAILURE_WORDS = [
  "unreachable",
  "busy",
  "refused",
  "tls",
  "wrong-schema",
  "body-changed",
  "disk",
  "cancelled",
] as const;

export const PROBLEMS = [
  "locked",
  "not-allowed",
  "bad-request",
  "engine-down",
  "wrong-pin",
  "wait",
  "last-administrator",
  "no-campaign",
  "no-station",
  "no-station-certificate",
  "station-exists",
  "wrong-passphrase",
  "key-closed",
  "no-unloading",
  "held-place",
  "bad-certificate",
  "clock-outside-certificate",
  "bad-campaign",
  "bad-address",
  "no-key-store",
  "bad-names",
  "no-centre",
  "no-printer",
  "not-printed",
  "job-running",
  "carrier-in-use",
  "carrier-full",
  "bag-refused",
  "backup-refused",
  "no-store",
  ...CENTRE_FAILURE_WORDS,
] as const;
export const problemSchema = z.strictObject({ type: z.enum(PROBLEMS), values: valuesSchema });
export type Problem = z.infer<typeof problemSchema>;
