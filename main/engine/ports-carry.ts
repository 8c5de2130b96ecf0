import type { ChainId, DeviceId, Digest, StationId } from "../../shared/ids.ts";
import type { Reason } from "../../shared/reasons.ts";
import type { Result } from "../../shared/result.ts";
import type { AuditEvent } from "./audit-events.ts";
import type { DiskFailure, StagedBatch } from "./ports.ts";
import type { HeldPlace } from "./ports-places.ts";

/** The engine's ways to an electronic carrier, and to what the store remembers of bags. */

// ---------------------------------------------------------------- the carrier

/** What makes a bag invalid (RFC 8493). `path` is a file in the bag, as text safe to print; empty where it is the bag as a whole. */
export const BAG_FAULTS = [
  "not-a-bag",
  "half-bag",
  "bad-declaration",
  "unknown-version",
  "unknown-encoding",
  "bad-tag-file",
  "no-manifest",
  "unknown-algorithm",
  "unsafe-path",
  "not-a-file",
  "listed-twice",
  "unlisted",
  "missing",
  "changed",
  "wrong-oxum",
  "too-large",
] as const;
/** What RFC 8493 or an older version lets pass and a careful writer does not do. A bag that is imported must be free of these too. */
export const BAG_NOTES = [
  "fetch",
  "old-version",
  "other-encoding",
  "odd-name",
  "same-name",
  "listed-again",
  "dot-slash",
  "md5sum-star",
  "system-file",
] as const;
export type BagFaultType = (typeof BAG_FAULTS)[number];
export type BagNoteType = (typeof BAG_NOTES)[number];

export interface BagRemark<T extends string = BagFaultType | BagNoteType> {
  readonly type: T;
  readonly path: string;
}

/** A bag that was read through: every file hashed, nothing followed, nothing fetched. */
export interface BagReading {
  /** Empty: the bag is valid. At most 1,000. */
  readonly faults: readonly BagRemark<BagFaultType>[];
  /** At most 1,000. */
  readonly notes: readonly BagRemark<BagNoteType>[];
  /** Payload files that are listed and there, by their path in the bag, with their size in bytes. */
  readonly files: ReadonlyMap<string, number>;
  /** SHA-256 of manifest-sha256.txt; null where there is none. */
  readonly manifest: Digest | null;
}

/** What lies in a folder that a person chose for a bag. `half`: an unfinished one, with what its writer called it. */
export type CarrierState =
  | { readonly type: "absent" }
  | { readonly type: "empty" }
  | { readonly type: "half"; readonly mark: string }
  | { readonly type: "bag" }
  | { readonly type: "foreign" };

/** Everything about a finished bag that its statement needs. */
export interface BagSummary {
  /** SHA-256 of manifest-sha256.txt. */
  readonly manifest: Digest;
  /** Payload: files, and bytes of them all. */
  readonly files: number;
  readonly bytes: number;
}

/**
 * A bag being written. Every file is written as `.part`, fsynced and renamed; `bagit.txt` comes last, so that a half bag is never
 * valid. Paths begin with `data/`.
 */
export interface BagWriter {
  /** Bytes of a payload file that an earlier go has finished; null: none. */
  size(path: string): Promise<Result<number | null, DiskFailure>>;
  /** Writes a payload file from what `feed` hands to its argument. Nothing is left where `feed` fails. */
  put<E>(
    path: string,
    feed: (write: (window: Uint8Array) => Promise<Result<void, DiskFailure>>) => Promise<Result<void, E>>,
  ): Promise<Result<void, E | DiskFailure>>;
  /** Brings a file of this machine in by a hard link, or by a copy where that cannot be. */
  bring(path: string, from: string): Promise<Result<void, DiskFailure>>;
  /** Reads a finished file back, in windows of 1 MiB, and takes its digest into the manifest. */
  take(path: string, look: (window: Uint8Array) => void): Promise<Result<void, DiskFailure>>;
  /** Removes a payload file of an earlier go. */
  remove(path: string): Promise<Result<void, DiskFailure>>;
  /** The file's place on this machine, its folder made. */
  place(path: string): Promise<Result<string, DiskFailure>>;
  /** Writes manifest, bag-info and the tag files that `tags` makes of them, then the declaration. The bag is valid when this returns. */
  finish(
    info: readonly (readonly [string, string])[],
    tags: (summary: BagSummary) => readonly { readonly name: string; readonly bytes: Uint8Array }[],
  ): Promise<Result<BagSummary, DiskFailure>>;
}

/** Folders and drives that hold bags. */
export interface Carrier {
  /** Refuses a folder that lies in one that keeps its files. Asked before anything is made there. */
  mayMake(folder: string): Promise<Result<void, HeldPlace | DiskFailure>>;
  state(folder: string): Promise<Result<CarrierState, DiskFailure>>;
  /** Begins a bag, or goes on with a half one. `mark` is kept beside it until it is finished. */
  write(folder: string, mark: string): Promise<Result<BagWriter, DiskFailure>>;
  /** Reads and checks a whole bag. `onBytes` tells of payload bytes hashed. */
  read(
    folder: string,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Result<BagReading, DiskFailure | { readonly type: "cancelled" }>>;
  /** A small file at `path` in the bag, never through a link; null where there is none or it is larger than `limit` bytes. */
  readFile(folder: string, path: string, limit: number): Promise<Result<Uint8Array | null, DiskFailure>>;
  /** Names of the folders in a folder of the bag; none where it is not there. */
  folders(folder: string, path: string): Promise<Result<readonly string[], DiskFailure>>;
  /** Where a path of a bag is on this machine. */
  place(folder: string, path: string): string;
  /** Bytes that may still be written where the folder is or will be. */
  freeBytes(folder: string): Promise<Result<number, DiskFailure>>;
}

// ---------------------------------------------------------------- the store's memory of bags

/** One batch of a bag. */
export interface CarriedBatch extends StagedBatch {}

/** A ledger as it was read from the tablet. */
export interface CarriedLedger {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly cose: Uint8Array;
}

export interface Elsewhere {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly status: "staged" | "accepted";
}

export interface BagRecord {
  readonly no: number;
  readonly batches: number;
  /** Body bytes. */
  readonly bytes: number;
  /** digest(statement); null while the bag is being written. */
  readonly statement: Digest | null;
}

export const BAG_STATUSES = ["staged", "accepted", "refused", "missing"] as const;
export type BagStatus = (typeof BAG_STATUSES)[number];

/** What another station says of one batch that was carried to it. */
export interface BagAnswer {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly status: BagStatus;
  /** A word of reasons.ts with `refused`, empty otherwise. */
  readonly reason: Reason | "";
}

/** What the store remembers of carrying. Durable when it returns; throws a DiskError where the disk refuses. */
export interface CarryBooks {
  /**
   * Begins a bag: takes the next number and fixes what belongs into it, at most `limit` batches: staged here, unanswered by the centre,
   * and, unless `again`, not confirmed by another station. `devices` empty: of all. null where there is nothing.
   */
  begin(devices: readonly DeviceId[], again: boolean, limit: number): BagRecord | null;
  /** A bag by its number. */
  bag(no: number): BagRecord | null;
  /** Batches of a bag in order of device, chain and seq, in pages. */
  items(no: number): IterableIterator<CarriedBatch>;
  /** Takes a batch out of an unfinished bag: its bytes here are no longer what was staged. */
  drop(no: number, batch: StagedBatch): void;
  /** Newest ledger of every chain of a device, the one read last at the end. */
  ledgers(device: DeviceId): readonly CarriedLedger[];
  /** What is staged here of a device and not in the bag. */
  elsewhere(no: number, device: DeviceId): readonly Elsewhere[];
  /** The bag is whole on its carrier. */
  finished(no: number, statement: Digest, cose: Uint8Array, event: AuditEvent): void;
  /** Batches that a new bag would hold, less those of bag `beside` (null: of none). */
  waiting(devices: readonly DeviceId[], again: boolean, beside: number | null): number;

  /** What a signed statement told of batches that stay elsewhere, by station. */
  saveElsewhere(station: StationId, rows: readonly Elsewhere[]): void;
  /** Numbers of a device's chains that other stations hold. */
  heldElsewhere(
    device: DeviceId,
  ): readonly { readonly chain: ChainId; readonly seq: number; readonly manifest: Digest }[];
  /** What this station answers for one batch, from durable rows alone. */
  answerFor(batch: Omit<CarriedBatch, "length">): Pick<BagAnswer, "status" | "reason">;
  /** The receipt kept for a statement; null: none. */
  importReceipt(statement: Digest): { readonly no: number; readonly cose: Uint8Array } | null;
  /** Takes the next number and keeps the import with the receipt made under it. */
  saveImport(
    bag: {
      readonly station: StationId;
      readonly no: number;
      readonly statement: Digest;
      readonly cose: Uint8Array;
    },
    receipt: (no: number) => Uint8Array,
    event: (no: number) => AuditEvent,
  ): { readonly no: number; readonly cose: Uint8Array };

  /** Keeps what another station answered. A batch's newest answer of each station counts. False: it was kept before. */
  saveAnswers(
    receipt: {
      readonly digest: Digest;
      readonly bag: number;
      readonly station: StationId;
      readonly no: number;
      readonly cose: Uint8Array;
    },
    answers: readonly BagAnswer[],
    event: AuditEvent,
  ): boolean;
  /** Who carried a batch here, and who has it from here: for a batch's page. */
  travels(
    device: DeviceId,
    chain: ChainId,
    seq: number,
  ): {
    readonly carriedBy: StationId | null;
    readonly bags: readonly { readonly no: number; readonly finishedAt: string }[];
    readonly answers: readonly (Pick<BagAnswer, "status" | "reason" | "manifest"> & {
      readonly station: StationId;
      readonly at: string;
    })[];
    readonly elsewhere: readonly { readonly station: StationId; readonly status: Elsewhere["status"] }[];
  };
}
