import * as z from "zod";
import { countSchema, hex64, reasonSchema, shortText, stampSchema } from "./common.ts";
import { batchRowSchema } from "./reconcile.ts";

/** One batch with all that is known of it. */

export const certificateSchema = z.strictObject({
  role: z.enum(["tablet", "station", "central", "issuer"]),
  name: shortText,
  serial: shortText,
  issuer: shortText,
  from: stampSchema,
  to: stampSchema,
});
export type CertificateView = z.infer<typeof certificateSchema>;

export const BATCH_EVENTS = [
  "made",
  "listed",
  "marked-sent",
  "acknowledged",
  "unload-began",
  "staged",
  "quarantined",
  "receipt",
  "accepted",
  "already-there",
  "conflict",
] as const;
export const batchEventSchema = z.strictObject({
  kind: z.enum(BATCH_EVENTS),
  /** By the tablet's clock. */
  tabletTime: stampSchema.nullable(),
  /** By the station's clock. */
  stationTime: stampSchema.nullable(),
  /** By the centre's clock. */
  centreTime: stampSchema.nullable(),
  /** What proves it: a signature under a certificate, or a line of the audit log. */
  proof: z.strictObject({ kind: z.enum(["certificate", "log", "none"]), text: shortText }).nullable(),
});
export type BatchEvent = z.infer<typeof batchEventSchema>;

export const batchPageSchema = z.strictObject({
  row: batchRowSchema,
  manifest: z
    .strictObject({
      digest: hex64,
      prev: hex64.nullable(),
      made: stampSchema.nullable(),
      schema: hex64,
      forms: z
        .array(z.strictObject({ form: shortText, records: countSchema }))
        .max(64)
        .readonly(),
      recipients: countSchema,
      chunks: countSchema,
    })
    .nullable(),
  ledger: z
    .strictObject({
      no: countSchema,
      made: stampSchema.nullable(),
      digest: hex64,
      manifest: hex64,
      length: countSchema,
      found: z.boolean(),
    })
    .nullable(),
  station: z
    .strictObject({
      source: shortText,
      at: stampSchema,
      sha: hex64.nullable(),
      receiptNo: countSchema.nullable(),
    })
    .nullable(),
  certificates: z.array(certificateSchema).max(8).readonly(),
  /** Carried between stations: the other stations' words, never the centre's. */
  travels: z.strictObject({
    /** Station that carried it here. */
    carriedBy: shortText.nullable(),
    /** Finished bags of this station that it is in. */
    bags: z
      .array(z.strictObject({ no: countSchema, at: stampSchema }))
      .max(20)
      .readonly(),
    /** What other stations answered, and who else holds it. */
    stations: z
      .array(
        z.strictObject({
          station: shortText,
          status: z.enum(["staged", "accepted", "refused", "missing"]),
          reason: reasonSchema.nullable(),
          at: stampSchema.nullable(),
        }),
      )
      .max(20)
      .readonly(),
  }),
  events: z.array(batchEventSchema).max(64).readonly(),
  /** Neighbours in the chain, for walking; null at the ends. */
  previous: countSchema.nullable(),
  next: countSchema.nullable(),
});
export type BatchPage = z.infer<typeof batchPageSchema>;
