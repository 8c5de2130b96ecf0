import { describe, expect, it } from "vitest";
import { type CertificateOptions, type Leaf, OBLAST, TestCampaign } from "../../fixtures/campaign.ts";
import { allBytes } from "../../fixtures/outbox/body.ts";
import { seeded } from "../../fixtures/outbox/seeded.ts";
import type { Tampering } from "../../fixtures/outbox/sign1.ts";
import { type BatchOptions, type BuiltBatch, TabletBuilder } from "../../fixtures/outbox.ts";
import { isAgeFor } from "../../main/formats/age.ts";
import { chunkDigest, sha256 } from "../../main/formats/sha256.ts";
import {
  type BodyFacts,
  judge,
  judgeBody,
  judgeManifest,
  judgePlace,
  type Surroundings,
} from "../../main/rules/judge.ts";
import { type ChainVerdict, type Role, Trust } from "../../main/rules/trust.ts";
import { CHUNK_BYTES, type ChainId, type DeviceId, type Digest } from "../../shared/ids.ts";
import { REASONS, type Reason } from "../../shared/reasons.ts";

const NOW = new Date("2021-10-20T12:00:00Z");
const campaign = await TestCampaign.create();
const leaf = await campaign.tablet();
const DAY = 86_400;
/** from and to of the test campaign, seconds since 1970. */
const FROM = Date.parse("2021-10-01T00:00:00+06:00") / 1000;
const TO = Date.parse("2021-11-08T23:59:59+06:00") / 1000;

const says = (change: Record<string, unknown>): Tampering => ({
  value: (value) => ({ ...value, ...change }),
});
const nameOf = (batch: BuiltBatch) => ({ chain: batch.chain as ChainId, seq: batch.seq });

async function batchOf(options: BatchOptions, own: Leaf = leaf, home = campaign): Promise<BuiltBatch> {
  return new TabletBuilder(home, own).add(options);
}
const judged = async (batch: BuiltBatch, ledgerDevice: string | null = leaf.id, home = campaign) =>
  judgeManifest(
    nameOf(batch),
    sha256(batch.manifest),
    batch.manifest,
    await home.trust(NOW),
    ledgerDevice as DeviceId | null,
  );

/** What the engine sees of a body that goes by. */
function factsOf(
  body: Uint8Array | null,
  chunks: readonly Uint8Array[],
  recipients: number,
): BodyFacts | null {
  if (body === null) return null;
  const found = Array.from({ length: Math.ceil(body.length / CHUNK_BYTES) }, (_, at) =>
    chunkDigest(body.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES)),
  );
  return {
    length: body.length,
    chunksMatch:
      found.length === chunks.length &&
      found.every((digest, at) => digest.equals(chunks[at] ?? new Uint8Array(0))),
    isAge: isAgeFor(recipients, body.subarray(0, CHUNK_BYTES), body.length),
  };
}

const ALONE: Surroundings = { previous: new Set(), staged: null, listed: null };

/** The whole judgement of a batch with its body. */
async function verdictOf(batch: BuiltBatch, around: Surroundings = ALONE): Promise<Reason | "good"> {
  const note = await judged(batch);
  const body = batch.body === null ? null : allBytes(batch.body);
  const manifest = note.content?.manifest;
  const facts = factsOf(body, manifest?.chunks ?? [], manifest?.recipients.length ?? 0);
  const verdict = judge(note, batch.manifest, facts, around);
  return verdict.ok ? "good" : verdict.error;
}

describe("a batch", () => {
  it("that is right in everything is verified, and named by its certificate", async () => {
    const batch = await batchOf({});
    const note = await judged(batch);
    const body = allBytes(batch.body ?? { length: 0, windows: () => [] });
    const verdict = judge(note, batch.manifest, factsOf(body, note.content?.manifest.chunks ?? [], 2), ALONE);
    if (!verdict.ok) throw new Error(verdict.error);
    expect(verdict.value).toMatchObject({
      device: leaf.id,
      chain: batch.chain,
      seq: 1,
      manifest: batch.digest,
      prev: null,
      length: body.length,
      manifestFile: sha256(batch.manifest),
      records: 27,
    });
  });

  const other = "00".repeat(32) as Digest;
  const now = (
    reason: Reason | "good",
    what: string,
    batch: () => Promise<BuiltBatch>,
    around?: (batch: BuiltBatch) => Surroundings,
  ) =>
    it(`is ${reason === "good" ? "good" : `refused as ${reason}`}: ${what}`, async () => {
      const built = await batch();
      expect(await verdictOf(built, around?.(built))).toBe(reason);
    });

  now("malformed", "the manifest is no COSE_Sign1", () =>
    batchOf({ manifest: { object: () => Buffer.from("manifest") } }),
  );
  now("malformed", "an unknown field", () => batchOf({ manifest: says({ note: 1 }) }));
  now("malformed", "signed and malformed: the shape is said first", () =>
    batchOf({ manifest: { ...says({ note: 1 }), signature: () => Buffer.alloc(64) } }),
  );

  now("signature-invalid", "one bit of the signature", () =>
    batchOf({
      manifest: { signature: (s) => Uint8Array.from(s, (byte, at) => (at === 3 ? byte ^ 8 : byte)) },
    }),
  );
  now("signature-invalid", "external data was signed too", () =>
    batchOf({ manifest: { externalAad: Buffer.from("x") } }),
  );
  now("signature-invalid", "signed with another tablet's key, under this one's certificate", async () =>
    batchOf({ signer: { ...leaf, key: (await campaign.tablet("0999")).key } }),
  );
  now(
    "signature-invalid",
    "a bad signature under an untrusted certificate: the signature is said first",
    async () =>
      batchOf({
        signer: await campaign.leaf("station", "desk"),
        manifest: { signature: () => Buffer.alloc(64, 1) },
      }),
  );
  now("signature-invalid", "a bad signature under bytes for an issuer", () =>
    batchOf({ chain: [leaf.der, Buffer.from("x")], manifest: { signature: () => Buffer.alloc(64, 1) } }),
  );

  const certificate = (options: CertificateOptions) => async () =>
    batchOf({ signer: await campaign.tablet("0417", options) });
  now("certificate-untrusted", "a station's certificate", async () =>
    batchOf({ signer: await campaign.leaf("station", "desk") }),
  );
  now("certificate-untrusted", "a certificate of another campaign's root", async () =>
    batchOf({ signer: await (await TestCampaign.create({ seed: "other" })).tablet() }),
  );
  now("certificate-untrusted", "another tablet's certificate: device differs", async () =>
    batchOf({ signer: await campaign.tablet("0999") }),
  );
  now("certificate-untrusted", "device differs from the certificate", () =>
    batchOf({ manifest: says({ device: Buffer.alloc(16) }) }),
  );
  now("certificate-untrusted", "a leaf that is no certificate, whatever the signature", () =>
    batchOf({ chain: [Buffer.from("x"), leaf.issuer.der] }),
  );
  now("certificate-untrusted", "an area of another oblast", () =>
    batchOf({ manifest: says({ area: "353600000" }) }),
  );
  now("good", "another district of the oblast", () => batchOf({ manifest: says({ area: "279900000" }) }));
  now("good", "the whole oblast as area", () => batchOf({ manifest: says({ area: OBLAST }) }));
  now("certificate-untrusted", "another oblast and expired: untrusted is said first", async () =>
    batchOf({
      signer: await campaign.tablet("0417", { notAfter: new Date("2021-10-05T00:00:00Z") }),
      manifest: says({ area: "353600000" }),
    }),
  );

  now(
    "certificate-expired",
    "expired a second ago",
    certificate({ notAfter: new Date(NOW.getTime() - 1000) }),
  );
  now("good", "expires this second", certificate({ notAfter: NOW }));
  now(
    "certificate-expired",
    "valid from the next second",
    certificate({ notBefore: new Date(NOW.getTime() + 1000) }),
  );
  now("good", "valid from this second", certificate({ notBefore: NOW }));
  now(
    "good",
    "valid today though not when the batch was made",
    certificate({ notBefore: new Date("2021-10-20T00:00:00Z") }),
  );

  now("wrong-campaign", "another campaign's id", () => batchOf({ manifest: says({ campaign: "kz-2009" }) }));
  now("wrong-campaign", "the id with a byte order mark before it", () =>
    batchOf({ manifest: says({ campaign: "\ufeffkz-2021" }) }),
  );
  now("good", "made exactly a day before the campaign", () => batchOf({ made: [FROM - DAY, 0] }));
  now("wrong-campaign", "made a day and a second before the campaign", () =>
    batchOf({ made: [FROM - DAY - 1, 0] }),
  );
  now("good", "made exactly a day after the campaign", () => batchOf({ made: [TO + DAY, 0] }));
  now("wrong-campaign", "made a day and a second after the campaign", () =>
    batchOf({ made: [TO + DAY + 1, 0] }),
  );
  now("good", "made within the campaign, whatever the offset", () => batchOf({ made: [FROM - DAY, -1440] }));
  now("wrong-campaign", "a tablet whose clock stands at 1970", () => batchOf({ made: [0, 300] }));

  now("unknown-schema", "another questionnaire", () =>
    batchOf({ manifest: says({ schema: Buffer.alloc(32) }) }),
  );
  now("unknown-schema", "one form code that nobody knows", () =>
    batchOf({ manifest: says({ form: { "1-person": 1, "9-cattle": 1 } }) }),
  );
  now("unknown-schema", "a form code in capitals", () =>
    batchOf({ manifest: says({ form: { "1-PERSON": 1 } }) }),
  );
  now("good", "a form with no records", () => batchOf({ manifest: says({ form: { "1-person": 0 } }) }));

  now("central-not-recipient", "for the Department alone", () =>
    batchOf({ recipients: [campaign.recipients.department] }),
  );
  now("central-not-recipient", "for the Department, and encrypted for the centre without saying so", () =>
    batchOf({ manifest: says({ recipients: [seeded(campaign.recipients.department)] }) }),
  );
  now("good", "for the centre alone", () => batchOf({ recipients: [campaign.recipients.central] }));

  now("body-missing", "no body", () => batchOf({ withoutBody: true }));
  now("body-missing", "no body, and chunks that do not fit the length: the body is said first", () =>
    batchOf({ withoutBody: true, manifest: says({ chunks: [] }) }),
  );

  now("length-mismatch", "a byte short", () => batchOf({ bodyOnTablet: (body) => body.subarray(0, -1) }));
  now("length-mismatch", "a byte long", () =>
    batchOf({ bodyOnTablet: (body) => Buffer.concat([body, Uint8Array.of(0)]) }),
  );
  now("length-mismatch", "empty", () => batchOf({ bodyOnTablet: () => Buffer.alloc(0) }));
  now("length-mismatch", "a chunk too few for the length", () => batchOf({ manifest: says({ chunks: [] }) }));
  now("length-mismatch", "a chunk too many for the length", () =>
    batchOf({
      manifest: {
        value: (value) => ({ ...value, chunks: [...(value.chunks as Uint8Array[]), Buffer.alloc(32)] }),
      },
    }),
  );
  for (const size of [CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
    now("good", `a body of ${size} bytes`, () => batchOf({ bodyBytes: size }));

  now("chunk-mismatch", "one byte of the body", () =>
    batchOf({
      bodyOnTablet: (body) => Buffer.concat([body.subarray(0, -1), Uint8Array.of((body.at(-1) ?? 0) ^ 1)]),
    }),
  );
  now("chunk-mismatch", "two chunks in each other's place", () =>
    batchOf({
      bodyBytes: 2 * CHUNK_BYTES,
      bodyOnTablet: (body) => Buffer.concat([body.subarray(CHUNK_BYTES), body.subarray(0, CHUNK_BYTES)]),
    }),
  );
  now("chunk-mismatch", "no age file and another than was signed: the chunks are said first", () =>
    batchOf({ bodyOnTablet: (body) => Buffer.alloc(body.length, "form;answers\n") }),
  );

  /** A body that was truly signed, whatever it is. */
  const signedBody = (body: Buffer): Promise<BuiltBatch> =>
    batchOf({
      bodyOnTablet: () => body,
      manifest: says({ length: body.length, chunks: body.length === 0 ? [] : [chunkDigest(body)] }),
    });
  now("not-age", "plain text, truly signed", () => signedBody(Buffer.from("form;answers\n")));
  now("not-age", "nothing, truly signed", () => signedBody(Buffer.alloc(0)));
  now("not-age", "for one recipient more than it says", () =>
    batchOf({ manifest: says({ recipients: [seeded(campaign.recipients.central)] }) }),
  );
  now("not-age", "for one recipient less than it says", () =>
    batchOf({
      recipients: [campaign.recipients.central],
      manifest: says({
        recipients: [seeded(campaign.recipients.central), Buffer.alloc(32)].sort(Buffer.compare),
      }),
    }),
  );

  const second = (prev: string | null) => async () => {
    const tablet = new TabletBuilder(campaign, leaf);
    await tablet.add();
    return tablet.add(prev === null ? {} : { prev });
  };
  const known = (...previous: string[]): Surroundings => ({
    ...ALONE,
    previous: new Set(previous as Digest[]),
  });
  now("previous-mismatch", "prev is none of the known ones", second("11".repeat(32)), () =>
    known("22".repeat(32), "33".repeat(32)),
  );
  now("good", "prev is one of the known ones", second("11".repeat(32)), () =>
    known("22".repeat(32), "11".repeat(32)),
  );
  now("good", "nothing is known of the one before", second("11".repeat(32)), () => known());

  now("conflict", "another one is staged under its name", second(null), () => ({ ...ALONE, staged: other }));
  now("good", "it is itself staged under its name", second(null), (batch) => ({
    ...ALONE,
    staged: batch.digest as Digest,
  }));
  now("previous-mismatch", "a conflict too: previous is said first", second("11".repeat(32)), () => ({
    ...known("22".repeat(32)),
    staged: other,
  }));

  const listed = (batch: BuiltBatch, change: Partial<NonNullable<Surroundings["listed"]>>): Surroundings => ({
    ...ALONE,
    listed: { manifest: batch.digest as Digest, length: batch.body?.length ?? 0, ...change },
  });
  now("ledger-mismatch", "the ledger lists another manifest", second(null), (batch) =>
    listed(batch, { manifest: other }),
  );
  now("ledger-mismatch", "the ledger lists another length", second(null), (batch) =>
    listed(batch, { length: 1 }),
  );
  now("good", "the ledger lists it as it is", second(null), (batch) => listed(batch, {}));
  now("conflict", "the ledger differs too: conflict is said first", second(null), (batch) => ({
    ...listed(batch, { manifest: other }),
    staged: other,
  }));
});

describe("a manifest beside a ledger of another device", () => {
  it("is wrong-device; beside its own, or none, it is not", async () => {
    const batch = await batchOf({});
    expect((await judged(batch, "ff".repeat(16))).reason).toBe("wrong-device");
    expect((await judged(batch, leaf.id)).reason).toBeNull();
    expect((await judged(batch, null)).reason).toBeNull();
  });

  it("is said to be of the wrong device before it is said to be of the wrong campaign", async () => {
    const batch = await batchOf({ manifest: says({ campaign: "kz-2009" }) });
    expect((await judged(batch, "ff".repeat(16))).reason).toBe("wrong-device");
  });
});

describe("a revoked certificate", () => {
  it("refuses the manifest; another tablet's revocation does not", async () => {
    const own = await TestCampaign.create();
    const tablet = await own.tablet();
    const batch = await batchOf({}, tablet, own);
    own.setCrl(tablet.issuer, { revoked: [await own.tablet("0999")] });
    expect((await judged(batch, tablet.id, own)).reason).toBeNull();
    own.setCrl(tablet.issuer, { revoked: [tablet] });
    expect((await judged(batch, tablet.id, own)).reason).toBe("certificate-revoked");
  });
});

describe("a manifest under a name that is not its own", () => {
  it("is malformed, keeps the name's seq and counts for nothing", async () => {
    const batch = await batchOf({});
    const trust = await campaign.trust(NOW);
    for (const name of [
      { chain: batch.chain as ChainId, seq: 2 },
      { chain: "ab".repeat(16) as ChainId, seq: 1 },
    ])
      expect(judgeManifest(name, sha256(batch.manifest), batch.manifest, trust, null)).toMatchObject({
        ...name,
        reason: "malformed",
        content: null,
      });
  });
});

describe("what a manifest counts for", () => {
  it("is believed with a good signature and certificate, even where it is refused for what it says", async () => {
    expect((await judged(await batchOf({ manifest: says({ campaign: "kz-2009" }) }))).content?.believed).toBe(
      true,
    );
    expect(
      (await judged(await batchOf({ manifest: { signature: () => Buffer.alloc(64) } }))).content?.believed,
    ).toBe(false);
    expect(
      (await judged(await batchOf({ signer: await campaign.leaf("station", "desk") }))).content?.believed,
    ).toBe(false);
  });
});

/** A real trust that counts how often it is asked. */
class AskedTrust extends Trust {
  asked = 0;
  override judgeChain(chain: readonly Uint8Array[], role: Role): ChainVerdict | null {
    this.asked++;
    return super.judgeChain(chain, role);
  }
}

describe("limits", () => {
  it("are looked at before any certificate or signature is", async () => {
    const trust = new AskedTrust(...(await campaign.trustParts(NOW)));
    const ask = async (manifest: Tampering) => {
      const batch = await batchOf({ manifest });
      return judgeManifest(nameOf(batch), sha256(batch.manifest), batch.manifest, trust, null).reason;
    };
    expect(
      await ask({
        value: (value) => ({ ...value, chunks: Array.from({ length: 65_537 }, () => Buffer.alloc(32)) }),
      }),
    ).toBe("malformed");
    expect(
      await ask({
        headers: (map) =>
          map.set(
            33,
            Array.from({ length: 4 }, () => leaf.der),
          ),
      }),
    ).toBe("malformed");
    expect(await ask({ payload: () => Buffer.alloc(8_388_608) })).toBe("malformed");
    expect(
      await ask({
        value: (value) => ({
          ...value,
          recipients: Array.from({ length: 9 }, (_, at) => Buffer.alloc(32, at)),
        }),
      }),
    ).toBe("malformed");
    expect(trust.asked).toBe(0);
    expect(await ask({})).toBeNull();
    expect(trust.asked).toBe(1);
  });

  it("of a file that was too long to be read make it malformed", async () => {
    const name = { chain: "ab".repeat(16) as ChainId, seq: 1 };
    expect(judgeManifest(name, sha256("name"), null, await campaign.trust(NOW), null)).toMatchObject({
      reason: "malformed",
      content: null,
    });
  });
});

describe("the order of the reasons", () => {
  it("is that of the table, for the body too", async () => {
    const note = await judged(await batchOf({}));
    const manifest = note.content?.manifest;
    if (manifest === undefined) throw new Error("the manifest should parse");
    const wrong = { length: 1, chunksMatch: false, isAge: false };
    expect(judgeBody(manifest, null)).toBe("body-missing");
    expect(judgeBody(manifest, wrong)).toBe("length-mismatch");
    expect(judgeBody(manifest, { ...wrong, length: manifest.length })).toBe("chunk-mismatch");
    expect(judgeBody(manifest, { ...wrong, length: manifest.length, chunksMatch: true })).toBe("not-age");
    expect(judgeBody(manifest, { length: manifest.length, chunksMatch: true, isAge: true })).toBeNull();
    const digest = "11".repeat(32) as Digest;
    expect(judgePlace(digest, manifest, ALONE)).toBeNull();
    const said: readonly Reason[] = [
      "body-missing",
      "length-mismatch",
      "chunk-mismatch",
      "not-age",
      "previous-mismatch",
      "conflict",
      "ledger-mismatch",
    ];
    expect(REASONS.filter((reason) => said.includes(reason))).toEqual(said);
  });
});
