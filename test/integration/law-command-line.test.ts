import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { flipBit } from "../../fixtures/outbox/hostile.ts";
import { goodTablet, TabletBuilder } from "../../fixtures/outbox.ts";
import { openStore } from "../../main/adapters/store/open.ts";
import type { UnloadReport } from "../../shared/views.ts";
import { type Run, run } from "./command-line.ts";
import { SMALL } from "./law.ts";

/** The command line as a script has it: exit codes and the one JSON document, in every outcome. */

let top: string;
let campaign: TestCampaign;
let campaignFolder: string;
/** One outbox of each kind. */
let good: string;
let bad: string;
let ahead: string;
let strange: string;
let tablet: TabletBuilder;

beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "sanaq-cli-"));
  campaign = await TestCampaign.create();
  const named = async (name: string) => new TabletBuilder(campaign, await campaign.tablet(name));
  const written = (name: string) => join(top, name);
  tablet = await goodTablet(campaign, "good", 2);
  good = await tablet.write(written("good"));
  const broken = await named("bad");
  await broken.add(SMALL);
  await broken.add({ ...SMALL, bodyOnTablet: flipBit(3) });
  bad = await broken.write(written("bad"));
  const early = await named("ahead");
  await early.add(SMALL);
  ahead = await early.write(written("ahead"), { made: [Math.floor(Date.now() / 1000) + 86_400, 300] });
  strange = await (await goodTablet(campaign, "strange", 1)).write(written("strange"));
  await writeFile(join(strange, "notes.txt"), "x");
  await writeFile(written("file"), "x");
  campaignFolder = await campaign.write(written("campaign"));
}, 120_000);
afterAll(() => rm(top, { recursive: true }));

let stores = 0;
const newStore = (): string => join(top, `store-${++stores}`);
const loaded = async (): Promise<string> => {
  const store = newStore();
  expect((await run(store, ["campaign", "load", campaignFolder])).exit).toBe(0);
  return store;
};
const SLOW = { timeout: 120_000 };
/** What stops a command is the document's only key. */
const stoppedBy = (ran: Run<unknown>): unknown => [
  ran.exit,
  (ran.json as { error?: { type?: string } })?.error?.type,
];

describe.concurrent("exit codes of unload", SLOW, () => {
  const unloading = (
    what: string,
    exit: number,
    from: () => readonly string[],
    totals: Partial<UnloadReport["totals"]>,
  ) =>
    it(`${exit}: ${what}`, SLOW, async () => {
      const store = await loaded();
      const ran = await run<UnloadReport>(store, ["unload", ...from().flatMap((path) => ["--from", path])]);
      expect([ran.exit, ran.json.tablets.length]).toEqual([exit, from().length]);
      expect(ran.json.totals).toEqual({
        ...{ staged: 0, alreadyStaged: 0, acknowledged: 0, quarantined: 0, failed: 0 },
        ...totals,
        bytes: ran.json.tablets.flatMap((one) => one.batches).reduce((sum, one) => sum + one.bytes, 0),
      });
    });
  unloading("all is staged", 0, () => [good], { staged: 2 });
  unloading("a clock is ahead, and nothing else", 0, () => [ahead], { staged: 1 });
  unloading("a name does not belong there", 1, () => [strange], { staged: 1 });
  unloading("a batch is quarantined", 1, () => [bad], { staged: 1, quarantined: 1 });
  unloading("one of two needs a person", 1, () => [good, bad], { staged: 3, quarantined: 1 });
  unloading("the folder does not exist", 3, () => [join(top, "none")], {});
  unloading("the folder is a file", 3, () => [join(top, "file")], {});
  unloading("one of three does not exist, one needs a person", 3, () => [bad, join(top, "none"), good], {
    staged: 3,
    quarantined: 1,
  });

  it("0 again: what was staged is staged already, and the document says where from", SLOW, async () => {
    const store = await loaded();
    await run(store, ["unload", "--from", good]);
    const { exit, json } = await run<UnloadReport>(store, ["unload", "--from", good]);
    const { device, chain } = tablet;
    expect([exit, json]).toEqual([
      0,
      {
        tablets: [
          {
            device,
            source: `folder:${good}`,
            chain,
            ledger: { no: 1, made: expect.stringMatching(/^2021-.*\+05:00$/), state: "ok" },
            batches: [1, 2].map((seq) => ({ chain, seq, outcome: "already-staged", reason: null, bytes: 0 })),
            findings: [],
            receipts: [],
            failure: null,
          },
        ],
        totals: { staged: 0, alreadyStaged: 2, acknowledged: 0, quarantined: 0, failed: 0, bytes: 0 },
      },
    ]);
  });
});

it("2: a Node that is too old, and the document says so too", SLOW, async () => {
  const old = "Object.defineProperty(process.versions, 'node', { value: '20.20.2' })";
  const start = `${old}; await import(${JSON.stringify(join(import.meta.dirname, "../../main/cli/main.ts"))})`;
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", start, "--", "--json", "tablets"]);
  expect([ran.status, JSON.parse(ran.stdout.toString())]).toEqual([
    2,
    { error: { type: "old-node", version: "20.20.2" } },
  ]);
  expect(ran.stderr.toString()).toContain("22.14");
});

describe.concurrent("a command that lacks something", SLOW, () => {
  it.each([
    ["unload", "--from", "/"],
    ["reconcile"],
    ["quarantine", "retry"],
    ["upload", "--to", "postgres://localhost/none"],
  ])("2: no campaign is loaded for %s %s %s", SLOW, async (...args) => {
    expect(stoppedBy(await run(newStore(), args))).toEqual([2, "no-campaign"]);
  });

  it("2: receipts before there is a key, and before there is a certificate", SLOW, async () => {
    const store = await loaded();
    const unload = ["unload", "--from", good, "--receipts"];
    expect(stoppedBy(await run(store, unload))).toEqual([2, "no-station"]);
    expect((await run(store, ["init"])).exit).toBe(0);
    expect(stoppedBy(await run(store, unload))).toEqual([2, "no-station-certificate"]);
  });

  it.each([
    [["campaign", "load", "none"], "bad-campaign"],
    [["station", "certificate", "none.pem"], "no-file"],
    [["frob"], "usage"],
    [["unload"], "usage"],
    [["unload", "--frob"], "usage"],
    [[], "usage"],
  ] as const)("2: %s", SLOW, async (args, type) => {
    expect(stoppedBy(await run(newStore(), args))).toEqual([2, type]);
  });

  it("3: the store's folder is a file", SLOW, async () => {
    expect(stoppedBy(await run(join(top, "file"), ["tablets"]))).toEqual([3, "disk"]);
  });

  it.runIf(process.platform === "linux")(
    "3: no folder can be made there, which is said at once",
    SLOW,
    async () => {
      const ran = await run("/proc/none/store", ["tablets"]);
      expect(stoppedBy(ran)).toEqual([3, "disk"]);
      expect(ran.errors).toContain("/proc/none");
    },
  );

  it("3: another process works with the store, and it is said which", SLOW, async () => {
    const folder = newStore();
    const store = await openStore(folder, () => new Date());
    if (!store.ok) expect.fail(store.error.type);
    const ran = await run(folder, ["tablets"]);
    store.value.close();
    expect(stoppedBy(ran)).toEqual([3, "owned"]);
    expect(ran.errors).toContain(String(process.pid));
  });

  it("2: a passphrase that is not the key's", SLOW, async () => {
    const store = await loaded();
    const made = await run<{ request: string }>(store, ["init"], { SANAQ_PASSPHRASE: "түн" });
    expect(made.errors).toBe("");
    const file = join(top, "station-right.pem");
    await writeFile(file, await campaign.stationCertificate(made.json.request));
    expect((await run(store, ["station", "certificate", file])).exit).toBe(0);
    const receipts = ["unload", "--from", good, "--receipts"];
    expect(stoppedBy(await run(store, receipts, { SANAQ_PASSPHRASE: "күн" }))).toEqual([
      2,
      "wrong-passphrase",
    ]);
  });
});

describe.concurrent("setting up", SLOW, () => {
  it(
    "init prints the station's id and a request that OpenSSL takes, and warns of an empty passphrase",
    SLOW,
    async () => {
      const store = newStore();
      const { exit, json, errors } = await run<{ station: string; request: string }>(store, ["init"]);
      expect([exit, Object.keys(json)]).toEqual([0, ["station", "request"]]);
      expect(json.station).toMatch(/^[0-9a-f]{32}$/);
      expect(errors).not.toBe("");
      const seen = spawnSync("openssl", ["req", "-verify", "-noout", "-text"], {
        input: json.request,
        encoding: "utf8",
      });
      if (seen.error === undefined) {
        expect(`${seen.stdout}${seen.stderr}`).toMatch(/verify OK/i);
        expect(seen.stdout).toContain(`serialNumber = ${json.station}`);
        expect(seen.stdout).toMatch(/Subject: CN = \S+/);
        expect(seen.stdout).toMatch(/Public Key Algorithm: ED25519/i);
      }
      expect(stoppedBy(await run(store, ["init"]))).toEqual([2, "station-exists"]);
    },
  );

  it("campaign load prints what was given; an older list is told, and no fault", SLOW, async () => {
    const store = newStore();
    const newer = await TestCampaign.create();
    newer.setCrl(newer.root, { number: 9 });
    const later = await run<{ campaign: string; crls: readonly object[] }>(store, [
      ...["campaign", "load"],
      await newer.write(join(top, "newer")),
    ]);
    expect([later.exit, later.json]).toEqual([
      0,
      {
        campaign: "kz-2021",
        crls: [{ issuer: "CN=Sanaq campaign root", number: 9, nextUpdate: "2043-09-01T00:00:00.000Z" }],
      },
    ]);
    expect(later.errors).toBe("");
    newer.setCrl(newer.root, { number: 8 });
    const older = await run(store, ["campaign", "load", await newer.write(join(top, "older"))]);
    expect([older.exit, older.errors]).toEqual([0, expect.stringContaining("8")]);
  });

  it("a campaign that cannot be read changes nothing", SLOW, async () => {
    const store = await loaded();
    const folder = join(top, "broken");
    await mkdir(folder);
    for (const [name, text] of [
      ["campaign.json", "{"],
      ["root.pem", "no certificate"],
      ["a.crl", "no list"],
    ] as const) {
      await campaign.write(folder);
      await writeFile(join(folder, name), text);
      expect(stoppedBy(await run(store, ["campaign", "load", folder]))).toEqual([2, "bad-campaign"]);
    }
    expect((await run(store, ["unload", "--from", good])).exit).toBe(0);
  });
});

describe("through npm", () => {
  it("paths are meant from where the command was typed", SLOW, () => {
    const npm = ["--prefix", join(import.meta.dirname, "../.."), "run", "--silent", "sanaq-unload", "--"];
    const at = ["--store", "npm-store", "--json"];
    const run = (...args: readonly string[]) =>
      spawnSync("npm", [...npm, ...at, ...args], { cwd: top, encoding: "utf8" });
    expect(run("campaign", "load", "campaign").status).toBe(0);
    const unloading = run("unload", "--from", "good");
    expect([unloading.status, JSON.parse(unloading.stdout).totals.staged]).toEqual([0, 2]);
  });
});

describe.concurrent("looking back", SLOW, () => {
  it(
    "reconcile has a line for each batch with its three sides, and the audit log is whole",
    SLOW,
    async () => {
      const store = await loaded();
      await run(store, ["unload", "--from", good, "--from", bad]);
      const { exit, json } = await run<{ batches: readonly { seq: number; verdict: string }[] }>(store, [
        "reconcile",
      ]);
      expect([exit, json.batches.length]).toEqual([1, 4]);
      const own = await run(store, ["reconcile", "--device", tablet.device]);
      const { device, chain } = tablet;
      const sides = { tablet: "pending", station: "staged", centre: null, verdict: "to-upload" };
      expect([own.exit, own.json]).toEqual([
        0,
        {
          batches: [1, 2].map((seq) => ({
            device,
            chain,
            seq,
            manifest: tablet.batch(seq).digest,
            ...sides,
          })),
        },
      ]);
      const list = await run<{ quarantine: readonly object[] }>(store, ["quarantine", "list"]);
      expect([list.exit, list.json.quarantine.length]).toEqual([1, 1]);
      const retry = await run<object>(store, ["quarantine", "retry"]);
      expect([retry.exit, retry.json]).toMatchObject([1, { staged: 0, stillRefused: 1 }]);
      expect((await run(store, ["audit", "verify"])).exit).toBe(0);
      expect((await run(store, ["audit", "show"])).exit).toBe(0);
    },
  );

  it.each([["--help"], ["unload", "--help"], ["--version"]])("0: %s %s", SLOW, async (...args) => {
    const ran = await run<object>(newStore(), args);
    expect([ran.exit, typeof ran.json]).toEqual([0, "object"]);
  });
});
