import type { ChainId, DeviceId } from "../../shared/ids.ts";
import type { AuditEvent } from "./audit-events.ts";
import type { StagedBatch } from "./ports-batch.ts";

/** The staged batches as files: what the disk says of them now, and what is known of their damage. */

/**
 * Why a staged batch is no longer whole here. `missing`: a file is gone. `wrong-length`: a file has another length. `changed`: its bytes are
 * not those that were staged. `unreadable`: the disk refuses to read it.
 */
export const DAMAGES = ["missing", "wrong-length", "changed", "unreadable"] as const;
export type Damage = (typeof DAMAGES)[number];

/** A staged batch with its known damage; null: none is known. */
export interface Holding extends StagedBatch {
  readonly damage: Damage | null;
}

/** A staged batch that was found damaged. */
export interface FoundDamage {
  readonly batch: StagedBatch;
  readonly why: Damage;
}

/** The line of the log that tells of damage. */
export const damagedEvent = ({ device, chain, seq, manifest }: StagedBatch, why: Damage): AuditEvent => ({
  type: "batch-damaged",
  data: { device, chain, seq, manifest, why },
});

/** What the file system says of a holding without reading its bytes. */
export type FileLook =
  | { readonly type: "damaged"; readonly why: Damage }
  /** Both files are there with their lengths. `stamps` names their state; `isAsRead`: it is that of the last whole reading. */
  | {
      readonly type: "there";
      readonly stamps: string;
      /** Bytes. */
      readonly manifestLength: number;
      readonly isAsRead: boolean;
    };

/** A quarantined batch with what its files look like. `damage` null: they are there with their lengths. */
export interface QuarantinedFiles {
  readonly id: number;
  readonly device: DeviceId | null;
  readonly chain: ChainId;
  readonly seq: number;
  /** Bytes of the body that is kept; 0 where there is none. */
  readonly bytes: number;
  readonly damage: Damage | null;
}

/** Durable when it returns; throws a DiskError where the disk refuses. */
export interface Holdings {
  /** The staged batches of one device. */
  of(device: DeviceId): readonly Holding[];
  /** All staged batches in the order of their staging, in pages; other statements may run meanwhile. */
  all(): IterableIterator<Holding>;
  /** How many batches are staged, and bytes of their bodies. */
  size(): { readonly batches: number; readonly bytes: number };
  /** Existence, lengths and stamps of both files. A file that cannot be looked at is `unreadable`, never an exception. */
  look(batch: StagedBatch): Promise<FileLook>;
  /** These batches were read and are whole; a known damage ends. `event` of each that was damaged before. */
  saveWhole(
    read: readonly { readonly batch: Holding; readonly stamps: string; readonly manifestLength: number }[],
    event: (batch: Holding) => AuditEvent,
  ): void;
  /** These batches are no longer whole. A damage that is known stays as it was found. */
  saveDamage(found: readonly FoundDamage[]): void;
  /** The files of everything in quarantine, in pages; a damage where one is not as it was kept. */
  quarantined(): AsyncIterableIterator<QuarantinedFiles>;
  /** Whether the files of one quarantined batch are there with their lengths; null: they are. */
  lookQuarantined(id: number): Promise<Damage | null>;
  /** When a deep check of all staged batches last ended, RFC 3339; null: never. */
  lastDeepCheck(): string | null;
  saveDeepCheck(event: AuditEvent): void;
}
