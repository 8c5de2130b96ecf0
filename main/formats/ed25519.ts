import sodium from "libsodium-wrappers-sumo";

await sodium.ready;

/**
 * Whether `signature` over `message` verifies under `publicKey` as the formats ask: RFC 8032 without cofactor, R compared as
 * bytes, S reduced, neither key nor R of small order. That is what libsodium's crypto_sign_verify_detached does; a test keeps
 * watch over it, because later libraries may choose the cofactored equation.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return sodium.crypto_sign_verify_detached(signature, message, publicKey);
}
