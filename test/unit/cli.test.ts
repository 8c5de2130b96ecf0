import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { UploadReport } from "../../main/engine/api.ts";
import { type AuditLine, DiskError } from "../../main/engine/ports.ts";
import type { ChainId, DeviceId, Digest, StationId } from "../../shared/ids.ts";
import { REASONS, VERDICTS } from "../../shared/reasons.ts";
import { err, ok } from "../../shared/result.ts";
import type {
  BatchReport,
  Finding,
  LinkFailure,
  QuarantineLine,
  ReconcileLine,
  TabletReport,
} from "../../shared/views.ts";
import { runWith } from "./cli-host.ts";

const device = "0123456789abcdef0123456789abcdef" as DeviceId;
const chain = "aa".repeat(16) as ChainId;

const staged = (seq: number): BatchReport => ({ chain, seq, outcome: "staged", reason: null, bytes: 1_000 });

const clean: TabletReport = {
  device,
  outbox: null,
  source: "usb:0417",
  chain,
  ledger: { no: 7, made: "2021-10-12T09:30:00+05:00", state: "ok" },
  batches: [staged(1), staged(2)],
  findings: [],
  receipts: [],
  failure: null,
};

const totals = { staged: 2, alreadyStaged: 0, acknowledged: 0, quarantined: 0, failed: 0, bytes: 2_000 };

const unloading = (...tablets: readonly TabletReport[]) => ({
  unload: async () => ok({ tablets, totals }),
});

const finding = (one: Finding): TabletReport => ({ ...clean, findings: [one] });

describe("unload", () => {
  it("says 'safe to unplug' and exits 0 when everything is durable and nothing needs a person", async () => {
    const { exit, out } = await runWith(unloading(clean), ["unload", "--all"]);
    expect(exit).toBe(0);
    expect(out).toContain(`Tablet ${device}  usb:0417`);
    expect(out).toContain("ledger 7, made October 12, 2021 at 9:30 AM (+05:00) – in order");
    expect(out).toContain("2 staged");
    expect(out).toContain("✓ Safe to unplug.");
    expect(out).toContain("Together: 1 tablet; 2 staged; 2 kB staged now.");
  });

  it.each(REASONS.filter((reason) => reason !== "io"))(
    "names a batch refused as %s, with what to do, never says 'safe', and exits 1",
    async (reason) => {
      const refused: BatchReport = { chain, seq: 5, outcome: "quarantined", reason, bytes: 0 };
      const report = { ...clean, batches: [staged(1), refused, { ...refused, seq: 6 }] };
      const { exit, out } = await runWith(unloading(report), ["unload", "--all"]);
      expect(exit).toBe(1);
      expect(out).toContain("⚠ Batches 5, 6: ");
      expect(out).toContain("What to do: ");
      expect(out).not.toContain("Safe to unplug");
    },
  );

  const findings: readonly Finding[] = [
    { kind: "gap", chain, seq: 2 },
    { kind: "fork", chain, seq: 2 },
    { kind: "not-listed", chain, seq: 2 },
    { kind: "growing", chain, seq: 2 },
    { kind: "false-ack", chain, seq: 2 },
    { kind: "ledger-rollback", chain },
    { kind: "ledger-invalid", reason: "missing" },
    { kind: "ledger-invalid", reason: "signature-invalid" },
    { kind: "crl-stale", issuer: "CN=Oblast issuer" },
    { kind: "unlisted", name: "notes.txt" },
  ];
  it.each(findings)("tells the finding $kind in words, never says 'safe', and exits 1", async (one) => {
    for (const lang of ["kk", "ru", "en"]) {
      const { exit, out } = await runWith(unloading(finding(one)), ["--lang", lang, "unload", "--all"]);
      expect(exit).toBe(1);
      expect(out).toContain("⚠");
      expect(out).not.toMatch(/Safe to unplug|Можно отключать|Ажыратуға болады/);
    }
  });

  it("reports a wrong clock and still exits 0, since no state depends on it", async () => {
    const skewed = finding({ kind: "clock-skew", of: "tablet", seconds: -3_600 });
    const { exit, out } = await runWith(unloading(skewed), ["unload", "--all"]);
    expect(exit).toBe(0);
    expect(out).toContain("The tablet’s clock is 1 hr slow.");
    expect(out).toContain("Safe to unplug.");
  });

  it("puts many gaps into one line, and says how many more there are", async () => {
    const gaps: Finding[] = Array.from({ length: 1_000 }, (_, at) => ({ kind: "gap", chain, seq: at + 3 }));
    const report = { ...clean, findings: [...gaps, { kind: "gap", chain, more: 99_000 } as const] };
    const { out } = await runWith(unloading(report), ["unload", "--all"]);
    expect(out).toContain("Batches 3–1002 are in the ledger");
    expect(out).toContain("99,000 more batches are missing.");
  });

  it("lists the first names that do not belong, and counts the rest", async () => {
    const names: Finding[] = Array.from({ length: 25 }, (_, at) => ({ kind: "unlisted", name: `n${at}` }));
    const { out } = await runWith(unloading({ ...clean, findings: names }), ["unload", "--all"]);
    expect(out).toContain("n19.");
    expect(out).not.toContain("n20.");
    expect(out).toContain("5 more names of the kind.");
  });

  it("names the chain of every batch when a tablet has several", async () => {
    const other = "bb".repeat(16) as ChainId;
    const report = { ...clean, findings: [{ kind: "gap", chain: other, seq: 9 } as const] };
    const { out } = await runWith(unloading(report), ["unload", "--all"]);
    expect(out).toContain(`(chain ${other})`);
  });

  const failures: readonly LinkFailure[] = [
    { type: "unplugged" },
    { type: "not-answering" },
    { type: "busy", holder: "gvfsd-mtp" },
    { type: "busy", holder: null },
    { type: "held-by-system" },
    { type: "no-permission" },
    { type: "no-storage" },
    { type: "no-outbox", path: "/nowhere" },
    { type: "inside-outbox", path: "/card/outbox/batches", outbox: "/card/outbox" },
    { type: "lost-sync", detail: "transaction id" },
    { type: "refused", code: "0x2002" },
    { type: "too-many-files", limit: 300_000 },
    { type: "read-only" },
    { type: "full" },
    { type: "exists" },
    { type: "changed", path: "batches/x.age" },
    { type: "disk", code: "ENOSPC", path: "/store" },
    { type: "disk", code: "EIO", path: "/store" },
    { type: "cancelled" },
  ];
  it.each(failures)(
    "tells the failure $type with what to do, in three languages, and exits 3",
    async (failure) => {
      for (const lang of ["kk", "ru", "en"]) {
        const report: TabletReport = { ...clean, batches: [], failure };
        const { exit, out } = await runWith(unloading(report), ["--lang", lang, "unload", "--all"]);
        expect(exit).toBe(3);
        expect(out).toMatch(/What to do: |Что делать: |Не істеу керек: /);
        expect(out).not.toMatch(/Safe to unplug|Можно отключать|Ажыратуға болады/);
      }
    },
  );

  it("exits 3 for a failed batch, also beside a quarantined one and a clean tablet", async () => {
    const mixed: TabletReport = {
      ...clean,
      batches: [
        { chain, seq: 1, outcome: "quarantined", reason: "malformed", bytes: 0 },
        { chain, seq: 2, outcome: "failed", reason: "io", bytes: 0 },
      ],
    };
    const { exit, out, err } = await runWith(unloading(mixed, clean), ["unload", "--all"]);
    expect(exit).toBe(3);
    expect(out).toContain("✕ Batch 2: could not be read.");
    expect(out).toContain("⚠ Batch 1: not in the census format.");
    expect(err).toContain("Nothing is lost");
  });

  it("says that no tablet is there, and does not call that done", async () => {
    const { exit, err } = await runWith(unloading(), ["unload", "--all"]);
    expect(exit).toBe(3);
    expect(err).toContain("No tablet is on the cable.");
  });

  it("prints one JSON document with the keys that scripts rely on", async () => {
    const report = finding({ kind: "gap", chain, seq: 2 });
    const { exit, out } = await runWith(unloading(report), ["unload", "--all", "--json"]);
    expect(exit).toBe(1);
    expect(JSON.parse(out)).toEqual({
      tablets: [
        {
          device,
          source: "usb:0417",
          chain,
          ledger: { no: 7, made: "2021-10-12T09:30:00+05:00", state: "ok" },
          batches: [
            { chain, seq: 1, outcome: "staged", reason: null, bytes: 1_000 },
            { chain, seq: 2, outcome: "staged", reason: null, bytes: 1_000 },
          ],
          findings: [{ kind: "gap", chain, seq: 2 }],
          receipts: [],
          failure: null,
        },
      ],
      totals,
    });
  });

  it("shows hostile names escaped, on the terminal and in JSON", async () => {
    const report = finding({ kind: "unlisted", name: "\u202egpj.\u001b[2J" });
    const people = await runWith(unloading({ ...report, source: "usb:\u001b]0;x\u0007" }), [
      "unload",
      "--all",
    ]);
    expect(people.out).toContain("\\u{202e}gpj.\\u{1b}[2J");
    expect(people.out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const scripts = await runWith(unloading(report), ["unload", "--all", "--json"]);
    expect(scripts.out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it.each(["unload --all --receipts", "watch --receipts"])(
    "names the clock and both dates where it is outside the station's certificate, and goes on without receipts: %s",
    async (command) => {
      const asked: unknown[] = [];
      const answer = (receipts: boolean) => {
        asked.push(receipts);
        return receipts
          ? err({
              type: "clock-outside-certificate",
              now: "2031-01-01T00:00:00+05:00",
              notBefore: "2021-01-01T00:00:00+05:00",
              notAfter: "2022-01-01T00:00:00+05:00",
            } as const)
          : ok({ tablets: [clean], totals });
      };
      const engine = {
        unload: async (_: unknown, { receipts }: { receipts: boolean }) => answer(receipts),
        watch: async ({ receipts }: { receipts: boolean }) => answer(receipts),
      };
      const env = { SANAQ_LANG: "en", SANAQ_PASSPHRASE: "open sesame" };
      const told = await runWith(engine as never, command.split(" "), { env });
      expect([told.exit, asked]).toEqual([1, [true, false]]);
      for (const date of ["2031-01-01", "2021-01-01", "2022-01-01"]) expect(told.err).toContain(date);
    },
  );

  it("passes every target on, in order, and the passphrase only when receipts are asked for", async () => {
    const asked: unknown[] = [];
    const engine = {
      unload: async (...args: unknown[]) => {
        asked.push(args.slice(0, 2));
        return ok({ tablets: [clean], totals });
      },
    };
    const env = { SANAQ_LANG: "en", SANAQ_PASSPHRASE: "open sesame" };
    const args = ["unload", "--from", "card", "--tablet", "0417", "--from", "disk"];
    await runWith(engine, [...args, "--receipts"], { env });
    await runWith(engine, args, { env });
    const targets = [
      { type: "folder", path: "card" },
      { type: "tablet", id: "0417" },
      { type: "folder", path: "disk" },
    ];
    expect(asked).toEqual([
      [targets, { receipts: true, passphrase: "open sesame" }],
      [targets, { receipts: false, passphrase: null }],
    ]);
  });

  it("stops cleanly when interrupted", async () => {
    const engine = {
      unload: async (_t: unknown, _o: unknown, _p: unknown, signal: AbortSignal) => {
        const failure: LinkFailure = { type: signal.aborted ? "cancelled" : "unplugged" };
        return ok({ tablets: [{ ...clean, batches: [], failure }], totals });
      },
    };
    const onInterrupt = (stop: () => void) => {
      stop();
      return () => {};
    };
    const { exit, err } = await runWith(engine, ["unload", "--all"], { onInterrupt });
    expect(exit).toBe(3);
    expect(err).toContain("Stopping.");
    expect(err).toContain("Nothing is lost: run it again");
  });

  it("shows progress as plain lines where standard error is no terminal, one per state", async () => {
    const engine = {
      unload: async (_t: unknown, _o: unknown, onProgress: (step: object) => void) => {
        const step = {
          source: "usb:0417",
          device: null,
          name: null,
          batchesTotal: 30,
          bytesTotal: 9_800_000,
        };
        for (let done = 0; done <= 30; done++)
          onProgress({ ...step, phase: "pulling", batchesDone: done, bytesDone: done * 326_666 });
        onProgress({ ...step, phase: "safe-to-unplug", batchesDone: 30, bytesDone: 9_800_000 });
        return ok({ tablets: [clean], totals });
      },
    };
    const { err, out } = await runWith(engine as never, ["unload", "--all"]);
    expect(err.split("\n").filter((line) => line.includes("pulling"))).toEqual([
      "usb:0417: pulling, 0 of 30, 0 byte of 9.8 MB",
    ]);
    expect(err).toContain("usb:0417: safe to unplug");
    expect(out).not.toContain("pulling");
  });
});

describe("watch", () => {
  const watching = (...reports: readonly TabletReport[]) => ({
    watch: async (_o: unknown, _p: unknown, onReport: (report: TabletReport) => void) => {
      for (const report of reports) onReport(report);
      return ok(undefined);
    },
  });

  it("prints every tablet as it ends; being interrupted is its right end", async () => {
    const { exit, out, err } = await runWith(watching(clean), ["watch"]);
    expect(exit).toBe(0);
    expect(err).toContain("Waiting for tablets.");
    expect(out).toContain("Safe to unplug.");
  });

  it("judges a tablet by how it was left at last, after a pulled cable was mended", async () => {
    const pulled: TabletReport = { ...clean, failure: { type: "unplugged" } };
    expect((await runWith(watching(pulled), ["watch"])).exit).toBe(3);
    expect((await runWith(watching(pulled, clean), ["watch"])).exit).toBe(0);
    expect((await runWith(watching(clean, pulled), ["watch"])).exit).toBe(3);
  });

  it("counts a tablet that was locked at first once, by how it ended", async () => {
    const locked: TabletReport = {
      ...{ ...clean, device: null, chain: null, ledger: null, batches: [], findings: [] },
      failure: { type: "no-storage" },
    };
    const then = await runWith(watching(locked, clean), ["watch"]);
    expect([then.exit, then.out.includes("2 tablets")]).toEqual([0, false]);
    expect((await runWith(watching(locked), ["watch"])).exit).toBe(3);
    expect((await runWith(watching(clean, locked), ["watch"])).exit).toBe(3);
  });

  it("never ends as done where a tablet was seen and not unloaded", async () => {
    const seeing = (problem: LinkFailure | null, source: string, ...reports: readonly TabletReport[]) => ({
      watch: async (
        _o: unknown,
        _p: unknown,
        onReport: (report: TabletReport) => void,
        onPresence: (present: readonly object[]) => void,
      ) => {
        onPresence([{ id: "1-2", source, manufacturer: null, product: null, problem }]);
        for (const report of reports) onReport(report);
        return ok(undefined);
      },
    });
    const held: LinkFailure = { type: "busy", holder: "gvfsd-mtp" };
    expect((await runWith(seeing(held, clean.source) as never, ["watch"])).exit).toBe(3);
    expect((await runWith(seeing(held, "usb:other", clean) as never, ["watch"])).exit).toBe(3);
    const released = await runWith(seeing(held, clean.source, clean) as never, ["watch"]);
    expect([released.exit, released.out.includes("2 tablets")]).toEqual([0, false]);
  });

  it("prints one JSON document in the shape of unload when it ends, each tablet and each batch counted once", async () => {
    const [first, second] = clean.batches;
    if (first === undefined || second === undefined) throw new Error("no batches");
    const pulled: TabletReport = {
      ...clean,
      failure: { type: "unplugged" },
      batches: [first, { ...second, outcome: "failed", reason: "io", bytes: 0 }],
    };
    const finished: TabletReport = {
      ...clean,
      batches: [{ ...first, outcome: "already-staged", bytes: 0 }, second],
    };
    const other: TabletReport = { ...clean, device: "cd".repeat(16) as DeviceId };
    const { out } = await runWith(watching(pulled, other, finished), ["watch", "--json"]);
    const document = JSON.parse(out);
    expect(document.tablets).toHaveLength(3);
    expect(document.totals).toEqual({ ...totals, staged: 4, bytes: 4_000 });
    const read = await runWith(watching(pulled, other, finished), ["watch"]);
    expect(read.out).toContain("2 tablets");
    expect(read.out).not.toContain("3 tablets");
  });
});

describe("reconcile", () => {
  const line = (over: Partial<ReconcileLine>): ReconcileLine => ({
    device,
    chain,
    seq: 1,
    manifest: null,
    tablet: "pending",
    station: "staged",
    centre: null,
    verdict: "to-upload",
    ...over,
  });
  const reconciling = (...lines: readonly ReconcileLine[]) => ({ reconcile: () => ok(lines.values()) });

  it.each(VERDICTS)("exits by the verdict %s: 0 where nothing needs a person", async (verdict) => {
    const { exit, out } = await runWith(reconciling(line({ verdict })), ["reconcile"]);
    expect(exit).toBe(verdict === "safe" || verdict === "to-upload" ? 0 : 1);
    expect(out).toContain("Together: 1 batch;");
  });

  it("prints the lines as one JSON document", async () => {
    const lines = [line({}), line({ seq: 2, device: null, centre: "accepted", verdict: "safe" })];
    const { out } = await runWith(reconciling(...lines), ["reconcile", "--json"]);
    expect(JSON.parse(out)).toEqual({ batches: lines });
    expect(JSON.parse((await runWith(reconciling(), ["reconcile", "--json"])).out)).toEqual({ batches: [] });
  });

  it("prints a table a chain, with tablet, station and centre side by side", async () => {
    const lines = [line({ tablet: "sent", centre: "accepted", verdict: "lost-in-vpn" })];
    const { out } = await runWith(reconciling(...lines), ["reconcile"]);
    expect(out).toContain(`Tablet ${device} · chain ${chain}`);
    expect(out).toMatch(/Batch +Tablet says +Station +Centre +Verdict/);
    expect(out).toMatch(/1 +marked as sent +staged +accepted +lost in the VPN/);
  });

  it("asks for one tablet only when told so", async () => {
    const asked: unknown[] = [];
    const engine = {
      reconcile: (of: DeviceId | null) => {
        asked.push(of);
        return ok([].values());
      },
    };
    await runWith(engine, ["reconcile", "--device", device.toUpperCase()]);
    await runWith(engine, ["reconcile"]);
    expect(asked).toEqual([device, null]);
  });

  it("never holds a million lines: it stops asking when nobody reads any more", async () => {
    let made = 0;
    function* endless(): Generator<ReconcileLine, void> {
      for (;;) yield line({ seq: ++made });
    }
    const { PassThrough } = await import("node:stream");
    const stdout = new PassThrough({ highWaterMark: 1 });
    stdout.once("data", () => {
      stdout.pause();
      stdout.destroy(Object.assign(new Error("gone"), { code: "EPIPE" }));
    });
    const ran = await runWith({ reconcile: () => ok(endless()) }, ["reconcile", "--json"], { stdout });
    expect(ran.exit).toBe(0);
    expect(made).toBeLessThan(20_000);
  });
});

describe("upload", () => {
  const nothing: UploadReport = {
    accepted: 0,
    alreadyThere: 0,
    conflicts: 0,
    waitingForCrl: 0,
    revoked: 0,
    failed: 0,
    acks: 0,
    acksRefused: 0,
    forgotten: false,
    bytes: 0,
    problem: null,
  };
  const uploading = (report: Partial<UploadReport>) => ({
    upload: async () => ok({ ...nothing, ...report }),
  });
  const connect = async () =>
    ok({
      open: async () => ok(undefined),
      upload: async () => err({ type: "cancelled" }),
      close: async () => {},
    } as never);
  const args = ["upload", "--to", "postgres://operator:s3cret@centre/census"];

  it.each([
    [{ accepted: 3, bytes: 9_000 }, 0],
    [{ accepted: 3, conflicts: 1 }, 1],
    [{ waitingForCrl: 1 }, 1],
    [{ revoked: 1 }, 1],
    [{ acks: 4 }, 0],
    [{ acks: 4, acksRefused: 1 }, 1],
    [{ accepted: 3, conflicts: 1, failed: 2 }, 3],
    [{ problem: { type: "unreachable", code: "ECONNREFUSED" } }, 3],
    [{ problem: { type: "batch-refused", seq: 4, code: "23514" }, failed: 1 }, 3],
  ] as const)("of %j exits %i", async (report, wanted) => {
    for (const lang of ["kk", "ru", "en"])
      expect((await runWith(uploading(report), ["--lang", lang, ...args], { connect })).exit).toBe(wanted);
  });

  it("never shows the address, which may hold a password", async () => {
    const problem = { type: "unreachable", code: "ETIMEDOUT" } as const;
    for (const more of [[], ["--json"]]) {
      const { out, err: told } = await runWith({ upload: async () => err(problem) }, [...args, ...more], {
        connect,
      });
      expect(out + told).not.toContain("s3cret");
      expect(told).toContain("The centre cannot be reached (ETIMEDOUT).");
    }
    const bad = ["upload", "--to", "mysql://operator:s3cret@centre/census"];
    const refused = await runWith({}, bad, {
      connect: async () => err({ type: "bad-url", why: "not-postgres", parameter: null }),
    });
    expect(refused.exit).toBe(2);
    expect(refused.out + refused.err).not.toContain("s3cret");
  });
});

describe("quarantine", () => {
  const held: QuarantineLine = {
    id: 1,
    device,
    chain,
    seq: 5,
    manifest: null,
    reason: "chunk-mismatch",
    bytes: 204_800,
    since: "2021-10-12T04:30:00.000Z",
  };

  it("lists what is kept aside with its reason, and exits 1 while there is something", async () => {
    const { exit, out } = await runWith({ quarantineList: () => [held] }, ["quarantine", "list"]);
    expect(exit).toBe(1);
    expect(out).toContain("content differs");
    expect(out).toContain("204.8 kB");
    expect(out).toContain("What to do: ");
    expect((await runWith({ quarantineList: () => [] }, ["quarantine", "list"])).exit).toBe(0);
  });

  it("judged again says what is staged and what is still refused", async () => {
    const retry = (stillRefused: number) => ({
      quarantineRetry: async () =>
        ok({ staged: 1, stillRefused, failure: null, lines: [{ ...held, staged: stillRefused === 0 }] }),
    });
    expect((await runWith(retry(0), ["quarantine", "retry"])).exit).toBe(0);
    const still = await runWith(retry(1), ["quarantine", "retry", "--json"]);
    expect(still.exit).toBe(1);
    expect(JSON.parse(still.out)).toMatchObject({
      staged: 1,
      stillRefused: 1,
      batches: [{ device, chain, seq: 5, outcome: "quarantined", reason: "chunk-mismatch" }],
    });
  });
});

describe("audit", () => {
  const lines: readonly AuditLine[] = [
    {
      no: 1,
      at: "2021-10-12T04:30:00.000Z",
      type: "store-created",
      data: {},
      held: null,
      hash: "00" as Digest,
    },
    {
      no: 2,
      at: "2021-10-12T04:31:00.000Z",
      type: "unload-end",
      data: { source: "usb:\u001b" },
      held: "02".repeat(32),
      hash: "01" as Digest,
    },
  ];

  it("shows every line, escaped for people, whole for scripts", async () => {
    const engine = { auditShow: () => lines.values() };
    const people = await runWith(engine, ["audit", "show"]);
    expect(people.out).toContain("1  2021-10-12T04:30:00.000Z  store created");
    expect(people.out).toContain("source=usb:\\u{1b}");
    expect(JSON.parse((await runWith(engine, ["audit", "show", "--json"])).out)).toEqual({ lines });
  });

  it("verified names the first bad line and exits 1", async () => {
    const proof = {
      lines: 7,
      head: "0f".repeat(32) as Digest,
      heads: { signed: 2, unsigned: 1 },
      receipts: 3,
      acts: 1,
      bags: 0,
      staged: 30,
      notWitnessed: 0,
      unbound: [],
      clockBack: [],
      anchors: [],
      centre: null,
    };
    const whole = await runWith({ auditVerify: async () => ok(proof) }, ["audit", "verify"]);
    expect(whole.exit).toBe(0);
    expect(whole.out).toContain("The audit log is whole: 7 lines checked.");
    expect(whole.out).toContain("2 signed heads, 3 receipts, 1 act and 30 staged batches");
    const chain = { type: "audit-broken", no: 5, upTo: 5, by: "chain", name: null } as const;
    const told = await runWith({ auditVerify: async () => err(chain) }, ["audit", "verify"]);
    expect(told.exit).toBe(1);
    expect(told.err).toContain("line 5 is the first that does not fit");
    const scripts = await runWith({ auditVerify: async () => err(chain) }, ["audit", "verify", "--json"]);
    expect(JSON.parse(scripts.out)).toEqual({ error: chain });
    const head = { type: "audit-broken", no: 5, upTo: 9, by: "head", name: "2" } as const;
    const witness = await runWith({ auditVerify: async () => err(head) }, ["audit", "verify"]);
    expect(witness.err).toContain("Signed head 2 does not agree with the log: lines 5 to 9");
  });
});

describe("setting up", () => {
  const station = "fe".repeat(16) as StationId;
  const request = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n";
  const engine = { init: async () => ok({ station, request }) };

  it("init prints the request alone on standard output, and warns about an empty passphrase", async () => {
    const { exit, out, err: told } = await runWith(engine, ["init"]);
    expect(exit).toBe(0);
    expect(out).toBe(request);
    expect(told).toContain("Warning: the passphrase is empty.");
    const given = await runWith(engine, ["init", "--json"], { env: { SANAQ_PASSPHRASE: "x" } });
    expect(JSON.parse(given.out)).toEqual({ station, request });
    expect(given.err).toBe("");
  });

  it("campaign load says on standard error when a list is older or the root is another, and exits 0", async () => {
    const crl = { issuer: "CN=Issuer", number: 3, nextUpdate: "2021-12-01T00:00:00.000Z" };
    const value = { campaign: "kz-2021", crls: [crl], lower: [{ ...crl, number: 2 }], rootChanged: true };
    const loading = { loadCampaign: async () => ok(value) };
    const { exit, out, err: told } = await runWith(loading, ["campaign", "load", "x", "--json"]);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual({ campaign: "kz-2021", crls: [crl] });
    expect(told).toContain("(number 2) is older than one held here");
    expect(told).toContain("the root certificate differs");
  });

  it.each([
    { type: "no-campaign" },
    { type: "no-station" },
    { type: "no-station-certificate" },
    { type: "station-exists", station },
    { type: "wrong-passphrase" },
    { type: "bad-certificate", why: "other-key" },
    { type: "bad-certificate", why: "certificate-expired" },
    {
      type: "clock-outside-certificate",
      now: "2031-01-01T00:00:00+05:00",
      notBefore: "2021-01-01T00:00:00+05:00",
      notAfter: "2022-01-01T00:00:00+05:00",
    },
    { type: "bad-campaign", file: "root.pem", why: "missing" },
    { type: "bad-campaign", file: "campaign.json", why: "recipients.central" },
  ] as const)("tells $type with what to do, as JSON too, and exits 2", async (problem) => {
    const refusing = { init: async () => err(problem) };
    for (const lang of ["kk", "ru", "en"]) {
      const { exit, err: told } = await runWith(refusing, ["--lang", lang, "init"]);
      expect(exit).toBe(2);
      expect(told).toMatch(/What to do: |Что делать: |Не істеу керек: /);
    }
    const { out } = await runWith(refusing, ["init", "--json"]);
    expect(JSON.parse(out)).toEqual({ error: problem });
  });

  it("tells a store that another process works with, a newer and a damaged one, and exits 3", async () => {
    const owner = { pid: 4711, host: "station-1", since: "2021-10-12T04:30:00.000Z" };
    const problems = [
      [{ type: "owned", owner }, "process 4711 on station-1"],
      [{ type: "owned", owner: { pid: 0, host: "", since: "" } }, "Another process works with this store."],
      [{ type: "newer-store", found: 9, known: 1 }, "version 9, here 1"],
      [{ type: "damaged", code: "SQLITE_NOTADB" }, "SQLITE_NOTADB"],
      [{ type: "disk", code: "EACCES", path: "/store" }, "/store"],
    ] as const;
    for (const [problem, words] of problems) {
      const ran = await runWith({}, ["tablets", "--json"], { compose: async () => err(problem) });
      expect(ran.exit).toBe(3);
      expect(ran.err).toContain(words);
      expect(JSON.parse(ran.out)).toEqual({ error: problem });
    }
  });
});

describe("a command that ends in the middle", () => {
  function* linesThenNone(problem: Error): Generator<AuditLine> {
    yield {
      no: 1,
      at: "2021-10-12T04:30:00.000Z",
      type: "store-created",
      data: {},
      hash: "ab".repeat(32) as Digest,
    } as AuditLine;
    throw problem;
  }

  it("because the disk failed says so, exits 3, and leaves one JSON document", async () => {
    const full = new DiskError({ type: "disk", code: "EIO", path: "store.db" });
    const engine = { auditShow: () => linesThenNone(full) };
    const ran = await runWith(engine, ["audit", "show", "--json"]);
    expect([ran.exit, JSON.parse(ran.out)]).toEqual([
      3,
      { error: { type: "disk", code: "EIO", path: "store.db" } },
    ]);
    expect((await runWith(engine, ["audit", "show"])).err).toContain("EIO");
  });

  it("because its output takes no more is not called done: it exits 3 and says so in words, a wrong command line stays 2", async () => {
    const full = () =>
      new Writable({
        write: (_, __, done) =>
          done(Object.assign(new Error("no space left on device"), { code: "ENOSPC", errno: -28 })),
      });
    const engine = { auditShow: () => [].values() };
    for (const args of [["audit", "show", "--json"], ["audit", "show", "--format", "csv"], ["--help"]]) {
      const ran = await runWith(engine, args, { stdout: full() });
      expect(ran.exit, args.join(" ")).toBe(3);
      expect(ran.err).toBe(
        "The answer could not be written to standard output (ENOSPC): what stands there is not whole.\nWhat to do: Make room where it goes and run the command again; what was said to be saved is saved.\n",
      );
    }
    expect((await runWith(engine, ["frob", "--json"], { stdout: full() })).exit).toBe(2);
  });

  it("because of a fault in the program leaves one JSON document too", async () => {
    const stdout = new PassThrough();
    const engine = { auditShow: () => linesThenNone(new Error("a fault")) };
    await expect(runWith(engine, ["audit", "show", "--json"], { stdout })).rejects.toThrow("a fault");
    expect(JSON.parse(stdout.read().toString())).toEqual({ error: { type: "bug" } });
  });
});

describe("a wrong command line", () => {
  it.each([
    [[], "No command was given."],
    [["frob"], "There is no command “frob”."],
    [["quarantine", "frob"], "There is no command “frob”."],
    [["unload", "--frob"], "There is no option “--frob” here."],
    [["unload"], "Name what to unload"],
    [["unload", "--from", ""], "The value of --from is empty."],
    [["unload", "--from"], "needs a value"],
    [["upload"], "--to <POSTGRES_URL> is required"],
    [["station", "certificate"], "The argument FILE is missing."],
    [["tablets", "more"], "more arguments"],
    [["reconcile", "--device", "0417"], "32 hexadecimal digits"],
    [["--lang", "de", "tablets"], "kk, ru or en, not “de”"],
    [["act", "--tablet", "x"], "Give --tablet with --out, or --verify alone."],
    [["act", "--tablet", "x", "--out", "a.pdf"], "A tablet’s number is 32 hexadecimal digits, not “x”."],
    [["act", "--verify", "x", "--out", "a.pdf"], "Give --tablet with --out, or --verify alone."],
    [["audit", "show", "--format", "xml"], "The format is jsonl or csv, not “xml”."],
  ] as const)(
    "%j is told in one sentence, and exits 2 before the store is touched",
    async (args, sentence) => {
      const compose = () => Promise.reject(new Error("the store was opened"));
      const { exit, out, err: told } = await runWith({}, args, { compose });
      expect(exit).toBe(2);
      expect(out).toBe("");
      expect(told).toContain(sentence);
      expect(told).toContain("--help");
      const scripts = await runWith({}, [...args, "--json"], { compose });
      expect(JSON.parse(scripts.out)).toMatchObject({ error: { type: "usage" } });
    },
  );

  it("asking for help or the version as JSON gets one document", async () => {
    const help = await runWith({}, ["unload", "--help", "--json"]);
    expect([help.exit, JSON.parse(help.out)]).toMatchObject([0, { help: /^Usage: / }]);
    const version = await runWith({}, ["--json", "--version"]);
    expect([version.exit, JSON.parse(version.out)]).toEqual([0, { version: expect.stringMatching(/^\d/) }]);
  });

  it("gets help in each language, without a word of another", async () => {
    for (const [lang, title] of [
      ["kk", "Қолданылуы:"],
      ["ru", "Использование:"],
      ["en", "Usage:"],
    ] as const) {
      for (const command of [[], ["unload"], ["quarantine"], ["upload"]]) {
        const { exit, out } = await runWith({}, ["--lang", lang, ...command, "--help"]);
        expect(exit).toBe(0);
        expect(out).toContain(title);
        if (lang !== "en") expect(out).not.toMatch(/Usage|Options|Commands|Arguments|display|output/);
        expect(out).not.toContain("[options]");
      }
    }
  });
});
