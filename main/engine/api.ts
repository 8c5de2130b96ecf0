import type { ChainId, DeviceId, StationId } from "../../shared/ids.ts";
import type { BatchPage } from "../../shared/ipc/views.ts";
import type { Result } from "../../shared/result.ts";
import type {
  LinkFailure,
  QuarantineLine,
  ReconcileLine,
  TabletPresence,
  TabletProgress,
  TabletReport,
  UnloadReport,
} from "../../shared/views.ts";
import type { AnchorFile } from "./audit-anchors.ts";
import type { AuditProblem } from "./audit-problems.ts";
import type { AuditProof } from "./audit-verify.ts";
import type { CarryProblem, CarryProgress, ExportReport } from "./export.ts";
import type { ImportReport } from "./import.ts";
import type { BackupReport, KeepProblem, RestoreReport } from "./keep.ts";
import type { AuditLine, Centre, CentreFailure, DiskFailure } from "./ports.ts";
import type { CarryBooks } from "./ports-carry.ts";
import type { AuditHead } from "./ports-centre.ts";
import type { BatchFacts } from "./ports-desk.ts";
import type { HeldPlace } from "./ports-places.ts";
import type { ReportFormat, ReportKind } from "./ports-report.ts";
import type { StoreCheck } from "./store-check.ts";
import type { Depth } from "./wholeness.ts";

export type { Depth, StoreCheck };

/** A batch's page without its row, its travels and its neighbours. */
export type BatchEvidence = Omit<BatchPage, "row" | "travels" | "previous" | "next">;

/** What a command needs and does not have, or was given wrongly. Exit code 2. */
export type Misuse =
  | { readonly type: "no-campaign" }
  | { readonly type: "no-station" }
  | { readonly type: "no-station-certificate" }
  | { readonly type: "station-exists"; readonly station: StationId }
  | { readonly type: "wrong-passphrase" }
  /** `why` is a word of the message catalogues: not-pem, not-two-certificates, other-key, untrusted… */
  | { readonly type: "bad-certificate"; readonly why: string }
  /**
   * The computer's clock is outside the time for which the station's certificate was issued: the clock may be wrong, or the certificate of
   * another time. All three in RFC 3339.
   */
  | {
      readonly type: "clock-outside-certificate";
      readonly now: string;
      readonly notBefore: string;
      readonly notAfter: string;
    }
  /** Nothing was ever unloaded from this tablet here. */
  | { readonly type: "no-unloading"; readonly device: DeviceId }
  /** A text or a file without the code of a hand-over act. */
  | { readonly type: "not-an-act" }
  /** What was to be written lies in a store, a backup, a bag or an outbox. */
  | HeldPlace
  /** `file` is the file's name in the campaign folder, `why` what is wrong with it: missing, not-json, not-a-crl, a field's path… */
  | { readonly type: "bad-campaign"; readonly file: string; readonly why: string };

export type EngineProblem = Misuse | DiskFailure | CentreFailure | CarryProblem;

export interface CrlLine {
  readonly issuer: string;
  /** Decimal; a string where it is beyond 53 bits; null where the CRL has none. */
  readonly number: number | string | null;
  /** RFC 3339; null where the CRL names none. */
  readonly nextUpdate: string | null;
}

export interface CampaignLoaded {
  readonly campaign: string;
  readonly crls: readonly CrlLine[];
  /** CRLs given now whose number is below one that is held already for the same issuer. */
  readonly lower: readonly CrlLine[];
  /** The trust root differs from the one held before. */
  readonly rootChanged: boolean;
}

/** Where to unload from. */
export type UnloadTarget =
  | { readonly type: "all" }
  /** A tablet on the cable by its presence id, serial or source. */
  | { readonly type: "tablet"; readonly id: string }
  | { readonly type: "folder"; readonly path: string };

export interface UploadReport {
  readonly accepted: number;
  readonly alreadyThere: number;
  readonly conflicts: number;
  /** Staged batches held back until a CA's CRL is fresh. */
  readonly waitingForCrl: number;
  /** Staged batches whose certificate was revoked since: not sent. */
  readonly revoked: number;
  /** Left for the next run, because the centre or the disk failed. */
  readonly failed: number;
  /** The centre's acknowledgements that were fetched, found good and kept in this run. */
  readonly acks: number;
  /** Acknowledgements from the centre that are not good: not kept. */
  readonly acksRefused: number;
  /**
   * The centre did not show the head of the audit log that was left there last: it was put back to an older backup, or knows this station
   * under another name now. What it had answered for was offered again in this run.
   */
  readonly forgotten: boolean;
  /** Body bytes that the centre took in this run. */
  readonly bytes: number;
  /** What stopped the upload before its end, else the first failure of a batch; null where nothing failed. */
  readonly problem: CentreFailure | null;
}

export interface UploadProgress {
  readonly batchesDone: number;
  readonly batchesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface QuarantineRetry {
  readonly staged: number;
  readonly stillRefused: number;
  /** The first file that could not be read or written; its batch stays refused, and the others were judged. null: none. */
  readonly failure: DiskFailure | null;
  /** Every line that was looked at, as it is now; `staged` where it is staged. */
  readonly lines: readonly (QuarantineLine & { readonly staged: boolean })[];
}

export type Travels = ReturnType<CarryBooks["travels"]>;

/** A certificate as windows show it. Times are RFC 3339. */
export interface CertificateFacts {
  readonly role: "tablet" | "station" | "central" | "issuer";
  /** CN, else the whole name. */
  readonly name: string;
  /** The subject's serialNumber where it has one, else the certificate's. */
  readonly serial: string;
  readonly issuer: string;
  readonly from: string;
  readonly to: string;
}

export interface StationAbout {
  readonly id: StationId;
  /** PKCS #10, PEM. */
  readonly request: string;
  readonly certificate: CertificateFacts | null;
}

export interface CampaignAbout {
  readonly id: string;
  readonly name: { readonly kk: string; readonly ru: string; readonly en: string };
  readonly from: string;
  readonly to: string;
  readonly crls: readonly CrlLine[];
}

/** A hand-over act. */
export interface ActReport {
  readonly no: number;
  readonly device: DeviceId;
  /** Text of its QR code. */
  readonly code: string;
  /** RFC 3339, UTC. */
  readonly madeAt: string;
  /** Made now; false: printed again from its record. */
  readonly isNew: boolean;
  readonly batches: number;
  /** Batches that are missing, refused or in conflict. */
  readonly open: number;
  /** PDF. */
  readonly bytes: Uint8Array;
}

export const ACT_FAULTS = [
  "other-store",
  "unknown",
  "code-differs",
  "record-changed",
  "log-changed",
  "file-differs",
] as const;

/** What this store says of an act that somebody holds. */
export interface ActVerdict {
  readonly matches: boolean;
  readonly why: (typeof ACT_FAULTS)[number] | null;
  readonly no: number;
  /** Both null where this store has no such act. */
  readonly device: DeviceId | null;
  readonly madeAt: string | null;
}

/** The desktop app, the command line and the demo are faces of this object. */
export interface Engine {
  init(
    passphrase: string,
  ): Promise<Result<{ readonly station: StationId; readonly request: string }, EngineProblem>>;
  /** `pem`: leaf, then issuer(s). */
  takeStationCertificate(pem: string): Promise<Result<{ readonly station: StationId }, EngineProblem>>;
  loadCampaign(folder: string): Promise<Result<CampaignLoaded, EngineProblem>>;
  /** What there is of station key, certificate and campaign. */
  about(): { readonly station: StationAbout | null; readonly campaign: CampaignAbout | null };
  /**
   * Opens the station's key for all receipts until the engine is closed: unloadings that ask for receipts and bring no passphrase use it. The
   * passphrase itself is not kept.
   */
  openKey(passphrase: string): Result<void, EngineProblem>;
  /** Whether `openKey` has opened the key that the station has now. */
  isKeyOpen(): boolean;

  tablets(): Promise<readonly TabletPresence[]>;
  /**
   * Unloads the targets, several tablets at once, each as its own job. With `receipts` the passphrase opens the station's key; null: the
   * key that `openKey` opened.
   * Refused as a whole only for what is missing here; what happens at a tablet is in the report.
   */
  unload(
    targets: readonly UnloadTarget[],
    options: { readonly receipts: boolean; readonly passphrase: string | null },
    onProgress: (progress: TabletProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<UnloadReport, EngineProblem>>;
  /** Unloads every tablet as it is plugged in, until the signal; a tablet whose cable was pulled goes on at its next plugging in. */
  watch(
    options: { readonly receipts: boolean; readonly passphrase: string | null },
    onProgress: (progress: TabletProgress) => void,
    onReport: (report: TabletReport) => void,
    onPresence: (present: readonly TabletPresence[]) => void,
    signal: AbortSignal,
  ): Promise<Result<void, EngineProblem>>;

  /** Lines in order of device, chain and seq; an iterator, so that a million of them never stand in memory. */
  reconcile(device: DeviceId | null): Result<IterableIterator<ReconcileLine>, EngineProblem>;

  upload(
    centre: Centre,
    onProgress: (progress: UploadProgress) => void,
    signal: AbortSignal,
    options?: {
      /** Also what the centre has answered for: it may have lost it since. */
      readonly again?: boolean;
      /** Longest pause before each new try, in milliseconds; after the last of them without progress it gives up. */
      readonly pauses?: readonly number[];
    },
  ): Promise<Result<UploadReport, EngineProblem>>;
  /** Manifest, ledger entry, certificates and events of one batch, each with what proves it. */
  evidence(facts: BatchFacts): Promise<BatchEvidence>;

  /**
   * Makes `folder` a bag of what is staged and not known at the centre; an interrupted one goes on. The passphrase opens the station's key;
   * null: the key that `openKey` opened.
   */
  exportBag(
    folder: string,
    options: {
      /** Empty: all tablets. */
      readonly devices: readonly DeviceId[];
      /** Also what another station has confirmed. */
      readonly again: boolean;
      readonly passphrase: string | null;
    },
    onProgress: (progress: CarryProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<ExportReport, EngineProblem>>;
  /** Takes in a bag of another station, or another station's receipt for a bag of this one. The passphrase as with `exportBag`. */
  importBag(
    folder: string,
    options: { readonly passphrase: string | null },
    onProgress: (progress: CarryProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<ImportReport, EngineProblem>>;
  /** Writes a report for other programs to `file`. Value: its rows. */
  report(
    by: ReportKind,
    format: ReportFormat,
    file: string,
    signal: AbortSignal,
  ): Promise<Result<number, EngineProblem>>;
  /** Backs up the store while it is in use: everything in the copy was read back and compared when this returns. */
  backup(
    folder: string,
    onProgress: (progress: CarryProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<BackupReport, KeepProblem>>;
  /** Who carried a batch here, and who has it from here: other stations' words, never the centre's. */
  travels(device: DeviceId, chain: ChainId, seq: number): Travels;

  /**
   * Looks at every staged and quarantined file: existence and length, with `deep` every byte and signature. What is found damaged is a state of
   * the batch from then on.
   */
  checkStore(
    depth: Depth,
    onProgress: (progress: CarryProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<StoreCheck, EngineProblem>>;
  /** When every byte of the store was last read to the end, RFC 3339; null: never. */
  lastDeepCheck(): string | null;

  quarantineList(): readonly QuarantineLine[];
  quarantineRetry(): Promise<Result<QuarantineRetry, EngineProblem>>;

  /**
   * The hand-over act of a tablet's last unloading: one for each unloading, and the same bytes whenever it is asked for again. The
   * passphrase opens the station's key; null: the key that `openKey` opened.
   */
  act(device: DeviceId, passphrase: string | null): Promise<Result<ActReport, EngineProblem>>;
  /** Checks an act that somebody holds against this store. `given`: the text of its QR code, or its file. */
  verifyAct(given: string | Uint8Array): Promise<Result<ActVerdict, EngineProblem>>;

  auditShow(): IterableIterator<AuditLine>;
  /**
   * Checks the chain of hashes, then every anchor within reach, and lets other work of the process go on meanwhile. `files`: anchors from
   * outside (heads, acts, receipts, bags). `atCentre`: what `headsAtCentre` brought; null: the centre is not asked.
   */
  auditVerify(
    files?: readonly AnchorFile[],
    atCentre?: readonly AuditHead[] | null,
  ): Promise<Result<AuditProof, AuditProblem>>;
  /** The heads of this station's log that the centre keeps, as far as this user of the database sees them. */
  headsAtCentre(centre: Centre, signal: AbortSignal): Promise<Result<readonly AuditHead[], EngineProblem>>;
  /**
   * The head of the log as it stands, signed: COSE_Sign1, to be left outside. null where the station's key was not opened in this
   * session.
   */
  auditHead(): Uint8Array | null;
  /**
   * Ends the session in the log: its last line and the head over it, signed where the key was opened in it; the key is let go. What is
   * done afterwards begins another session.
   */
  endSession(): Result<void, DiskFailure>;

  /** Ends the session and closes the store. */
  close(): Result<void, DiskFailure>;
}

export type {
  AnchorFile,
  AuditHead,
  AuditProblem,
  AuditProof,
  BackupReport,
  CarryProblem,
  CarryProgress,
  ExportReport,
  ImportReport,
  KeepProblem,
  LinkFailure,
  RestoreReport,
};
