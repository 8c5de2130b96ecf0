import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";

declare const verified: unique symbol;

/** A batch whose manifest, body and place in its chain were all judged good. Only rules/judge.ts makes one. */
export interface VerifiedBatch {
  readonly [verified]: true;
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  /** digest(manifest). */
  readonly manifest: Digest;
  readonly prev: Digest | null;
  /** Body bytes. */
  readonly length: number;
  readonly campaign: string;
  readonly area: string;
  readonly madeUtc: number;
  readonly madeOffset: number;
  /** Records in the body, all forms together. */
  readonly records: number;
  /** The manifest file's bytes. */
  readonly manifestBytes: Uint8Array;
  /** SHA-256 of the manifest file's name and bytes. */
  readonly manifestFile: Digest;
}
