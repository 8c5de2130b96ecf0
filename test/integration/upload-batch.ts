import { createHash, randomBytes } from "node:crypto";
import { manifestFile } from "../../fixtures/outbox/manifest-file.ts";
import type { UploadBatch } from "../../main/engine/ports.ts";
import { CHUNK_BYTES, type ChainId, type DeviceId, type Digest } from "../../shared/ids.ts";
import { ok } from "../../shared/result.ts";

const MIB = CHUNK_BYTES;
export const hexOf = (bytes: number): string => randomBytes(bytes).toString("hex");
/** Ids of two stores. */
export const STATION = hexOf(16);
export const OTHER_STATION = hexOf(16);

export interface Options {
  readonly uploader?: string;
  readonly device?: DeviceId;
  readonly chain?: ChainId;
  readonly seq?: number;
  /** Bytes that come from the disk in place of the body. */
  readonly disk?: Buffer;
  /** Called before each window is handed over. */
  readonly onWindow?: (place: number) => void | Promise<void>;
}

/** A batch with this body, and a manifest of it that nobody has signed: the centre's database checks its form and content alone. */
export function batchOf(body: Buffer, options: Options = {}): UploadBatch {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += MIB)
    chunks.push(
      createHash("sha256")
        .update(body.subarray(at, at + MIB))
        .digest(),
    );
  const device = options.device ?? (hexOf(16) as DeviceId);
  const chain = options.chain ?? (hexOf(16) as ChainId);
  const seq = options.seq ?? 1;
  const campaign = "kz-2021";
  const file = manifestFile({ campaign, device, chain, seq, length: body.length, chunks });
  const disk = options.disk ?? body;
  return {
    uploader: options.uploader ?? STATION,
    ...{ device, chain, seq, campaign, chunks },
    manifest: file.digest as Digest,
    length: body.length,
    cose: file.bytes,
    read: async (offset, take) => {
      for (let at = offset; at < disk.length; at += MIB) {
        await options.onWindow?.(at / MIB);
        if (!(await take(Buffer.from(disk.subarray(at, at + MIB))))) break;
      }
      return ok(undefined);
    },
  };
}
