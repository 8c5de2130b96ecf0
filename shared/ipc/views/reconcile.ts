import * as z from "zod";
import {
  areaSchema,
  countSchema,
  daySchema,
  hex32,
  reasonSchema,
  shortText,
  stampSchema,
  tabletStateSchema,
  verdictSchema,
} from "./common.ts";

/** The table of all batches, the sequence of a tablet, the station over days. */

export const filterSchema = z.strictObject({
  area: areaSchema.nullable(),
  device: hex32.nullable(),
  verdict: verdictSchema.nullable(),
  reason: reasonSchema.nullable(),
  state: tabletStateSchema.nullable(),
  /** Day of staging, by the station's clock. */
  day: daySchema.nullable(),
  /** Part of a tablet's name, or of its id. */
  text: z.string().max(100),
});
export type BatchFilter = z.infer<typeof filterSchema>;

export const BATCH_SORTS = ["tablet", "area", "batch", "bytes", "staged", "verdict"] as const;
export const sortSchema = z.strictObject({ by: z.enum(BATCH_SORTS), descending: z.boolean() });
export type BatchSort = z.infer<typeof sortSchema>;

export const batchKeySchema = z.strictObject({ device: hex32, chain: hex32, seq: countSchema });
export type BatchKey = z.infer<typeof batchKeySchema>;

export const batchRowSchema = z.strictObject({
  device: hex32,
  name: shortText.nullable(),
  area: areaSchema.nullable(),
  chain: hex32,
  seq: countSchema,
  bytes: countSchema.nullable(),
  tablet: tabletStateSchema.nullable(),
  synced: stampSchema.nullable(),
  station: z.enum(["staged", "quarantined"]).nullable(),
  stagedAt: stampSchema.nullable(),
  reason: reasonSchema.nullable(),
  centre: z.enum(["accepted", "conflict"]).nullable(),
  answeredAt: stampSchema.nullable(),
  verdict: verdictSchema,
});
export type BatchRow = z.infer<typeof batchRowSchema>;

export const verdictCountsSchema = z.strictObject({
  safe: countSchema,
  "to-upload": countSchema,
  "on-tablet-only": countSchema,
  missing: countSchema,
  conflict: countSchema,
  refused: countSchema,
  "lost-in-vpn": countSchema,
  damaged: countSchema,
  revoked: countSchema,
});
export type VerdictCounts = z.infer<typeof verdictCountsSchema>;

export const tabletLineSchema = z.strictObject({
  device: hex32,
  name: shortText.nullable(),
  area: areaSchema.nullable(),
  batches: countSchema,
  /** Verdicts a person must look at: missing, damaged, revoked, conflict, refused. */
  open: countSchema,
});
export type TabletLine = z.infer<typeof tabletLineSchema>;

/** One letter a batch in `cells`, from sequence number `first` on. */
export const CELL_LETTERS = {
  s: "safe",
  u: "to-upload",
  t: "on-tablet-only",
  m: "missing",
  c: "conflict",
  r: "refused",
  l: "lost-in-vpn",
  d: "damaged",
  x: "revoked",
} as const;
export type CellLetter = keyof typeof CELL_LETTERS;

/** Cells of one chain in one answer, at most. */
export const MAX_CELLS = 5_000;

export const sequenceSchema = z.strictObject({
  device: hex32,
  name: shortText.nullable(),
  area: areaSchema.nullable(),
  chains: z
    .array(
      z.strictObject({
        chain: hex32,
        first: countSchema,
        cells: z.string().max(MAX_CELLS),
        /** Batches beyond those in `cells`. */
        more: countSchema,
      }),
    )
    .max(64)
    .readonly(),
});
export type SequenceView = z.infer<typeof sequenceSchema>;

export const dayCountsSchema = z.strictObject({ day: daySchema, counts: verdictCountsSchema });
export type DayCounts = z.infer<typeof dayCountsSchema>;
