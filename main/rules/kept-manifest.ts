import type { Digest } from "../../shared/ids.ts";
import { parseCertificate } from "../formats/certificate.ts";
import { parseSign1 } from "../formats/cose.ts";
import { verifyEd25519 } from "../formats/ed25519.ts";
import { type Manifest, parseManifest } from "../formats/manifest.ts";

/**
 * Manifests that were judged once and have been kept since. Their digest is known, and covers everything but the signature: so that is
 * made sure of again, by the key in the manifest itself. Nothing is said of trust.
 */
export class KeptManifests {
  /** The key of the last leaf: batches of one tablet come one after the other. */
  #leaf: { readonly der: Uint8Array; readonly key: Uint8Array } | null = null;

  /** `bytes`: the file. `digest`: the manifest's. null: these are not the bytes that were judged then. */
  read(bytes: Uint8Array, digest: Digest): Manifest | null {
    const object = parseSign1(bytes, "manifest");
    if (!object.ok || object.value.digest !== digest) return null;
    const { chain, signed, signature, payload } = object.value;
    const key = this.#keyOf(chain[0] ?? new Uint8Array(0));
    if (key === null || !verifyEd25519(key, signed, signature)) return null;
    const manifest = parseManifest(payload);
    return manifest.ok ? manifest.value : null;
  }

  #keyOf(der: Uint8Array): Uint8Array | null {
    if (this.#leaf !== null && Buffer.compare(this.#leaf.der, der) === 0) return this.#leaf.key;
    const leaf = parseCertificate(der);
    if (!leaf.ok) return null;
    this.#leaf = { der, key: leaf.value.publicKey };
    return this.#leaf.key;
  }
}
