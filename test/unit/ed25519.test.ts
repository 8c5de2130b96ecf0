import sodium from "libsodium-wrappers-sumo";
import { beforeAll, describe, expect, it } from "vitest";
import { ed25519Key, seeded } from "../../fixtures/outbox/seeded.ts";
import { verifyEd25519 } from "../../main/formats/ed25519.ts";

/**
 * Libraries differ in which odd signatures they take (RFC 8032 leaves room). The formats choose: without cofactor, R compared as
 * bytes, S reduced, key and R not of small order. These tests fail when a later library chooses otherwise.
 */

const message = Buffer.from("census batch 12");
const key = ed25519Key("ed25519 test");
const publicKey = Buffer.from(key.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
const good = Buffer.from(key.sign(message));

/** 2^252 + 27742317777372353535851937790883648493, little-endian. */
const ORDER = Buffer.from("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "hex");
/** A point of order 8. */
const TORSION = Buffer.from("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "hex");
/** Encodings of all points of order 1, 2, 4 and 8, those that are not canonical included. */
const SMALL_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/** Private scalar, nonce and public point of a signer written out, so that it can sign wrongly. */
const scalar = (word: string) =>
  sodium.crypto_core_ed25519_scalar_reduce(Buffer.concat([seeded(word, "low"), seeded(word, "high")]));
const timesBase = (n: Uint8Array) => sodium.crypto_scalarmult_ed25519_base_noclamp(n);
const challenge = (r: Uint8Array, a: Uint8Array, text: Uint8Array) =>
  sodium.crypto_core_ed25519_scalar_reduce(sodium.crypto_hash_sha512(Buffer.concat([r, a, text])));
/** S = r + k a. */
const answer = (r: Uint8Array, k: Uint8Array, a: Uint8Array) =>
  sodium.crypto_core_ed25519_scalar_add(r, sodium.crypto_core_ed25519_scalar_mul(k, a));

beforeAll(() => sodium.ready);

describe("an Ed25519 signature", () => {
  it("is taken as RFC 8032 makes it", () => {
    expect(verifyEd25519(publicKey, message, good)).toBe(true);
  });

  it("of RFC 8032, section 7.1, tests 1 to 3 is taken", () => {
    for (const [a, text, signature] of [
      [
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
      ],
      [
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
      ],
      [
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
      ],
    ] as const)
      expect(
        verifyEd25519(Buffer.from(a, "hex"), Buffer.from(text, "hex"), Buffer.from(signature, "hex")),
      ).toBe(true);
  });

  it("is refused with any bit of it, of the key or of the message changed", () => {
    for (let bit = 0; bit < 512; bit += 7) {
      const wrong = Buffer.from(good);
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifyEd25519(publicKey, message, wrong)).toBe(false);
    }
    expect(verifyEd25519(publicKey, Buffer.from("census batch 13"), good)).toBe(false);
  });

  it("is refused at any other length, of key or signature, without an exception", () => {
    expect(verifyEd25519(publicKey.subarray(1), message, good)).toBe(false);
    expect(verifyEd25519(publicKey, message, good.subarray(1))).toBe(false);
    expect(verifyEd25519(publicKey, message, Buffer.concat([good, good]))).toBe(false);
    expect(verifyEd25519(new Uint8Array(0), message, new Uint8Array(0))).toBe(false);
  });

  it("is refused with S not reduced", () => {
    const s = BigInt(`0x${Buffer.from(good.subarray(32)).reverse().toString("hex")}`);
    const order = BigInt(`0x${Buffer.from(ORDER).reverse().toString("hex")}`);
    const unreduced = Buffer.from((s + order).toString(16).padStart(64, "0"), "hex").reverse();
    expect(verifyEd25519(publicKey, message, Buffer.concat([good.subarray(0, 32), unreduced]))).toBe(false);
  });

  it("is refused under a key of small order, even where the equation holds", () => {
    const s = scalar("small key");
    const signature = Buffer.concat([timesBase(s), s]); // k times the identity is the identity, so S B = R
    for (const point of SMALL_ORDER)
      expect(verifyEd25519(Buffer.from(point, "hex"), message, signature)).toBe(false);
  });

  it("is refused with an R of small order, even where the equation holds", () => {
    const a = scalar("honest");
    const point = timesBase(a);
    for (const r of SMALL_ORDER.map((hex) => Buffer.from(hex, "hex"))) {
      const s = sodium.crypto_core_ed25519_scalar_mul(challenge(r, point, message), a); // S B = k A: holds for the identity
      expect(verifyEd25519(point, message, Buffer.concat([r, s]))).toBe(false);
    }
  });

  it("is refused where it is valid only with the cofactor: R of mixed order", () => {
    const a = scalar("mixed");
    const point = timesBase(a);
    const r = scalar("nonce");
    const mixed = sodium.crypto_core_ed25519_add(timesBase(r), TORSION);
    const k = challenge(mixed, point, message);
    const s = answer(r, k, a);
    const difference = sodium.crypto_core_ed25519_sub(
      mixed,
      sodium.crypto_core_ed25519_sub(timesBase(s), sodium.crypto_scalarmult_ed25519_noclamp(k, point)),
    );
    expect(Buffer.from(difference)).toEqual(TORSION);
    expect(verifyEd25519(point, message, Buffer.concat([mixed, s]))).toBe(false);
  });

  it("is taken under a key of mixed order where the equation holds without the cofactor", () => {
    const a = scalar("mixed key");
    const point = sodium.crypto_core_ed25519_add(timesBase(a), TORSION);
    const r = scalar("nonce");
    const commitment = timesBase(r);
    const texts = Array.from({ length: 200 }, (_, at) => Buffer.from(`batch ${at}`));
    const verdicts = texts.map((text) => {
      const k = challenge(commitment, point, text);
      const signature = Buffer.concat([commitment, answer(r, k, a)]);
      return { holds: (k[0] ?? 0) % 8 === 0, taken: verifyEd25519(point, text, signature) };
    });
    expect(verdicts.some((one) => one.holds)).toBe(true);
    for (const { holds, taken } of verdicts) expect(taken).toBe(holds);
  });
});
