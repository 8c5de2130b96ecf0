import * as z from "zod";
import { countSchema, hex64, shortText, stampSchema } from "./common.ts";

/** The audit log, and whether it is whole. */

export const logRowSchema = z.strictObject({
  no: countSchema,
  at: stampSchema,
  type: shortText,
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  hash: hex64,
});
export type LogRow = z.infer<typeof logRowSchema>;

/** How far the log is vouched for, beside its own chain of hashes. */
export const logProofSchema = z.strictObject({
  /** Heads that a session left, signed; and those that were left without a signature. */
  heads: countSchema,
  unsigned: countSchema,
  receipts: countSchema,
  acts: countSchema,
  /** Bags that were carried away with a head in them. */
  bags: countSchema,
  /** Heads that the centre keeps: as it answered now, else as it took them. */
  atCentre: countSchema,
  /** Whether the centre was asked, and its heads were compared. */
  centreAsked: z.boolean(),
  staged: countSchema,
  /** The last line of a version whose lines did not hold the rows beside them; 0: there is none. */
  notWitnessed: countSchema,
});
export type LogProof = z.infer<typeof logProofSchema>;

export const LOG_FAULTS = [
  "audit-broken",
  "line-without-record",
  "record-without-line",
  "rows-changed",
  "anchor-bad",
] as const;
/** The first thing that does not fit. */
export const logFaultSchema = z.strictObject({
  type: z.enum(LOG_FAULTS),
  /** The first line that may be the changed one, and the last. */
  no: countSchema.nullable(),
  upTo: countSchema.nullable(),
  /** Who says so. */
  by: z.enum(["chain", "head", "receipt", "act", "bag", "anchor", "centre"]).nullable(),
  /** Name or number of the witness or of the record. */
  name: shortText.nullable(),
  what: z.enum(["staged", "uploaded", "receipt-made", "act-made", "campaign-loaded"]).nullable(),
  why: z
    .enum([
      "not-an-anchor",
      "signature-invalid",
      "certificate-untrusted",
      "other-store",
      "other-station",
      "code-differs",
      "record-changed",
    ])
    .nullable(),
});
export type LogFault = z.infer<typeof logFaultSchema>;
