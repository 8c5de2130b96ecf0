import { execFile, spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesSource } from "../../fixtures/outbox/body.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { MemoryFile, type MemoryFolder, memoryStorage } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import type { DeviceId } from "../../shared/ids.ts";
import { runText } from "./command-line.ts";
import { Desk, must } from "./desk.ts";
import { Office } from "./office.ts";

/**
 * Names that would lead astray: never used as a path, and shown escaped wherever they are shown. They come from a tablet over MTP and
 * from a folder, and as the name in a tablet's own certificate, which stands in tables, on the act and in the windows.
 */

/** What a person or a terminal could not see, or would see in another order. A line break between lines is none. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const unseen = (text: string): string | undefined =>
  HIDDEN.exec(text.replace(/^\ufeff/, "").replaceAll(/\r?\n|\f/g, ""))?.[0];

const LONG = `${"ы".repeat(127)}a`;
/** Names that any file system here takes. */
const ON_A_DISK = [
  "CON",
  "aux.cose",
  "NUL.age",
  "COM1",
  "lpt9.txt",
  "C:",
  "C:\\Windows\\win.ini",
  "..\\..\\station.key",
  "\\\\server\\share",
  "a\nb",
  "a\u001b[2Jb",
  "a\u0007",
  "invoice\u202egpj.exe",
  "\u2066isolated\u2069",
  "zero\u200bwidth",
  "ends with a dot.",
  "ends with a space ",
  "%2e%2e%2fstore.db",
  "~root",
  "=1+cmd|' calc'!A0",
  LONG,
];
/** Names that only a tablet that lies can say. */
const ON_THE_WIRE = [
  "..",
  ".",
  "",
  "../../store.db",
  "/etc/passwd",
  "batches/../../x",
  "a/b",
  "nul\0byte",
  "ы".repeat(200),
];
/** In the place of the number that a tablet's certificate bears. */
const TABLET_NAME = "0417\u202egpj\u001b[31m\n=HYPERLINK";

async function tabletWith(desk: { readonly campaign: Desk["campaign"] }): Promise<TabletBuilder> {
  const leaf = await desk.campaign.tablet("0417", { commonName: TABLET_NAME });
  const tablet = new TabletBuilder(desk.campaign, leaf);
  await tablet.addMany(2);
  return tablet;
}

/** Names twice as they are but for their capitals, and links out of the outbox under good names. */
async function hostileFolder(desk: Desk, tablet: TabletBuilder): Promise<string> {
  const outbox = await tablet.write(desk.path("a folder\u202e\u0007", "outbox"));
  for (const name of ON_A_DISK) {
    await writeFile(join(outbox, name), "x");
    await writeFile(join(outbox, "batches", name), "x");
  }
  await writeFile(desk.path("outside.txt"), "not of the tablet");
  await symlink(desk.path("outside.txt"), join(outbox, "batches", `${tablet.chain}-00000009.age`));
  await symlink(desk.path("outside.txt"), join(outbox, "batches", `${tablet.chain}-00000009.cose`));
  await symlink(desk.folder, join(outbox, "receipts", "out")).catch(async () => {
    await mkdir(join(outbox, "receipts"));
    await symlink(desk.folder, join(outbox, "receipts", "out"));
  });
  return outbox;
}

function hostileStorage(tablet: TabletBuilder): MemoryFolder {
  const storage = memoryStorage(tablet.files());
  for (const place of ["/Sanaq/outbox", "/Sanaq/outbox/batches", "/Sanaq/outbox/receipts"])
    for (const name of [...ON_A_DISK, ...ON_THE_WIRE])
      storage.folder(place).entries.push(new MemoryFile(name, bytesSource(Buffer.from("x"))));
  return storage;
}

const ALL = {
  area: null,
  device: null,
  verdict: null,
  reason: null,
  state: null,
  day: null,
  text: "",
} as const;
const BY_TABLET = { by: "tablet", descending: false } as const;

/** Node follows links here; what is behind ours is not looked at. */
const filesOf = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { recursive: true })).filter((name) => !name.includes("receipts/out/"));

/** What the store may hold: digests, numbers and words of our own. */
const OUR_NAMES = /^[a-z0-9./_-]+$/;

let desk: Desk;
let tablet: TabletBuilder;
let outbox: string;

beforeAll(async () => {
  desk = await Desk.open();
  await desk.loadCampaign();
  await desk.becomeStation();
  tablet = await tabletWith(desk);
  outbox = await hostileFolder(desk, tablet);
}, 120_000);
afterAll(() => desk[Symbol.asyncDispose]());

describe("names from a tablet", () => {
  it("in a folder are unlisted, never opened, never a path, whatever they are", async () => {
    const before = (await filesOf(desk.folder)).filter((name) => !/^(store|campaign)/.test(name));
    const report = await desk.unloadOne(outbox, true);
    expect(report.batches.map(({ outcome }) => outcome)).toEqual(["staged", "staged"]);
    const unlisted = report.findings.flatMap((one) => (one.kind === "unlisted" ? [one.name] : []));
    const batchNames = [...ON_A_DISK, `${tablet.chain}-00000009.age`, `${tablet.chain}-00000009.cose`];
    expect(new Set(unlisted)).toEqual(
      new Set([...ON_A_DISK, ...batchNames.map((name) => `batches/${name}`), "receipts/out"]),
    );
    const after = (await filesOf(desk.folder)).filter((name) => !/^(store|campaign)/.test(name));
    const made = after.filter((name) => !before.includes(name));
    desk.closeEngine();
    expect(made.every((name) => /outbox\/receipts\/[0-9a-f]{16}-\d{8}\.cose$/.test(name))).toBe(true);
    for (const name of await filesOf(desk.store)) expect(name).toMatch(OUR_NAMES);
  });

  it("over MTP are unlisted, never asked for, never a path, whatever they are", async () => {
    await using other = await Desk.open();
    const liar = await tabletWith(other);
    await other.loadCampaign();
    other.cable.plug(new SimulatedTablet(hostileStorage(liar)));
    const before = (await filesOf(other.folder)).filter((name) => !/^(store|campaign)/.test(name));
    const report = await other.unloadOneOnCable();
    expect(report.failure).toBeNull();
    expect(report.batches.map(({ outcome }) => outcome)).toEqual(["staged", "staged"]);
    const unlisted = report.findings.flatMap((one) => (one.kind === "unlisted" ? [one.name] : []));
    for (const name of ON_A_DISK) expect(unlisted).toContain(`batches/${name}`);
    for (const name of ["..", "../../store.db", "/etc/passwd"]) expect(unlisted).toContain(`batches/${name}`);
    expect((await filesOf(other.folder)).filter((name) => !/^(store|campaign)/.test(name))).toEqual(before);
    for (const name of await filesOf(other.store)) expect(name).toMatch(OUR_NAMES);
  });
});

describe("such names are shown escaped", () => {
  it("in the tables of the command line", async () => {
    const { text, errors } = await runText(desk.store, ["--lang", "en", "unload", "--from", outbox]);
    expect(text).toContain("\\u{202e}");
    expect([unseen(text), unseen(errors)]).toEqual([undefined, undefined]);
    const tables = await runText(desk.store, ["--lang", "ru", "reconcile"]);
    expect(unseen(tables.text)).toBeUndefined();
  });

  it("in JSON, which reads back as they were", async () => {
    const { text } = await runText(desk.store, ["--json", "unload", "--from", outbox]);
    expect(unseen(text)).toBeUndefined();
    const { tablets } = JSON.parse(text) as { tablets: { findings: { kind: string; name?: string }[] }[] };
    expect(tablets[0]?.findings.map(({ name }) => name)).toContain("invoice\u202egpj.exe");
  });

  it("in the audit log, as lines and as a table for spreadsheets", async () => {
    for (const args of [
      ["audit", "show"],
      ["audit", "show", "--format", "jsonl"],
      ["audit", "show", "--format", "csv"],
    ]) {
      const { text, exit } = await runText(desk.store, ["--lang", "en", ...args]);
      expect([args.join(" "), exit, unseen(text)]).toEqual([args.join(" "), 0, undefined]);
      expect(text).toContain("a folder\\u");
    }
  });

  it("in reports", async () => {
    const engine = await desk.engine();
    for (const by of ["batch", "day"] as const) {
      const file = desk.path(`${by}.csv`);
      must(await engine.report(by, "csv", file, new AbortController().signal));
      expect(unseen(await readFile(file, "utf8"))).toBeUndefined();
    }
    desk.closeEngine();
  });

  it.skipIf(spawnSync("pdftotext", ["-v"]).status !== 0)("on the act", async () => {
    const engine = await desk.engine();
    const act = must(await engine.act(tablet.device as DeviceId, ""));
    desk.closeEngine();
    const file = desk.path("act.pdf");
    await writeFile(file, act.bytes);
    const { stdout } = await promisify(execFile)("pdftotext", ["-layout", file, "-"]);
    expect(stdout).toContain("0417\\u{202e}gpj");
    expect(unseen(stdout)).toBeUndefined();
  });

  it("in the windows: cards, the book's rows, and the file for spreadsheets", async () => {
    await using office = await Office.ready();
    const own = await tabletWith(office);
    await office.loadCampaign();
    office.cable.plug(new SimulatedTablet(hostileStorage(own), { product: "Tab\u202e\u0007" }));
    const card = await office.card("the card", (one) => one.batchesDone === 2 && one.concerns.length > 0);
    expect(card.name).toBe("0417\\u{202e}gpj\\u{1b}[31m\\u{a}=HYPERLINK");
    expect(unseen(JSON.stringify(await office.snapshot()).replaceAll("\\n", "\n"))).toBeUndefined();
    const page = await office.call("batches", { filter: ALL, sort: BY_TABLET, offset: 0, limit: 50 });
    expect(unseen(JSON.stringify(page))).toBeUndefined();
    const file = office.path("batches.csv");
    office.host.choose("batches", file);
    await office.call("saveCsv", { filter: ALL, sort: BY_TABLET });
    const csv = await readFile(file, "utf8");
    expect(csv).toContain("0417\\u{202e}gpj");
    expect(unseen(csv)).toBeUndefined();
  });
});
