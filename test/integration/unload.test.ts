import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeCrl, SCHEMA, TestCampaign } from "../../fixtures/campaign.ts";
import { batchName, goodTablet, litter, TabletBuilder } from "../../fixtures/outbox.ts";
import { Desk, findings, kinds, must, outcomes, seqs } from "./desk.ts";

const files = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .sort();

/** Every file of a folder with the digest of its bytes. */
async function picture(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = (await files(folder)).map(
    async (path) =>
      [
        path,
        createHash("sha256")
          .update(await readFile(path))
          .digest("hex"),
      ] as const,
  );
  return new Map(await Promise.all(entries));
}

describe("a good tablet", () => {
  it("is unloaded: all its batches are staged, and nothing needs a person", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 5);
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 staged", "2 staged", "3 staged", "4 staged", "5 staged"]);
    expect(report).toMatchObject({
      device: tablet.device,
      chain: tablet.chain,
      findings: [],
      failure: null,
      ledger: { no: 1, state: "ok" },
    });
    expect(report.batches.map((one) => one.bytes)).toEqual(tablet.batches.map((one) => one.body?.length));
  });

  it("is left as it was, down to the last byte", async () => {
    await using desk = await Desk.open();
    const outbox = await (await goodTablet(desk.campaign, "0417", 3)).write(desk.path("outbox"));
    const before = await picture(outbox);
    await desk.unloadOne(outbox);
    expect(await picture(outbox)).toEqual(before);
  });

  it("that comes again has nothing left to stage; what was made since is", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    await desk.unloadOne(await tablet.write(desk.path("outbox")));
    desk.closeEngine();
    await tablet.add();
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 already-staged", "2 already-staged", "3 staged"]);
    expect(report.batches.map((one) => one.bytes > 0)).toEqual([false, false, true]);
    expect(report.findings).toEqual([]);
  });

  it("with an empty outbox but a ledger is in order", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(report).toMatchObject({ device: tablet.device, batches: [], findings: [], failure: null });
  });

  it("of any body size around the seams of a chunk is staged", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    const sizes = [1_048_575, 1_048_576, 1_048_577, 2_097_152, 5_000_000];
    for (const bodyBytes of sizes) await tablet.add({ bodyBytes });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(report.batches.map((one) => [one.outcome, one.bytes])).toEqual(
      sizes.map((size) => ["staged", size]),
    );
  });
});

describe("several tablets", () => {
  it("in one command are each unloaded by themselves, even with one chain id", async () => {
    await using desk = await Desk.open();
    const chain = "ab".repeat(16);
    const tablets = await Promise.all(
      ["0001", "0002", "0003"].map(
        async (name) => new TabletBuilder(desk.campaign, await desk.campaign.tablet(name), chain),
      ),
    );
    const outboxes: string[] = [];
    for (const [at, tablet] of tablets.entries()) {
      await tablet.addMany(at + 1);
      outboxes.push(await tablet.write(desk.path(`outbox-${at}`)));
    }
    const reports = await desk.unload(outboxes);
    expect(reports.map((one) => [one.device, one.batches.length, one.findings.length])).toEqual(
      tablets.map((tablet, at) => [tablet.device, at + 1, 0]),
    );
  });

  it("one of which cannot be read do not stop the others", async () => {
    await using desk = await Desk.open();
    const outbox = await (await goodTablet(desk.campaign, "0417", 1)).write(desk.path("outbox"));
    const [absent, good] = await desk.unload([desk.path("no-such-folder"), outbox]);
    expect(absent?.failure?.type).toBe("no-outbox");
    expect(good && outcomes(good)).toEqual(["1 staged"]);
  });
});

describe("a folder that is only a part of an outbox", () => {
  it.each(["batches", "receipts"])(
    "as %s, is not taken for one: the folder to choose is named",
    async (part) => {
      await using desk = await Desk.open();
      const outbox = await (await goodTablet(desk.campaign, "0417", 2)).write(desk.path("outbox"));
      await mkdir(join(outbox, "receipts"), { recursive: true });
      const path = join(outbox, part);
      const report = await desk.unloadOne(path);
      expect(report.failure).toEqual({ type: "inside-outbox", path, outbox });
      expect(report.batches).toEqual([]);
      expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 staged", "2 staged"]);
    },
  );

  it("without a ledger above it is told too, and an outbox that is only called so is unloaded", async () => {
    await using desk = await Desk.open();
    const outbox = await (await goodTablet(desk.campaign, "0417", 1)).write(desk.path("batches"));
    expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 staged"]);
    await rm(join(outbox, "ledger.cose"));
    expect((await desk.unloadOne(join(outbox, "batches"))).failure?.type).toBe("inside-outbox");
  });
});

describe("a bad batch", () => {
  it("does not stop the other forty-nine, and is kept aside with its bytes", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    await tablet.addMany(50, (seq) =>
      seq === 25 ? { bodyOnTablet: (body) => Buffer.concat([body.subarray(0, -1), Uint8Array.of(0)]) } : {},
    );
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(report.batches.filter((one) => one.outcome === "staged")).toHaveLength(49);
    expect(outcomes(report)[24]).toBe("25 quarantined (chunk-mismatch)");
    expect(report.findings).toEqual([]);
    const engine = await desk.engine();
    expect(engine.quarantineList()).toMatchObject([
      {
        device: tablet.device,
        chain: tablet.chain,
        seq: 25,
        reason: "chunk-mismatch",
        bytes: tablet.batch(25).body?.length,
      },
    ]);
  });

  it("that the tablet has repaired is staged at the next unloading, and leaves the quarantine", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    await tablet.add({ bodyBytes: 3_000_000 });
    const outbox = await tablet.write(desk.path("outbox"));
    const body = join(outbox, "batches", `${batchName(tablet.chain, 1)}.age`);
    const right = await readFile(body);
    await writeFile(body, Buffer.concat([right.subarray(0, 2_500_000), Buffer.alloc(500_000)]));
    expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 quarantined (chunk-mismatch)"]);
    await writeFile(body, right);
    expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 staged"]);
    expect((await desk.engine()).quarantineList()).toEqual([]);
    expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 already-staged"]);
  });

  it("whose body comes later is staged then", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const outbox = await tablet.write(desk.path("outbox"));
    const body = join(outbox, "batches", `${batchName(tablet.chain, 2)}.age`);
    await rename(body, desk.path("aside.age"));
    const first = await desk.unloadOne(outbox);
    expect(outcomes(first)).toEqual(["1 staged", "2 quarantined (body-missing)"]);
    expect(first.findings).toEqual([]);
    await rename(desk.path("aside.age"), body);
    expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 already-staged", "2 staged"]);
  });

  it("is judged anew on request, after campaign.json has learned its questionnaire", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const outbox = await tablet.write(desk.path("outbox"));
    desk.campaign.json = { ...desk.campaign.json, schemas: ["00".repeat(32)] };
    expect(outcomes(await desk.unloadOne(outbox))).toEqual([
      "1 quarantined (unknown-schema)",
      "2 quarantined (unknown-schema)",
    ]);
    const engine = await desk.engine();
    expect(must(await engine.quarantineRetry())).toMatchObject({ staged: 0, stillRefused: 2 });
    desk.campaign.json = { ...desk.campaign.json, schemas: [SCHEMA] };
    await desk.loadCampaign();
    expect(must(await engine.quarantineRetry())).toMatchObject({ staged: 2, stillRefused: 0 });
    expect(engine.quarantineList()).toEqual([]);
    expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 already-staged", "2 already-staged"]);
  });

  it("stays refused on request while nothing has changed, and keeps its bytes", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    await tablet.add({ bodyOnTablet: (body) => body.subarray(1) });
    await desk.unloadOne(await tablet.write(desk.path("outbox")));
    const engine = await desk.engine();
    const before = engine.quarantineList();
    for (let time = 0; time < 2; time++)
      expect(must(await engine.quarantineRetry())).toMatchObject({ staged: 0, stillRefused: 1 });
    expect(engine.quarantineList().map((one) => [one.seq, one.reason, one.bytes])).toEqual(
      before.map((one) => [one.seq, one.reason, one.bytes]),
    );
  });

  it("of another tablet is refused here and named", async () => {
    await using desk = await Desk.open();
    const [mine, theirs] = [
      await goodTablet(desk.campaign, "0417", 1),
      await goodTablet(desk.campaign, "0999", 1),
    ];
    const outbox = await mine.write(desk.path("outbox"));
    const other = await theirs.write(desk.path("other"));
    await cp(join(other, "batches"), join(outbox, "batches"), { recursive: true });
    const report = await desk.unloadOne(outbox);
    expect(outcomes(report, mine.chain)).toEqual(["1 staged"]);
    expect(outcomes(report, theirs.chain)).toEqual(["1 quarantined (wrong-device)"]);
    expect(outcomes(await desk.unloadOne(other))).toEqual(["1 staged"]);
  });

  it("under another batch's name is malformed, and makes no gap under that name", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.add({ name: batchName(tablet.chain, 5) });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox"), { head: 5 }));
    expect(outcomes(report)).toEqual(["1 staged", "5 quarantined (malformed)"]);
    expect(seqs(report, "gap")).toEqual([2, 3, 4]);
  });

  it("with a manifest of more than 8 MiB is malformed", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    const outbox = await tablet.write(desk.path("outbox"));
    await writeFile(join(outbox, "batches", `${batchName(tablet.chain, 2)}.cose`), Buffer.alloc(8_388_609));
    expect(outcomes(await desk.unloadOne(outbox))).toEqual(["1 staged", "2 quarantined (malformed)"]);
  });
});

describe("gaps", () => {
  it("are named: listed by the ledger, and nowhere", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.addGap();
    await tablet.add();
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 staged", "3 staged"]);
    expect(report.findings).toEqual([{ kind: "gap", chain: tablet.chain, seq: 2 }]);
  });

  it("beyond a thousand are a number, said last", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox"), { head: 5_000 }));
    expect(findings(report, "gap")).toHaveLength(1_001);
    expect(report.findings.at(-1)).toEqual({ kind: "gap", chain: tablet.chain, more: 3_998 });
  });

  it("are none where the batch was staged before it left the tablet", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 3);
    await desk.unloadOne(await tablet.write(desk.path("outbox")));
    tablet.remove(2);
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 already-staged", "3 already-staged"]);
    expect(report.findings).toEqual([]);
  });

  it("are none where the batch lies in quarantine", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.add({ bodyOnTablet: (body) => body.subarray(1) });
    await desk.unloadOne(await tablet.write(desk.path("outbox")));
    tablet.remove(2);
    expect((await desk.unloadOne(await tablet.write(desk.path("outbox")))).findings).toEqual([]);
  });

  it("are looked for above the last entry, up to the head", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox"), { head: 3 }));
    expect(report.findings).toEqual([{ kind: "gap", chain: tablet.chain, seq: 3 }]);
  });
});

describe("a body without a manifest", () => {
  it("is still growing; once its manifest is written it is staged", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const outbox = await tablet.write(desk.path("outbox"));
    const manifest = join(outbox, "batches", `${batchName(tablet.chain, 2)}.cose`);
    await rename(manifest, desk.path("aside.cose"));
    const report = await desk.unloadOne(outbox);
    expect(outcomes(report)).toEqual(["1 staged"]);
    expect(report.findings).toEqual([
      { kind: "growing", chain: tablet.chain, seq: 2 },
      { kind: "gap", chain: tablet.chain, seq: 2 },
    ]);
    await rename(desk.path("aside.cose"), manifest);
    expect(await desk.unloadOne(outbox)).toMatchObject({ findings: [] });
  });

  it("above the ledger's head is no gap", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.add({ withoutManifest: true, entry: () => null });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox"), { head: 1 }));
    expect(report.findings).toEqual([{ kind: "growing", chain: tablet.chain, seq: 2 }]);
  });
});

describe("what the tablet says was sent", () => {
  it("is pulled all the same: a mark is no proof", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    await tablet.add({ state: "sent" });
    await tablet.add({ state: "unloaded" });
    expect(outcomes(await desk.unloadOne(await tablet.write(desk.path("outbox"))))).toEqual([
      "1 staged",
      "2 staged",
    ]);
  });

  it("and the centre acknowledged is not pulled, present or not", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    await tablet.add({ state: "acknowledged" });
    await tablet.addGap({ state: "acknowledged" });
    await tablet.add();
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 acknowledged", "2 acknowledged", "3 staged"]);
    expect(report.findings).toEqual([]);
  });

  it("with a false acknowledgement is pulled like any other, and is a gap where it is absent", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    const liar = await desk.campaign.leaf("station", "desk");
    await tablet.add({ state: "acknowledged", ackSigner: liar });
    await tablet.addGap({ state: "acknowledged", ackBytes: Buffer.from("received") });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 staged"]);
    expect(report.ledger?.state).toBe("ok");
    expect(seqs(report, "false-ack")).toEqual([1, 2]);
    expect(findings(report, "gap")).toEqual([{ kind: "gap", chain: tablet.chain, seq: 2 }]);
  });

  it("with another manifest under an acknowledged seq differs from the ledger", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.add({ state: "acknowledged" });
    const { entry } = tablet.batch(2);
    await tablet.replace(2, { plainBytes: 5, entry: () => ({ ...entry }) });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 staged", "2 quarantined (ledger-mismatch)"]);
  });
});

describe("the ledger", () => {
  it("that is missing leaves the tablet unreconciled; what stands on its own is staged", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox"), null));
    expect(outcomes(report)).toEqual(["1 staged", "2 staged"]);
    expect(report).toMatchObject({
      device: tablet.device,
      ledger: null,
      findings: [{ kind: "ledger-invalid" }],
    });
  });

  it("that is refused is named with its reason, and nothing in it counts", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet());
    await tablet.add({ state: "acknowledged" });
    await tablet.addGap();
    const report = await desk.unloadOne(
      await tablet.write(desk.path("outbox"), {
        tamper: { signature: (signature) => signature.toReversed() },
      }),
    );
    expect(outcomes(report)).toEqual(["1 staged"]);
    expect(report.ledger?.state).toBe("signature-invalid");
    expect(kinds(report)).toEqual(["ledger-invalid"]);
  });

  it("with a lower number than before is a rollback, and is used all the same", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await desk.unloadOne(await tablet.write(desk.path("outbox"), { no: 5 }));
    await tablet.addGap();
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox"), { no: 4 }));
    expect(report.ledger?.state).toBe("rollback");
    expect(report.findings).toEqual([
      { kind: "ledger-rollback", chain: tablet.chain },
      { kind: "gap", chain: tablet.chain, seq: 2 },
    ]);
  });

  it("with the same number and other content is a rollback; with the same content it is not", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    const outbox = await tablet.write(desk.path("outbox"), { no: 5 });
    await desk.unloadOne(outbox);
    expect((await desk.unloadOne(outbox)).ledger?.state).toBe("ok");
    await tablet.write(outbox, { no: 5, open: 9 });
    expect((await desk.unloadOne(outbox)).ledger?.state).toBe("rollback");
    await tablet.write(outbox, { no: 6 });
    expect((await desk.unloadOne(outbox)).ledger?.state).toBe("ok");
  });

  it("made in the future is a wrong clock and needs nobody", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    const soon = Math.floor(Date.now() / 1000) + 7_200;
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox"), { made: [soon, 300] }));
    expect(kinds(report)).toEqual(["clock-skew"]);
    expect(outcomes(report)).toEqual(["1 staged"]);
  });

  it("that does not list a true batch is told so, and the batch is staged", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.add({ entry: () => null });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox"), { head: 1 }));
    expect(outcomes(report)).toEqual(["1 staged", "2 staged"]);
    expect(report.findings).toEqual([{ kind: "not-listed", chain: tablet.chain, seq: 2 }]);
  });

  it("that lists another length or manifest refuses the batch", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.add({ entry: (entry) => ({ ...entry, length: 1 }) });
    await tablet.add({ entry: (entry) => ({ ...entry, manifest: Buffer.alloc(32) }) });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual([
      "1 staged",
      "2 quarantined (ledger-mismatch)",
      "3 quarantined (ledger-mismatch)",
    ]);
  });
});

describe("a chain", () => {
  it("whose batches do not follow each other is refused where it breaks", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await tablet.add({ prev: "00".repeat(32) });
    await tablet.add();
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 staged", "2 quarantined (previous-mismatch)", "3 staged"]);
  });

  it("is followed across unloadings: what was staged before is known", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    await desk.unloadOne(await tablet.write(desk.path("outbox")));
    tablet.remove(1, true);
    await tablet.add({ prev: "00".repeat(32) });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["2 quarantined (previous-mismatch)"]);
  });

  it("of which the one before is unknown is staged", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    tablet.remove(1, true);
    await tablet.add();
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["2 staged"]);
    expect(report.findings).toEqual([{ kind: "gap", chain: tablet.chain, seq: 1 }]);
  });

  it("with two batches after one is a fork", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    await tablet.add({ prev: tablet.batch(1).digest });
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 staged", "2 staged", "3 quarantined (previous-mismatch)"]);
    expect(kinds(report)).toEqual(["fork"]);
  });

  it("that was written twice conflicts: both are kept, and the first stays staged", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 3);
    const twin = tablet.copy(2);
    await twin.add({ plainBytes: 99 });
    await desk.unloadOne(await tablet.write(desk.path("outbox")));
    const report = await desk.unloadOne(await twin.write(desk.path("twin")));
    expect(outcomes(report)).toEqual(["1 already-staged", "2 already-staged", "3 quarantined (conflict)"]);
    expect(seqs(report, "fork")).toEqual([3]);
    const engine = await desk.engine();
    expect(engine.quarantineList()).toMatchObject([
      { seq: 3, manifest: twin.batch(3).digest, reason: "conflict" },
    ]);
    expect(outcomes(await desk.unloadOne(desk.path("outbox")))).toContain("3 already-staged");
  });

  it("before a reset is unloaded beside the new one", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const old = tablet.chain;
    tablet.reset();
    await tablet.addMany(1);
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report, old)).toEqual(["1 staged", "2 staged"]);
    expect(outcomes(report, tablet.chain)).toEqual(["1 staged"]);
    expect(report).toMatchObject({ chain: tablet.chain, findings: [] });
  });

  it("that a reset has wiped is missing, unless it was staged before", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const old = tablet.chain;
    await desk.unloadOne(await tablet.write(desk.path("outbox")));
    await tablet.add();
    tablet.reset(true);
    await tablet.add();
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 staged"]);
    expect(report.findings).toEqual([{ kind: "gap", chain: old, seq: 3 }]);
  });
});

describe("names that do not belong in an outbox", () => {
  it("are reported by their path and never opened; the batches are staged", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 2);
    const outbox = await tablet.write(desk.path("outbox"));
    const names = await litter(outbox, tablet);
    const report = await desk.unloadOne(outbox);
    expect(outcomes(report)).toEqual(["1 staged", "2 staged"]);
    expect(
      findings(report, "unlisted")
        .flatMap((one) => ("name" in one ? [one.name] : []))
        .sort(),
    ).toEqual(names);
    expect(kinds(report)).toEqual(["unlisted"]);
  });
});

describe("certificates and CRLs", () => {
  it("revoked between two unloadings: new batches are refused, staged ones are not pulled again", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    const outbox = await tablet.write(desk.path("outbox"));
    await desk.unloadOne(outbox);
    desk.campaign.setCrl(tablet.leaf.issuer, { number: 2, revoked: [tablet.leaf] });
    const report = await desk.unloadOne(outbox);
    expect(outcomes(report)).toEqual(["1 quarantined (certificate-revoked)"]);
    expect(report.ledger?.state).toBe("certificate-revoked");
  });

  it("a lower CRL brought later changes nothing", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    desk.campaign.setCrl(tablet.leaf.issuer, { number: 9, revoked: [tablet.leaf] });
    await desk.loadCampaign();
    desk.campaign.setCrl(tablet.leaf.issuer, { number: 8 });
    const engine = await desk.engine();
    const loaded = must(await engine.loadCampaign(await desk.campaign.write(desk.path("campaign"))));
    expect(loaded.lower.map((one) => one.number)).toEqual([8]);
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 quarantined (certificate-revoked)"]);
  });

  it("a CRL that has been waiting for its CA counts once the CA is met", async () => {
    await using desk = await Desk.open();
    await desk.loadCampaign();
    const issuer = await desk.campaign.issuer("350000000");
    const tablet = new TabletBuilder(
      desk.campaign,
      await desk.campaign.tablet("3500", { oblast: "350000000" }),
    );
    await tablet.add();
    desk.campaign.setCrl(issuer, null);
    desk.campaign.addCrlFile("early.crl", await makeCrl(issuer, { number: 3, revoked: [tablet.leaf] }));
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 quarantined (certificate-revoked)"]);
  });

  it("without a CRL: staged, and told", async () => {
    await using desk = await Desk.open();
    const tablet = await goodTablet(desk.campaign, "0417", 1);
    desk.campaign.setCrl(tablet.leaf.issuer, null);
    const report = await desk.unloadOne(await tablet.write(desk.path("outbox")));
    expect(outcomes(report)).toEqual(["1 staged"]);
    expect(report.findings).toEqual([{ kind: "crl-stale", issuer: "CN=Issuer 270000000, ST=270000000" }]);
  });
});

describe("without a campaign", () => {
  it("nothing is unloaded, and it is said why", async () => {
    await using desk = await Desk.open();
    const outbox = await (await goodTablet(await TestCampaign.create(), "0417", 1)).write(
      desk.path("outbox"),
    );
    const engine = await desk.engine();
    const answer = await engine.unload(
      [{ type: "folder", path: outbox }],
      { receipts: false, passphrase: null },
      () => {},
      new AbortController().signal,
    );
    expect(answer).toEqual({ ok: false, error: { type: "no-campaign" } });
  });
});
