import { randomBytes } from "node:crypto";
import sodium from "libsodium-wrappers-sumo";
import { combine, split } from "shamir-secret-sharing";

await sodium.ready;

/**
 * A secret that needs several officers: a random key closes the box, and that key is split (Shamir) so that any `needed` of `officers`
 * open it. Layout of the box: version, nonce, secretbox. The sharing library does not notice a wrong share; the box does.
 */

const VERSION = 2;
const KEY_BYTES = sodium.crypto_secretbox_KEYBYTES;
const NONCE_BYTES = sodium.crypto_secretbox_NONCEBYTES;

export interface SplitSecret {
  readonly box: Uint8Array;
  readonly shares: readonly Uint8Array[];
}

/** Closes a secret so that `needed` of `officers` shares open it: 2 to 255 of each, `needed` at most `officers`. */
export async function splitSecret(
  secret: Uint8Array,
  needed: number,
  officers: number,
): Promise<SplitSecret> {
  const key = new Uint8Array(randomBytes(KEY_BYTES));
  const nonce = randomBytes(NONCE_BYTES);
  const closed = sodium.crypto_secretbox_easy(secret, nonce, key);
  const shares = await split(key, officers, needed);
  sodium.memzero(key);
  return { box: Buffer.concat([Buffer.of(VERSION), nonce, closed]), shares };
}

/** The secret; null where a share is wrong, too few are given, or the box was changed. */
export async function joinSecret(box: Uint8Array, shares: readonly Uint8Array[]): Promise<Uint8Array | null> {
  if (box[0] !== VERSION || shares.length < 2) return null;
  let key: Uint8Array;
  try {
    key = await combine([...shares]);
  } catch {
    return null; // the same share twice, or shares of unlike lengths
  }
  try {
    return sodium.crypto_secretbox_open_easy(
      box.subarray(1 + NONCE_BYTES),
      box.subarray(1, 1 + NONCE_BYTES),
      key,
    );
  } catch {
    return null;
  } finally {
    sodium.memzero(key);
  }
}
