import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCampaignFolder } from "../../main/adapters/campaign/folder.ts";
import { parseCampaign } from "../../main/formats/campaign.ts";
import { parseCertificate, pemBlocks } from "../../main/formats/certificate.ts";
import { sha256 } from "../../main/formats/sha256.ts";
import { isRoot } from "../../main/rules/trust.ts";
import { ANSWERS, Bench, CENTRAL, hasOpenssl, NOW, OBLAST, SCHEMA } from "./authority.ts";

/** Founding a campaign: what is made, what is refused, and what `verify` finds afterwards. */

let founded: Bench;
beforeAll(async () => {
  founded = await Bench.open();
  expect((await founded.found()).exit).toBe(0);
});
afterAll(() => founded[Symbol.asyncDispose]());

const files = async (bench: Bench): Promise<readonly string[]> =>
  (await readdir(bench.dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(bench.dir.length + 1))
    .sort();

describe("founding a campaign", () => {
  it("makes a root, the centre's issuer and one for each oblast, all of which openssl's and the station's rules accept", async () => {
    await using bench = await founded.copy();
    const root = parseCertificate(
      pemBlocks(await readFile(join(bench.dir, "ca/root.pem"), "utf8"), "CERTIFICATE")[0] ?? new Uint8Array(),
    );
    expect(root.ok && isRoot(root.value)).toBe(true);
    const { exit, json } = await bench.run(["verify"]);
    expect(json).toMatchObject({ faults: [], certificates: 4 });
    expect(exit).toBe(0);
    if (!hasOpenssl) return;
    for (const ca of ["centre", `issuer-${OBLAST}`]) {
      bench.openssl("crl", "-inform", "DER", "-in", join(bench.dir, "crl/root.crl"), "-out", "root-list.pem");
      const { text } = bench.openssl(
        ...["verify", "-x509_strict", "-crl_check_all", "-CAfile", join(bench.dir, "ca/root.pem")],
        ...[
          "-attime",
          String(NOW.getTime() / 1000),
          "-CRLfile",
          "root-list.pem",
          join(bench.dir, `ca/${ca}.pem`),
        ],
      );
      expect(text).toMatch(/: OK/);
    }
  });

  it("with an intermediate makes a chain of three below the root", async () => {
    await using bench = await Bench.open();
    expect((await bench.found({ oblasts: [OBLAST], intermediate: true })).exit).toBe(0);
    const issuer = parseCertificate(
      pemBlocks(await readFile(join(bench.dir, `ca/issuer-${OBLAST}.pem`), "utf8"), "CERTIFICATE")[0] ??
        new Uint8Array(),
    );
    expect(issuer.ok && issuer.value.issuerText).toBe("CN=Sanaq kz-trial intermediate");
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [] });
  });

  it("keeps keys sealed: neither the folder nor the log holds one in the clear, and only its owner may read it", async () => {
    const { mode } = await stat(join(founded.dir, "keys/root.sealed"));
    if (process.platform !== "win32") expect(mode & 0o077).toBe(0);
    for (const name of await files(founded))
      expect((await readFile(join(founded.dir, name), "latin1")).includes("PRIVATE KEY"), name).toBe(false);
    expect(
      (await founded.run(["issuer", "--oblast", "430000000"], { passphrases: "another\n" })).json,
    ).toEqual({
      error: { type: "wrong-passphrase", key: "root" },
    });
  });

  it("gives each key the passphrase that the file names for it", async () => {
    await using bench = await Bench.open();
    const passphrases = `root: of the root\ncentre: of the centre\nissuer-${OBLAST}: of the issuer\n`;
    expect((await bench.found({ oblasts: [OBLAST] }, { passphrases })).exit).toBe(0);
    const further = ["issuer", "--oblast", "430000000"];
    expect((await bench.run(further, { passphrases: "of the issuer\n" })).json).toMatchObject({
      error: { type: "wrong-passphrase" },
    });
    const enough = "root: of the root\nissuer-430000000: of the new one\n";
    expect((await bench.run(further, { passphrases: enough })).exit).toBe(0);
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [], certificates: 4 });
  });

  it("writes nothing over a campaign that is there", async () => {
    await using bench = await founded.copy();
    const before = await readFile(join(bench.dir, "log.jsonl"));
    const { exit, json } = await bench.found();
    expect(json).toMatchObject({ error: { type: "exists" } });
    expect(exit).toBe(2);
    expect(await readFile(join(bench.dir, "log.jsonl"))).toEqual(before);
  });

  it("removes what a founding that was killed left half made", async () => {
    await using bench = await founded.copy();
    await rename(bench.dir, `${bench.dir}.part`);
    expect((await bench.found({ id: "kz-second", oblasts: [OBLAST] })).exit).toBe(0);
    expect(await readdir(bench.top)).not.toContain("authority.part");
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [], certificates: 3 });
  });

  const wrongRecipient = `${CENTRAL.slice(0, -1)}q`;
  it.each([
    ["a campaign that is over", { to: "2026-11-30T00:00:00+05:00" }, "to", "past"],
    ["an end before the beginning", { to: "2020-11-30T00:00:00+05:00" }, "to", "wrong"],
    ["a recipient with a mistyped letter", { central: [wrongRecipient] }, "central.0", "wrong"],
    ["a recipient of the centre that is the Department's too", { department: [CENTRAL] }, "central", "twice"],
    ["an oblast named twice", { oblasts: [OBLAST, OBLAST] }, "oblasts", "twice"],
    ["a district in place of an oblast", { oblasts: ["271000000"] }, "oblasts.0", "wrong"],
    ["no form", { forms: [] }, "forms", "wrong"],
    ["no name", { name: undefined }, "name", "missing"],
    ["an answer that nobody asked for", { shema: [SCHEMA] }, "shema", "wrong"],
    ["three officers of two", { shares: "3of2" }, "shares", "wrong"],
    ["one officer of two", { shares: "1of2" }, "shares", "wrong"],
  ] as const)("refuses %s, and makes nothing", async (_, answers, field, why) => {
    await using bench = await Bench.open();
    const { exit, json } = await bench.found(answers);
    expect(json).toEqual({ error: { type: "bad-answers", field, why } });
    expect(exit).toBe(2);
    expect((await readdir(bench.top)).filter((name) => name.startsWith("authority"))).toEqual([]);
  });

  it("takes the same answers as options, and a questionnaire's SHA-256 from its file", async () => {
    await using bench = await Bench.open();
    const schema = await bench.put("questionnaire.xml", "<questions/>");
    const { exit } = await bench.run([
      ...["new", "--id", "kz-options", "--name-kk", "а", "--name-ru", "б", "--name-en", "c"],
      ...["--from", ANSWERS.from, "--to", ANSWERS.to, "--oblast", OBLAST, "--central", CENTRAL],
      ...["--form", "1-person", "--form", "2-household", "--schema", schema, "--grace", "2"],
    ]);
    expect(exit).toBe(0);
    expect((await bench.run(["campaign", "write", bench.path("given")])).exit).toBe(0);
    const campaign = parseCampaign(await readFile(bench.path("given", "campaign.json"), "utf8"));
    expect(campaign.ok && campaign.value).toMatchObject({ id: "kz-options", graceDays: 2 });
    expect(campaign.ok && [...campaign.value.schemas]).toEqual([sha256("<questions/>")]);
    expect(campaign.ok && [...campaign.value.forms]).toEqual(["1-person", "2-household"]);
  });

  it.each([
    ["without any", null, {}, "no-passphrase"],
    ["with an empty one", "root: \n", {}, "empty-passphrase"],
    [
      "with one from the environment, which serves one key alone",
      null,
      { SANAQ_PASSPHRASE: "one" },
      "no-passphrase",
    ],
  ] as const)("asks for passphrases: %s it makes nothing", async (_, passphrases, env, type) => {
    await using bench = await Bench.open();
    const { exit, json } = await bench.found({}, { passphrases, env });
    expect(json).toMatchObject({ error: { type } });
    expect(exit).toBe(2);
    expect(await readdir(bench.top)).not.toContain("authority");
  });

  it.skipIf(process.platform === "win32")("refuses a file of passphrases that others may read", async () => {
    await using bench = await Bench.open();
    const open = await bench.put("open", "words\n", 0o644);
    const { json } = await bench.run(["verify", "--passphrase-file", open], { passphrases: null });
    expect(json).toMatchObject({ error: { type: "open-to-others" } });
  });
});

describe("a root that is split among officers", () => {
  const officers = "root-share-1: one\nroot-share-2: two\nroot-share-3: three\n";
  const others = `${officers}the rest\n`;

  it("opens with any two of three, and with no one alone", async () => {
    await using bench = await Bench.open();
    expect((await bench.found({ oblasts: [OBLAST], shares: "2of3" }, { passphrases: others })).exit).toBe(0);
    expect(await files(bench)).toEqual(
      expect.arrayContaining([1, 2, 3].map((no) => `keys/root-share-${no}.sealed`)),
    );
    const make = (oblast: string, passphrases: string) =>
      bench.run(["issuer", "--oblast", oblast], { passphrases: `${passphrases}issuer-${oblast}: own\n` });
    expect((await make("430000000", "root-share-2: two\n")).json).toMatchObject({
      error: { type: "no-passphrase" },
    });
    expect((await make("430000000", "root-share-1: one\nroot-share-3: three\n")).exit).toBe(0);
    expect((await make("470000000", "root-share-2: two\nroot-share-3: wrong\n")).json).toMatchObject({
      error: { type: "wrong-passphrase", key: "root-share-3" },
    });
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [], certificates: 4 });
  });

  it("opens with shares that lie on the officers' carriers", async () => {
    await using bench = await Bench.open();
    await bench.found({ oblasts: [OBLAST], shares: "2of3" }, { passphrases: others });
    for (const no of [1, 2, 3])
      await rename(join(bench.dir, `keys/root-share-${no}.sealed`), bench.path(`root-share-${no}.sealed`));
    const issuer = ["issuer", "--oblast", "430000000"];
    expect((await bench.run(issuer, { passphrases: others })).json).toMatchObject({
      error: { type: "no-key" },
    });
    const shares = [2, 3].flatMap((no) => ["--share", bench.path(`root-share-${no}.sealed`)]);
    expect((await bench.run([...shares, ...issuer], { passphrases: others })).exit).toBe(0);
  });
});

describe("the campaign folder", () => {
  it("is one that a station reads, with every list, and is written again in place", async () => {
    await using bench = await founded.copy();
    const given = bench.path("given");
    const first = await bench.run(["campaign", "write", given]);
    expect(first.json).toMatchObject({ campaign: "kz-trial", crls: { root: 1, centre: 1 } });
    const read = await readCampaignFolder(given);
    expect(read.ok && read.value.crls.map(({ name }) => name)).toEqual([
      "centre.crl",
      "issuer-270000000.crl",
      "issuer-350000000.crl",
      "root.crl",
    ]);
    expect(read.ok && parseCampaign(read.value.json).ok).toBe(true);
    const head = JSON.parse(await readFile(join(given, "authority-head.json"), "utf8"));
    expect(head).toEqual(first.json.log);
    expect((await bench.run(["campaign", "write", given])).exit).toBe(0);
    expect((await readFile(join(given, "roster.csv"), "utf8")).split("\r\n")[0]).toBe("device,name,area");
  });

  it("is not written over anything else", async () => {
    await using bench = await founded.copy();
    await using other = await Bench.open();
    await other.found({ id: "kz-other", oblasts: [OBLAST] });
    await other.run(["campaign", "write", bench.path("given")]);
    const before = await readFile(bench.path("given", "campaign.json"));
    const { exit, json } = await bench.run(["campaign", "write", bench.path("given")]);
    expect(json).toMatchObject({ error: { type: "foreign-folder" } });
    expect(exit).toBe(2);
    expect(await readFile(bench.path("given", "campaign.json"))).toEqual(before);
  });

  it("asks for a person while a list ends within three days", async () => {
    await using bench = await founded.copy();
    const late = new Date(NOW.getTime() + 12 * 86_400_000);
    const { exit, err } = await bench.run(["campaign", "write", bench.path("given")], { now: late });
    expect(err).toContain("The list of centre ends within three days");
    expect(exit).toBe(1);
  });
});

describe("verify", () => {
  const change = async (bench: Bench, name: string, how: (text: string) => string): Promise<void> => {
    const path = join(bench.dir, name);
    await writeFile(path, how(await readFile(path, "utf8")));
  };

  it("finds a line that was changed, and every other command stops", async () => {
    await using bench = await founded.copy();
    await change(bench, "log.jsonl", (text) => text.replace('"parent":"root"', '"parent":null'));
    const { exit, json } = await bench.run(["verify"]);
    expect(json).toMatchObject({ faults: [{ fault: "log-broken", name: "4" }] });
    expect(exit).toBe(1);
    for (const args of [
      ["campaign", "write", bench.path("given")],
      ["issuer", "--oblast", "430000000"],
    ])
      expect((await bench.run(args)).json).toEqual({ error: { type: "log-broken", no: 4 } });
  });

  it("finds a line that was taken out", async () => {
    await using bench = await founded.copy();
    await change(bench, "log.jsonl", (text) => text.split("\n").toSpliced(3, 1).join("\n"));
    expect((await bench.run(["verify"])).json).toMatchObject({
      faults: [{ fault: "log-broken", name: "4" }],
    });
  });

  it("finds a file that differs, or is missing, and makes the missing one again", async () => {
    await using bench = await founded.copy();
    await change(bench, `ca/issuer-${OBLAST}.pem`, (text) =>
      text.replace(/[A-Z]{2}/, (two) => two.toLowerCase()),
    );
    await rm(join(bench.dir, "crl/centre.crl"));
    expect((await bench.run(["verify"])).json).toMatchObject({
      faults: [
        { fault: "file-differs", name: `ca/issuer-${OBLAST}.pem` },
        { fault: "file-missing", name: "crl/centre.crl" },
      ],
    });
    expect(await files(bench)).toContain("crl/centre.crl");
  });

  it("cuts half a line that a crash left, notes it, and the log goes on", async () => {
    await using bench = await founded.copy();
    await change(bench, "log.jsonl", (text) => `${text}{"no":10,"ti`);
    expect((await bench.run(["verify"])).json).toMatchObject({
      faults: [{ fault: "half-line", name: "12" }],
    });
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [], lines: 10 });
    expect(await readFile(join(bench.dir, "log.jsonl"), "utf8")).toContain('"act":"repaired","bytes":12');
  });

  it("says there is no authority where there is none", async () => {
    await using bench = await Bench.open();
    const { exit, json } = await bench.run(["verify"]);
    expect(json).toMatchObject({ error: { type: "no-authority" } });
    expect(exit).toBe(2);
  });
});
