import { afterAll, beforeAll, describe, it } from "vitest";
import { type Authority, type Leaf, OBLAST, roleOid, SCHEMA } from "../../fixtures/campaign.ts";
import {
  ageFile,
  bytesBehind,
  chunksOf,
  flipBit,
  greaseStanza,
  keysUnsorted,
  keyTwice,
  lacks,
  longCount,
  NEUTRAL_POINT,
  notReduced,
  oneMore,
  openMap,
  says,
  scryptStanza,
  valueBytes,
  x25519Stanza,
} from "../../fixtures/outbox/hostile.ts";
import { seeded } from "../../fixtures/outbox/seeded.ts";
import type { Tampering } from "../../fixtures/outbox/sign1.ts";
import { type BatchOptions, FIRST_MADE, type TabletBuilder } from "../../fixtures/outbox.ts";
import type { Reason } from "../../shared/reasons.ts";
import { Court, expectReport, NOW, SMALL } from "./law.ts";

/** The second of three batches is not as it should be, or looks as if it were not. The first and the third are staged in any case. */

const DAY = 86_400;
const FROM = Date.parse("2021-10-01T00:00:00+06:00") / 1000;
const TO = Date.parse("2021-11-08T23:59:59+06:00") / 1000;

let court: Court;
/** A tablet whose certificate was revoked. */
let lost: Leaf;
/** Authorities beside the oblast's own issuer. */
let odd: Record<
  | "revoked"
  | "expired"
  | "pathLength1"
  | "noPathLength"
  | "notCa"
  | "other"
  | "under"
  | "underZero"
  | "withdrawn",
  Authority
>;

beforeAll(async () => {
  court = await Court.open(async (campaign) => {
    const authority = (name: string, options: Parameters<typeof campaign.authority>[2] = {}) =>
      campaign.authority(name, OBLAST, options);
    const revoked = await campaign.authority("Revoked intermediate", null);
    odd = {
      revoked: await authority("Revoked issuer"),
      expired: await authority("Expired issuer", { notAfter: new Date(NOW.getTime() - 1000) }),
      pathLength1: await authority("Issuer of path length 1", { pathLength: 1 }),
      noPathLength: await authority("Issuer without path length", { pathLength: null }),
      notCa: await authority("Issuer that is no CA", { ca: false, pathLength: null }),
      other: await campaign.issuer("350000000"),
      under: await authority("Issuer under an intermediate", {
        under: await campaign.authority("Intermediate", null),
      }),
      underZero: await authority("Issuer under path length 0", {
        under: await campaign.authority("Intermediate of path length 0", null, { pathLength: 0 }),
      }),
      withdrawn: await authority("Issuer under a revoked intermediate", { under: revoked }),
    };
    lost = await campaign.tablet("lost");
    campaign.setCrl(campaign.root, {
      number: 2,
      revoked: [odd.revoked, revoked],
    });
    campaign.setCrl(await campaign.issuer(), { number: 2, revoked: [lost] });
  });
}, 120_000);
afterAll(() => court[Symbol.asyncDispose]());

type Second = BatchOptions | ((tablet: TabletBuilder) => BatchOptions | Promise<BatchOptions>);

/** `verdict`: `staged`, or the reason of the refusal. */
function second(verdict: "staged" | Reason, what: string, options: Second, findings = ""): void {
  it.concurrent(`${verdict}: ${what}`, async () => {
    const tablet = await court.tablet();
    await tablet.add(SMALL);
    await tablet.add({ ...SMALL, ...(typeof options === "function" ? await options(tablet) : options) });
    await tablet.add(SMALL);
    expectReport(await court.unload(await court.write(tablet)), tablet, {
      batches: `1 staged, 2 ${verdict}, 3 staged`,
      findings,
    });
  });
}
const manifest = (verdict: "staged" | Reason, what: string, wrong: Tampering): void =>
  second(verdict, what, { manifest: wrong });
/** Another certificate of the same tablet signs it. */
const signedUnder = (
  verdict: "staged" | Reason,
  what: string,
  options: () => Parameters<Court["again"]>[1],
): void => second(verdict, what, async (tablet) => ({ signer: await court.again(tablet, options()) }));

describe("CBOR outside the profile, truly signed", () => {
  manifest("malformed", "two keys in each other's place", keysUnsorted());
  manifest("malformed", "a key twice", keyTwice());
  manifest("malformed", "a map open at its end", openMap());
  manifest("malformed", "the map's count in a long form", longCount());
  manifest("malformed", "a byte behind the item", bytesBehind("00"));
  manifest("malformed", "a second item behind the first", bytesBehind("a0"));
  manifest("malformed", "a short number in a long form", valueBytes("v", "1801"));
  manifest("malformed", "seq as a float", valueBytes("seq", "fb4000000000000000"));
  manifest("malformed", "seq as a half float", valueBytes("seq", "f94000"));
  manifest("malformed", "a tag before a digest", valueBytes("schema", `d8405820${SCHEMA}`));
  manifest("malformed", "undefined", valueBytes("v", "f7"));
  manifest("malformed", "a simple value", valueBytes("v", "f0"));
  manifest("malformed", "2^53 as length", valueBytes("length", "1b0020000000000000"));
  manifest(
    "length-mismatch",
    "2^53 - 1 as length, which is an integer",
    valueBytes("length", "1b001fffffffffffff"),
  );
  manifest("malformed", "a negative length", valueBytes("length", "20"));
  manifest("malformed", "the campaign in two pieces", valueBytes("campaign", "7f636b7a2d6432303231ff"));
  manifest("malformed", "a campaign that is no UTF-8", valueBytes("campaign", "62c328"));
  manifest(
    "malformed",
    "chunks in an array open at its end",
    valueBytes("chunks", `9f5820${"00".repeat(32)}ff`),
  );
  manifest("malformed", "a form code in Kazakh letters", valueBytes("form", "a164d0b0d3a901"));
  manifest("malformed", "a form code with a line feed", valueBytes("form", "a1623a0a01"));
  manifest("unknown-schema", "a form code of blanks and a tilde", valueBytes("form", "a162207e01"));
  manifest(
    "malformed",
    "a key more, nine arrays deep",
    oneMore("6a7a7a7a7a7a7a7a7a7a7a", "81818181818181818100"),
  );
  manifest("malformed", "a number as key", oneMore("01", "00"));
});

describe("a manifest of another shape", () => {
  manifest("malformed", "an unknown key", says({ note: "x" }));
  for (const key of ["v", "campaign", "device", "chain", "seq", "prev", "made", "form", "area", "schema"])
    manifest("malformed", `without ${key}`, lacks(key));
  for (const key of ["length", "chunk", "chunks", "recipients"])
    manifest("malformed", `without ${key}`, lacks(key));
  manifest("malformed", "version 2", says({ v: 2 }));
  manifest("malformed", "version in text", says({ v: "1" }));
  manifest("malformed", "a device of 15 bytes", says({ device: Buffer.alloc(15) }));
  manifest("malformed", "another seq than its name", says({ seq: 7 }));
  manifest("malformed", "another chain than its name", says({ chain: Buffer.alloc(16, 7) }));
  manifest("malformed", "prev null though not the first", says({ prev: null }));
  second("malformed", "seq 1 that follows another, under the name of 2", { manifest: says({ seq: 1 }) });
  manifest("malformed", "an offset of more than a day", says({ made: [FIRST_MADE, 1441] }));
  manifest("staged", "an offset of a whole day", says({ made: [FIRST_MADE, 1440] }));
  manifest("malformed", "a time of one number", says({ made: [FIRST_MADE] }));
  manifest("malformed", "no form at all", says({ form: {} }));
  manifest("malformed", "a negative count of records", says({ form: { "1-person": -1 } }));
  manifest("malformed", "an area of eight digits", says({ area: "27360000" }));
  manifest("malformed", "an area below the district", says({ area: "273600001" }));
  manifest("malformed", "an area with letters", says({ area: "2736O0000" }));
  manifest("malformed", "chunks of 512 KiB", says({ chunk: 524_288 }));
  manifest("malformed", "a digest of 31 bytes among the chunks", says({ chunks: [Buffer.alloc(31)] }));
  manifest("malformed", "no recipient", says({ recipients: [] }));
  manifest(
    "malformed",
    "nine recipients",
    says({ recipients: Array.from({ length: 9 }, (_, at) => Buffer.alloc(32, at)) }),
  );
  manifest("malformed", "a recipient twice", says({ recipients: [Buffer.alloc(32), Buffer.alloc(32)] }));
  manifest("malformed", "recipients out of order", {
    value: (value) => ({ ...value, recipients: [...(value.recipients as Uint8Array[])].reverse() }),
  });
  manifest("malformed", "65,537 chunks", says({ chunks: Array(65_537).fill(Buffer.alloc(32)) }));
  manifest(
    "length-mismatch",
    "65,536 chunks, of which the body has one",
    says({ chunks: Array(65_536).fill(Buffer.alloc(32)) }),
  );
  /** A manifest of that many bytes: one form code fills it. */
  const ofBytes = (verdict: Reason, size: number, what: string): void =>
    second(verdict, what, async (tablet) => {
      const signer = await court.again(tablet, { commonName: "tablet" });
      const empty = (await tablet.copy().add({ ...SMALL, signer, manifest: says({ form: { "": 1 } }) }))
        .manifest;
      // The code's length then takes five bytes in place of one, the payload's five in place of three.
      return {
        signer,
        manifest: {
          ...says({ form: { ["x".repeat(size - empty.length - 6)]: 1 } }),
          object: (object) => {
            if (object.length !== size) throw new Error(`${object.length} bytes, not ${size}`);
            return object;
          },
        },
      };
    });
  ofBytes("unknown-schema", 8 * 1_048_576, "8 MiB to the byte: the limit is not passed");
  ofBytes("malformed", 8 * 1_048_576 + 1, "a byte more than 8 MiB");
});

describe("a signed object of another form", () => {
  const header = (change: (map: Map<unknown, unknown>) => void): Tampering => ({
    headers: (map) => {
      change(map);
      return map;
    },
  });
  manifest("malformed", "without a tag", { object: (object) => object.subarray(1) });
  manifest("malformed", "tag 18 twice", { object: (object) => Buffer.concat([Buffer.from([0xd2]), object]) });
  manifest("malformed", "an unprotected header", { unprotected: new Map([[4, Buffer.from("k")]]) });
  manifest(
    "malformed",
    "another algorithm",
    header((map) => map.set(1, -7)),
  );
  manifest(
    "malformed",
    "no algorithm",
    header((map) => map.delete(1)),
  );
  manifest(
    "malformed",
    "a key id among the headers",
    header((map) => map.set(4, Buffer.from("k"))),
  );
  manifest(
    "malformed",
    "the content type of a receipt",
    header((map) => map.set(3, "application/vnd.sanaq.receipt+cbor")),
  );
  manifest("malformed", "the payload elsewhere", { parts: ([a, b, , d]) => [a, b, null, d] });
  manifest("malformed", "a signature of 63 bytes", { signature: (signature) => signature.subarray(1) });
  manifest("malformed", "an object of nothing", { object: () => new Uint8Array(0) });
  second("malformed", "one certificate", (tablet) => ({ chain: tablet.leaf.chain.slice(0, 1) }));
  second("malformed", "four certificates", (tablet) => ({
    chain: [...tablet.leaf.chain, tablet.leaf.issuer.der, tablet.leaf.issuer.der],
  }));
  second("malformed", "one certificate, not in an array", (tablet) => ({
    manifest: header((map) => map.set(33, tablet.leaf.der)),
  }));

  manifest("signature-invalid", "one bit of the signature's R", { signature: flipBit(0) });
  manifest("signature-invalid", "one bit of the signature's S", { signature: flipBit(40) });
  manifest("signature-invalid", "S not reduced", { signature: notReduced });
  manifest("signature-invalid", "R of small order", {
    signature: (signature) => Buffer.concat([NEUTRAL_POINT, signature.subarray(32)]),
  });
  manifest("signature-invalid", "signed with external data", { externalAad: Buffer.from("x") });
  manifest("signature-invalid", "a payload changed after signing", {
    parts: ([a, b, payload, d]) => [
      a,
      b,
      flipBit((payload as Uint8Array).length - 1)(payload as Uint8Array),
      d,
    ],
  });
  second("signature-invalid", "a key of small order, rightly certified", async (tablet) => ({
    signer: await court.again(tablet, {
      publicKey: await crypto.subtle.importKey("raw", Buffer.from(NEUTRAL_POINT), "Ed25519", true, [
        "verify",
      ]),
    }),
    manifest: { signature: () => Buffer.concat([NEUTRAL_POINT, Buffer.alloc(32)]) },
  }));
});

describe("certificates", () => {
  second("certificate-untrusted", "the root in the chain", (tablet) => ({
    chain: [...tablet.leaf.chain, court.campaign.root.der],
  }));
  second("certificate-untrusted", "the issuer alone twice", (tablet) => ({
    signer: { ...tablet.leaf, key: tablet.leaf.issuer.key },
    chain: [tablet.leaf.issuer.der, tablet.leaf.issuer.der],
  }));
  second("certificate-untrusted", "issuer and leaf in each other's place", (tablet) => ({
    chain: [...tablet.leaf.chain].reverse(),
    signer: { ...tablet.leaf, key: tablet.leaf.issuer.key },
  }));
  second("certificate-untrusted", "the issuer is no certificate", (tablet) => ({
    chain: [tablet.leaf.der, Buffer.from("issuer")],
  }));
  second("certificate-untrusted", "the leaf is no certificate", (tablet) => ({
    chain: [Buffer.from("leaf"), tablet.leaf.issuer.der],
  }));
  second("certificate-untrusted", "a byte behind the issuer", (tablet) => ({
    chain: [tablet.leaf.der, Buffer.concat([tablet.leaf.issuer.der, Buffer.from([0])])],
  }));
  second("certificate-untrusted", "an issuer that did not sign the leaf", (tablet) => ({
    chain: [tablet.leaf.der, odd.other.der],
  }));
  second("certificate-untrusted", "an intermediate that did not sign the issuer", (tablet) => ({
    chain: [...tablet.leaf.chain, odd.under.chain[1] ?? Buffer.alloc(0)],
  }));
  signedUnder("staged", "an issuer under an intermediate", () => ({ issuer: odd.under }));
  signedUnder("certificate-untrusted", "an issuer under a path length of 0", () => ({
    issuer: odd.underZero,
  }));
  signedUnder("certificate-untrusted", "an issuer of path length 1", () => ({ issuer: odd.pathLength1 }));
  signedUnder("certificate-untrusted", "an issuer without a path length", () => ({
    issuer: odd.noPathLength,
  }));
  signedUnder("certificate-untrusted", "an issuer that is no CA", () => ({ issuer: odd.notCa }));
  signedUnder("certificate-untrusted", "a leaf that is a CA", () => ({ ca: true }));
  signedUnder("certificate-untrusted", "two roles", () => ({
    usages: [roleOid("tablet"), roleOid("central")],
  }));
  signedUnder("certificate-untrusted", "no role", () => ({ usages: [] }));
  signedUnder("certificate-untrusted", "the role of the centre", () => ({ usages: [roleOid("central")] }));
  signedUnder("certificate-untrusted", "a role of another arc", () => ({
    usages: ["1.3.6.1.4.1.32473.2022.1"],
  }));
  signedUnder("staged", "other usages beside the role", () => ({
    usages: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.32473.2021.4", roleOid("tablet")],
  }));
  signedUnder("certificate-untrusted", "another oblast than the issuer's", () => ({ st: "350000000" }));
  signedUnder("certificate-untrusted", "an issuer of another oblast", () => ({
    issuer: odd.other,
    st: OBLAST,
  }));
  signedUnder("certificate-untrusted", "an area of another oblast than the certificates", () => ({
    issuer: odd.other,
    oblast: "350000000",
  }));
  manifest("certificate-untrusted", "another tablet's device", says({ device: Buffer.alloc(16, 1) }));
  signedUnder("certificate-untrusted", "a device in capitals", () => ({ id: "AB".repeat(16) }));
  signedUnder("certificate-expired", "expired a second ago", () => ({
    notAfter: new Date(NOW.getTime() - 1000),
  }));
  signedUnder("staged", "expires this second", () => ({ notAfter: NOW }));
  signedUnder("certificate-expired", "valid from the next second", () => ({
    notBefore: new Date(NOW.getTime() + 1000),
  }));
  signedUnder("certificate-expired", "an expired issuer", () => ({ issuer: odd.expired }));
  signedUnder("certificate-revoked", "a revoked issuer", () => ({ issuer: odd.revoked }));
  signedUnder("certificate-revoked", "a revoked intermediate", () => ({ issuer: odd.withdrawn }));
  signedUnder("certificate-revoked", "a revoked leaf", () => ({
    serial: lost.serial,
  }));
});

describe("what a manifest says", () => {
  manifest("wrong-campaign", "another campaign", says({ campaign: "kz-2009" }));
  manifest("wrong-campaign", "the campaign in capitals", says({ campaign: "KZ-2021" }));
  second("wrong-campaign", "made a day and a second too early", { made: [FROM - DAY - 1, 0] });
  second("staged", "made a day too early", { made: [FROM - DAY, 0] });
  second("wrong-campaign", "made a day and a second too late", { made: [TO + DAY + 1, 0] });
  second("staged", "made a day too late", { made: [TO + DAY, 0] });
  manifest("unknown-schema", "another questionnaire", says({ schema: Buffer.alloc(32) }));
  manifest("unknown-schema", "one form of two unknown", says({ form: { "1-person": 1, "9-yurt": 1 } }));
  manifest("staged", "all forms of the campaign", says({ form: { "1-person": 0, "4-abroad": 2 } }));
  second("central-not-recipient", "for the Department alone", () => ({
    recipients: [court.campaign.recipients.department],
  }));
  second("staged", "for the centre alone", () => ({ recipients: [court.campaign.recipients.central] }));
});

describe("a body", () => {
  /** A body that the manifest describes truly. */
  const body = (verdict: "staged" | Reason, what: string, bytes: () => Buffer): void =>
    second(verdict, what, () => ({ body: bytes() }));
  second("body-missing", "is not there", { withoutBody: true, entry: (entry) => entry });
  second("length-mismatch", "is a byte shorter", { bodyOnTablet: (bytes) => bytes.subarray(1) });
  second("length-mismatch", "is a byte longer", {
    bodyOnTablet: (bytes) => Buffer.concat([bytes, Buffer.from([0])]),
  });
  second("length-mismatch", "is empty though length says 700", { bodyOnTablet: () => Buffer.alloc(0) });
  manifest("length-mismatch", "has no chunk in the list", says({ chunks: [] }));
  second("length-mismatch", "has a chunk too many in the list", () => {
    const bytes = ageFile();
    return { body: bytes, manifest: says({ chunks: [...chunksOf(bytes), Buffer.alloc(32)] }) };
  });
  second("chunk-mismatch", "differs in its first bit", { bodyOnTablet: flipBit(0) });
  second("chunk-mismatch", "differs in the last byte of the second chunk", {
    bodyBytes: 2 * 1_048_576,
    bodyOnTablet: flipBit(2 * 1_048_576 - 1),
  });
  second("staged", "fills exactly one chunk", { bodyBytes: 1_048_576 });
  second("staged", "is a byte longer than three chunks", { bodyBytes: 3 * 1_048_576 + 1 });

  body("staged", "is an age file for two", () => ageFile());
  body("staged", "is an age file of an empty text", () => ageFile({ payload: 32 }));
  body("staged", "has stanzas of unknown kinds beside", () =>
    ageFile({ others: [greaseStanza("a"), greaseStanza("b")] }),
  );
  body("staged", "fills two of age's own chunks", () => ageFile({ payload: 16 + 2 * 65_552 }));
  body("not-age", "is empty, truly signed", () => Buffer.alloc(0));
  body("not-age", "is plain text", () => Buffer.from("1;2;3\n"));
  body("not-age", "is of age's second version", () => ageFile({ version: "age-encryption.org/v2" }));
  body("not-age", "is armoured", () =>
    Buffer.from(
      `-----BEGIN AGE ENCRYPTED FILE-----\n${ageFile().toString("base64")}\n-----END AGE ENCRYPTED FILE-----\n`,
    ),
  );
  body("not-age", "is for one", () => ageFile({ x25519: 1 }));
  body("not-age", "is for three", () => ageFile({ x25519: 3 }));
  body("not-age", "is for one and for one of an unknown kind", () =>
    ageFile({ x25519: 1, others: [greaseStanza("a")] }),
  );
  body("not-age", "is for a passphrase", () => ageFile({ x25519: 0, others: [scryptStanza()] }));
  body("not-age", "has a share of 31 bytes", () =>
    ageFile({ x25519: 1, others: [x25519Stanza("short", 31)] }),
  );
  body("not-age", "has a wrapped key of 33 bytes", () =>
    ageFile({ x25519: 1, others: [x25519Stanza("long", 32, 33)] }),
  );
  body("not-age", "has no stanza", () => ageFile({ x25519: 0 }));
  body("not-age", "has no last line", () => ageFile({ mac: "---" }));
  body("not-age", "has Windows line ends", () => ageFile({ lineEnd: "\r\n" }));
  body("not-age", "ends with its header", () => ageFile({ payload: 0 }));
  body("not-age", "ends within the nonce", () => ageFile({ payload: 15 }));
  body("not-age", "ends behind the nonce", () => ageFile({ payload: 16 }));
  body("not-age", "ends within the first tag", () => ageFile({ payload: 31 }));
  body("not-age", "ends with an empty chunk behind a full one", () => ageFile({ payload: 16 + 65_552 + 16 }));
  body("staged", "ends with a chunk of one byte behind a full one", () =>
    ageFile({ payload: 16 + 65_552 + 17 }),
  );
});

describe("where two reasons apply the first of the table is given", () => {
  const badSignature: Tampering = { signature: flipBit(1) };
  manifest("malformed", "and not signature-invalid", { ...badSignature, ...says({ note: 1 }) });
  second("signature-invalid", "and not certificate-untrusted", async (tablet) => ({
    signer: await court.again(tablet, { usages: [roleOid("station")] }),
    manifest: badSignature,
  }));
  signedUnder("certificate-untrusted", "and not certificate-expired", () => ({
    usages: [roleOid("station")],
    notAfter: new Date(NOW.getTime() - 1000),
  }));
  signedUnder("certificate-expired", "and not certificate-revoked", () => ({
    issuer: odd.revoked,
    notAfter: new Date(NOW.getTime() - 1000),
  }));
  second("certificate-revoked", "and not wrong-campaign", async (tablet) => ({
    signer: await court.again(tablet, { issuer: odd.revoked }),
    manifest: says({ campaign: "kz-2009" }),
  }));
  manifest(
    "wrong-campaign",
    "and not unknown-schema",
    says({ campaign: "kz-2009", schema: Buffer.alloc(32) }),
  );
  second("unknown-schema", "and not central-not-recipient", () => ({
    recipients: [court.campaign.recipients.department],
    manifest: says({ schema: Buffer.alloc(32) }),
  }));
  second("central-not-recipient", "and not body-missing", () => ({
    recipients: [court.campaign.recipients.department],
    withoutBody: true,
    entry: (entry) => entry,
  }));
  second("body-missing", "and not previous-mismatch", { withoutBody: true, prev: "77".repeat(32) });
  second("length-mismatch", "and not chunk-mismatch", {
    bodyOnTablet: (bytes) => Buffer.alloc(bytes.length + 1),
  });
  second("chunk-mismatch", "and not not-age", { bodyOnTablet: (bytes) => Buffer.alloc(bytes.length) });
  second("not-age", "and not previous-mismatch", { body: Buffer.from("text"), prev: "77".repeat(32) });
  second("previous-mismatch", "and not ledger-mismatch", {
    prev: "77".repeat(32),
    entry: (entry) => ({ ...entry, length: 1 }),
  });
  second("ledger-mismatch", "where the ledger alone differs", {
    entry: (entry) => ({ ...entry, length: 1 }),
  });
  second(
    "ledger-mismatch",
    "where the ledger lists another manifest",
    {
      entry: (entry) => ({ ...entry, manifest: seeded("another") }),
    },
    "gap 2",
  );
});
