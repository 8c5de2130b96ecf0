import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeCrl, TestCampaign } from "../../fixtures/campaign.ts";
import { cbor } from "../../fixtures/outbox/sign1.ts";
import { type BatchOptions, FIRST_MADE, type LedgerOptions, TabletBuilder } from "../../fixtures/outbox.ts";
import { encodeLedger, parseLedger } from "../../main/formats/ledger.ts";
import { headsOf, isRollback, judgeAck, judgeLedger, lists } from "../../main/rules/ledger.ts";
import type { ChainId, Digest } from "../../shared/ids.ts";
import type { Reason } from "../../shared/reasons.ts";

const bytes = (size: number, fill = 0): Buffer => Buffer.alloc(size, fill);
const entry = { seq: 1, manifest: bytes(32, 1), length: 2_048, present: true, state: "pending" };
const right: Readonly<Record<string, unknown>> = {
  v: 1,
  campaign: "kz-2021",
  device: bytes(16, 1),
  chain: bytes(16, 2),
  no: 7,
  prev: bytes(32, 3),
  made: [1_633_838_400, 300],
  head: 4,
  open: 2,
  older: [[bytes(16, 9), 12]],
  entries: [
    entry,
    { ...entry, seq: 2, state: "sent", synced: [1, 300] },
    { ...entry, seq: 3, state: "acknowledged", synced: [1, 300], ack: bytes(5) },
    { ...entry, seq: 4, state: "unloaded", present: false },
  ],
};
const parse = (change: Readonly<Record<string, unknown>>) => parseLedger(cbor({ ...right, ...change }));
const one = (change: Readonly<Record<string, unknown>>) => ({ entries: [{ ...entry, ...change }] });

describe("a ledger's shape", () => {
  it("is read, and written as it was read", () => {
    const ledger = parse({});
    if (!ledger.ok) throw new Error(ledger.error);
    expect(ledger.value).toMatchObject({
      no: 7,
      head: 4,
      open: 2,
      older: [{ chain: "09".repeat(16), head: 12 }],
    });
    expect(ledger.value.entries.map((line) => line.state)).toEqual([
      "pending",
      "sent",
      "acknowledged",
      "unloaded",
    ]);
    expect(Buffer.from(encodeLedger(ledger.value))).toEqual(Buffer.from(cbor(right)));
  });

  it.each<[string, Record<string, unknown>]>([
    ["nothing sealed yet", { head: 0, entries: [], older: [] }],
    ["number 0 and none before", { no: 0, prev: null }],
    ["a high number and none before", { no: 900, prev: null }],
    ["the highest head", { head: 99_999_999 }],
    ["a head above its last entry", { head: 5_000 }],
    ["an entry at its head", { head: 1, ...one({}) }],
    ["an older chain without batches", { older: [[bytes(16, 9), 0]] }],
    [
      "an acknowledgement that is no CBOR at all",
      one({ state: "acknowledged", synced: [0, 0], ack: bytes(0) }),
    ],
    ["an entry of length 0", one({ length: 0 })],
    ["a moment of sending before 1970", one({ state: "sent", synced: [-5, -1440] })],
  ])("is taken with %s", (_, change) => {
    expect(parse(change).ok).toBe(true);
  });

  it.each<[string, Record<string, unknown>]>([
    ["an entry above its head", { head: 3 }],
    ["a head of 100,000,000", { head: 100_000_000 }],
    ["a negative number", { no: -1 }],
    ["a negative count of open records", { open: -1 }],
    ["a prev of 31 bytes", { prev: bytes(31) }],
    ["entries out of order", { entries: [{ ...entry, seq: 2 }, entry] }],
    ["a seq twice", { entries: [entry, entry] }],
    ["an entry with a state nobody knows", one({ state: "lost" })],
    ["an entry with a state in capitals", one({ state: "Pending" })],
    ["an entry with a field nobody knows", one({ note: 1 })],
    [
      "an entry without its length",
      { entries: [{ seq: 1, manifest: bytes(32), present: true, state: "pending" }] },
    ],
    ["an entry whose present is a number", one({ present: 1 })],
    ["a pending entry with a mark of sending", one({ synced: [0, 0] })],
    ["an unloaded entry with a mark of sending", one({ state: "unloaded", synced: [0, 0] })],
    ["a sent entry without its mark of sending", one({ state: "sent" })],
    ["an acknowledged entry without its mark of sending", one({ state: "acknowledged", ack: bytes(5) })],
    ["an acknowledged entry without an acknowledgement", one({ state: "acknowledged", synced: [0, 0] })],
    ["a sent entry with an acknowledgement", one({ state: "sent", synced: [0, 0], ack: bytes(5) })],
    ["a pending entry with an acknowledgement", one({ ack: bytes(5) })],
    ["an acknowledgement that is null", one({ state: "acknowledged", synced: [0, 0], ack: null })],
    ["an acknowledgement that is text", one({ state: "acknowledged", synced: [0, 0], ack: "yes" })],
    ["an offset beyond a day", one({ state: "sent", synced: [0, 1441] })],
    ["a digest of 31 bytes", one({ manifest: bytes(31) })],
    ["an older chain of 15 bytes", { older: [[bytes(15), 1]] }],
    ["an older chain without a head", { older: [[bytes(16)]] }],
    ["an older chain with a negative head", { older: [[bytes(16), -1]] }],
    ["older chains as a map", { older: {} }],
    ["entries as a map", { entries: {} }],
    ["a field nobody knows", { note: 1 }],
  ])("is malformed with %s", (_, change) => {
    expect(parse(change)).toEqual({ ok: false, error: "malformed" });
  });

  it.each(Object.keys(right))("is malformed without its %s", (key) => {
    const rest = Object.fromEntries(Object.entries(right).filter(([name]) => name !== key));
    expect(parseLedger(cbor(rest))).toEqual({ ok: false, error: "malformed" });
  });

  it("of any bytes is a ledger that is written alike, or malformed", () => {
    const good = Buffer.from(cbor(right));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const mutated = Buffer.from(good);
        mutated[at] = byte;
        const ledger = parseLedger(mutated);
        if (ledger.ok) expect(Buffer.from(encodeLedger(ledger.value))).toEqual(mutated);
        else expect(ledger.error).toBe("malformed");
      }),
      { numRuns: 2_000 },
    );
  });
});

// ---------------------------------------------------------------- judged

const campaign = await TestCampaign.create();
const leaf = await campaign.tablet();
const NOW = new Date("2021-10-20T12:00:00Z");

async function judged(options: LedgerOptions, now = NOW) {
  const tablet = new TabletBuilder(campaign, leaf);
  await tablet.add();
  return judgeLedger(tablet.ledger(options).bytes, await campaign.trust(now));
}

describe("a ledger", () => {
  it("of the tablet counts", async () => {
    expect(await judged({})).toMatchObject({ reason: null, staleCas: [] });
  });

  it("counts whenever it was made: its clock decides nothing", async () => {
    for (const utc of [0, -1, 4_102_444_800, Number.MAX_SAFE_INTEGER])
      expect((await judged({ made: [utc, 0] })).reason).toBeNull();
  });

  it.each<[Reason, string, () => Promise<LedgerOptions>]>([
    ["malformed", "is no map", async () => ({ tamper: { value: () => [1] } })],
    [
      "malformed",
      "has the content type of a manifest",
      async () => ({ tamper: { headers: (map) => map.set(3, "application/vnd.sanaq.manifest+cbor") } }),
    ],
    [
      "signature-invalid",
      "was changed after it was signed",
      async () => ({
        tamper: { signature: (s) => Uint8Array.from(s, (byte, at) => (at === 40 ? byte ^ 1 : byte)) },
      }),
    ],
    [
      "certificate-untrusted",
      "was signed by a station",
      async () => ({ signer: await campaign.leaf("station", "desk") }),
    ],
    [
      "certificate-untrusted",
      "was signed by another tablet",
      async () => ({ signer: await campaign.tablet("0999") }),
    ],
    [
      "certificate-expired",
      "was signed under an expired certificate",
      async () => ({ signer: await campaign.tablet("0417", { notAfter: new Date("2021-10-01T00:00:00Z") }) }),
    ],
    [
      "wrong-campaign",
      "names another campaign",
      async () => ({ tamper: { value: (value) => ({ ...value, campaign: "kz-2009" }) } }),
    ],
  ])("is refused as %s where it %s", async (reason, _, options) => {
    expect((await judged(await options())).reason).toBe(reason);
  });

  it("is refused where its tablet was revoked", async () => {
    const own = await TestCampaign.create();
    const tablet = new TabletBuilder(own, await own.tablet());
    own.setCrl(tablet.leaf.issuer, { revoked: [tablet.leaf] });
    expect(judgeLedger(tablet.ledger().bytes, await own.trust(NOW)).reason).toBe("certificate-revoked");
  });

  it("over its limit, and so never read, is malformed", async () => {
    expect(judgeLedger(null, await campaign.trust(NOW)).reason).toBe("malformed");
  });

  it("names the CAs whose CRL is stale", async () => {
    const own = await TestCampaign.create();
    const tablet = new TabletBuilder(own, await own.tablet());
    own.setCrl(tablet.leaf.issuer, null);
    expect(judgeLedger(tablet.ledger().bytes, await own.trust(NOW))).toMatchObject({
      reason: null,
      staleCas: ["CN=Issuer 270000000, ST=270000000"],
    });
  });
});

describe("an acknowledgement", () => {
  async function acknowledged(options: BatchOptions) {
    const tablet = new TabletBuilder(campaign, leaf);
    await tablet.add();
    await tablet.add({ ...options, state: "acknowledged" });
    const trust = await campaign.trust(NOW);
    const { ledger, reason } = judgeLedger(tablet.ledger().bytes, trust);
    const line = ledger?.entries[1];
    if (ledger === null || line === undefined) throw new Error("the ledger should stand");
    expect(reason).toBeNull();
    return judgeAck(ledger, line, trust).valid;
  }
  const says = (change: Record<string, unknown>): BatchOptions => ({
    ack: { value: (value) => ({ ...value, ...change }) },
  });

  it("of the centre for this batch is valid", async () => {
    expect(await acknowledged({})).toBe(true);
  });

  it("is valid whoever it says it received it from, and whenever", async () => {
    expect(await acknowledged(says({ received: [0, 0] }))).toBe(true);
    expect(await acknowledged(says({ received: [4_102_444_800, 0] }))).toBe(true);
  });

  it.each<[string, () => Promise<BatchOptions>]>([
    ["is no CBOR", async () => ({ ackBytes: Buffer.from("received, thank you") })],
    ["is empty", async () => ({ ackBytes: new Uint8Array(0) })],
    ["is CBOR but no COSE_Sign1", async () => ({ ackBytes: cbor({ v: 1 }) })],
    ["has an unknown field", async () => says({ note: 1 })],
    [
      "has one bit of its signature changed",
      async () => ({
        ack: { signature: (s) => Uint8Array.from(s, (byte, at) => (at === 0 ? byte ^ 1 : byte)) },
      }),
    ],
    ["is signed by the tablet itself", async () => ({ ackSigner: leaf })],
    ["is signed by a station", async () => ({ ackSigner: await campaign.leaf("station", "desk") })],
    [
      "is signed under an expired certificate",
      async () => ({
        ackSigner: await campaign.centre("old", { notAfter: new Date("2021-10-01T00:00:00Z") }),
      }),
    ],
    [
      "has the content type of a manifest",
      async () => ({ ack: { headers: (map) => map.set(3, "application/vnd.sanaq.manifest+cbor") } }),
    ],
    ["speaks of another seq", async () => says({ seq: 1 })],
    ["speaks of another manifest", async () => says({ manifest: bytes(32) })],
    ["speaks of another chain", async () => says({ chain: bytes(16) })],
    ["speaks of another device", async () => says({ device: bytes(16) })],
    ["speaks of another campaign", async () => says({ campaign: "kz-2009" })],
  ])("is false where it %s", async (_, options) => {
    expect(await acknowledged(await options())).toBe(false);
  });

  it("is false where the centre's certificate was revoked", async () => {
    const own = await TestCampaign.create();
    const centre = await own.centre();
    const tablet = new TabletBuilder(own, await own.tablet());
    await tablet.add({ state: "acknowledged" });
    own.addCrlFile("later.crl", await makeCrl(centre.issuer, { number: 2, revoked: [centre] }));
    const trust = await own.trust(NOW);
    const { ledger } = judgeLedger(tablet.ledger().bytes, trust);
    const line = ledger?.entries[0];
    if (ledger === null || line === undefined) throw new Error("the ledger should stand");
    expect(judgeAck(ledger, line, trust).valid).toBe(false);
  });
});

describe("a ledger's number", () => {
  const ledger = async (no: number) => {
    const { ledger, digest } = await judged({ no });
    if (ledger === null || digest === null) throw new Error("the ledger should stand");
    return { ledger, digest };
  };

  it("may rise, skip and stay with the same content; lower, or the same with other content, is a rollback", async () => {
    const { ledger: seven, digest } = await ledger(7);
    const other = "00".repeat(32) as Digest;
    expect(isRollback(seven, digest, null)).toBe(false);
    expect(isRollback(seven, digest, { no: 6, digests: [other] })).toBe(false);
    expect(isRollback(seven, digest, { no: 1, digests: [other] })).toBe(false);
    expect(isRollback(seven, digest, { no: 7, digests: [digest] })).toBe(false);
    expect(isRollback(seven, digest, { no: 7, digests: [other] })).toBe(true);
    expect(isRollback(seven, digest, { no: 7, digests: [digest, other] })).toBe(true);
    expect(isRollback(seven, digest, { no: 8, digests: [digest] })).toBe(true);
  });
});

describe("chains that a ledger speaks of", () => {
  it("are its own, listed entry by entry, and those before a reset, listed up to their head", async () => {
    const tablet = new TabletBuilder(campaign, leaf);
    await tablet.addMany(2);
    const old = tablet.chain as ChainId;
    tablet.reset();
    await tablet.add();
    await tablet.add({ entry: () => null });
    const { ledger } = judgeLedger(tablet.ledger().bytes, await campaign.trust(NOW));
    if (ledger === null) throw new Error("the ledger should stand");
    const entries = new Map(ledger.entries.map((line) => [line.seq, line]));
    const chain = tablet.chain as ChainId;
    expect(headsOf(ledger)).toEqual(
      new Map([
        [old, 2],
        [chain, 2],
      ]),
    );
    expect([1, 2].map((seq) => lists(ledger, entries, chain, seq))).toEqual([true, false]);
    expect([1, 2, 3].map((seq) => lists(ledger, entries, old, seq))).toEqual([true, true, false]);
    expect(lists(ledger, entries, "ff".repeat(16) as ChainId, 1)).toBe(false);
    expect(ledger.made.utc).toBeGreaterThan(FIRST_MADE);
  });
});
