import type { StationId } from "../../shared/ids.ts";
import type { Result } from "../../shared/result.ts";
import type { AuditEvent } from "./audit-events.ts";
import type { DiskFailure, StagedBatch } from "./ports.ts";
import type { FoundDamage } from "./ports-holdings.ts";

/** The engine's way to a store as files: copying one that is in use, and making one of a copy. */

/** What a journal says of itself. */
export interface JournalFacts {
  /** The store's id. */
  readonly store: string;
  readonly station: StationId | null;
  /** Migrations that it has had. */
  readonly version: number;
  readonly batches: number;
  /** Bytes of staged bodies. */
  readonly bytes: number;
  readonly quarantined: number;
  /** Lines of the audit log, and the hash of the last. */
  readonly auditLines: number;
  readonly auditHead: string | null;
}

/** A file that a journal names, by its path in the store's folder, with slashes. */
export interface NamedFile {
  readonly path: string;
  /** The staged batch whose body it is; null: a manifest, or something in quarantine. */
  readonly bodyOf: StagedBatch | null;
  /** The staged batch whose manifest it is. */
  readonly manifestOf: StagedBatch | null;
}

/** A copy of a journal that nobody else uses. */
export interface Journal {
  readonly facts: JournalFacts;
  /** Every file it names; the manifest of a batch before its body. */
  files(): IterableIterator<NamedFile>;
  close(): void;
}

export type JournalProblem = "damaged-journal" | "newer-backup" | "not-a-backup";

export interface Keeper {
  /** The id of the store in a folder, whoever uses it; `no-store` where there is none. */
  storeId(
    folder: string,
  ): Promise<Result<string, { readonly type: "no-store"; readonly path: string } | DiskFailure>>;
  /**
   * Writes a line into the log of a store that nobody owns. Value: whether it stands there; not where somebody owns the store, where it
   * would have to be brought up to date first, or where its disk refuses.
   */
  tell(folder: string, event: AuditEvent, damaged: readonly FoundDamage[]): Promise<boolean>;
  /** Copies the journal of a store in use, as of one moment, to `file`, and makes the copy durable. */
  snapshot(folder: string, file: string): Promise<Result<void, DiskFailure>>;
  /** Opens a copy and reads it through. */
  open(file: string): Promise<Result<Journal, JournalProblem | DiskFailure>>;
  /** Whether something lies in a folder. */
  isTaken(folder: string): Promise<Result<boolean, DiskFailure>>;
  /** A new empty folder beside `folder`; what a restore that did not end has left there goes. */
  beside(folder: string): Promise<Result<string, DiskFailure>>;
  /** Copies a file into a folder under `path`, private and durable. */
  copy(from: string, folder: string, path: string): Promise<Result<void, DiskFailure>>;
  /**
   * Makes the store in `folder` one of its own: a new id, numbers that the original cannot have given out, and a line in its log that says
   * what it was copied from.
   */
  adopt(folder: string, was: JournalFacts): Promise<Result<string, DiskFailure>>;
  /** Gives the finished folder its name. */
  rename(from: string, to: string): Promise<Result<void, DiskFailure>>;
  /** Whether two places are on one drive, so that a hard link will do. */
  isOneDrive(a: string, b: string): Promise<Result<boolean, DiskFailure>>;
}
