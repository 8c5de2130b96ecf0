import type { ChainId, DeviceId, Digest } from "./ids.ts";
import type { Outcome, Reason, TabletState, Verdict } from "./reasons.ts";

/** One batch as one unloading left it. `bytes` is the body's length when this run staged it, else 0. */
export interface BatchReport {
  readonly chain: ChainId;
  readonly seq: number;
  readonly outcome: Outcome;
  readonly reason: Reason | null;
  readonly bytes: number;
}

/** A finding of one unloading (docs/formats.md). Every kind carries what names its place, and no more. */
export type Finding =
  | { readonly kind: "gap"; readonly chain: ChainId; readonly seq: number }
  | { readonly kind: "gap"; readonly chain: ChainId; readonly more: number }
  | {
      readonly kind: "fork" | "damaged" | "not-listed" | "growing" | "false-ack";
      readonly chain: ChainId;
      readonly seq: number;
    }
  | { readonly kind: "ledger-rollback" | "head-lowered" | "chain-forgotten"; readonly chain: ChainId }
  /** `count`: records on the tablet that are in no batch yet. */
  | { readonly kind: "unsealed"; readonly chain: ChainId; readonly count: number }
  | { readonly kind: "ledger-invalid"; readonly reason: Reason | "missing" }
  | { readonly kind: "crl-stale"; readonly issuer: string }
  | { readonly kind: "unlisted"; readonly name: string }
  | { readonly kind: "clock-skew"; readonly of: "ledger" | "tablet"; readonly seconds: number };

export interface LedgerReport {
  readonly no: number | null;
  /** RFC 3339 with the tablet's own offset; null where the ledger could not be read so far. */
  readonly made: string | null;
  readonly state: "ok" | "rollback" | Reason;
}

export interface OutboxPlace {
  readonly storage: string;
  readonly path: string;
}

/** One outbox of a tablet as one unloading left it: an element of `tablets` in `unload --json`. */
export interface TabletReport {
  readonly device: DeviceId | null;
  readonly source: string;
  /** Which of a tablet's outboxes this is: its storage by the tablet's own number, in hex, and its path there; null: a folder, or nothing was found. */
  readonly outbox: OutboxPlace | null;
  readonly chain: ChainId | null;
  readonly ledger: LedgerReport | null;
  readonly batches: readonly BatchReport[];
  readonly findings: readonly Finding[];
  /** Receipts written and read back in this unloading: their path on the tablet, from the outbox. */
  readonly receipts: readonly string[];
  /** Why the tablet could not be read, or could not be read to its end; null where it was. */
  readonly failure: LinkFailure | null;
}

/** Why a tablet cannot be used or stopped answering. Words for people live in the message catalogues. */
export type LinkFailure =
  | { readonly type: "unplugged" }
  | { readonly type: "not-answering" }
  | { readonly type: "busy"; readonly holder: string | null }
  | { readonly type: "held-by-system" }
  | { readonly type: "no-permission" }
  | { readonly type: "no-storage" }
  | { readonly type: "no-outbox"; readonly path: string }
  /** A folder that is only a part of an outbox: `outbox` is the one above it. */
  | { readonly type: "inside-outbox"; readonly path: string; readonly outbox: string }
  | { readonly type: "lost-sync"; readonly detail: string }
  | { readonly type: "refused"; readonly code: string }
  | { readonly type: "too-many-files"; readonly limit: number }
  | { readonly type: "read-only" }
  | { readonly type: "full" }
  | { readonly type: "exists" }
  | { readonly type: "changed"; readonly path: string }
  | { readonly type: "disk"; readonly code: string; readonly path: string }
  | { readonly type: "cancelled" };

export interface UnloadTotals {
  readonly staged: number;
  readonly alreadyStaged: number;
  readonly acknowledged: number;
  readonly quarantined: number;
  readonly failed: number;
  readonly bytes: number;
}

export interface UnloadReport {
  readonly tablets: readonly TabletReport[];
  readonly totals: UnloadTotals;
}

/** What is happening to one tablet now: the stuff of progress bars and cards. */
export interface TabletProgress {
  readonly source: string;
  readonly device: DeviceId | null;
  readonly name: string | null;
  readonly phase:
    | "connecting"
    | "reading-ledger"
    | "reading-manifests"
    | "pulling"
    | "writing-receipt"
    | "safe-to-unplug"
    | "needs-person"
    | "interrupted"
    | "cannot-use";
  readonly batchesDone: number;
  readonly batchesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** One line of `reconcile`. */
export interface ReconcileLine {
  readonly device: DeviceId | null;
  readonly chain: ChainId;
  readonly seq: number;
  readonly tablet: TabletState | null;
  /** The content that the line speaks of; null: nobody knows it. One number has several lines where several contents were named. */
  readonly manifest: Digest | null;
  readonly station: "staged" | "damaged" | "quarantined" | null;
  readonly centre: "accepted" | "conflict" | null;
  readonly verdict: Verdict;
}

/** A device on the cable, usable or not. */
export interface TabletPresence {
  /** Names this plugging-in; a tablet that is plugged in again has another one. Never an identity of the tablet. */
  readonly id: string;
  /** `usb:<serial>` or `folder:<path>`: where it is, for people; never an identity either. */
  readonly source: string;
  readonly manufacturer: string | null;
  readonly product: string | null;
  /** null: can be opened. */
  readonly problem: LinkFailure | null;
}

export interface QuarantineLine {
  readonly id: number;
  readonly device: DeviceId | null;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest | null;
  readonly reason: Reason;
  readonly bytes: number;
  readonly since: string;
}
