import type { ChainId, DeviceId, Digest, StationId } from "../../shared/ids.ts";
import type { Reason, TabletState } from "../../shared/reasons.ts";
import type { Result } from "../../shared/result.ts";
import type {
  BatchReport,
  Finding,
  LedgerReport,
  LinkFailure,
  OutboxPlace,
  QuarantineLine,
  ReconcileLine,
  TabletPresence,
} from "../../shared/views.ts";
import type { VerifiedBatch } from "../rules/verified.ts";
import type { AuditData, AuditEvent, AuditType } from "./audit-events.ts";
import type { StagedBatch } from "./ports-batch.ts";
import type { AuditHead, BatchName, CentreAck, CentreAnswer, CentreBook, TlsFault } from "./ports-centre.ts";
import type { Custody, ReceiptRecord } from "./ports-custody.ts";
import type { Holdings } from "./ports-holdings.ts";

/** Every interface from the engine to the world. Adapters implement them; nothing here knows how. */

export type { StagedBatch };

// ---------------------------------------------------------------- tablets

/** The folders of an outbox; "" is the outbox itself. */
export type OutboxFolder = "" | "batches" | "receipts";

/** One name in a folder of an outbox, as found. `other` is a symbolic link, a device file, a pipe: never opened. */
export interface OutboxEntry {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
  /** Bytes; 0 for what is not a file. */
  readonly size: number;
}

/** At most this many names of one folder are taken from a tablet; more end as `too-many-files`. */
export const MAX_FOLDER_ENTRIES = 300_000;

/** A place tablets come from: the USB cable, folders given on the command line, the simulator. */
export interface TabletSource {
  /** Calls `onChange` at once with what is present, then at every plugging and unplugging, until unsubscribed. */
  watch(onChange: (present: readonly TabletPresence[]) => void): () => void;
  /** What is present now, usable or not. */
  list(): Promise<readonly TabletPresence[]>;
  /** Opens one presence. `outbox` is the outbox's path on the tablet (campaign.json); a folder source ignores it. */
  open(id: string, outbox: string, signal: AbortSignal): Promise<Result<TabletLink, LinkFailure>>;
}

/**
 * An open tablet. One operation at a time; every wait has an end. A failure for which `endsLink` is true means that no
 * later call will succeed; any other (a refusal, a vanished file) leaves the link usable.
 */
export interface TabletLink {
  readonly source: string;
  /** Where its outbox lies on the tablet; null for a folder. */
  readonly outbox: OutboxPlace | null;
  /** Links to the tablet's other outboxes: on another storage, or in a second folder of one name. They end with this link. */
  readonly others: readonly TabletLink[];
  /** Tablet's clock minus ours in seconds where the tablet tells it (MTP DateTime, 0x5011), else null. */
  clockOffset(signal: AbortSignal): Promise<Result<number | null, LinkFailure>>;
  /** Names in a folder; a missing folder is an empty list. The same name may appear twice on a tablet that lies. */
  list(folder: OutboxFolder, signal: AbortSignal): Promise<Result<readonly OutboxEntry[], LinkFailure>>;
  /**
   * Reads `path` (from the outbox, with slashes, as listed before) from byte `offset`, a multiple of 1 MiB, in windows of
   * 1 MiB; only the last may be shorter. The next window is under way while `take` works. `take` returning false ends the reading early,
   * without an error. Windows are only valid until `take` settles. Value: bytes handed over.
   */
  read(
    path: string,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<number, LinkFailure>>;
  /**
   * Writes `receipts/<name>` as a new file, making the folder where it is missing, then reads it back from the tablet and
   * compares. Never overwrites: a name that is there already is `exists`; other bytes on reading back are `changed`.
   */
  writeReceipt(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<Result<void, LinkFailure>>;
  /** Whether the tablet stopped answering on this object before: it is read last, so that it costs nothing but itself. */
  isHard?(path: string): boolean;
  close(): Promise<void>;
}

/** How tablets must be asked, by their source, from one plugging to the next: a text that only the tablet's adapter reads. Never needed. */
export interface TabletMemory {
  load(tablet: string): string | null;
  save(tablet: string, record: string): void;
}

const LINK_ENDS: ReadonlySet<LinkFailure["type"]> = new Set([
  "unplugged",
  "not-answering",
  "busy",
  "held-by-system",
  "no-permission",
  "no-storage",
  "lost-sync",
  "cancelled",
]);

/** Whether after this failure no later call on the link can succeed. */
export const endsLink = (failure: LinkFailure): boolean => LINK_ENDS.has(failure.type);

// ---------------------------------------------------------------- store

/** The disk failed: `code` is the system's word (ENOSPC, EIO, EACCES…), `path` the file, as text safe to print. */
export interface DiskFailure {
  readonly type: "disk";
  readonly code: string;
  readonly path: string;
}

/**
 * Thrown by the store's methods that return no Result, when the disk refuses: nothing of that change was kept. An exception, because
 * hardly a caller can do better than end its job; the engine turns it into the job's failure.
 */
export class DiskError extends Error {
  readonly failure: DiskFailure;

  constructor(failure: DiskFailure) {
    super(`${failure.code} ${failure.path}`);
    this.failure = failure;
  }
}

/** Names one body being pulled. The same file on the same tablet gets the same part again, whatever the cable did. */
export interface PartKey {
  readonly manifestFile: Digest;
}

/** A body on its way in: a `.part` file in the store's spool. One owner at a time; whoever comes second waits for its close. */
export interface Part {
  /** Bytes in the file now. */
  readonly length: number;
  /** Reads the bytes present from the start, in windows of 1 MiB, valid until `take` settles. */
  read(take: (window: Uint8Array) => void): Promise<Result<void, DiskFailure>>;
  /** Cuts the file to `length` bytes, at or below its present length. */
  truncate(length: number): Promise<Result<void, DiskFailure>>;
  /** Appends; resolves when the operating system has the bytes (not yet fsync), so the window may be reused. */
  append(window: Uint8Array): Promise<Result<void, DiskFailure>>;
  /** Leaves the file where it is, for a later go. */
  close(): Promise<void>;
  /** Removes the file. */
  discard(): Promise<void>;
}

/** A body in quarantine. It is read where it lies, and never changed. One owner at a time, as of a part. */
export type KeptBody = Pick<Part, "length" | "read" | "close">;

/** A batch that was refused, as the engine hands it to the store. Identity is as believed as `believed` says. */
export interface RefusedBatch {
  /** The certificate's device where the manifest is believed, or staged here already, else the ledger's, else null. */
  readonly device: DeviceId | null;
  readonly chain: ChainId;
  readonly seq: number;
  /** digest(manifest) where the manifest parses, else null. */
  readonly manifest: Digest | null;
  /** Whether its signature and certificate are good. */
  readonly believed: boolean;
  /** `prev` of a believed manifest, hex; null otherwise and at seq 1. */
  readonly prev: Digest | null;
  /** The device of the ledger it was found beside; null where none was read. */
  readonly ledgerDevice: DeviceId | null;
  readonly reason: Reason;
  /** Bytes of the manifest file; null where it is over its limit and was not read. */
  readonly manifestBytes: Uint8Array | null;
  /** SHA-256 of the manifest file's name and bytes, or of its name and size where it was not read. */
  readonly manifestFile: Digest;
  readonly source: string;
}

/** A row of the quarantine, with what is needed to judge it again. `bytes`: the body kept, in bytes. */
export interface QuarantineRow extends QuarantineLine {
  readonly manifestFile: Digest;
  readonly ledgerDevice: DeviceId | null;
  /** Whether a body is kept; false where the tablet had none. */
  readonly hasBody: boolean;
  readonly source: string;
}

/** What is known of the batches of one device, for planning and judging. */
export interface KnownBatch {
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly prev: Digest | null;
  readonly length: number;
  /** `damaged`: staged once, and no longer whole on this disk. */
  readonly state: "staged" | "damaged" | "quarantined";
  /** What the centre answered to the upload from here. */
  readonly centre: "accepted" | "already-there" | "conflict" | null;
}

export interface QuarantinedName {
  readonly chain: ChainId;
  readonly seq: number;
  /** null: its manifest does not parse. */
  readonly manifest: Digest | null;
  readonly believed: boolean;
  readonly prev: Digest | null;
  readonly open: boolean;
}

export interface LedgerRecord {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly no: number;
  readonly digest: Digest;
  readonly head: number;
  readonly madeUtc: number;
  readonly madeOffset: number;
  readonly older: readonly { readonly chain: ChainId; readonly head: number }[];
  readonly cose: Uint8Array;
  readonly entries: readonly {
    readonly seq: number;
    readonly manifest: Digest;
    readonly length: number;
    readonly state: TabletState;
    readonly syncedUtc: number | null;
    readonly syncedOffset: number | null;
    /** The entry carries the centre's acknowledgement and it verifies. */
    readonly acknowledged: boolean;
    /** The manifest was in the outbox in this unloading. */
    readonly found: boolean;
  }[];
}

export interface LedgerListing {
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly length: number;
  /** The entry carried the centre's acknowledgement, and it verified. */
  readonly acknowledged: boolean;
}

/** A content that was named once and that the ledger in force does not list. */
export interface NamedBatch extends LedgerListing {
  /** A ledger listed it; false: only a believed manifest named it. */
  readonly isListed: boolean;
}

/** A manifest in an outbox as it was found last. `manifest` null: it could not be read, or cannot be believed. */
export interface OutboxListing {
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest | null;
}

export interface CampaignFiles {
  /** campaign.json as loaded. */
  readonly json: string;
  /** root.pem as loaded. */
  readonly rootPem: string;
  /** Every CRL ever given, DER. */
  readonly crls: readonly Uint8Array[];
}

export interface StationRecord {
  readonly station: StationId;
  /** The private key, sealed by the keys adapter. */
  readonly sealedKey: Uint8Array;
  /** PKCS #10, PEM. */
  readonly request: string;
  /** PEM: leaf, issuer; null until `station certificate`. */
  readonly certificate: string | null;
}

/** A line of the audit log as it was written. */
export interface AuditLine {
  readonly no: number;
  /** RFC 3339, UTC, by the workstation's clock. */
  readonly at: string;
  readonly type: AuditType;
  readonly data: AuditData;
  /** Digest of the rows beside the log; null in lines of versions before it. */
  readonly held: string | null;
  readonly hash: Digest;
}

/** A batch waiting to be sent, or sent. */
export interface StagedRow extends StagedBatch {
  readonly stagedAt: string;
}

/**
 * The durable memory of one station. Owned by one process. Every method that changes something is durable when it returns. Those that
 * return no Result throw a DiskError where the disk refuses.
 */
export interface Store {
  readonly folder: string;
  /** 32 hex digits, random, made with the store and never changed: who brings a batch to the centre. */
  readonly id: string;
  readonly centre: CentreBook;

  campaign(): CampaignFiles | null;
  /** Replaces campaign.json and root.pem, adds the CRLs that are new. One transaction, one audit line. */
  saveCampaign(json: string, rootPem: string, crls: readonly Uint8Array[], event: AuditEvent): void;
  station(): StationRecord | null;
  saveStation(record: StationRecord, event: AuditEvent): void;

  /** Highest ledger number seen for a device and chain, and the digests seen under that number. */
  highestLedger(
    device: DeviceId,
    chain: ChainId,
  ): { readonly no: number; readonly digests: readonly Digest[] } | null;
  saveLedger(ledger: LedgerRecord, event: AuditEvent): void;
  /** Remembers what lay in a tablet's outbox when it was looked into last, in place of what lay there before: its manifests by name. */
  saveOutbox(device: DeviceId, present: readonly OutboxListing[]): void;
  /** The highest head that any ledger of the device ever gave a chain. */
  /** The newest ledger of every chain, as it was signed, in pages. */
  ledgersInForce(): IterableIterator<{
    readonly device: DeviceId;
    readonly chain: ChainId;
    readonly cose: Uint8Array;
  }>;
  /** Which entries of the ledger in force of a chain count as acknowledged, by the trust of today. Durable when it returns. */
  countAcknowledged(device: DeviceId, chain: ChainId, seqs: ReadonlySet<number>): void;
  heads(device: DeviceId): readonly { readonly chain: ChainId; readonly head: number }[];
  /**
   * Digests that an accepted ledger or a believed manifest named once, beside those that the ledgers in force list. Never forgotten
   * (docs/formats.md, evidence).
   */
  named(device: DeviceId): readonly NamedBatch[];
  /** Remembers digests of believed manifests that no ledger in force lists. */
  saveNamed(device: DeviceId, named: readonly NamedBatch[]): void;
  /** What the newest stored ledger of every chain of a device lists. Uses an index, as `known` does. */
  ledgerEntries(device: DeviceId): readonly LedgerListing[];
  /** Staged and believed quarantined batches of one device. Uses an index; cost follows the device's batches alone. */
  known(device: DeviceId): readonly KnownBatch[];
  /** Everything ever quarantined for this device, believed or not; `open` false: a batch under its number was staged later. */
  quarantined(device: DeviceId): readonly QuarantinedName[];
  /** Looks at the files of staged batches, and remembers what is no longer whole. */
  readonly holdings: Holdings;

  /** Bytes that may still be written: free space of the store's file system less a reserve for the journal. */
  freeBytes(): Promise<number>;
  part(key: PartKey): Promise<Result<Part, DiskFailure>>;
  /**
   * Makes a verified batch durable: fsync and rename body and manifest, then a transaction, shared with others that come at the same time; its line
   * comes after those of `before`.
   * Idempotent. Takes the part over.
   */
  stage(
    batch: VerifiedBatch,
    part: Part | KeptBody,
    source: string,
    before?: readonly AuditEvent[],
  ): Promise<Result<StagedBatch, DiskFailure>>;
  /**
   * Keeps a refused batch aside with its bytes. `part` null: no body came; one that was kept before stays. Renews the row of the same
   * manifest file (and, where that does not parse, of the same ledger's device). Takes the part over. `before`: as of `stage`.
   */
  quarantine(
    batch: RefusedBatch,
    part: Part | KeptBody | null,
    before?: readonly AuditEvent[],
  ): Promise<Result<void, DiskFailure>>;
  /** The row that `quarantine` would renew; null: there is none. Uses an index. */
  quarantineRow(
    batch: Pick<RefusedBatch, "manifestFile" | "manifest" | "ledgerDevice">,
  ): QuarantineRow | null;
  /** The body of a row where it lies, to be judged and, with `stage`, staged; null where it has none. */
  quarantinedBody(id: number): Promise<Result<KeptBody | null, DiskFailure>>;
  /** The batch is staged already and its manifest is good again: the row leaves the list and stays in the history. */
  resolveQuarantine(id: number): void;
  quarantineList(): readonly QuarantineRow[];
  quarantinedManifest(id: number): Uint8Array | null;

  /** Keeps how an unloading ended. */
  saveUnloading(
    record: {
      readonly device: DeviceId | null;
      readonly source: string;
      readonly began: string;
      readonly chain: ChainId | null;
      readonly ledger: LedgerReport | null;
      /** Tablet's clock minus ours; null where it does not tell it. */
      readonly clockSeconds: number | null;
      /** Type of the link's failure. */
      readonly failure: string | null;
      readonly batches: readonly BatchReport[];
      readonly findings: readonly Finding[];
    },
    event: AuditEvent,
  ): void;

  /** Takes the next receipt number of this station, and keeps the bytes made with it, before anything is written to a tablet. */
  saveReceipt(
    make: (no: number) => ReceiptRecord,
    event: (receipt: ReceiptRecord) => AuditEvent,
  ): ReceiptRecord;
  /** The newest receipt made for a chain, and whether it was read back from the tablet. */
  lastReceipt(device: DeviceId, chain: ChainId): (ReceiptRecord & { readonly delivered: boolean }) | null;
  receiptDelivered(no: number, event: AuditEvent): void;

  /**
   * Staged batches the centre has not answered for, oldest first, at most `limit`, after the given one. `again`: those that it has answered
   * for as well.
   */
  toUpload(after: StagedRow | null, limit: number, again?: boolean): readonly StagedRow[];
  manifestOf(batch: StagedBatch): Promise<Result<Uint8Array, DiskFailure>>;
  /** Reads the body of a staged batch from `offset` in windows of 1 MiB, valid until `take` settles; false ends it early. */
  readBody(
    batch: StagedBatch,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
  ): Promise<Result<void, DiskFailure>>;
  /** The first answer stands, since it tells what the centre had then; a conflict outweighs it. */
  saveCentreAnswer(batch: StagedBatch, answer: CentreAnswer, event: AuditEvent): void;

  /** One line per (device, chain, seq), ordered by them; `device` null: all. Iterates; never the whole set in memory. */
  reconcile(device: DeviceId | null): IterableIterator<ReconcileLine>;

  /** Lines after line `after`, oldest first; without it all of them. */
  audit(after?: number): IterableIterator<AuditLine>;
  /** Appends a line that stands by itself. */
  record(event: AuditEvent): void;
  /** Walks the chain of hashes, in slices. Value: lines walked; error: number of the first bad line. */
  verifyAudit(): Generator<undefined, Result<number, { readonly type: "audit-broken"; readonly no: number }>>;
  readonly custody: Custody;

  close(): void;
}

// ---------------------------------------------------------------- campaign folder

/** The files of a campaign folder as they lie there. */
export interface CampaignFolderFiles {
  readonly json: string;
  readonly rootPem: string;
  readonly crls: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** Reads a campaign folder; `missing` names the file or folder that is not there, or is larger than it may be. */
export type ReadCampaignFolder = (
  folder: string,
) => Promise<Result<CampaignFolderFiles, DiskFailure | { readonly type: "missing"; readonly file: string }>>;

// ---------------------------------------------------------------- keys

/** Signs with the station's key. */
export interface Signer {
  readonly publicKey: Uint8Array;
  /** Ed25519 over `message`, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

export interface StationKeys {
  /** A new Ed25519 key, sealed under the passphrase (Argon2id), and its certificate request (PKCS #10, PEM; CN and serialNumber). */
  create(
    passphrase: string,
  ): Promise<{ readonly station: StationId; readonly sealedKey: Uint8Array; readonly request: string }>;
  open(sealedKey: Uint8Array, passphrase: string): Result<Signer, { readonly type: "wrong-passphrase" }>;
  /** The Ed25519 key, 32 bytes, that a request made here (PEM) is for. */
  publicKeyOf(request: string): Uint8Array;
}

// ---------------------------------------------------------------- centre

export type { CentreAnswer };

/** The batch's body or manifest on this disk is no longer what was staged. */
export interface BodyChanged {
  readonly type: "body-changed";
  readonly seq: number;
}

/**
 * Why the centre could not answer. `unreachable` and `busy` may be tried again; `batch-refused`, `body-changed` and `disk` speak
 * of one batch, and others may pass; the rest need a person. `code` is the database's SQLSTATE or the system's word.
 */
export type CentreFailure =
  | { readonly type: "unreachable"; readonly code: string }
  | { readonly type: "busy"; readonly code: string }
  | { readonly type: "refused"; readonly code: string; readonly detail: string }
  /** `detail`: the parameter of the address that is wrong, or the TLS library's word; else empty. */
  | { readonly type: "tls"; readonly why: TlsFault; readonly detail: string }
  | { readonly type: "wrong-schema"; readonly found: number | null; readonly wanted: number }
  | { readonly type: "batch-refused"; readonly code: string; readonly seq: number }
  | BodyChanged
  | DiskFailure
  | { readonly type: "cancelled" };

export interface UploadBatch extends StagedBatch {
  /** Who brings it: the store's id. Repeating under the same id gives the same answer, however often the answer was lost. */
  readonly uploader: string;
  readonly campaign: string;
  /** digest of every 1 MiB chunk, in order. */
  readonly chunks: readonly Uint8Array[];
  /** The manifest file's bytes. */
  readonly cose: Uint8Array;
  /** Reads the body from `offset`, a multiple of 1 MiB, in windows of 1 MiB that were checked against `chunks`; false ends it early. */
  readonly read: (
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
  ) => Promise<Result<void, DiskFailure | BodyChanged>>;
}

export interface Centre {
  /** Connects and checks the schema's version; for the tables' owner makes them where they are missing. */
  open(signal: AbortSignal): Promise<Result<void, CentreFailure>>;
  /**
   * Sends one batch and asks for the centre's answer. Safe to stop and repeat at any point: chunks that are there are not
   * sent again, and the whole is checked by the database in the transaction that finalises it. Several calls may be under way
   * at once. `onBytes` tells of body bytes that the centre has taken, each once. A broken connection is made anew by the next call.
   */
  upload(
    batch: UploadBatch,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Result<CentreAnswer, CentreFailure>>;
  /**
   * Whether a batch that was answered for is still there. No body is sent; a batch whose pieces are all there is filed. One the centre refuses
   * counts as there: it can be no other now.
   */
  holds(batch: UploadBatch, signal: AbortSignal): Promise<Result<boolean, CentreFailure>>;
  /** The acknowledgements that the centre has for these batches, in any order; they are not judged. */
  acks(
    batches: readonly BatchName[],
    signal: AbortSignal,
  ): Promise<Result<readonly CentreAck[], CentreFailure>>;
  /** Keeps the head of an audit log at the centre. The same head again changes nothing; another one under its number is kept beside it. */
  anchor(head: AuditHead, signal: AbortSignal): Promise<Result<void, CentreFailure>>;
  /** Every head kept for a station that this user may see, from line number `from` on, by number. */
  anchors(
    station: string,
    from: number,
    signal: AbortSignal,
  ): Promise<Result<readonly AuditHead[], CentreFailure>>;
  close(): Promise<void>;
}
