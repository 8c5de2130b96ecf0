import * as z from "zod";
import { CENTRE_FAILURE_WORDS, valuesSchema } from "../problems.ts";
import { areaSchema, countSchema, hex32, shortText, stampSchema } from "./common.ts";

/** What waits for the centre, and the centre itself. */

export const CENTRE_STATES = ["unset", "unknown", "reachable", "unreachable", "refused"] as const;
export const centreSchema = z.strictObject({
  state: z.enum(CENTRE_STATES),
  /** The system's word for the failure, for support. */
  code: shortText.nullable(),
  since: stampSchema.nullable(),
});
export type CentreView = z.infer<typeof centreSchema>;

export const sendSchema = z.strictObject({
  state: z.enum(["idle", "sending", "paused", "waiting"]),
  waitingBatches: countSchema,
  waitingBytes: countSchema,
  /** Of the run under way, or of the last one. */
  doneBatches: countSchema,
  totalBatches: countSchema,
  doneBytes: countSchema,
  totalBytes: countSchema,
  bytesPerSecond: countSchema,
  secondsLeft: countSchema.nullable(),
  /** `waiting`: when the next try is made, and how many went before. */
  nextTryAt: stampSchema.nullable(),
  tries: countSchema,
  conflicts: countSchema,
  heldForCrl: countSchema,
  revoked: countSchema,
  lastFinished: stampSchema.nullable(),
  /** Why the last run stopped before its end. */
  failure: z.strictObject({ type: z.enum(CENTRE_FAILURE_WORDS), values: valuesSchema }).nullable(),
});
export type SendView = z.infer<typeof sendSchema>;

export const queueRowSchema = z.strictObject({
  device: hex32,
  name: shortText.nullable(),
  area: areaSchema.nullable(),
  chain: hex32,
  seq: countSchema,
  bytes: countSchema,
  stagedAt: stampSchema,
});
export type QueueRow = z.infer<typeof queueRowSchema>;
