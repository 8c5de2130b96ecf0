import { randomBytes } from "node:crypto";
import sodium from "libsodium-wrappers-sumo";
import type { StationId } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { Signer, StationKeys } from "../../engine/ports.ts";
import { INTERACTIVE, seal, unseal } from "./sealed.ts";

await sodium.ready;

/** The station's Ed25519 key, sealed under a passphrase; sealed.ts has the layout. */

const SEED_BYTES = 32;

/** An Ed25519 key stands behind this prefix in a certificate request (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** The writer of requests is loaded by `init` alone. */
async function requestFor(publicKey: Uint8Array, privateKey: Uint8Array, station: string): Promise<string> {
  const { requestPem } = await import("../../formats/request.ts");
  return requestPem(
    { commonName: `Sanaq station ${station.slice(0, 8)}`, id: station },
    publicKey,
    (message) => sodium.crypto_sign_detached(message, privateKey),
  );
}

/** Keys by libsodium. */
export const stationKeys: StationKeys = {
  async create(passphrase) {
    const station = randomBytes(16).toString("hex") as StationId;
    const seed = randomBytes(SEED_BYTES);
    const pair = sodium.crypto_sign_seed_keypair(seed);
    const request = await requestFor(pair.publicKey, pair.privateKey, station);
    const sealedKey = seal(seed, passphrase, INTERACTIVE);
    sodium.memzero(seed);
    sodium.memzero(pair.privateKey);
    return { station, sealedKey, request };
  },
  open(sealedKey, passphrase): Result<Signer, { readonly type: "wrong-passphrase" }> {
    const seed = unseal(sealedKey, passphrase);
    if (seed?.length !== SEED_BYTES) return err({ type: "wrong-passphrase" });
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
