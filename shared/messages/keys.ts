import type { FindingKind, Outcome, Reason, TabletState, Verdict } from "../reasons.ts";
import type { LinkFailure, TabletProgress } from "../views.ts";
import type { CarryKey } from "./carry.ts";

/** `what`: one sentence of what happened. `do`: one sentence of what a person does now. */
type Told = "what" | "do";

/** Failures that a tablet's link and the centre have in common. */
export type CommonFailure = "disk" | "cancelled";

/** What a command lacks or was given wrongly (the engine's Misuse). */
export const MISUSES = [
  "no-campaign",
  "no-station",
  "no-station-certificate",
  "station-exists",
  "wrong-passphrase",
  "bad-certificate",
  "clock-outside-certificate",
  "bad-campaign",
  "no-unloading",
  "not-an-act",
  "held-place",
] as const;

/** Why the centre could not answer, beside the common failures. */
export const CENTRE_FAILURES = [
  "unreachable",
  "busy",
  "refused",
  "wrong-schema",
  "batch-refused",
  "body-changed",
] as const;

/** Why there is no protected line to the centre (the engine's TlsFault). */
export const TLS_FAULTS = [
  "no-tls",
  "server-expired",
  "server-not-yet-valid",
  "server-other-host",
  "server-unknown-authority",
  "server-revoked",
  "server-unknown-revocation",
  "client-missing",
  "client-expired",
  "client-revoked",
  "client-unknown-authority",
  "client-other-user",
  "client-refused",
  "bad-file",
  "key-not-private",
  "handshake",
] as const;

/** What is wrong with a centre's address (the engine's AddressFault). */
export const ADDRESS_FAULTS = [
  "not-postgres",
  "unknown-parameter",
  "unknown-mode",
  "unprotected",
  "half-a-certificate",
] as const;

/** What is wrong with a station's certificate, where it is not one of the formats' reasons. */
export const CERTIFICATE_FAULTS = [
  "not-two-certificates",
  "not-a-certificate",
  "other-key",
  "other-station",
] as const;

/** What is wrong with a file of a campaign folder; `field` stands for the path of any field of campaign.json. */
export const CAMPAIGN_FAULTS = ["missing", "not-json", "not-a-root", "not-a-crl", "field"] as const;

/**
 * Every message that the windows and the command line share. It is made of the words of the formats, so a new reason, finding or
 * failure without its words in all three languages does not compile.
 */
export type MessageKey =
  | `reason.${Reason}.${"name" | Told}`
  | `finding.${FindingKind}.${"name" | Told}`
  | "finding.gap.more"
  | `ledger-state.${"ok" | "rollback" | "missing"}`
  | `outcome.${Outcome}`
  | `verdict.${Verdict}.${"name" | Told}`
  | `tablet-state.${TabletState}`
  | `station-state.${"staged" | "damaged" | "quarantined"}`
  | `centre-state.${"accepted" | "conflict"}`
  | `phase.${TabletProgress["phase"]}`
  | `link.${Exclude<LinkFailure["type"], CommonFailure>}.${Told}`
  | `failure.${CommonFailure}.${Told}`
  | `centre.${(typeof CENTRE_FAILURES)[number]}.${Told}`
  | `centre.tls.${(typeof TLS_FAULTS)[number]}.${Told}`
  | `centre.address.${(typeof ADDRESS_FAULTS)[number]}.${Told}`
  | `misuse.${(typeof MISUSES)[number]}.${Told}`
  | `certificate-fault.${(typeof CERTIFICATE_FAULTS)[number]}`
  | `campaign-fault.${(typeof CAMPAIGN_FAULTS)[number]}`
  | `store.${"owned" | "newer-store" | "damaged"}.${Told}`
  | "store.owner"
  | `count.${"batches" | "tablets"}`
  | `count.${Outcome}`
  | CarryKey
  | "what-to-do"
  | "batch-numbers";

/** ICU messages (https://unicode-org.github.io/icu/userguide/format_parse/messages/) by key. */
export type Messages<Key extends string = MessageKey> = Readonly<Record<Key, string>>;
