import * as z from "zod";
import { FINDING_KINDS, OUTCOMES, REASONS, TABLET_STATES, VERDICTS } from "../reasons.ts";
import type { LinkFailure } from "../views.ts";
import { jobSchema } from "./jobs.ts";
import { CENTRE_FAILURE_WORDS, valuesSchema } from "./problems.ts";

/**
 * What windows may see, as zod schemas. Everything is data: whole values without methods, so that it crosses processes as it is.
 * Times are RFC 3339 with the offset of the clock that was read; identities are lower-case hex.
 */

export const LANGUAGES = ["kk", "ru", "en"] as const;
export const languageSchema = z.enum(LANGUAGES);
export type Language = z.infer<typeof languageSchema>;

export const ROLES = ["employee", "auditor", "operator", "administrator"] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

export const hex32 = z.string().regex(/^[0-9a-f]{32}$/);
/** Stands for the tablet of batches that were refused and name no tablet that can be believed. */
export const NO_DEVICE = "0".repeat(32);
export const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
/** KATO code of a district: 9 digits. */
export const areaSchema = z.string().regex(/^\d{9}$/);
/** A moment with its offset. */
export const stampSchema = z.string().max(40);
export const daySchema = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
export const countSchema = z.int().min(0);
/** At most 200 characters: names, codes, paths shortened for people. */
export const shortText = z.string().max(400);

export const reasonSchema = z.enum(REASONS);
export const verdictSchema = z.enum(VERDICTS);
export const tabletStateSchema = z.enum(TABLET_STATES);
export const outcomeSchema = z.enum(OUTCOMES);

/** Why a tablet cannot be used or stopped answering: LinkFailure of shared/views.ts as word and values. */
export const LINK_FAILURES = [
  "unplugged",
  "not-answering",
  "busy",
  "held-by-system",
  "no-permission",
  "no-storage",
  "no-outbox",
  "inside-outbox",
  "lost-sync",
  "refused",
  "too-many-files",
  "read-only",
  "full",
  "exists",
  "changed",
  "disk",
  "cancelled",
] as const satisfies readonly LinkFailure["type"][];
export const linkFailureSchema = z.strictObject({ type: z.enum(LINK_FAILURES), values: valuesSchema });
export type LinkProblem = z.infer<typeof linkFailureSchema>;

// ---------------------------------------------------------------- session

export const personSchema = z.strictObject({
  id: countSchema,
  name: shortText,
  roles: z.array(roleSchema).readonly(),
});
export type Person = z.infer<typeof personSchema>;

export const sessionSchema = z.strictObject({
  /** `set-up`: no administrator exists yet. */
  state: z.enum(["set-up", "locked", "open"]),
  person: personSchema.nullable(),
  /** Whom the lock offers. */
  people: z.array(personSchema).readonly(),
  language: languageSchema,
  /** When the next PIN is taken, after failures; null: at once. */
  nextTryAt: stampSchema.nullable(),
  /** Minutes without a hand on the keyboard or mouse after which the windows lock. */
  idleMinutes: countSchema,
});
export type SessionView = z.infer<typeof sessionSchema>;

// ---------------------------------------------------------------- unload

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

// ---------------------------------------------------------------- send

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

// ---------------------------------------------------------------- the whole

export const snapshotSchema = z.strictObject({
  revision: countSchema,
  session: sessionSchema,
  station: z.strictObject({
    id: hex32.nullable(),
    name: shortText.nullable(),
    certificate: z.boolean(),
    campaign: z
      .strictObject({ id: shortText, name: z.strictObject({ kk: shortText, ru: shortText, en: shortText }) })
      .nullable(),
    freeBytes: countSchema.nullable(),
  }),
  centre: centreSchema,
  unload: unloadSchema,
  send: sendSchema,
  /** Long work under way, or what the last one came to until somebody puts it aside. */
  job: jobSchema.nullable(),
  /** Times the engine was started again since the windows opened; `down` while it is being started. */
  engine: z.strictObject({ state: z.enum(["running", "down"]), restarts: countSchema }),
});
/** Everything that moves on the screens, whole. Later ones have a higher revision. */
export type Snapshot = z.infer<typeof snapshotSchema>;

// ---------------------------------------------------------------- reconcile

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
});
export type VerdictCounts = z.infer<typeof verdictCountsSchema>;

export const tabletLineSchema = z.strictObject({
  device: hex32,
  name: shortText.nullable(),
  area: areaSchema.nullable(),
  batches: countSchema,
  /** Verdicts a person must look at: missing, conflict, refused. */
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

// ---------------------------------------------------------------- log

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
});
export type LogProof = z.infer<typeof logProofSchema>;

export const LOG_FAULTS = [
  "audit-broken",
  "line-without-record",
  "record-without-line",
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

// ---------------------------------------------------------------- settings

/** What a district is called; the classifier (KATO) is loaded by an administrator. */
export const areaNameSchema = z.strictObject({
  area: areaSchema,
  kk: shortText,
  ru: shortText,
  en: shortText,
});
export type AreaName = z.infer<typeof areaNameSchema>;

export const settingsSchema = z.strictObject({
  station: z
    .strictObject({ id: hex32, request: z.string().max(8_000), certificate: certificateSchema.nullable() })
    .nullable(),
  campaign: z
    .strictObject({
      id: shortText,
      name: z.strictObject({ kk: shortText, ru: shortText, en: shortText }),
      from: stampSchema,
      to: stampSchema,
      crls: z
        .array(
          z.strictObject({
            issuer: shortText,
            number: shortText.nullable(),
            nextUpdate: stampSchema.nullable(),
          }),
        )
        .max(200)
        .readonly(),
    })
    .nullable(),
  /** The address without its password. */
  centre: shortText.nullable(),
  people: z.array(personSchema).max(500).readonly(),
  automatic: z.boolean(),
  receipts: z.boolean(),
  sound: z.boolean(),
  idleMinutes: countSchema,
  storeFolder: shortText,
  version: shortText,
});
export type SettingsView = z.infer<typeof settingsSchema>;
