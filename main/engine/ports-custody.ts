import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";
import type { BatchReport, Finding, LedgerReport } from "../../shared/views.ts";
import type { AuditData, AuditEvent } from "./audit-events.ts";
import type { CentreAnswer } from "./ports-centre.ts";

/** What the store keeps for custody: receipts looked back on, acts, heads of the audit log. */

/** Number and hash of a line of the log: everything before it goes into the hash. */
export interface LogPlace {
  readonly no: number;
  readonly hash: Digest;
}

/** A head of the log that was kept beside it. */
export interface KeptHead extends LogPlace {
  readonly id: number;
  /** COSE_Sign1; null while the station's key has not been open since. */
  readonly cose: Uint8Array | null;
}

/** The rows that verdicts rest on, compared with what the log's lines hold of them. */
export type RowsCompared =
  /** `from`: the first line that holds a digest of the rows, null where none does; `unbound`: tables that changed since the last line. */
  | { readonly type: "held"; readonly from: number | null; readonly unbound: readonly string[] }
  /** Rows of these tables are not what the program left there; `line`: the last line that vouches for the first of them, where one does. */
  | { readonly type: "changed"; readonly tables: readonly string[]; readonly line: number | null };

export interface ReceiptRecord {
  readonly no: number;
  readonly device: DeviceId;
  readonly chain: ChainId;
  /** Name in receipts/. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Digest of the signed object. */
  readonly digest: Digest;
  /** Number of the hand-over act it names: the last one made for the device before it; null where there was none. */
  readonly act: number | null;
}

/** A receipt as it was kept. */
export interface KeptReceipt extends ReceiptRecord {
  readonly delivered: boolean;
}

/** How the last unloading of a tablet ended. */
export interface KeptUnloading {
  readonly no: number;
  readonly source: string;
  /** RFC 3339, UTC, by the workstation's clock. */
  readonly began: string;
  readonly ended: string;
  readonly chain: ChainId | null;
  readonly ledger: LedgerReport | null;
  /** Tablet's clock minus the workstation's; null where the tablet does not tell it. */
  readonly clockSeconds: number | null;
  /** Type of the link's failure; null where there was none. */
  readonly failure: string | null;
  readonly batches: readonly BatchReport[];
  readonly findings: readonly Finding[];
}

/** An act that was made. `facts`: JSON, all that its pages say. */
export interface KeptAct {
  readonly no: number;
  readonly device: DeviceId;
  readonly unloading: number;
  readonly facts: string;
  /** Text of its QR code. */
  readonly code: string;
  /** The signed head of the log that the act's file carries, over the line that tells of the act. */
  readonly head: Uint8Array;
  readonly madeAt: string;
}

export interface Custody {
  // ------------------------------------------------------------ the log
  lastLine(): LogPlace | null;
  hashAt(no: number): Digest | null;
  /**
   * From now on the first line to be written is preceded by this one, in its transaction: a session in which nothing happens leaves
   * no trace.
   */
  beginSession(data: AuditData): void;
  /** Ends the session with its last line. Value: whether anything had been written in it. */
  endSession(): boolean;
  /** Compares all rows that verdicts rest on with what the log holds of them, in slices. */
  compareRows(): Generator<undefined, RowsCompared>;
  /** Every head kept, in the order they were kept in. */
  heads(): readonly KeptHead[];
  unsignedHeads(): readonly KeptHead[];
  headAt(place: LogPlace): KeptHead | null;
  /** Signed heads that the centre has not taken yet, oldest first, at most `limit`. */
  headsForCentre(limit: number): readonly (KeptHead & { readonly cose: Uint8Array })[];
  headAtCentre(id: number): void;
  /** The newest head that the centre has taken; null: none. */
  lastHeadAtCentre(): (KeptHead & { readonly cose: Uint8Array }) | null;
  /** Lets all signed heads be sent to the centre again. */
  sendHeadsAgain(): void;
  /** Keeps a head; of one that is there already the signature is added where it had none. */
  keepHead(place: LogPlace, cose: Uint8Array | null): void;

  // ------------------------------------------------------------ receipts and acts
  /** All receipts made, by number. */
  receipts(): IterableIterator<KeptReceipt>;
  /** The newest receipt of every chain of a device. */
  receiptsOf(device: DeviceId): readonly KeptReceipt[];
  lastUnloading(device: DeviceId): KeptUnloading | null;
  /** The signed manifest or ledger of a tablet, for its certificate; null where the store holds none. */
  signedByTablet(device: DeviceId): Promise<Uint8Array | null>;
  act(no: number): KeptAct | null;
  acts(): IterableIterator<KeptAct>;
  /** The newest act made for a device. */
  lastAct(device: DeviceId): KeptAct | null;
  /** Makes an act under the next number; durable with its line, and the head over that line, when it returns. */
  saveAct(
    make: (no: number) => Omit<KeptAct, "no" | "madeAt" | "head">,
    event: (act: Omit<KeptAct, "head">) => AuditEvent,
    headOver: (place: LogPlace) => Uint8Array,
  ): KeptAct;

  /** What this station has signed for bags: its statements of those that went away, its receipts for those that came in. */
  signedForBags(): IterableIterator<{ readonly name: string; readonly cose: Uint8Array }>;

  /** Batches staged here, in the order they were staged in. */
  stagedBatches(): IterableIterator<{
    readonly device: DeviceId;
    readonly chain: ChainId;
    readonly seq: number;
    readonly manifest: Digest;
    readonly centre: CentreAnswer | null;
  }>;
}
