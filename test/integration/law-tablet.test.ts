import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Authority, type Leaf, OBLAST, roleOid } from "../../fixtures/campaign.ts";
import {
  bytesBehind,
  flipBit,
  keysUnsorted,
  lacks,
  notReduced,
  says,
} from "../../fixtures/outbox/hostile.ts";
import type { Tampering } from "../../fixtures/outbox/sign1.ts";
import {
  type BatchOptions,
  batchName,
  FIRST_MADE,
  type LedgerOptions,
  TabletBuilder,
} from "../../fixtures/outbox.ts";
import { Court, expectReport, NOW, SMALL, type Wanted } from "./law.ts";

/** A whole outbox, its ledger and its names, in one unloading or in several. */

let court: Court;
let revokedIssuer: Authority;
let expiredIssuer: Authority;

beforeAll(async () => {
  court = await Court.open(async (campaign) => {
    revokedIssuer = await campaign.authority("Revoked issuer", OBLAST);
    expiredIssuer = await campaign.authority("Expired issuer", OBLAST, {
      notAfter: new Date(NOW.getTime() - 1000),
    });
    campaign.setCrl(campaign.root, { number: 2, revoked: [revokedIssuer] });
  });
}, 120_000);
afterAll(() => court[Symbol.asyncDispose]());

/** One unloading of one tablet. */
function tablet(
  what: string,
  build: (tablet: TabletBuilder) => unknown,
  wanted: Wanted,
  ledger: LedgerOptions | null | ((tablet: TabletBuilder) => Promise<LedgerOptions>) = {},
  after: (outbox: string, tablet: TabletBuilder) => unknown = () => {},
): void {
  it.concurrent(what, async () => {
    const own = await court.tablet();
    await build(own);
    const outbox = await court.write(own, typeof ledger === "function" ? await ledger(own) : ledger);
    await after(outbox, own);
    expectReport(await court.unload(outbox), own, wanted);
  });
}
const batches =
  (...all: readonly BatchOptions[]) =>
  async (own: TabletBuilder): Promise<void> => {
    for (const one of all) await own.add({ ...SMALL, ...one });
  };
const gone: BatchOptions = { withoutBody: true, withoutManifest: true };

describe("a ledger that is refused: its reason, and what stands by itself is staged", () => {
  /** Two batches beside it, the second of which it would have listed otherwise. */
  const refused = (
    state: string,
    what: string,
    ledger: LedgerOptions | ((tablet: TabletBuilder) => Promise<LedgerOptions>),
  ): void =>
    tablet(
      `${state}: ${what}`,
      batches({}, { entry: (entry) => ({ ...entry, length: 1 }) }),
      { batches: "1 staged, 2 staged", ledger: state, findings: `ledger-invalid ${state}` },
      ledger,
    );
  const tampered = (state: string, what: string, tamper: Tampering): void => refused(state, what, { tamper });
  tampered("malformed", "an empty file", { object: () => new Uint8Array(0) });
  tampered("malformed", "keys unsorted", keysUnsorted());
  tampered("malformed", "a byte behind the payload", bytesBehind("00"));
  for (const key of ["v", "no", "prev", "made", "head", "open", "older", "entries"])
    tampered("malformed", `without ${key}`, lacks(key));
  tampered("malformed", "an unknown key", says({ note: 1 }));
  tampered("malformed", "an entry above its head", says({ head: 1 }));
  tampered("malformed", "a head above 99,999,999", says({ head: 100_000_000 }));
  tampered("malformed", "the same entry twice", {
    value: (value) => ({
      ...value,
      entries: [...(value.entries as object[]), (value.entries as object[])[1]],
    }),
  });
  tampered("malformed", "entries in descending order", {
    value: (value) => ({ ...value, entries: [...(value.entries as object[])].reverse() }),
  });
  const entry = (what: string, change: (entry: Record<string, unknown>) => Record<string, unknown>): void =>
    tampered("malformed", `an entry ${what}`, {
      value: (value) => ({ ...value, entries: (value.entries as Record<string, unknown>[]).map(change) }),
    });
  const synced = [FIRST_MADE, 300];
  entry("of an unknown state", (one) => ({ ...one, state: "lost" }));
  entry("sent without a mark", (one) => ({ ...one, state: "sent" }));
  entry("pending with a mark", (one) => ({ ...one, synced }));
  entry("unloaded with a mark", (one) => ({ ...one, state: "unloaded", synced }));
  entry("acknowledged without an acknowledgement", (one) => ({ ...one, state: "acknowledged", synced }));
  entry("sent with an acknowledgement", (one) => ({ ...one, state: "sent", synced, ack: Buffer.from("x") }));
  entry("whose acknowledgement is text", (one) => ({ ...one, state: "acknowledged", synced, ack: "x" }));
  entry("with a key more", (one) => ({ ...one, note: 1 }));
  entry("whose presence is a number", (one) => ({ ...one, present: 1 }));
  tampered("malformed", "the content type of a manifest", {
    headers: (map) => map.set(3, "application/vnd.sanaq.manifest+cbor"),
  });
  tampered("malformed", "more than 8 MiB", { object: () => Buffer.alloc(8 * 1_048_576 + 1) });
  tampered("signature-invalid", "one bit of the signature", { signature: flipBit(63) });
  tampered("signature-invalid", "S not reduced", { signature: notReduced });
  tampered("signature-invalid", "signed with external data", { externalAad: Buffer.from("x") });
  const under = (state: string, what: string, options: () => Parameters<Court["again"]>[1]): void =>
    refused(state, what, async (own) => ({ signer: await court.again(own, options()) }));
  under("certificate-untrusted", "a station's certificate", () => ({ usages: [roleOid("station")] }));
  under("certificate-untrusted", "another tablet's certificate", () => ({ id: "0".repeat(32) }));
  under("certificate-untrusted", "another oblast's leaf", () => ({ st: "350000000" }));
  under("certificate-expired", "an expired leaf", () => ({ notAfter: new Date(NOW.getTime() - 1000) }));
  under("certificate-expired", "an expired issuer", () => ({ issuer: expiredIssuer }));
  under("certificate-revoked", "a revoked issuer", () => ({ issuer: revokedIssuer }));
  tampered("wrong-campaign", "another campaign", says({ campaign: "kz-2009" }));

  tablet(
    "no ledger at all",
    batches({}, {}),
    { batches: "1 staged, 2 staged", ledger: null, findings: "ledger-invalid missing" },
    null,
  );
  tablet(
    "no ledger and no believed batch: nobody can say whose tablet it is",
    batches({ manifest: { signature: flipBit(0) } }),
    { batches: "1 signature-invalid", ledger: null, findings: "ledger-invalid missing", device: null },
    null,
  );
  tablet(
    "an acknowledgement in a refused ledger does not count, false or not",
    batches({ state: "acknowledged" }, { state: "acknowledged", ackBytes: Buffer.from("x") }),
    {
      batches: "1 staged, 2 staged",
      ledger: "signature-invalid",
      findings: "ledger-invalid signature-invalid",
    },
    { tamper: { signature: flipBit(0) } },
  );
  tablet(
    "gaps cannot be told by a refused ledger",
    batches({}, gone, {}),
    { batches: "1 staged, 3 staged", ledger: "wrong-campaign", findings: "ledger-invalid wrong-campaign" },
    { tamper: says({ campaign: "kz-2009" }) },
  );
});

describe("a ledger that counts", () => {
  tablet("with no batch and a head of 0 is in order", () => {}, { batches: "" });
  tablet("made years ago is in order", batches({}), { batches: "1 staged" }, { made: [0, 0] });
  const now = NOW.getTime() / 1000;
  tablet("made 120 s ahead is in order", batches({}), { batches: "1 staged" }, { made: [now + 120, 300] });
  tablet(
    "made 121 s ahead is told, and needs nobody",
    batches({}),
    { batches: "1 staged", findings: "clock-skew" },
    { made: [now + 121, 300] },
  );
  tablet(
    "may follow any ledger",
    batches({}),
    { batches: "1 staged" },
    { prev: "11".repeat(32), no: 9_007_199_254_740_991 },
  );
  tablet(
    "that tells of records in no batch yet has them told",
    batches({}),
    { batches: "1 staged", findings: "unsealed 1000000" },
    { open: 1_000_000 },
  );
  tablet("whose records are all in batches is in order", batches({}), { batches: "1 staged" }, { open: 0 });
  tablet("that does not list a true batch: it is staged, and told", batches({}, { entry: () => null }, {}), {
    batches: "1 staged, 2 staged, 3 staged",
    findings: "not-listed 2",
  });
  tablet(
    "that does not list a batch of no worth: it counts for nothing",
    batches({}, { entry: () => null, manifest: { signature: flipBit(0) } }, {}),
    { batches: "1 staged, 2 signature-invalid, 3 staged" },
  );
  tablet(
    "that does not list a batch which says something wrong: it counts, and is told",
    batches({}, { entry: () => null, manifest: says({ schema: Buffer.alloc(32) }) }, {}),
    { batches: "1 staged, 2 unknown-schema, 3 staged", findings: "not-listed 2" },
  );
  tablet(
    "of 50,000 entries is read like any other",
    batches({}),
    {
      batches: "1 staged",
      findings: "1000 gaps, gap 49000 more",
    },
    {
      head: 50_001,
      tamper: {
        value: (value) => ({
          ...value,
          entries: Array.from({ length: 50_001 }, (_, at) =>
            at === 0
              ? (value.entries as object[])[0]
              : { seq: at + 1, manifest: Buffer.alloc(32), length: 1, present: false, state: "pending" },
          ),
        }),
      },
    },
  );
});

describe("a ledger at its limit", () => {
  const many = (count: number): Tampering => ({
    value: (value) => ({
      ...value,
      head: count,
      entries: Array.from({ length: count }, (_, at) => ({
        seq: at + 1,
        manifest: Buffer.alloc(32),
        length: 0,
        present: false,
        state: "pending",
      })),
    }),
  });
  it("of 100,000 entries counts, of 100,001 is malformed", { timeout: 120_000 }, async () => {
    for (const [count, state] of [
      [100_000, "ok"],
      [100_001, "malformed"],
    ] as const) {
      const own = await court.tablet();
      const report = await court.unload(await court.write(own, { tamper: many(count) }));
      expect([count, report.ledger?.state]).toEqual([count, state]);
      expect(report.findings.length).toBe(state === "ok" ? 1_001 : 1);
    }
  });
});

describe("acknowledgements", () => {
  tablet("that verifies: not pulled, and counted", batches({}, { state: "acknowledged" }, {}), {
    batches: "1 staged, 2 acknowledged, 3 staged",
  });
  tablet(
    "that verifies, and the batch has left the tablet: counted, no gap",
    batches({}, { ...gone, state: "acknowledged" }, {}),
    {
      batches: "1 staged, 2 acknowledged, 3 staged",
    },
  );
  tablet(
    "that verifies, and the body alone is there: it is not pulled",
    batches({}, { state: "acknowledged", withoutManifest: true }, {}),
    { batches: "1 staged, 2 acknowledged, 3 staged", findings: "growing 2" },
  );
  tablet(
    "that verifies, and the body alone has left: it is not missed",
    batches({}, { state: "acknowledged", withoutBody: true }, {}),
    { batches: "1 staged, 2 acknowledged, 3 staged" },
  );
  const another = async (own: TabletBuilder, change: BatchOptions): Promise<void> => {
    await batches({}, { state: "acknowledged" })(own);
    const { entry } = own.batch(2);
    await own.replace(2, { ...SMALL, made: [FIRST_MADE + 9, 300], entry: () => ({ ...entry }), ...change });
  };
  tablet("that verifies, and another manifest is there", (own) => another(own, {}), {
    batches: "1 staged, 2 ledger-mismatch",
  });
  tablet(
    "that verifies, and another manifest is there that nobody can read",
    (own) => another(own, { manifest: says({ note: 1 }) }),
    { batches: "1 staged, 2 malformed" },
  );
  tablet(
    "that verifies, and another manifest is there without its body",
    (own) => another(own, { withoutBody: true }),
    { batches: "1 staged, 2 body-missing" },
  );

  /** The batch is there, and pulled like one that was sent. */
  const falseAck = (
    what: string,
    options: BatchOptions | ((own: TabletBuilder) => Promise<BatchOptions>),
  ): void =>
    tablet(
      `false: ${what}`,
      async (own) =>
        batches(
          {},
          { state: "acknowledged", ...(typeof options === "function" ? await options(own) : options) },
        )(own),
      { batches: "1 staged, 2 staged", findings: "false-ack 2" },
    );
  falseAck("no bytes", { ackBytes: new Uint8Array(0) });
  falseAck("text", { ackBytes: Buffer.from("acknowledged") });
  falseAck("one bit of the signature", { ack: { signature: flipBit(9) } });
  falseAck("S not reduced", { ack: { signature: notReduced } });
  falseAck("keys unsorted", { ack: keysUnsorted() });
  falseAck("without the moment of receipt", { ack: lacks("received") });
  falseAck("the content type of a receipt", {
    ack: { headers: (map) => map.set(3, "application/vnd.sanaq.receipt+cbor") },
  });
  falseAck("of another batch", { ack: says({ seq: 1 }) });
  falseAck("of another manifest", { ack: says({ manifest: Buffer.alloc(32) }) });
  falseAck("of another chain", { ack: says({ chain: Buffer.alloc(16) }) });
  falseAck("of another device", { ack: says({ device: Buffer.alloc(16) }) });
  falseAck("of another campaign", { ack: says({ campaign: "kz-2009" }) });
  const by = (what: string, signer: () => Promise<Leaf>): void =>
    falseAck(what, async () => ({ ackSigner: await signer() }));
  falseAck("signed by the tablet itself", async (own) => ({ ackSigner: own.leaf }));
  by("signed by a station", () => court.campaign.leaf("station", "desk"));
  by("signed by the centre when its certificate had expired", () =>
    court.campaign.centre("old", { notAfter: new Date(NOW.getTime() - 1000) }),
  );
  by("signed by a centre whose issuer is revoked", () =>
    court.campaign.centre("bad", { issuer: revokedIssuer }),
  );
  tablet(
    "by a centre of another oblast is as good",
    async (own) => {
      const ackSigner = await court.campaign.centre("abroad", { oblast: "710000000" });
      await batches({ state: "acknowledged", ackSigner })(own);
    },
    { batches: "1 acknowledged", findings: "crl-stale Issuer 710000000" },
  );
  tablet(
    "false, and the batch has left the tablet: a gap",
    batches({}, { ...gone, state: "acknowledged", ack: { signature: flipBit(0) } }, {}),
    { batches: "1 staged, 3 staged", findings: "false-ack 2, gap 2" },
  );
});

describe("marks of the tablet", () => {
  tablet(
    "of sending prove nothing: pulled",
    batches({ state: "sent" }, { state: "unloaded" }, { state: "pending" }),
    {
      batches: "1 staged, 2 staged, 3 staged",
    },
  );
  tablet(
    "of sending, and the batch has left the tablet: a gap",
    batches({}, { ...gone, state: "sent" }, { ...gone, state: "unloaded" }, {}),
    { batches: "1 staged, 4 staged", findings: "gap 2, gap 3" },
  );
  tablet(
    "of presence decide nothing",
    batches(
      { entry: (entry) => ({ ...entry, present: false }) },
      { ...gone, entry: (entry) => ({ ...entry, present: true }) },
    ),
    { batches: "1 staged", findings: "gap 2" },
  );
});

describe("gaps and growing bodies", () => {
  tablet("all is listed and nothing is there", batches(gone, gone), {
    batches: "",
    findings: "gap 1, gap 2",
  });
  tablet(
    "the head is above the last entry",
    batches({}),
    { batches: "1 staged", findings: "gap 2, gap 3" },
    { head: 3 },
  );
  tablet(
    "a head of 99,999,999: a thousand are listed, the rest is a number",
    batches({}),
    {
      batches: "1 staged",
      findings: "1000 gaps, gap 99998998 more",
    },
    { head: 99_999_999 },
  );
  tablet("a refused batch is present", batches({}, { withoutBody: true, entry: (entry) => entry }, {}), {
    batches: "1 staged, 2 body-missing, 3 staged",
  });
  tablet("a body alone that is listed", batches({}, { withoutManifest: true, entry: (entry) => entry }, {}), {
    batches: "1 staged, 3 staged",
    findings: "gap 2, growing 2",
  });
  tablet(
    "a body alone above the head",
    batches({}, { withoutManifest: true, entry: () => null }),
    {
      batches: "1 staged",
      findings: "growing 2",
    },
    { head: 1 },
  );
  tablet(
    "a manifest under another's name fills no gap but its name's",
    async (own) => {
      await batches({}, {}, {})(own);
      own.remove(2);
      await own.replace(3, { ...SMALL, manifest: says({ seq: 2 }) });
    },
    { batches: "1 staged, 3 malformed", findings: "gap 2" },
  );
});

describe("chains", () => {
  tablet("prev is not the one before", batches({}, { prev: "77".repeat(32) }, {}), {
    batches: "1 staged, 2 previous-mismatch, 3 staged",
  });
  tablet("prev is as the ledger lists, and the one before is not there", batches({}, gone, {}), {
    batches: "1 staged, 3 staged",
    findings: "gap 2",
  });
  tablet(
    "prev is neither as the ledger lists nor anything else that is known",
    batches({}, gone, { prev: "77".repeat(32) }),
    { batches: "1 staged, 3 previous-mismatch", findings: "gap 2" },
  );
  tablet(
    "nothing is known of the one before",
    batches({}, { ...gone, entry: () => null }, { prev: "77".repeat(32) }),
    { batches: "1 staged, 3 staged", findings: "gap 2" },
  );
  tablet(
    "the one before has a bad signature: what the ledger lists is known all the same",
    batches({}, { manifest: { signature: flipBit(0) } }, {}),
    { batches: "1 staged, 2 signature-invalid, 3 staged" },
  );
  tablet(
    "the one before has a bad signature and is not listed: nothing is known",
    batches({}, { manifest: { signature: flipBit(0) }, entry: () => null }, { prev: "77".repeat(32) }),
    { batches: "1 staged, 2 signature-invalid, 3 staged" },
  );
  tablet(
    "two that follow the same one",
    async (own) => {
      await batches({}, {})(own);
      await own.add({ ...SMALL, prev: own.batch(1).digest });
    },
    { batches: "1 staged, 2 staged, 3 previous-mismatch", findings: "fork 3" },
  );
  tablet(
    "two that follow the same one, of which one has a bad signature: no fork",
    async (own) => {
      await batches({}, {})(own);
      await own.add({ ...SMALL, prev: own.batch(1).digest, manifest: { signature: flipBit(0) } });
    },
    { batches: "1 staged, 2 staged, 3 signature-invalid" },
  );
  tablet(
    "before a reset: both are unloaded",
    async (own) => {
      await batches({}, {})(own);
      own.reset();
      await batches({})(own);
    },
    { batches: "older:1 staged, older:2 staged, 1 staged" },
  );
  tablet(
    "before a reset: what is missing is a gap",
    async (own) => {
      await batches({}, gone, {})(own);
      own.reset();
      await batches({})(own);
    },
    { batches: "older:1 staged, older:3 staged, 1 staged", findings: "gap older:2" },
  );
  tablet(
    "before a reset: a number above its head is not listed",
    async (own) => {
      await batches({}, {})(own);
      own.reset();
      await batches({})(own);
    },
    { batches: "older:1 staged, older:2 staged, 1 staged", findings: "not-listed older:2" },
    {
      tamper: {
        value: (value) => ({
          ...value,
          older: (value.older as [Uint8Array, number][]).map(([chain]) => [chain, 1]),
        }),
      },
    },
  );
  tablet(
    "that the ledger does not know at all",
    async (own) => {
      await batches({})(own);
      own.reset();
      await batches({})(own);
    },
    { batches: "older:1 staged, 1 staged", findings: "not-listed older:1" },
    { tamper: says({ older: [] }) },
  );
});

describe("another tablet", () => {
  it("its batches beside this one's ledger are of the wrong device", async () => {
    const [mine, theirs] = [await court.tablet(), await court.tablet()];
    await batches({}, {})(mine);
    const twin = new TabletBuilder(court.campaign, theirs.leaf, mine.chain);
    await batches({}, {}, {})(twin);
    const outbox = await court.write(twin, null);
    await writeFile(join(outbox, "ledger.cose"), mine.ledger().bytes);
    expectReport(await court.unload(outbox), mine, {
      batches: "1 wrong-device, 2 wrong-device, 3 wrong-device",
      findings: "gap 1, gap 2",
    });
  });

  it("its batches beside this one's refused ledger stand by themselves", async () => {
    const [mine, theirs] = [await court.tablet(), await court.tablet()];
    const twin = new TabletBuilder(court.campaign, theirs.leaf, mine.chain);
    await batches({}, {})(twin);
    const outbox = await court.write(twin, null);
    await writeFile(join(outbox, "ledger.cose"), mine.ledger({ tamper: { signature: flipBit(0) } }).bytes);
    expectReport(await court.unload(outbox), theirs.device === twin.device ? twin : mine, {
      batches: "1 staged, 2 staged",
      ledger: "signature-invalid",
      findings: "ledger-invalid signature-invalid",
    });
  });

  it("two of them without a ledger: each batch by itself, and nobody can say whose outbox it is", async () => {
    const [mine, theirs] = [await court.tablet(), await court.tablet()];
    await batches({})(mine);
    const twin = new TabletBuilder(court.campaign, theirs.leaf, mine.chain);
    await batches({}, {})(twin);
    const outbox = await court.write(twin, null);
    const first = `batches/${batchName(mine.chain, 1)}`;
    const other = await court.write(mine, null);
    await rename(join(other, `${first}.age`), join(outbox, `${first}.age`));
    await rename(join(other, `${first}.cose`), join(outbox, `${first}.cose`));
    expectReport(await court.unload(outbox), mine, {
      batches: "1 staged, 2 staged",
      ledger: null,
      device: null,
      findings: "ledger-invalid missing",
    });
  });

  it("with the same chain and other content is another tablet: no conflict", async () => {
    const [mine, theirs] = [await court.tablet(), await court.tablet()];
    await batches({}, {})(mine);
    const twin = new TabletBuilder(court.campaign, theirs.leaf, mine.chain);
    await batches({}, {}, {})(twin);
    expectReport(await court.unload(await court.write(mine)), mine, { batches: "1 staged, 2 staged" });
    expectReport(await court.unload(await court.write(twin)), twin, {
      batches: "1 staged, 2 staged, 3 staged",
    });
  });
});

describe("names", () => {
  const put = async (outbox: string, path: string): Promise<void> => {
    await mkdir(dirname(join(outbox, path)), { recursive: true });
    await writeFile(join(outbox, path), "x");
  };
  /** `path` may name the tablet's chain as CHAIN. */
  const stray = (what: string, path: string, listed: string = path): void =>
    it.concurrent(`unlisted: ${what}`, async () => {
      const own = await court.tablet();
      await batches({})(own);
      const outbox = await court.write(own);
      const named = (text: string): string => text.replace("CHAIN", own.chain);
      await put(outbox, named(path));
      expectReport(await court.unload(outbox), own, {
        batches: "1 staged",
        findings: `unlisted ${listed}`,
      });
    });
  stray("notes", "notes.txt");
  stray("a hidden file", ".nomedia");
  stray("a name in Kazakh letters", "Ескертпелер әғқңөұүһі.txt");
  stray("a name with a line feed and a bidirectional mark", "batches/a\nb\u202ec");
  stray("the ledger in capitals", "LEDGER.COSE");
  stray("a copy of the ledger", "ledger.cose.1");
  stray("a folder, once and without its content", "DCIM/Camera/1.jpg", "DCIM");
  stray("a folder among the batches", "batches/old/1.age", "batches/old");
  stray("a folder under a body's name", "batches/CHAIN-00000002.age/x", "batches/CHAIN-00000002.age");
  stray("a folder under a manifest's name", "batches/CHAIN-00000002.cose/x", "batches/CHAIN-00000002.cose");
  stray("seq 0", "batches/CHAIN-00000000.cose");
  stray("a seq of seven digits", "batches/CHAIN-0000002.age");
  stray("another ending", "batches/CHAIN-00000002.cbor");
  stray("an ending in capitals", "batches/CHAIN-00000002.AGE");
  stray("a chain in capitals", `batches/${"A".repeat(32)}-00000002.age`);
  stray("a manifest that is being written", "batches/CHAIN-00000002.cose.part");
  stray("a batch in the outbox itself", "CHAIN-00000002.cose");
  stray("a ledger among the batches", "batches/ledger.cose");
  stray("a stranger among the receipts", "receipts/readme.txt");
  stray("a receipt's number of seven digits", "receipts/0123456789abcdef-0000001.cose");
  stray("a station in capitals", "receipts/0123456789ABCDEF-00000001.cose");
  stray(
    "a folder under a receipt's name",
    "receipts/0123456789abcdef-00000001.cose/x",
    "receipts/0123456789abcdef-00000001.cose",
  );

  const inOrder = (
    what: string,
    change: (outbox: string, own: TabletBuilder) => unknown,
    wanted: Wanted,
  ): void => tablet(what, batches({}, {}), wanted, {}, change);
  inOrder(
    "receipts of any content under good names are nobody's business",
    (outbox) => put(outbox, "receipts/0123456789abcdef-00000000.cose"),
    { batches: "1 staged, 2 staged" },
  );
  inOrder(
    "a link under a body's name is not followed",
    async (outbox, own) => {
      const body = join(outbox, `batches/${batchName(own.chain, 2)}.age`);
      await rename(body, join(outbox, "..", `${own.device}.age`));
      await symlink(join(outbox, "..", `${own.device}.age`), body);
    },
    {
      batches: "1 staged, 2 body-missing",
      findings: "unlisted batches/CHAIN-00000002.age",
    },
  );
  inOrder(
    "a link under a manifest's name leaves a growing body",
    async (outbox, own) => {
      const path = join(outbox, `batches/${batchName(own.chain, 2)}.cose`);
      await rename(path, `${path}.away`);
      await symlink(`${path}.away`, path);
    },
    {
      batches: "1 staged",
      findings:
        "gap 2, growing 2, unlisted batches/CHAIN-00000002.cose, unlisted batches/CHAIN-00000002.cose.away",
    },
  );
  inOrder(
    "a ledger that is a folder is none",
    async (outbox) => {
      await rm(join(outbox, "ledger.cose"));
      await put(outbox, "ledger.cose/x");
    },
    { batches: "1 staged, 2 staged", ledger: null, findings: "ledger-invalid missing, unlisted ledger.cose" },
  );
  inOrder(
    "batches that are a file are none",
    async (outbox) => {
      await rm(join(outbox, "batches"), { recursive: true });
      await put(outbox, "batches");
    },
    { batches: "", findings: "gap 1, gap 2, unlisted batches" },
  );
  inOrder(
    "receipts that are a link are not looked into",
    async (outbox) => {
      await symlink(".", join(outbox, "receipts"));
    },
    { batches: "1 staged, 2 staged", findings: "unlisted receipts" },
  );
  inOrder("nothing but a ledger", (outbox) => rm(join(outbox, "batches"), { recursive: true }), {
    batches: "",
    findings: "gap 1, gap 2",
  });
});

describe("several unloadings", () => {
  /** Outboxes of one tablet, one after the other. */
  function story(
    what: string,
    tell: (
      own: TabletBuilder,
      unload: (wanted: Wanted, ledger?: LedgerOptions | null) => Promise<void>,
    ) => Promise<void>,
  ): void {
    it.concurrent(what, async () => {
      const own = await court.tablet();
      await tell(own, async (wanted, ledger = {}) =>
        expectReport(await court.unload(await court.write(own, ledger)), own, wanted),
      );
    });
  }
  story("what is staged is not read again; its manifest is judged", async (own, unload) => {
    await batches({}, {})(own);
    await unload({ batches: "1 staged, 2 staged" });
    await own.replace(1, { ...SMALL, bodyOnTablet: () => Buffer.alloc(3) });
    await own.replace(2, { ...SMALL, withoutBody: true, entry: (entry) => entry });
    await unload({ batches: "1 already-staged, 2 already-staged" });
  });
  story(
    "what is staged and what the ledger lists otherwise now differs from the ledger",
    async (own, unload) => {
      await batches({}, {})(own);
      await unload({ batches: "1 staged, 2 staged" });
      await unload(
        { batches: "1 already-staged, 2 ledger-mismatch" },
        {
          tamper: {
            value: (value) => ({
              ...value,
              entries: (value.entries as object[]).map((one, at) => (at === 1 ? { ...one, length: 5 } : one)),
            }),
          },
        },
      );
      await unload({ batches: "1 already-staged, 2 already-staged" });
    },
  );
  story("what is staged makes no gap when it has left the tablet", async (own, unload) => {
    await batches({}, {}, {})(own);
    await unload({ batches: "1 staged, 2 staged, 3 staged" });
    own.remove(2);
    await unload({ batches: "1 already-staged, 3 already-staged" });
  });
  story("what is in quarantine makes no gap when it has left the tablet", async (own, unload) => {
    await batches({}, { withoutBody: true, entry: (entry) => entry }, {})(own);
    await unload({ batches: "1 staged, 2 body-missing, 3 staged" });
    own.remove(2);
    await unload({ batches: "1 already-staged, 3 already-staged" });
  });
  story("what was refused and is mended is staged", async (own, unload) => {
    await batches({}, { bodyOnTablet: flipBit(5) })(own);
    await unload({ batches: "1 staged, 2 chunk-mismatch" });
    await unload({ batches: "1 already-staged, 2 chunk-mismatch" });
    await own.replace(2, SMALL);
    await unload({ batches: "1 already-staged, 2 staged" });
    await unload({ batches: "1 already-staged, 2 already-staged" });
  });
  story("another content under a staged number conflicts, and stays a conflict", async (own, unload) => {
    await batches({}, {})(own);
    const twin = own.copy(1);
    await unload({ batches: "1 staged, 2 staged" });
    await twin.add({ ...SMALL, made: [FIRST_MADE + 5, 300] });
    for (const no of [2, 3])
      expectReport(await court.unload(await court.write(twin, { no })), twin, {
        batches: "1 already-staged, 2 conflict",
        findings: "fork 2",
      });
    await unload({ batches: "1 already-staged, 2 already-staged", findings: "fork 2" }, { no: 4 });
  });
  story(
    "another content under a staged number that the ledger does not list is a conflict first",
    async (own, unload) => {
      await batches({}, {})(own);
      const twin = own.copy(1);
      await unload({ batches: "1 staged, 2 staged" });
      const listed = own.batch(2).entry;
      await twin.add({ ...SMALL, made: [FIRST_MADE + 5, 300], entry: () => ({ ...listed }) });
      expectReport(await court.unload(await court.write(twin, { no: 2 })), twin, {
        batches: "1 already-staged, 2 conflict",
        findings: "fork 2",
      });
    },
  );
  story("a batch that follows a staged one is known to follow it, or not to", async (own, unload) => {
    await batches({})(own);
    await unload({ batches: "1 staged" });
    own.remove(1, true);
    await own.add({ ...SMALL, seq: 2, prev: "77".repeat(32) });
    await unload({ batches: "2 previous-mismatch" });
    await own.replace(2, { ...SMALL, prev: null, manifest: says({ prev: Buffer.alloc(32, 7) }) });
    await unload({ batches: "2 previous-mismatch", findings: "fork 2" });
  });
  story("a lower number of the ledger is a rollback, and is used", async (own, unload) => {
    await batches({})(own);
    await unload({ batches: "1 staged" }, { no: 7 });
    await batches({})(own);
    await unload(
      { batches: "1 already-staged, 2 staged", ledger: "rollback", findings: "ledger-rollback" },
      { no: 6 },
    );
    await unload({ batches: "1 already-staged, 2 already-staged" }, { no: 8 });
  });
  story(
    "the same number with another digest is a rollback; with the same content it is not",
    async (own, unload) => {
      await batches({})(own);
      await unload({ batches: "1 staged" }, { no: 7, prev: null, made: [FIRST_MADE, 0] });
      await unload({ batches: "1 already-staged" }, { no: 7, prev: null, made: [FIRST_MADE, 0] });
      await unload(
        { batches: "1 already-staged", ledger: "rollback", findings: "ledger-rollback" },
        {
          no: 7,
          prev: null,
          made: [FIRST_MADE + 1, 0],
        },
      );
    },
  );
  story(
    "a newer ledger with a lower head than before is told, and its lost batch is a gap",
    async (own, unload) => {
      await batches({}, {})(own);
      await own.add({ ...SMALL, withoutBody: true, withoutManifest: true, entry: (entry) => entry });
      await unload({ batches: "1 staged, 2 staged", findings: "gap 3" });
      own.remove(3, true);
      await unload(
        { batches: "1 already-staged, 2 already-staged", findings: "gap 3, head-lowered" },
        { head: 2 },
      );
    },
  );
  story("a newer ledger with the same head as before is in order", async (own, unload) => {
    await batches({}, {})(own);
    await unload({ batches: "1 staged, 2 staged" });
    await unload({ batches: "1 already-staged, 2 already-staged" }, { head: 2 });
  });
  story(
    "an earlier chain with a missing batch that no ledger names any more is forgotten",
    async (own, unload) => {
      await batches({}, { withoutBody: true, withoutManifest: true, entry: (entry) => entry })(own);
      await unload({ batches: "1 staged", findings: "gap 2" });
      own.forget();
      await batches({})(own);
      await unload({ batches: "1 staged", findings: "chain-forgotten" });
    },
  );
  story("an earlier chain of which all is staged may be forgotten", async (own, unload) => {
    await batches({}, {})(own);
    await unload({ batches: "1 staged, 2 staged" });
    own.forget();
    await batches({})(own);
    await unload({ batches: "1 staged" });
  });
  story(
    "a digest that an earlier ledger listed and nobody has is a gap and a fork for ever",
    async (own, unload) => {
      await batches({})(own);
      const lost = own.copy();
      await lost.add({ ...SMALL, made: [FIRST_MADE + 9, 300] });
      const [, entry] = lost.batches.map((one) => one.entry);
      await own.add({ ...SMALL, withoutBody: true, withoutManifest: true, entry: () => entry ?? null });
      await unload({ batches: "1 staged", findings: "gap 2" });
      await own.replace(2, SMALL);
      await unload({ batches: "1 already-staged, 2 staged", findings: "fork 2, gap 2" });
      await unload({ batches: "1 already-staged, 2 already-staged", findings: "fork 2, gap 2" });
    },
  );
  story("a ledger that lists another digest than is staged makes a fork and a gap", async (own, unload) => {
    await batches({}, {})(own);
    await unload({ batches: "1 staged, 2 staged" });
    const other = own.copy(1);
    await other.add({ ...SMALL, made: [FIRST_MADE + 9, 300] });
    const entry = other.batch(2).entry;
    await own.replace(2, { ...SMALL, withoutBody: true, withoutManifest: true, entry: () => entry });
    await unload({ batches: "1 already-staged", findings: "fork 2, gap 2" });
  });
  story("the number of another chain begins anew", async (own, unload) => {
    await batches({})(own);
    await unload({ batches: "1 staged" }, { no: 7 });
    own.reset();
    await batches({})(own);
    await unload({ batches: "older:1 already-staged, 1 staged" }, { no: 1 });
  });
  story("what was staged and is acknowledged now is reconciled", async (own, unload) => {
    await batches({}, {})(own);
    await unload({ batches: "1 staged, 2 staged" });
    await own.mark(2, "acknowledged");
    await unload({ batches: "1 already-staged, 2 acknowledged" });
  });
  story("a body that was growing is staged once its manifest is there", async (own, unload) => {
    await batches({}, { withoutManifest: true, entry: () => null })(own);
    await unload({ batches: "1 staged", findings: "growing 2" }, { head: 1 });
    await own.replace(2, SMALL);
    await unload({ batches: "1 already-staged, 2 staged" });
  });
  story("a ledger that comes later makes whole what stood by itself", async (own, unload) => {
    await batches({}, gone, {})(own);
    await unload({ batches: "1 staged, 3 staged", ledger: null, findings: "ledger-invalid missing" }, null);
    await unload({ batches: "1 already-staged, 3 already-staged", findings: "gap 2" });
  });
});
