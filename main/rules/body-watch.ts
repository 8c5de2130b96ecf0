import type { Manifest } from "../formats/manifest.ts";
import { chunkDigest } from "../formats/sha256.ts";

/** Compares a body with its manifest, chunk by chunk, as its windows of 1 MiB go by. */
export interface ManifestWatch {
  /** Takes the next window. Value: whether all were the manifest's so far. */
  readonly look: (window: Uint8Array) => boolean;
  /** Whether the body was the manifest's to its last byte. */
  readonly isWhole: () => boolean;
}

export function bodyWatch(manifest: Manifest): ManifestWatch {
  let chunk = 0;
  let bytes = 0;
  let good = true;
  return {
    look: (window) => {
      const wanted = manifest.chunks[chunk++];
      bytes += window.length;
      good &&= wanted !== undefined && chunkDigest(window).equals(wanted);
      return good;
    },
    isWhole: () => good && bytes === manifest.length && chunk === manifest.chunks.length,
  };
}
