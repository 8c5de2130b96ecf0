import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";

/** A batch that is durable here: body and manifest are fsynced under their final names and the row is committed. */
export interface StagedBatch {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly length: number;
}
