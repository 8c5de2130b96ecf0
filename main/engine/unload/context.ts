import type { ChainId, DeviceId, Digest } from "../../../shared/ids.ts";
import type { TabletProgress } from "../../../shared/views.ts";
import type { Trust } from "../../rules/trust.ts";
import type { Locks } from "../locks.ts";
import type { Store } from "../ports.ts";
import type { ReceiptSigner } from "../receipts.ts";

/** What an unloading is given besides the tablet. */
export interface UnloadContext {
  readonly store: Store;
  readonly trust: Trust;
  readonly locks: Locks;
  readonly now: () => Date;
  /** null: no receipts are asked for. */
  readonly receipts: ReceiptSigner | null;
  /** Only a tablet of this device is unloaded; null: any. */
  readonly wanted: DeviceId | null;
  /** Numbers that another station's signed statement names as held there: present, though not in this outbox. */
  readonly elsewhere?: (
    device: DeviceId,
  ) => readonly { readonly chain: ChainId; readonly seq: number; readonly manifest: Digest }[];
}

/** Tells what changed of a tablet's progress. */
export type Report = (
  progress: Partial<TabletProgress> & { readonly phase: TabletProgress["phase"] },
) => void;
