import { createPrivateKey } from "node:crypto";

/** Ed25519 keys as PKCS #8 (RFC 8410, RFC 5958), which openssl, Java and other programs read. */

/** The DER of a PKCS #8 key is this prefix and the seed (RFC 8410, section 7). */
const PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * An encrypted key (PBES2: PBKDF2 and AES-256-CBC), PEM. Its passphrase must be a random code of at least 128 bits: 2,048 rounds of
 * PBKDF2 protect no passphrase that a person chose.
 */
export function encryptedPkcs8(seed: Uint8Array, code: string): string {
  const der = Buffer.concat([PREFIX, seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  return key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: code }).toString();
}
