/** The words of docs/formats.md, in its order: where several reasons apply to a batch, the first is given. */
export const REASONS = [
  "malformed",
  "signature-invalid",
  "certificate-untrusted",
  "certificate-expired",
  "certificate-revoked",
  "wrong-device",
  "wrong-campaign",
  "unknown-schema",
  "central-not-recipient",
  "body-missing",
  "length-mismatch",
  "chunk-mismatch",
  "not-age",
  "previous-mismatch",
  "conflict",
  "ledger-mismatch",
  "io",
] as const;
export type Reason = (typeof REASONS)[number];

/** Findings that are not about one batch. */
export const FINDING_KINDS = [
  "gap",
  "fork",
  "ledger-rollback",
  "ledger-invalid",
  "unsealed",
  "head-lowered",
  "chain-forgotten",
  "damaged",
  "not-listed",
  "growing",
  "crl-stale",
  "unlisted",
  "clock-skew",
  "false-ack",
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** What the tablet's ledger says of a batch: its own mark, which is no proof. */
export const TABLET_STATES = ["pending", "sent", "acknowledged", "unloaded"] as const;
export type TabletState = (typeof TABLET_STATES)[number];

export const OUTCOMES = ["staged", "already-staged", "acknowledged", "quarantined", "failed"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const VERDICTS = [
  "safe",
  "to-upload",
  "on-tablet-only",
  "missing",
  "damaged",
  "revoked",
  "conflict",
  "refused",
  "lost-in-vpn",
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Verdicts under which nothing is left for a person to look for or to decide. */
const SETTLED: ReadonlySet<Verdict> = new Set(["safe", "to-upload", "lost-in-vpn"]);

/** Whether a person has still to look for a batch or to decide on it. */
export const isUnsettled = (verdict: Verdict): boolean => !SETTLED.has(verdict);
