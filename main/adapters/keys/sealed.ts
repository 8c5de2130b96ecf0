import { randomBytes } from "node:crypto";
import sodium from "libsodium-wrappers-sumo";

await sodium.ready;

/**
 * A secret sealed under a passphrase: Argon2id makes the key, XSalsa20-Poly1305 (secretbox) closes the box. Layout: version, opslimit,
 * memlimit, salt, nonce, box. Stations, the authority and tablets keep their keys so.
 */

const VERSION = 1;
const HEADER_BYTES = 9;
/** What a sealed secret may ask of this machine at most: 4 passes over 256 MiB. One that was tampered with could ask for 4 GiB and days. */
const MAX_OPS_LIMIT = 4;
const MAX_MEM_LIMIT = 256 * 1_048_576;
/** The longest secret that is sealed: a key, or an officer's share of one. */
const MAX_SECRET_BYTES = 256;
const SALT_BYTES = sodium.crypto_pwhash_SALTBYTES;
const NONCE_BYTES = sodium.crypto_secretbox_NONCEBYTES;
const MIN_SEALED_BYTES = HEADER_BYTES + SALT_BYTES + NONCE_BYTES + sodium.crypto_secretbox_MACBYTES;

/** What making the key from the passphrase costs. */
export interface SealLimits {
  readonly passes: number;
  readonly memoryBytes: number;
}

/** libsodium's interactive limits: 2 passes over 64 MiB, some 0.2 s. For a key that is opened many times a day. */
export const INTERACTIVE: SealLimits = {
  passes: sodium.crypto_pwhash_OPSLIMIT_INTERACTIVE,
  memoryBytes: sodium.crypto_pwhash_MEMLIMIT_INTERACTIVE,
};
/** libsodium's moderate limits: 3 passes over 256 MiB, some 0.9 s. For a key that certifies others. */
export const MODERATE: SealLimits = {
  passes: sodium.crypto_pwhash_OPSLIMIT_MODERATE,
  memoryBytes: sodium.crypto_pwhash_MEMLIMIT_MODERATE,
};

function sealingKey(passphrase: string, salt: Uint8Array, { passes, memoryBytes }: SealLimits): Uint8Array {
  return sodium.crypto_pwhash(
    sodium.crypto_secretbox_KEYBYTES,
    passphrase.normalize("NFC"),
    salt,
    passes,
    memoryBytes,
    sodium.crypto_pwhash_ALG_ARGON2ID13,
  );
}

/** Seals a secret of 1 to 256 bytes. */
export function seal(secret: Uint8Array, passphrase: string, limits: SealLimits): Uint8Array {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const key = sealingKey(passphrase, salt, limits);
  const box = sodium.crypto_secretbox_easy(secret, nonce, key);
  sodium.memzero(key);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt32BE(limits.passes, 1);
  header.writeUInt32BE(limits.memoryBytes, 5);
  return Buffer.concat([header, salt, nonce, box]);
}

/** The secret; null where the passphrase is wrong or the bytes were changed. */
export function unseal(sealed: Uint8Array, passphrase: string): Uint8Array | null {
  if (sealed.length <= MIN_SEALED_BYTES || sealed.length > MIN_SEALED_BYTES + MAX_SECRET_BYTES) return null;
  const bytes = Buffer.from(sealed);
  const passes = bytes.readUInt32BE(1);
  const memoryBytes = bytes.readUInt32BE(5);
  if (bytes.readUInt8(0) !== VERSION) return null;
  if (passes < sodium.crypto_pwhash_OPSLIMIT_MIN || passes > MAX_OPS_LIMIT) return null;
  if (memoryBytes < sodium.crypto_pwhash_MEMLIMIT_MIN || memoryBytes > MAX_MEM_LIMIT) return null;
  const salt = bytes.subarray(HEADER_BYTES, HEADER_BYTES + SALT_BYTES);
  const nonce = bytes.subarray(HEADER_BYTES + SALT_BYTES, HEADER_BYTES + SALT_BYTES + NONCE_BYTES);
  const box = bytes.subarray(HEADER_BYTES + SALT_BYTES + NONCE_BYTES);
  const key = sealingKey(passphrase, salt, { passes, memoryBytes });
  try {
    return sodium.crypto_secretbox_open_easy(box, nonce, key);
  } catch {
    return null;
  } finally {
    sodium.memzero(key);
  }
}
