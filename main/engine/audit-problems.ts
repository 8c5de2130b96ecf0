import type { LogPlace } from "./ports-custody.ts";

/** What can be wrong with the audit log, and who says so. */

/**
 * What bears witness: a head, a receipt, an act, what was signed for a bag, all kept in this store; a file from outside, or a head that the
 * centre keeps.
 */
export type Witness = "chain" | "head" | "receipt" | "act" | "bag" | "anchor" | "centre";

/** Line `no` is the first that is not what it was or is gone, `upTo` the last that may be it. `name`: which witness says so. */
export interface AuditBroken {
  readonly type: "audit-broken";
  readonly no: number;
  readonly upTo: number;
  readonly by: Witness;
  readonly name: string | null;
}

/** What the log tells of and the store holds besides. */
export const RECORDED = ["staged", "uploaded", "receipt-made", "act-made", "campaign-loaded"] as const;
export type Recorded = (typeof RECORDED)[number];

export type AuditProblem =
  | AuditBroken
  /** The log tells of something that the store does not hold any more, or holds otherwise. */
  | { readonly type: "line-without-record"; readonly no: number; readonly what: Recorded }
  /** The store holds something that the log does not tell of. */
  | { readonly type: "record-without-line"; readonly what: Recorded; readonly name: string }
  /** Rows of these tables were changed past the program. `no`: the last line that vouches for the first of them as it was; null: none yet. */
  | { readonly type: "rows-changed"; readonly tables: readonly string[]; readonly no: number | null }
  | BadWitness;

/** A witness that proves nothing. `by`: a file that was given (anchor), or what the store or the centre keeps: there somebody has been at it. */
export interface BadWitness {
  readonly type: "anchor-bad";
  readonly by: Exclude<Witness, "chain">;
  readonly name: string;
  readonly why: AnchorFault;
}

export const ANCHOR_FAULTS = [
  "not-an-anchor",
  "signature-invalid",
  "certificate-untrusted",
  "other-store",
  "other-station",
  /** An act's file whose code is not the one that the log tells of: printed by somebody else. */
  "code-differs",
  /** An act whose record in the store is not the one that its code was made of. */
  "record-changed",
] as const;
export type AnchorFault = (typeof ANCHOR_FAULTS)[number];

/** A line as it was when somebody took note of it. */
export interface Mark extends LogPlace {
  readonly by: BadWitness["by"];
  readonly name: string;
  /**
   * How much it takes to make it say something else: `noted`, the store's files in hand; `signed`, the station's key besides; `outside`,
   * whatever keeps it where the store is not.
   */
  readonly held: "noted" | "signed" | "outside";
  /** When it was signed, in seconds since 1970; null where it does not say. */
  readonly made: number | null;
}
