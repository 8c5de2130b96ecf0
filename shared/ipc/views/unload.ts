import * as z from "zod";
import { FINDING_KINDS } from "../../reasons.ts";
import {
  areaSchema,
  countSchema,
  hex32,
  linkFailureSchema,
  reasonSchema,
  shortText,
  stampSchema,
} from "./common.ts";

/** The table with its cables, and what today came to. */

export const CARD_STATES = [
  "found",
  "connecting",
  "reading-ledger",
  "reading-manifests",
  "pulling",
  "writing-receipt",
  "safe",
  "needs-person",
  "interrupted",
  "cannot-use",
] as const;
export type CardState = (typeof CARD_STATES)[number];

/** One thing a person should know about a tablet. `batches`: the first few sequence numbers; `count`: all of them. */
export const concernSchema = z.strictObject({
  kind: z.enum(["quarantined", "failed", ...FINDING_KINDS]),
  reason: z.union([reasonSchema, z.literal("missing")]).nullable(),
  count: countSchema,
  batches: z.array(countSchema).max(8).readonly(),
  /** A file's name or a CA's, where the finding has one. */
  name: shortText.nullable(),
  clock: z.strictObject({ of: z.enum(["ledger", "tablet"]), seconds: z.int() }).nullable(),
});
export type Concern = z.infer<typeof concernSchema>;

export const totalsSchema = z.strictObject({
  staged: countSchema,
  alreadyStaged: countSchema,
  acknowledged: countSchema,
  quarantined: countSchema,
  failed: countSchema,
});
export type CardTotals = z.infer<typeof totalsSchema>;

export const cardSchema = z.strictObject({
  /** Place on the table: a card keeps it. */
  slot: countSchema,
  /** Names the card for commands: the presence, not the tablet. */
  id: shortText,
  device: hex32.nullable(),
  /** CN of the tablet's certificate. */
  name: shortText.nullable(),
  area: areaSchema.nullable(),
  product: shortText.nullable(),
  source: shortText,
  connected: z.boolean(),
  state: z.enum(CARD_STATES),
  batchesDone: countSchema,
  batchesTotal: countSchema,
  bytesDone: countSchema,
  bytesTotal: countSchema,
  ledger: z
    .strictObject({ no: countSchema.nullable(), made: stampSchema.nullable(), state: shortText })
    .nullable(),
  totals: totalsSchema.nullable(),
  /** A signed receipt was written to the tablet and read back. */
  receipt: z.boolean(),
  concerns: z.array(concernSchema).max(40).readonly(),
  problem: linkFailureSchema.nullable(),
  /** When it became what it is, by the station's clock. */
  since: stampSchema,
});
export type Card = z.infer<typeof cardSchema>;

export const unloadSchema = z.strictObject({
  automatic: z.boolean(),
  receipts: z.boolean(),
  /** A tone when a tablet is done or needs a person; the card says the same. */
  sound: z.boolean(),
  /** Whether the station's key is open for receipts. */
  key: z.enum(["none", "closed", "open"]),
  cards: z.array(cardSchema).max(64).readonly(),
  today: z.strictObject({
    tablets: countSchema,
    batches: countSchema,
    bytes: countSchema,
    needYou: countSchema,
  }),
  /** Rises when the list of today's tablets changes. */
  todayRevision: countSchema,
});
export type UnloadView = z.infer<typeof unloadSchema>;

export const todayLineSchema = z.strictObject({
  no: countSchema,
  at: stampSchema,
  device: hex32.nullable(),
  name: shortText.nullable(),
  area: areaSchema.nullable(),
  totals: totalsSchema,
  calm: z.boolean(),
});
export type TodayLine = z.infer<typeof todayLineSchema>;
