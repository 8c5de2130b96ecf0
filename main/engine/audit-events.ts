/**
 * Every event of the audit log. A line here, its words in the three catalogues (`audit.<type>`), and `store.record` or a store method
 * that takes the event: that is all a new one needs.
 *
 * `phase`: `begin` and `end` of one thing that takes time, or an event that happens `once`. `as` is its disposition, where the type
 * says it already; `told` where each line has to tell it in `data.disposition`.
 */
const EVENTS = {
  "store-created": { phase: "once", as: "done" },
  "session-begin": { phase: "begin", as: "begun" },
  "session-end": { phase: "end", as: "done" },

  "station-key-made": { phase: "once", as: "done" },
  "station-certificate-taken": { phase: "once", as: "done" },
  "key-failed": { phase: "once", as: "refused" },
  "campaign-loaded": { phase: "once", as: "done" },

  "person-added": { phase: "once", as: "done" },
  "person-removed": { phase: "once", as: "done" },
  "role-changed": { phase: "once", as: "done" },
  "pin-changed": { phase: "once", as: "done" },
  "pin-failed": { phase: "once", as: "refused" },
  unlocked: { phase: "begin", as: "begun" },
  locked: { phase: "end", as: "done" },
  "setting-changed": { phase: "once", as: "done" },

  plugged: { phase: "begin", as: "begun" },
  unplugged: { phase: "end", as: "done" },
  "unload-begin": { phase: "begin", as: "begun" },
  identified: { phase: "once", as: "done" },
  "ledger-read": { phase: "once", as: "done" },
  pulled: { phase: "once", as: "told" },
  judged: { phase: "once", as: "told" },
  staged: { phase: "once", as: "done" },
  "batch-damaged": { phase: "once", as: "failed" },
  "batch-healed": { phase: "once", as: "done" },
  "store-checked": { phase: "once", as: "told" },
  quarantined: { phase: "once", as: "refused" },
  "quarantine-judged": { phase: "once", as: "done" },
  "receipt-made": { phase: "once", as: "done" },
  "receipt-delivered": { phase: "once", as: "done" },
  "receipt-not-written": { phase: "once", as: "failed" },
  "unload-end": { phase: "end", as: "told" },
  "act-made": { phase: "once", as: "done" },

  "upload-begin": { phase: "begin", as: "begun" },
  uploaded: { phase: "once", as: "done" },
  "upload-end": { phase: "end", as: "told" },
  "acks-fetched": { phase: "once", as: "done" },
  "centre-forgot": { phase: "once", as: "needs-person" },

  "exported-begin": { phase: "begin", as: "begun" },
  exported: { phase: "end", as: "told" },
  "imported-begin": { phase: "begin", as: "begun" },
  imported: { phase: "end", as: "told" },

  "backup-made": { phase: "once", as: "told" },
  restored: { phase: "once", as: "told" },
} as const satisfies Record<
  string,
  { readonly phase: "begin" | "end" | "once"; readonly as: Disposition | "told" }
>;

/**
 * How an event came out. `needs-person`: done, and somebody has to look at it. `refused`: judged and not accepted. `failed`: cable,
 * tablet, disk or database. `stopped`: by a person, before its end.
 */
export const DISPOSITIONS = ["begun", "done", "needs-person", "refused", "failed", "stopped"] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

export type AuditType = keyof typeof EVENTS;
export const AUDIT_TYPES = Object.keys(EVENTS) as readonly AuditType[];

/** Identities, counts and words of the formats; never a personal datum. */
export type AuditData = Readonly<Record<string, string | number | boolean | null>>;

type Telling = { [T in AuditType]: (typeof EVENTS)[T]["as"] extends "told" ? T : never }[AuditType];

/** What happened, as the log takes it. */
export type AuditEvent =
  | { readonly type: Telling; readonly data: AuditData & { readonly disposition: Disposition } }
  | { readonly type: Exclude<AuditType, Telling>; readonly data: AuditData };

export const phaseOf = (type: AuditType): "begin" | "end" | "once" => EVENTS[type].phase;

/** The disposition of a line; null where its type is none of these, or it does not tell what it should: somebody has written into the log. */
export function dispositionOf(line: { readonly type: string; readonly data: AuditData }): Disposition | null {
  if (!Object.hasOwn(EVENTS, line.type)) return null;
  const { as } = EVENTS[line.type as AuditType];
  if (as !== "told") return as;
  return DISPOSITIONS.find((word) => word === line.data.disposition) ?? null;
}
