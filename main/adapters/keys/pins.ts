import sodium from "libsodium-wrappers-sumo";
import type { PinKeys } from "../../engine/ports-desk.ts";

await sodium.ready;

/** libsodium's interactive limits (2 passes over 64 MiB), as for the station's key. */
const OPS_LIMIT = sodium.crypto_pwhash_OPSLIMIT_INTERACTIVE;
const MEM_LIMIT = sodium.crypto_pwhash_MEMLIMIT_INTERACTIVE;
/** As `crypto_pwhash_str` writes it with those limits. Any other text could ask this machine for gigabytes and is not looked at. */
const FORM = /^\$argon2id\$v=19\$m=65536,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;

/** PINs by libsodium's password hashing, Argon2id. */
export const pinKeys: PinKeys = {
  hash: (pin) => sodium.crypto_pwhash_str(pin, OPS_LIMIT, MEM_LIMIT),
  fits: (hash, pin) => FORM.test(hash) && sodium.crypto_pwhash_str_verify(hash, pin),
};
