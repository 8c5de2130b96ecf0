import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { cbor, type Tampering } from "../../fixtures/outbox/sign1.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { encodeCbor } from "../../main/formats/cbor.ts";
import { MAX_SIGNED_BYTES, makeSign1, parseSign1, type SignedKind } from "../../main/formats/cose.ts";
import { verifyEd25519 } from "../../main/formats/ed25519.ts";

const campaign = await TestCampaign.create();
const leaf = await campaign.tablet();

async function manifest(wrong: Tampering = {}, chain?: readonly Uint8Array[]): Promise<Uint8Array> {
  const tablet = new TabletBuilder(campaign, leaf);
  return (await tablet.add({ manifest: wrong, ...(chain === undefined ? {} : { chain }) })).manifest;
}

const header =
  (change: (headers: Map<unknown, unknown>) => void) =>
  (headers: Map<unknown, unknown>): unknown => {
    change(headers);
    return headers;
  };
const setHeader = (key: unknown, value: unknown): Tampering => ({
  headers: header((map) => map.set(key, value)),
});
const part = (at: number, value: unknown): Tampering => ({ parts: (parts) => parts.with(at, value) });
const prefix = (hex: string): Tampering => ({
  object: (object) => Buffer.concat([Buffer.from(hex, "hex"), object.subarray(1)]),
});
const [leafDer, issuerDer] = leaf.chain;

describe("a signed object", () => {
  it("is taken apart: certificates, payload, signature and what was signed", async () => {
    const object = parseSign1(await manifest(), "manifest");
    if (!object.ok) throw new Error(object.error);
    expect(object.value.chain).toEqual(leaf.chain.map((der) => Buffer.from(der)));
    const key = Buffer.from(leaf.key.publicKey.export({ format: "jwk" }).x ?? "", "base64url");
    expect(verifyEd25519(key, object.value.signed, object.value.signature)).toBe(true);
    expect(object.value.digest).toBe(createHash("sha256").update(object.value.signed).digest("hex"));
  });

  it("keeps its identity under another signature", async () => {
    const object = await manifest();
    const other = Buffer.concat([object.subarray(0, -64), Buffer.alloc(64)]);
    const [a, b] = [parseSign1(object, "manifest"), parseSign1(other, "manifest")];
    if (!a.ok || !b.ok) throw new Error("both have the right form");
    expect(b.value.digest).toBe(a.value.digest);
    expect(b.value.signature).not.toEqual(a.value.signature);
  });

  it("that the product writes is what the fixtures write, byte for byte", async () => {
    const object = await manifest();
    const parsed = parseSign1(object, "manifest");
    if (!parsed.ok) throw new Error(parsed.error);
    const written = makeSign1("manifest", leaf.chain, parsed.value.payload, leaf.key.sign);
    expect(Buffer.from(written)).toEqual(Buffer.from(object));
  });

  it.each<[string, Tampering]>([
    ["without a tag", { object: (object) => object.subarray(1) }],
    ["with the tag of COSE_Mac0", prefix("d1")],
    ["with tag 98, COSE_Sign", prefix("d862")],
    ["with tag 18 in a long form", prefix("d812")],
    ["with tag 18 twice", prefix("d2d2")],
    ["with a byte behind it", { object: (object) => Buffer.concat([object, Uint8Array.of(0)]) }],
    ["cut short by a byte", { object: (object) => object.subarray(0, -1) }],
    ["of three parts", { parts: (parts) => parts.slice(0, 3) }],
    ["of five parts", { parts: (parts) => [...parts, null] }],
    ["that is a map", { parts: (parts) => new Map([[1, parts]]) }],
    ["with something in the unprotected map", { unprotected: new Map([[4, Buffer.from("11")]]) }],
    ["with null for the unprotected map", part(1, null)],
    ["with the payload elsewhere", part(2, null)],
    ["with the payload as text", part(2, "payload")],
    ["with the protected headers as a map", part(0, new Map([[1, -8]]))],
    ["with no protected headers", part(0, new Uint8Array(0))],
    ["with a signature of 63 bytes", { signature: (signature) => signature.subarray(1) }],
    [
      "with a signature of 65 bytes",
      { signature: (signature) => Buffer.concat([signature, Uint8Array.of(0)]) },
    ],
    ["with no signature", { signature: () => null }],
    ["with ES256 as algorithm", setHeader(1, -7)],
    ["with the algorithm's name in text", setHeader(1, "EdDSA")],
    ["with the new number of Ed25519 as algorithm", setHeader(1, -19)],
    ["without an algorithm", { headers: header((map) => map.delete(1)) }],
    ["without a content type", { headers: header((map) => map.delete(3)) }],
    ["with a number as content type", setHeader(3, 60)],
    ["with another content type", setHeader(3, "application/cbor")],
    ["with the content type in capitals", setHeader(3, "APPLICATION/VND.SANAQ.MANIFEST+CBOR")],
    ["with the content type of a ledger", setHeader(3, "application/vnd.sanaq.ledger+cbor")],
    ["without certificates", { headers: header((map) => map.delete(33)) }],
    ["with one certificate as a byte string", setHeader(33, leafDer)],
    ["with the leaf alone", setHeader(33, [leafDer])],
    ["with no certificates in the list", setHeader(33, [])],
    ["with four certificates", setHeader(33, [leafDer, issuerDer, issuerDer, issuerDer])],
    ["with text among the certificates", setHeader(33, [leafDer, "issuer"])],
    ["with a key id beside", setHeader(4, Buffer.from("11"))],
    ["with critical headers beside", setHeader(2, [33])],
    ["with a header in text beside", setHeader("x", 1)],
    ["with headers that are a list", { headers: () => [1, -8] }],
    [
      "with headers in another order",
      {
        headerBytes: (bytes) => {
          const at = bytes.indexOf(0x03, 3);
          return Buffer.concat([bytes.subarray(0, 1), bytes.subarray(at), bytes.subarray(1, at)]);
        },
      },
    ],
    ["with a byte behind the headers", { headerBytes: (bytes) => Buffer.concat([bytes, Uint8Array.of(0)]) }],
    [
      "with the signature in two pieces",
      {
        object: (object) =>
          Buffer.concat([
            object.subarray(0, -66),
            Uint8Array.of(0x5f, 0x58, 0x40),
            object.subarray(-64),
            Uint8Array.of(0xff),
          ]),
      },
    ],
    [
      "with the array open at its end",
      {
        object: (object) =>
          Buffer.concat([Uint8Array.of(0xd2, 0x9f), object.subarray(2), Uint8Array.of(0xff)]),
      },
    ],
  ])("%s is malformed", async (_, wrong) => {
    expect(parseSign1(await manifest(wrong), "manifest")).toEqual({ ok: false, error: "malformed" });
  });

  it("with two or three certificates has the right form, whatever they are", async () => {
    for (const chain of [
      [leafDer, issuerDer],
      [Buffer.from("x"), Buffer.from("y"), new Uint8Array(0)],
    ])
      expect(parseSign1(await manifest(setHeader(33, chain)), "manifest").ok).toBe(true);
  });

  it("is not taken for one of another kind", async () => {
    const object = await manifest();
    for (const kind of ["ledger", "ack", "receipt"] as const satisfies SignedKind[])
      expect(parseSign1(object, kind).ok).toBe(false);
  });

  it("may have 8 MiB and not a byte more", async () => {
    const size = (await manifest({ payload: () => Buffer.alloc(70_000) })).length - 70_000;
    const sized = (bytes: number) => manifest({ payload: () => Buffer.alloc(bytes - size) });
    expect((await sized(MAX_SIGNED_BYTES)).length).toBe(8_388_608);
    expect(parseSign1(await sized(MAX_SIGNED_BYTES), "manifest").ok).toBe(true);
    expect(parseSign1(await sized(MAX_SIGNED_BYTES + 1), "manifest").ok).toBe(false);
  });

  it("of any bytes is a value or malformed, never an exception", async () => {
    const good = await manifest();
    const never = (bytes: Uint8Array) => {
      const object = parseSign1(bytes, "manifest");
      expect(object.ok || object.error).toBe(object.ok ? true : "malformed");
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        never(Buffer.concat([Uint8Array.of(0xd2), bytes])),
      ),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const mutated = Buffer.from(good);
        mutated[at] = byte;
        never(mutated);
      }),
      { numRuns: 1_000 },
    );
  });
});

/**
 * From github.com/cose-wg/Examples, eddsa-examples, eddsa-sig-01.json and eddsa-sig-02.json (public domain). The second is Ed448, which
 * the formats do not take.
 */
const EDDSA_SIG_01 = {
  key: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
  protected: "a201270300",
  payload: "546869732069732074686520636f6e74656e742e",
  toBeSigned: "846a5369676e61747572653145a2012703004054546869732069732074686520636f6e74656e742e",
  signature:
    "7142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d",
  cbor: "d28445a201270300a10442313154546869732069732074686520636f6e74656e742e58407142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d",
};
const EDDSA_SIG_02 = {
  key: "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
  toBeSigned: "846a5369676e61747572653143a101274054546869732069732074686520636f6e74656e742e",
  signature:
    "988240a3a2f189bd486de14aa77f54686c576a09f2e7ed9bae910df9139c2ac3be7c27b7e10a20fa17c9d57d3510a2cf1f634bc0345ab9be00849842171d1e9e98b2674c0e38bfcf6c557a1692b01b71015a47ac9f7748840cad1da80cbb5b349309febb912672b377c8b2072af1598b3700",
};
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

describe("the COSE working group's EdDSA examples", () => {
  it("01: the Sig_structure is written alike, and the signature verifies", () => {
    const { key, payload, toBeSigned, signature } = EDDSA_SIG_01;
    const structure = encodeCbor([
      "Signature1",
      bytes(EDDSA_SIG_01.protected),
      new Uint8Array(0),
      bytes(payload),
    ]);
    expect(Buffer.from(structure)).toEqual(bytes(toBeSigned));
    expect(verifyEd25519(bytes(key), structure, bytes(signature))).toBe(true);
    expect(
      verifyEd25519(
        bytes(key),
        Buffer.from(cbor(["Signature1", bytes(EDDSA_SIG_01.protected), bytes("00"), bytes(payload)])),
        bytes(signature),
      ),
    ).toBe(false);
  });

  it("01: as an object it is not of this profile: a key id stands unprotected, and no certificates", () => {
    expect(parseSign1(bytes(EDDSA_SIG_01.cbor), "manifest").ok).toBe(false);
  });

  it("02: Ed448 is refused", () => {
    expect(
      verifyEd25519(bytes(EDDSA_SIG_02.key), bytes(EDDSA_SIG_02.toBeSigned), bytes(EDDSA_SIG_02.signature)),
    ).toBe(false);
  });
});
