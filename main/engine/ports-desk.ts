import type { Digest } from "../../shared/ids.ts";
import type {
  AreaName,
  BatchFilter,
  BatchKey,
  BatchRow,
  BatchSort,
  DayCounts,
  QueueRow,
  Role,
  SequenceView,
  TabletLine,
  TodayLine,
  VerdictCounts,
} from "../../shared/ipc/views.ts";
import type { Result } from "../../shared/result.ts";
import type { AuditEvent } from "./audit-events.ts";
import type { AuditLine, CentreAnswer, DiskFailure, StagedBatch } from "./ports.ts";
import type { HeldPlace } from "./ports-places.ts";

/** What the windows need of the world beside the engine's own ports. Adapters implement them; a host brings the dialogs. */

// ---------------------------------------------------------------- people and settings

/** Somebody who may unlock the windows. `pin`: what PinKeys made of the PIN. */
export interface PersonRecord {
  readonly id: number;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly pin: string;
}

export interface People {
  /** In order of their numbers; those removed are not in it. A number is never given twice. */
  list(): readonly PersonRecord[];
  add(person: Omit<PersonRecord, "id">, event: (id: number) => AuditEvent): number;
  setPin(id: number, pin: string, event: AuditEvent): void;
  /** PINs in a row that did not fit, by the person whom they were to open for; none where the last one fitted. */
  pinFailures(): ReadonlyMap<number, number>;
  /** Durable when it returns. 0: the last one fitted. */
  setPinFailures(person: number, count: number): void;
  /** Takes the person off the list; number and name stay, because the log speaks of the number. The PIN's hash goes. */
  remove(id: number, event: AuditEvent): void;
}

/** Small values by name, as JSON. `event` null: a change that is no setting, such as where a count stands. */
export interface Settings {
  get(name: string): unknown;
  set(name: string, value: unknown, event: AuditEvent | null): void;
}

export interface AreaNames {
  all(): readonly AreaName[];
  replace(names: readonly AreaName[], event: AuditEvent): void;
}

/** PINs under Argon2id. */
export interface PinKeys {
  /** What is kept of a PIN: salt, limits and hash as text. */
  hash(pin: string): string;
  /** false also for a text that `hash` did not make. */
  fits(hash: string, pin: string): boolean;
}

// ---------------------------------------------------------------- books

/** Everything the store knows of one batch, for its page. */
export interface BatchFacts {
  readonly row: BatchRow;
  /** What is staged under this name. */
  readonly staged:
    | (StagedBatch & { readonly prev: Digest | null; readonly source: string; readonly stagedAt: string })
    | null;
  /** What lies in quarantine under this name, the newest. */
  readonly refused: {
    readonly id: number;
    readonly manifest: Digest | null;
    readonly source: string;
    readonly since: string;
  } | null;
  /** What the newest ledger lists. */
  readonly entry: {
    readonly manifest: Digest;
    readonly length: number;
    readonly found: boolean;
    readonly syncedUtc: number | null;
    readonly syncedOffset: number | null;
  } | null;
  readonly ledger: {
    readonly no: number;
    readonly digest: Digest;
    readonly madeUtc: number;
    readonly madeOffset: number;
    readonly cose: Uint8Array;
  } | null;
  readonly answer: { readonly word: CentreAnswer; readonly at: string } | null;
  /** The centre's acknowledgement that was fetched from the centre itself: a COSE object that was found good. */
  readonly ack: Uint8Array | null;
  /** Receipts made for the chain, oldest first. */
  readonly receipts: readonly {
    readonly no: number;
    readonly bytes: Uint8Array;
    readonly deliveredAt: string | null;
  }[];
  /** The unloading in which it was staged or refused. */
  readonly unloading: { readonly began: string; readonly ended: string } | null;
  /** Numbers of the audit log's lines that tell of it; null where no line does. */
  readonly lines: {
    readonly staged: number | null;
    readonly refused: number | null;
    readonly answered: number | null;
    readonly unloading: number | null;
  };
  /** Neighbours in the chain. */
  readonly previous: number | null;
  readonly next: number | null;
}

/**
 * What is known of all batches, in a form that windows can page through. It follows the journal by itself: what changed since the
 * last look is worked in at the next one, some of it at a time.
 */
export interface Books {
  /** Rises with every change that a window could see. */
  readonly revision: number;
  /**
   * Works in what has changed, for at most about `milliseconds`. Value: whether something is left, as after a first start over a store
   * that was filled without windows. Throws a DiskError where the disk refuses; what was not worked in is left for the next time.
   */
  catchUp(milliseconds: number): boolean;
  batches(
    filter: BatchFilter,
    sort: BatchSort,
    offset: number,
    limit: number,
  ): { readonly total: number; readonly rows: readonly BatchRow[] };
  verdictCounts(filter: BatchFilter): VerdictCounts;
  facets(): { readonly areas: readonly string[]; readonly days: readonly string[] };
  /** Tablets whose name or id holds `text`, in the Kazakh order of names. */
  tablets(
    text: string,
    area: string | null,
    offset: number,
    limit: number,
  ): { readonly total: number; readonly rows: readonly TabletLine[] };
  sequence(device: string): SequenceView | null;
  days(area: string | null): readonly DayCounts[];
  /** Name and district of a tablet by what was read from it so far. */
  tablet(device: string): { readonly name: string | null; readonly area: string | null };
  facts(key: BatchKey): BatchFacts | null;
}

// ---------------------------------------------------------------- the rest of the journal

/** What waits for the centre. Counts are kept by the journal itself. */
export interface Queue {
  counts(): { readonly batches: number; readonly bytes: number; readonly conflicts: number };
  rows(
    list: "waiting" | "conflicts",
    offset: number,
    limit: number,
  ): { readonly total: number; readonly rows: readonly QueueRow[] };
}

export interface LogBook {
  /** Newest first. `total`: the highest number. */
  page(offset: number, limit: number): { readonly total: number; readonly lines: readonly AuditLine[] };
  /** Heads of the log that are out of this station's reach: in bags that were carried away, and at the centre. */
  away(): { readonly bags: number; readonly atCentre: number };
  record(event: AuditEvent): void;
}

export interface Unloadings {
  /** Unloadings that ended at or after `since` (RFC 3339, UTC), newest first. */
  since(since: string): readonly (TodayLine & { readonly bytes: number })[];
}

/** The part of a station's store that is for the windows. */
export interface DeskStore {
  readonly folder: string;
  readonly people: People;
  readonly settings: Settings;
  readonly areas: AreaNames;
  readonly books: Books;
  readonly queue: Queue;
  readonly log: LogBook;
  readonly unloadings: Unloadings;
}

// ---------------------------------------------------------------- the host

/** A file or folder that a person chose. `name`: its last part, for people. */
export interface Chosen {
  readonly path: string;
  readonly name: string;
}

/** Kinds of files the dialogs are for; the host has words and endings for each. */
export const FILE_KINDS = [
  "certificate",
  "area-names",
  "request",
  "batches",
  "act",
  "report-csv",
  "report-parquet",
] as const;
export type FileKind = (typeof FILE_KINDS)[number];
export const FOLDER_KINDS = ["outbox", "campaign", "carrier", "bag", "backup"] as const;
export type FolderKind = (typeof FOLDER_KINDS)[number];

/** What became of pages that were to be printed. `no-printer`: the system has none; `not-printed`: it has, and refused. */
export const PRINT_OUTCOMES = ["printed", "closed", "no-printer", "not-printed"] as const;
export type PrintOutcome = (typeof PRINT_OUTCOMES)[number];

/** What only a host with windows can do. null: the dialog was closed. */
export interface DeskHost {
  chooseFile(kind: FileKind): Promise<Chosen | null>;
  chooseFolder(kind: FolderKind): Promise<Chosen | null>;
  /** Where to save; the dialog itself asks before a file is replaced. */
  saveFile(kind: FileKind, suggested: string): Promise<Chosen | null>;
  copy(text: string): Promise<void>;
  /** Brings a PDF onto paper by the system's own print dialog. */
  print(pdf: Uint8Array): Promise<PrintOutcome>;
  /**
   * Seals a small secret so that only this user of this machine can open it (the system's own key store). null: there is none that
   * deserves the name, and then no secret is kept.
   */
  seal(secret: string): Promise<Uint8Array | null>;
  /** null: it was sealed by another user or machine. */
  unseal(sealed: Uint8Array): Promise<string | null>;
}

/** Files that people choose. */
export interface DeskFiles {
  /** Reads a file whole; `too-large` over `limit` bytes. */
  read(
    path: string,
    limit: number,
  ): Promise<Result<Uint8Array, DiskFailure | { readonly type: "too-large" }>>;
  /** Writes a file whole or not at all: beside it, flushed, then renamed into place. */
  write(
    path: string,
    parts: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  ): Promise<Result<void, HeldPlace | DiskFailure>>;
}

/** Time, so that a test can hold it. */
export interface Clock {
  now(): Date;
  /** Milliseconds since some moment, sleep of the computer included. Whoever sets the clock does not move it. */
  elapsed(): number;
  /** Runs `work` once after `milliseconds`; returns what calls it off. */
  after(milliseconds: number, work: () => void): () => void;
}
