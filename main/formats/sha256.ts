import { createHash } from "node:crypto";
import type { Digest } from "../../shared/ids.ts";

/** SHA-256 of `bytes`, as lower-case hex. */
export const sha256 = (bytes: Uint8Array | string): Digest =>
  createHash("sha256").update(bytes).digest("hex") as Digest;

/** SHA-256 of a chunk of a body, as 32 bytes. */
export const chunkDigest = (chunk: Uint8Array): Buffer => createHash("sha256").update(chunk).digest();
