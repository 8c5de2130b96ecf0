import { randomBytes, webcrypto } from "node:crypto";
import sodium from "libsodium-wrappers-sumo";
import type { StationId } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { Signer, StationKeys } from "../../engine/ports.ts";

await sodium.ready;

/** The station's Ed25519 key, sealed under a passphrase. Layout of a sealed key: version, opslimit, memlimit, salt, nonce, box. */

const VERSION = 1;
const HEADER_BYTES = 9;
const SEED_BYTES = 32;
/** libsodium's interactive limits: 2 passes over 64 MiB. */
const OPS_LIMIT = sodium.crypto_pwhash_OPSLIMIT_INTERACTIVE;
const MEM_LIMIT = sodium.crypto_pwhash_MEMLIMIT_INTERACTIVE;
/** What a sealed key may ask of this machine at most: 4 passes over 256 MiB. One that was tampered with could ask for 4 GiB and days. */
const MAX_OPS_LIMIT = 4;
const MAX_MEM_LIMIT = 256 * 1_048_576;
const SALT_BYTES = sodium.crypto_pwhash_SALTBYTES;
const NONCE_BYTES = sodium.crypto_secretbox_NONCEBYTES;
const SEALED_BYTES = HEADER_BYTES + SALT_BYTES + NONCE_BYTES + SEED_BYTES + sodium.crypto_secretbox_MACBYTES;
/** An Ed25519 seed after this prefix is a PKCS #8 key (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

function sealingKey(passphrase: string, salt: Uint8Array, opsLimit: number, memLimit: number): Uint8Array {
  return sodium.crypto_pwhash(
    sodium.crypto_secretbox_KEYBYTES,
    passphrase.normalize("NFC"),
    salt,
    opsLimit,
    memLimit,
    sodium.crypto_pwhash_ALG_ARGON2ID13,
  );
}

/** Seals a 32-byte seed: Argon2id for the key, XSalsa20-Poly1305 for the box. */
function seal(seed: Uint8Array, passphrase: string): Uint8Array {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const key = sealingKey(passphrase, salt, OPS_LIMIT, MEM_LIMIT);
  const box = sodium.crypto_secretbox_easy(seed, nonce, key);
  sodium.memzero(key);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt32BE(OPS_LIMIT, 1);
  header.writeUInt32BE(MEM_LIMIT, 5);
  return Buffer.concat([header, salt, nonce, box]);
}

/** The seed; null where the passphrase is wrong or the bytes were changed. */
function unseal(sealed: Uint8Array, passphrase: string): Uint8Array | null {
  if (sealed.length !== SEALED_BYTES) return null;
  const bytes = Buffer.from(sealed);
  const opsLimit = bytes.readUInt32BE(1);
  const memLimit = bytes.readUInt32BE(5);
  if (bytes.readUInt8(0) !== VERSION) return null;
  if (opsLimit < sodium.crypto_pwhash_OPSLIMIT_MIN || opsLimit > MAX_OPS_LIMIT) return null;
  if (memLimit < sodium.crypto_pwhash_MEMLIMIT_MIN || memLimit > MAX_MEM_LIMIT) return null;
  const salt = bytes.subarray(HEADER_BYTES, HEADER_BYTES + SALT_BYTES);
  const nonce = bytes.subarray(HEADER_BYTES + SALT_BYTES, HEADER_BYTES + SALT_BYTES + NONCE_BYTES);
  const box = bytes.subarray(HEADER_BYTES + SALT_BYTES + NONCE_BYTES);
  const key = sealingKey(passphrase, salt, opsLimit, memLimit);
  try {
    return sodium.crypto_secretbox_open_easy(box, nonce, key);
  } catch {
    return null;
  } finally {
    sodium.memzero(key);
  }
}

/** An Ed25519 key stands behind this prefix in a certificate request (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** The library of requests is large, and only `init` needs it. */
async function requestFor(seed: Uint8Array, publicKey: Uint8Array, station: string): Promise<string> {
  await import("reflect-metadata");
  const { Pkcs10CertificateRequestGenerator } = await import("@peculiar/x509");
  const algorithm = { name: "Ed25519" };
  const pkcs8 = Buffer.concat([PKCS8_PREFIX, seed]);
  const privateKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]);
  const verifyKey = await webcrypto.subtle.importKey("raw", Buffer.from(publicKey), algorithm, true, [
    "verify",
  ]);
  pkcs8.fill(0);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=Sanaq station ${station.slice(0, 8)}, 2.5.4.5=${station}`,
    keys: { privateKey, publicKey: verifyKey },
    signingAlgorithm: algorithm,
  });
  return request.toString("pem");
}

/** Keys by libsodium. */
export const stationKeys: StationKeys = {
  async create(passphrase) {
    const station = randomBytes(16).toString("hex") as StationId;
    const seed = randomBytes(SEED_BYTES);
    const pair = sodium.crypto_sign_seed_keypair(seed);
    const request = await requestFor(seed, pair.publicKey, station);
    const sealedKey = seal(seed, passphrase);
    sodium.memzero(seed);
    sodium.memzero(pair.privateKey);
    return { station, sealedKey, request };
  },
  open(sealedKey, passphrase): Result<Signer, { readonly type: "wrong-passphrase" }> {
    const seed = unseal(sealedKey, passphrase);
    if (seed === null) return err({ type: "wrong-passphrase" });
    const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
    sodium.memzero(seed);
    return ok({ publicKey, sign: (message) => sodium.crypto_sign_detached(message, privateKey) });
  },
  publicKeyOf(request) {
    const der = Buffer.from(request.replace(/-----[^-]+-----/g, ""), "base64");
    const at = der.indexOf(SPKI_PREFIX);
    if (at < 0) throw new Error("no request that was made here");
    const from = at + SPKI_PREFIX.length;
    return der.subarray(from, from + 32);
  },
};
