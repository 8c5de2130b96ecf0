import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { goodTablet, TabletBuilder } from "../../fixtures/outbox.ts";
import { TEST_ASSETS } from "../../fixtures/test-assets.ts";
import { readBag } from "../../main/adapters/carrier/read.ts";
import type { ExportReport, ImportReport } from "../../main/engine/api.ts";
import { parseCertificate } from "../../main/formats/certificate.ts";
import { parseSign1 } from "../../main/formats/cose.ts";
import type { ChainId, DeviceId } from "../../shared/ids.ts";
import type { Result } from "../../shared/result.ts";
import { run, runText } from "./command-line.ts";
import { Desk, findings, must, outcomes } from "./desk.ts";

const never = new AbortController().signal;
const quiet = (): void => {};
const PROGRAM = join(import.meta.dirname, "../../main/cli/main.ts");

/** Two stations of one campaign, with a folder between them that somebody carries. */
class TwoStations implements AsyncDisposable {
  readonly village: Desk;
  readonly town: Desk;
  readonly campaign: TestCampaign;
  readonly bag: string;
  villageId = "";
  townId = "";

  private constructor(village: Desk, town: Desk, campaign: TestCampaign) {
    this.village = village;
    this.town = town;
    this.campaign = campaign;
    this.bag = village.path("stick");
  }

  static async open(): Promise<TwoStations> {
    const campaign = await TestCampaign.create();
    const both = new TwoStations(await Desk.open(campaign), await Desk.open(campaign), campaign);
    await campaign.issuer();
    await campaign.centre();
    for (const desk of [both.village, both.town]) await desk.loadCampaign();
    both.villageId = await both.village.becomeStation();
    both.townId = await both.town.becomeStation();
    return both;
  }

  /** Unloads a tablet at the village. */
  async unload(tablet: TabletBuilder, name = "outbox"): Promise<void> {
    await this.village.unloadOne(await tablet.write(this.village.path(name)));
  }

  async export(
    folder = this.bag,
    options: { devices?: readonly DeviceId[]; again?: boolean } = {},
  ): Promise<ExportReport> {
    return must(await this.tryExport(folder, options));
  }

  async tryExport(folder = this.bag, options: { devices?: readonly DeviceId[]; again?: boolean } = {}) {
    const engine = await this.village.engine();
    return engine.exportBag(folder, { devices: [], again: false, passphrase: "", ...options }, quiet, never);
  }

  async import(folder = this.bag, desk = this.town): Promise<ImportReport> {
    return must(await this.tryImport(folder, desk));
  }

  async tryImport(folder = this.bag, desk = this.town) {
    await desk.loadCampaign();
    return (await desk.engine()).importBag(folder, { passphrase: "" }, quiet, never);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.village[Symbol.asyncDispose]();
    await this.town[Symbol.asyncDispose]();
  }
}

const whyRefused = (result: Result<unknown, { readonly type: string }>): unknown => {
  if (result.ok) return "taken";
  return "why" in result.error ? result.error.why : result.error.type;
};

const sha256File = async (path: string): Promise<string> =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

/** Writes a bag's tag manifest again, as somebody would who wants a changed bag to look right. */
async function retag(bag: string): Promise<void> {
  const names = (await readdir(bag)).filter(
    (name) => /\.(txt|cose)$/.test(name) && !name.startsWith("tagmanifest"),
  );
  const lines = await Promise.all(
    names.sort().map(async (name) => `${await sha256File(join(bag, name))}  ${name}\n`),
  );
  await writeFile(join(bag, "tagmanifest-sha256.txt"), lines.join(""));
}

/** Writes a bag's list of files again. */
async function relist(bag: string): Promise<void> {
  const files = (await readdir(join(bag, "data"), { recursive: true, withFileTypes: true }))
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
  const lines = await Promise.all(
    files.sort().map(async (path) => `${await sha256File(path)}  ${path.slice(bag.length + 1)}\n`),
  );
  await writeFile(join(bag, "manifest-sha256.txt"), lines.join(""));
  await retag(bag);
}

/** The Library of Congress's conformance bags, where they lie beside the project. */
const suite = join(TEST_ASSETS, "vectors/bagit/v1.0");

const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** What a checker finds that was written from the RFC, and shares nothing with this program. */
function faultsByTheRfc(bag: string): readonly string[] {
  const checked = spawnSync("python3", [join(import.meta.dirname, "rfc8493.py"), bag], { encoding: "utf8" });
  if (checked.stderr !== "") throw new Error(checked.stderr);
  return checked.stdout.split("\n").filter((line) => line !== "");
}

/** The Library of Congress's own tool, where somebody has installed it: neither Debian nor npm has it. */
const bagitPy = (): string | null => {
  for (const program of ["bagit.py", "bagit"])
    if (spawnSync(program, ["--version"]).status === 0) return program;
  return spawnSync("python3", ["-c", "import bagit"]).status === 0 ? "python3" : null;
};

describe("carrying batches to another station", () => {
  it("brings them there whole, tells both sides who has what, and never calls that the centre's word", async () => {
    await using both = await TwoStations.open();
    const first = await goodTablet(both.campaign, "0417", 3);
    const second = await goodTablet(both.campaign, "0422", 2);
    await both.unload(first);
    await both.unload(second, "outbox-2");

    const exported = await both.export();
    expect(exported).toMatchObject({ tablets: 2, batches: 5, failed: 0, left: 0, problem: null });
    expect(exported.bag).toMatchObject({ station: both.villageId, no: 1 });

    const imported = await both.import();
    expect(imported.bag).toMatchObject({ station: both.villageId, no: 1 });
    expect(imported).toMatchObject({ faults: [], missing: 0, receiptFailure: null });
    expect(imported.totals).toMatchObject({ staged: 5, quarantined: 0, failed: 0 });
    expect(imported.tablets.flatMap((one) => one.findings)).toEqual([]);
    expect(imported.tablets.map((one) => one.device).sort()).toEqual([first.device, second.device].sort());

    const town = await both.town.engine();
    const [line] = must(town.reconcile(first.device as DeviceId));
    expect(line).toMatchObject({ station: "staged", centre: null, verdict: "to-upload" });
    const chain = first.chain as ChainId;
    expect(town.travels(first.device as DeviceId, chain, 1).carriedBy).toBe(both.villageId);
    const staged = [...town.auditShow()].filter((one) => one.type === "staged");
    expect(staged.every((one) => String(one.data.source).includes(both.villageId))).toBe(true);

    const back = await both.import(both.bag, both.village);
    expect(back.answers).toEqual([
      expect.objectContaining({
        station: both.townId,
        bag: 1,
        staged: 5,
        accepted: 0,
        refused: 0,
        missing: 0,
      }),
    ]);
    const village = await both.village.engine();
    expect(village.travels(first.device as DeviceId, chain, 2)).toMatchObject({
      carriedBy: null,
      bags: [{ no: 1 }],
      answers: [{ station: both.townId, status: "staged", reason: "" }],
    });
    const verdicts = [...must(village.reconcile(null))].map((one) => one.verdict);
    expect(verdicts).toEqual(Array(5).fill("to-upload"));
    expect(must(await village.auditVerify()).lines).toBeGreaterThan(0);
  });

  it("makes a bag that other people's tools accept", async () => {
    await using both = await TwoStations.open();
    await both.unload(await goodTablet(both.campaign, "0417", 3));
    await both.export();
    for (const list of ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
      execFileSync("sha256sum", ["--check", "--strict", "--quiet", list], { cwd: both.bag });
    expect((await readFile(join(both.bag, "bagit.txt"), "utf8")).split("\n")[0]).toBe("BagIt-Version: 1.0");
    const reading = await readBag(both.bag, quiet, never);
    expect([reading.faults, reading.notes]).toEqual([[], []]);
    expect((await readdir(both.bag)).sort()).toEqual(
      [
        "bag-info.txt",
        "bagit.txt",
        "data",
        "manifest-sha256.txt",
        "statement.cose",
        "tagmanifest-sha256.txt",
      ].sort(),
    );
    expect(await readdir(join(both.bag, "data"))).not.toContain("older");
  });

  it.skipIf(!hasPython)(
    "makes a bag, with a receipt in it or not, that is complete and valid by RFC 8493 alone; a spoilt one is not",
    async () => {
      await using both = await TwoStations.open();
      await both.unload(await goodTablet(both.campaign, "0417", 3));
      await both.export();
      expect(faultsByTheRfc(both.bag)).toEqual([]);
      const { receipt } = await both.import();
      expect(faultsByTheRfc(both.bag)).toEqual([]);
      expect(faultsByTheRfc(join(both.bag, receipt ?? ""))).toEqual([]);
      const [device = ""] = await readdir(join(both.bag, "data"));
      const [body = ""] = await readdir(join(both.bag, "data", device, "batches"));
      const path = `data/${device}/batches/${body}`;
      await truncate(join(both.bag, path), 20);
      await writeFile(join(both.bag, "data", "more.txt"), "more");
      expect(faultsByTheRfc(both.bag)).toEqual([
        `manifest-sha256.txt: ${path} is not what was listed`,
        "manifest-sha256.txt: data/more.txt is not listed",
        expect.stringContaining("Payload-Oxum"),
      ]);
    },
  );

  it.skipIf(!hasPython || !existsSync(suite))(
    "is checked by something that finds what the Library of Congress's own bags of version 1.0 were made to have",
    async () => {
      const verdicts = async (group: string) =>
        (await readdir(join(suite, group)))
          .sort()
          .map((name) => [name, faultsByTheRfc(join(suite, group, name)).length > 0]);
      const [valid, invalid] = [await verdicts("valid"), await verdicts("invalid")];
      expect(valid.length * invalid.length).toBeGreaterThan(0);
      expect(valid.filter(([, isFaulty]) => isFaulty)).toEqual([]);
      expect(invalid.filter(([, isFaulty]) => !isFaulty)).toEqual([]);
    },
  );

  it.skipIf(bagitPy() === null)(
    "makes a bag that bagit.py accepts, with a receipt in it or not",
    async () => {
      await using both = await TwoStations.open();
      await both.unload(await goodTablet(both.campaign, "0417", 3));
      await both.export();
      const program = bagitPy() ?? "";
      const args = program === "python3" ? ["-m", "bagit"] : [];
      const validate = (bag: string) =>
        execFileSync(program, [...args, "--validate", bag], { stdio: "pipe" });
      validate(both.bag);
      const { receipt } = await both.import();
      validate(both.bag);
      validate(join(both.bag, receipt ?? ""));
    },
  );

  it("tells of a receipt that was cut off or changed on its way home, and takes the good one beside it", async () => {
    await using both = await TwoStations.open();
    await both.unload(await goodTablet(both.campaign, "0417", 3));
    await both.export();
    const { receipt } = await both.import();
    const good = join(both.bag, receipt ?? "");
    const half = join(both.bag, "receipts", "0000000000000000-00000001");
    const changed = join(both.bag, "receipts", "0000000000000000-00000002");
    for (const copy of [half, changed]) await cp(good, copy, { recursive: true });
    await rm(join(half, "bagit.txt"));
    await truncate(join(changed, "data", "receipt.cose"), 40);

    const home = await both.import(both.bag, both.village);
    expect(home.answers).toMatchObject([{ staged: 3 }]);
    expect(home.badReceipts).toEqual([
      { path: "receipts/0000000000000000-00000001", why: "not-a-bag" },
      { path: "receipts/0000000000000000-00000002", why: "changed" },
    ]);
    both.village.closeEngine();
    const shown = await runText(both.village.store, ["--lang", "en", "import", both.bag]);
    expect(shown.exit).toBe(1);
    expect(shown.text).toContain("The receipt in receipts/0000000000000000-00000001 was not taken: ");
    for (const bad of [half, changed]) await rm(bad, { recursive: true });
    expect((await runText(both.village.store, ["import", both.bag])).exit).toBe(0);
  });

  it("does not believe a bag of its own about what it holds: the store may have been put back since", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 3);
    await both.unload(tablet);
    await both.export();
    await both.import();
    await both.import(both.bag, both.village);
    await tablet.add({ bodyBytes: 900 });
    await both.unload(tablet, "outbox-2");
    const second = both.village.path("second");
    expect((await both.export(second)).batches).toBe(1);
    const at = [tablet.device as DeviceId, tablet.chain as ChainId, 1] as const;
    await both.import(second, both.village);
    expect((await both.village.engine()).travels(...at).elsewhere).toEqual([]);
    await both.import(second);
    expect((await both.town.engine()).travels(...at).elsewhere).toEqual([
      { station: both.villageId, status: "staged" },
    ]);
  });

  it("twice changes nothing: the same batches, the same receipt, one row each", async () => {
    await using both = await TwoStations.open();
    await both.unload(await goodTablet(both.campaign, "0417", 3));
    await both.export();
    const first = await both.import();
    const receipt = await readFile(join(both.bag, first.receipt ?? "", "data/receipt.cose"));
    const second = await both.import();
    expect(second.totals).toMatchObject({ staged: 0, alreadyStaged: 3 });
    expect(second.receipt).toBe(first.receipt);
    expect(await readFile(join(both.bag, second.receipt ?? "", "data/receipt.cose"))).toEqual(receipt);
    expect((await both.import(both.bag, both.village)).answers).toHaveLength(1);
    expect((await both.import(both.bag, both.village)).answers).toHaveLength(1);
    const village = await both.village.engine();
    const taken = [...village.auditShow()].filter((one) => one.type === "imported" && "receipt" in one.data);
    expect(taken).toHaveLength(1);
  });

  it("repeats what nobody has confirmed, leaves out what another station has, and takes it again when asked", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 2);
    await both.unload(tablet);
    await both.export();
    expect(await both.export(both.village.path("second stick"))).toMatchObject({
      batches: 2,
      bag: { no: 2 },
    });
    await both.import();
    await both.import(both.bag, both.village);
    expect(await both.export(both.village.path("third stick"))).toMatchObject({ bag: null, batches: 0 });
    expect(await both.export(both.village.path("third stick"), { again: true })).toMatchObject({
      batches: 2,
    });
  });

  it("can take one tablet only", async () => {
    await using both = await TwoStations.open();
    const one = await goodTablet(both.campaign, "0417", 2);
    await both.unload(one);
    await both.unload(await goodTablet(both.campaign, "0422", 3), "outbox-2");
    expect(await both.export(both.bag, { devices: [one.device as DeviceId] })).toMatchObject({
      tablets: 1,
      batches: 2,
      left: 0,
    });
    expect(await readdir(join(both.bag, "data"))).toEqual([one.device]);
  });

  it("makes no gap of what the other station keeps, because its statement names it", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 3);
    await both.unload(tablet);
    await both.export();
    await both.import();
    await both.import(both.bag, both.village);
    await tablet.addMany(2);
    await both.unload(tablet);
    const stick = both.village.path("second stick");
    expect(await both.export(stick)).toMatchObject({ batches: 2 });

    await using third = await Desk.open(both.campaign);
    await third.loadCampaign();
    await third.becomeStation();
    const imported = await both.import(stick, third);
    expect(imported.totals).toMatchObject({ staged: 2, quarantined: 0 });
    expect(imported.tablets.flatMap((report) => findings(report, "gap"))).toEqual([]);
    const lines = [...must((await third.engine()).reconcile(null))].map(
      (line) => `${line.seq} ${line.verdict}`,
    );
    expect(lines).toEqual([
      "1 on-tablet-only",
      "2 on-tablet-only",
      "3 on-tablet-only",
      "4 to-upload",
      "5 to-upload",
    ]);
    expect(
      (await third.engine()).travels(tablet.device as DeviceId, tablet.chain as ChainId, 1).elsewhere,
    ).toEqual([{ station: both.villageId, status: "staged" }]);
  });

  it("brings both chains of a tablet that was reset, each with its own ledger", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 2);
    await both.unload(tablet);
    const old = tablet.chain;
    tablet.reset(true);
    await tablet.addMany(3);
    await both.unload(tablet);
    await both.export();
    const imported = await both.import();
    expect(imported.totals).toMatchObject({ staged: 5, quarantined: 0 });
    expect(imported.tablets.map((one) => [one.chain, one.ledger?.state])).toEqual([
      [old, "ok"],
      [tablet.chain, "ok"],
    ]);
    expect(imported.tablets.flatMap((one) => one.findings)).toEqual([]);
    const lines = [...must((await both.town.engine()).reconcile(null))];
    expect(lines.filter((line) => line.verdict === "to-upload" && line.tablet === "pending")).toHaveLength(5);
  });

  it("keeps the tablets' folders as outboxes, so that even without this bag's statement a batch can be saved", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 3);
    await both.unload(tablet);
    await both.export();
    const report = await both.town.unloadOne(join(both.bag, "data", tablet.device));
    expect(outcomes(report)).toEqual(["1 staged", "2 staged", "3 staged"]);
  });
});

describe("a bag that is not as it was made", () => {
  it("with one broken body loses that batch to quarantine, and no other", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 4);
    await both.unload(tablet);
    await both.export();
    const path = `data/${tablet.device}/batches/${tablet.chain}-00000002.age`;
    const body = await readFile(join(both.bag, path));
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    await writeFile(join(both.bag, path), body);

    const imported = await both.import();
    expect(imported.faults).toEqual([{ type: "changed", path }]);
    expect(imported.tablets.flatMap((one) => outcomes(one))).toEqual([
      "1 staged",
      "2 quarantined (chunk-mismatch)",
      "3 staged",
      "4 staged",
    ]);
    const back = await both.import(both.bag, both.village);
    expect(back.answers).toMatchObject([{ staged: 3, refused: 1, missing: 0 }]);
    expect(
      (await both.village.engine()).travels(tablet.device as DeviceId, tablet.chain as ChainId, 2).answers,
    ).toMatchObject([{ status: "refused", reason: "chunk-mismatch" }]);

    await rm(join(both.bag, path));
    await cp(
      join(both.village.path("outbox"), "batches", `${tablet.chain}-00000002.age`),
      join(both.bag, path),
    );
    expect((await both.import()).totals).toMatchObject({ staged: 1, alreadyStaged: 3 });
  });

  it("with a batch taken out says which, and that it did not come", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 3);
    await both.unload(tablet);
    await both.export();
    for (const ending of ["age", "cose"])
      await rm(join(both.bag, `data/${tablet.device}/batches/${tablet.chain}-00000003.${ending}`));
    const imported = await both.import();
    expect(imported.missing).toBe(1);
    expect(imported.faults.map((one) => one.type)).toEqual(["missing", "missing"]);
    expect(imported.tablets.flatMap((one) => findings(one, "gap"))).toHaveLength(1);
    expect((await both.import(both.bag, both.village)).answers).toMatchObject([{ staged: 2, missing: 1 }]);
  });

  it("is refused as a whole for anything else, and nothing of it is staged", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 2);
    await both.unload(tablet);
    await both.export();
    const attempt = async (spoil: (bag: string) => Promise<unknown>): Promise<unknown> => {
      const copy = both.village.path("copy");
      await rm(copy, { recursive: true, force: true });
      await cp(both.bag, copy, { recursive: true });
      await spoil(copy);
      return whyRefused(await both.tryImport(copy));
    };
    const batches = `data/${tablet.device}/batches`;
    expect(await attempt((bag) => rm(join(bag, "bagit.txt")))).toBe("not-a-bag");
    expect(await attempt((bag) => truncate(join(bag, "statement.cose"), 100))).toBe("changed");
    expect(
      await attempt(async (bag) => {
        await truncate(join(bag, "statement.cose"), 100);
        await retag(bag);
      }),
    ).toBe("malformed");
    expect(
      await attempt(async (bag) => {
        await rm(join(bag, "statement.cose"));
        await retag(bag);
      }),
    ).toBe("no-statement");
    expect(
      await attempt(async (bag) => {
        await rm(join(bag, batches, `${tablet.chain}-00000002.age`));
        await rm(join(bag, batches, `${tablet.chain}-00000002.cose`));
        await writeFile(
          join(bag, "bag-info.txt"),
          (await readFile(join(bag, "bag-info.txt"), "utf8")).replace(/^Payload-Oxum.*\n/m, ""),
        );
        await relist(bag);
      }),
    ).toBe("not-as-signed");
    expect(
      await attempt((bag) => writeFile(join(bag, "fetch.txt"), `https://example.org/x - ${batches}/x.age\n`)),
    ).toBe("fetch");
    expect(await attempt((bag) => symlink("/etc/passwd", join(bag, batches, "link.age")))).toBe("not-a-file");
    expect(
      await attempt(async (bag) => {
        await rm(join(bag, "data"), { recursive: true });
        await symlink(join(both.bag, "data"), join(bag, "data"));
      }),
    ).toBe("missing");
    expect([...must((await both.town.engine()).reconcile(null))]).toEqual([]);
    expect(whyRefused(await both.tryImport(both.village.path("nowhere")))).toBe("disk");
    await mkdir(both.village.path("empty"));
    expect(whyRefused(await both.tryImport(both.village.path("empty")))).toBe("not-a-bag");
  });

  it("of a station whose certificate is revoked is refused; what its tablets made can be had otherwise", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 1);
    await both.unload(tablet);
    await both.export();
    const statement = must(parseSign1(await readFile(join(both.bag, "statement.cose")), "bag"));
    const leaf = must(parseCertificate(statement.chain[0] ?? new Uint8Array(0)));
    const issuer = await both.campaign.issuer();
    both.campaign.setCrl(issuer, { number: 2, revoked: [{ ...issuer, serial: leaf.serial }] });
    expect(whyRefused(await both.tryImport())).toBe("certificate-revoked");
    expect([...must((await both.town.engine()).reconcile(null))]).toEqual([]);
    const report = await both.town.unloadOne(join(both.bag, "data", tablet.device));
    expect(outcomes(report)).toEqual(["1 staged"]);
  });
});

describe("an interruption", () => {
  it("of the export leaves no valid bag; the next go finishes the same one", async () => {
    await using both = await TwoStations.open();
    const tablet = new TabletBuilder(both.campaign, await both.campaign.tablet("0417"));
    await tablet.addMany(24, { bodyBytes: 3_000_000 });
    await both.unload(tablet);
    both.village.closeEngine();

    const child = spawn(
      process.execPath,
      [PROGRAM, "--store", both.village.store, "--json", "export", "--to", both.bag],
      { env: { ...process.env, SANAQ_PASSPHRASE: "" }, stdio: "ignore" },
    );
    const ended = new Promise((resolve) => child.on("exit", resolve));
    const written = async () =>
      (await readdir(join(both.bag, "data", tablet.device, "batches")).catch(() => [])).filter((name) =>
        name.endsWith(".cose"),
      ).length;
    while ((await written()) < 5 && child.exitCode === null)
      await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGKILL");
    await ended;
    const before = await written();
    expect(before).toBeLessThan(24);
    expect((await readBag(both.bag, quiet, never)).faults.map((one) => one.type)).toEqual(["half-bag"]);
    expect(whyRefused(await both.tryImport())).toBe("half-bag");
    expect((await both.town.engine()).quarantineList()).toEqual([]);
    const travels = (await both.village.engine()).travels(
      tablet.device as DeviceId,
      tablet.chain as ChainId,
      1,
    );
    expect(travels.bags).toEqual([]);

    const kept = await stat(join(both.bag, "data", tablet.device, "batches", `${tablet.chain}-00000001.age`));
    const exported = await both.export();
    expect(exported).toMatchObject({ bag: { no: 1 }, batches: 24, failed: 0 });
    const after = await stat(
      join(both.bag, "data", tablet.device, "batches", `${tablet.chain}-00000001.age`),
    );
    expect(after.ino).toBe(kept.ino);
    expect((await both.import()).totals).toMatchObject({ staged: 24, failed: 0, quarantined: 0 });
    expect(await both.export()).toMatchObject({ bag: { no: 1 }, batches: 24 });
  }, 120_000);

  it("of the import keeps what is staged; the next go takes in the rest", async () => {
    await using both = await TwoStations.open();
    const tablet = new TabletBuilder(both.campaign, await both.campaign.tablet("0417"));
    await tablet.addMany(24, { bodyBytes: 3_000_000 });
    await both.unload(tablet);
    await both.export();
    both.town.closeEngine();

    const child = spawn(
      process.execPath,
      [PROGRAM, "--store", both.town.store, "--json", "import", both.bag],
      {
        env: { ...process.env, SANAQ_PASSPHRASE: "" },
        stdio: "ignore",
      },
    );
    const ended = new Promise((resolve) => child.on("exit", resolve));
    const db = new Database(join(both.town.store, "store.db"), { readonly: true });
    const rows = db.prepare("SELECT count(*) FROM batches").pluck();
    while (Number(rows.get()) < 5 && child.exitCode === null)
      await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGKILL");
    await ended;
    db.close();

    expect(await readdir(both.bag)).not.toContain("receipts");
    const imported = await both.import();
    expect(imported.totals.staged + imported.totals.alreadyStaged).toBe(24);
    expect(imported.totals.alreadyStaged).toBeGreaterThanOrEqual(5);
    expect(imported.receipt).not.toBeNull();
    expect((await both.import(both.bag, both.village)).answers).toMatchObject([{ staged: 24, missing: 0 }]);
  }, 120_000);
});

describe("the place of a bag", () => {
  it("is a new or an empty folder; what lies there already is left alone", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 1);
    await both.unload(tablet);
    await mkdir(both.bag);
    await writeFile(join(both.bag, "letter.txt"), "dear all");
    expect(whyRefused(await both.tryExport())).toBe("carrier-in-use");
    expect(await readdir(both.bag)).toEqual(["letter.txt"]);

    const stick = both.village.path("clean stick");
    await mkdir(join(stick, "System Volume Information"), { recursive: true });
    expect(await both.export(stick)).toMatchObject({ batches: 1 });
    await tablet.add();
    await both.unload(tablet);
    expect(whyRefused(await both.tryExport(stick))).toBe("carrier-in-use");
  });

  it("loses no other batch where one body on this disk has changed", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 3);
    await both.unload(tablet);
    const folder = join(both.village.store, "bodies", tablet.device);
    const name = (await readdir(folder)).find((one) => one.includes("-00000002-") && one.endsWith(".age"));
    await writeFile(join(folder, name ?? ""), "something else");
    expect(await both.export()).toMatchObject({
      batches: 2,
      failed: 1,
      problem: { type: "body-changed", seq: 2 },
    });
    const imported = await both.import();
    expect(imported.faults).toEqual([]);
    expect(imported.totals).toMatchObject({ staged: 2 });
  });
});

describe("a staged manifest whose signature alone has changed, which its digest does not cover", () => {
  it("is left out of the bag", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 3);
    await both.unload(tablet);
    const folder = join(both.village.store, "bodies", tablet.device);
    const name = (await readdir(folder)).find((one) => one.includes("-00000002-") && one.endsWith(".cose"));
    const path = join(folder, name ?? "");
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(path, bytes);
    expect(await both.export()).toMatchObject({
      batches: 2,
      failed: 1,
      problem: { type: "body-changed", seq: 2 },
    });
  });
});

describe("on the command line", () => {
  it("export and import are one JSON document each, with the exit codes of the others", async () => {
    await using both = await TwoStations.open();
    const tablet = await goodTablet(both.campaign, "0417", 2);
    await both.unload(tablet);
    both.village.closeEngine();
    both.town.closeEngine();
    const exported = await run(both.village.store, ["export", "--to", both.bag]);
    expect([exported.exit, exported.json]).toMatchObject([
      0,
      { bag: { station: both.villageId, no: 1 }, tablets: 1, batches: 2, failed: 0, left: 0 },
    ]);
    const imported = await run(both.town.store, ["import", both.bag]);
    expect([imported.exit, imported.json]).toMatchObject([
      0,
      {
        bag: { station: both.villageId, no: 1 },
        tablets: [{ device: tablet.device, batches: [{ seq: 1, outcome: "staged" }, { seq: 2 }] }],
        totals: { staged: 2 },
      },
    ]);
    const nowhere = await run(both.town.store, ["import", both.village.path("nowhere")]);
    expect(nowhere.exit).toBe(3);
    await rm(join(both.bag, "bagit.txt"));
    expect((await run(both.town.store, ["import", both.bag])).exit).toBe(1);
    const stranger = both.village.path("strange store");
    expect((await run(stranger, ["export", "--to", both.bag])).exit).toBe(2);
  }, 60_000);
});
