import * as z from "zod";
import { problemSchema } from "./problems.ts";

/** Long work that a person began and does not have to wait for: one at a time, in every window's sight. */

const count = z.int().min(0);
const text = z.string().max(400);

export const JOB_KINDS = ["export", "import", "backup", "report"] as const;
export type JobKind = (typeof JOB_KINDS)[number];
export const REPORT_KINDS = ["batch", "day", "district", "campaign"] as const;
export const REPORT_FORMATS = ["csv", "parquet"] as const;

export const jobOutcomeSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("export"),
    /** Number of the bag; null: there was nothing to carry. */
    bag: count.nullable(),
    tablets: count,
    batches: count,
    bytes: count,
    /** Left out, because the bytes on this disk are not what was staged. */
    failed: count,
    /** Waiting for another bag. */
    left: count,
  }),
  z.strictObject({
    kind: z.literal("import"),
    /** null: only receipts lay there. */
    bag: z.strictObject({ station: text, no: count }).nullable(),
    tablets: count,
    staged: count,
    before: count,
    quarantined: count,
    failed: count,
    /** Named by the bag's statement and not come. */
    missing: count,
    /** Files that are not as the bag's list says. */
    faults: count,
    /** CAs whose revocation list is out of date. */
    staleCas: z.array(text).max(20).readonly(),
    /** Where the receipt for the other station lies, from the bag's folder; null: none was written. */
    receipt: text.nullable(),
    /** The system's word for why it could not be written. */
    receiptFailure: text.nullable(),
    /** Receipts for bags of this station that could not be taken. */
    badReceipts: count,
    /** What other stations say of bags of this one. */
    answers: z
      .array(
        z.strictObject({
          station: text,
          bag: count,
          staged: count,
          accepted: count,
          refused: count,
          missing: count,
        }),
      )
      .max(50)
      .readonly(),
  }),
  z.strictObject({
    kind: z.literal("backup"),
    batches: count,
    bytes: count,
    quarantined: count,
    auditLines: count,
    /** Batches whose files are missing or no longer what was staged. */
    damaged: count,
  }),
  z.strictObject({ kind: z.literal("report"), lines: count }),
]);
export type JobOutcome = z.infer<typeof jobOutcomeSchema>;

export const jobSchema = z.strictObject({
  no: count,
  kind: z.enum(JOB_KINDS),
  state: z.enum(["running", "stopping", "done", "failed"]),
  /** Folder or file that was chosen, by its name. */
  place: text,
  batchesDone: count,
  batchesTotal: count,
  bytesDone: count,
  bytesTotal: count,
  /** What it came to, once it is done. */
  outcome: jobOutcomeSchema.nullable(),
  problem: problemSchema.nullable(),
});
export type JobView = z.infer<typeof jobSchema>;
