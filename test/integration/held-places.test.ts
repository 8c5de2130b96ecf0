import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goodTablet, type TabletBuilder } from "../../fixtures/outbox.ts";
import { deskFiles } from "../../main/adapters/files/files.ts";
import { openStore } from "../../main/adapters/store/open.ts";
import { compose, composeKeeping } from "../../main/compose.ts";
import type { Engine } from "../../main/engine/api.ts";
import type { DeviceId } from "../../shared/ids.ts";
import type { BatchFilter, BatchSort } from "../../shared/ipc/views.ts";
import type { Result } from "../../shared/result.ts";
import { type Ran, runWith } from "../unit/cli-host.ts";
import { Desk, must } from "./desk.ts";
import { Office } from "./office.ts";

/** What a person saves, prints to a file, carries or backs up never lands among the files that the product keeps. */

const ALL: BatchFilter = {
  ...{ area: null, device: null, verdict: null, reason: null, state: null, day: null },
  text: "",
};
const BY_TABLET: BatchSort = { by: "tablet", descending: false };

const never = new AbortController().signal;
const quiet = (): void => {};
const keeping = composeKeeping();

let desk: Desk;
let engine: Engine;
let tablet: TabletBuilder;
let outbox: string;

beforeAll(async () => {
  desk = await Desk.open();
  await desk.loadCampaign();
  await desk.becomeStation();
  tablet = await goodTablet(desk.campaign, "0417", 2);
  outbox = await tablet.write(desk.path("outbox"));
  await desk.unloadOne(outbox, true);
  engine = await desk.engine();
  must(await keeping.backup(desk.store, desk.path("backup"), quiet, never));
  must(await engine.exportBag(desk.path("bag"), { devices: [], again: false, passphrase: "" }, quiet, never));
  await symlink(desk.store, desk.path("link-to-store"));
  await symlink(join(desk.store, "store.db"), desk.path("link-to-journal"));
  await symlink(join(desk.store, "not there yet"), desk.path("link-to-nothing"));
  await symlink(desk.path("elsewhere"), join(outbox, "link-out"));
  await mkdir(desk.path("other"));
}, 60_000);
afterAll(() => desk[Symbol.asyncDispose]());

/** Every file and link under a folder with its bytes, but for those that an open store writes. */
async function bytesUnder(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const one of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(one.parentPath, one.name);
    if (folder === desk.store && /\.db(-wal|-shm|-journal)?$|^owner\.json$/.test(one.name)) continue;
    if (one.isSymbolicLink()) found.push(`${path} -> ${await readlink(path)}`);
    else if (one.isFile())
      found.push(
        `${path} ${createHash("sha256")
          .update(await readFile(path))
          .digest("hex")}`,
      );
  }
  return found.sort();
}

const kept = async (): Promise<unknown> => [
  await bytesUnder(desk.store),
  await bytesUnder(desk.path("backup")),
  await bytesUnder(desk.path("bag")),
  await bytesUnder(outbox),
  (await stat(join(desk.store, "store.db"))).ino,
];

const bodyOf = async (folder: string): Promise<string> => {
  const found = (await readdir(folder, { recursive: true })).find((name) => name.endsWith(".age"));
  if (found === undefined) throw new Error(`no body under ${folder}`);
  return join(folder, found);
};

/** Where a file might be written, and what keeps the place. */
const files: readonly (readonly [string, () => string | Promise<string>, string])[] = [
  ["the store's journal", () => join(desk.store, "store.db"), "store"],
  ["a new name in the store", () => join(desk.store, "report.csv"), "store"],
  ["a staged body", () => bodyOf(join(desk.store, "bodies")), "store"],
  ["the store through a link to its folder", () => desk.path("link-to-store", "bodies", "x"), "store"],
  ["a link to the journal", () => desk.path("link-to-journal"), "store"],
  ["a link to a name in the store that is not there", () => desk.path("link-to-nothing"), "store"],
  ["the store by a way round", () => desk.path("other", "..", "store", "x.csv"), "store"],
  ["the journal of a backup", () => desk.path("backup", "data", "store.db"), "backup"],
  ["a new name in a backup", () => desk.path("backup", "x.csv"), "backup"],
  ["a body in a backup", () => bodyOf(desk.path("backup")), "backup"],
  ["the statement of a bag", () => desk.path("bag", "statement.cose"), "bag"],
  ["a tablet's ledger", () => join(outbox, "ledger.cose"), "outbox"],
  ["a tablet's body", () => bodyOf(outbox), "outbox"],
  ["a link in an outbox that leads out of it", () => join(outbox, "link-out"), "outbox"],
  ["a folder that is not there yet, in an outbox", () => join(outbox, "a", "b", "x.pdf"), "outbox"],
];

const stopped = (result: Result<unknown, { readonly type: string; readonly what?: string }>): unknown =>
  result.ok ? "written" : [result.error.type, result.error.what];

describe("nothing is written to", () => {
  it.each(files)("%s: no report, and nothing that a window saves", async (_, place, what) => {
    const path = await place();
    const before = await kept();
    for (const format of ["csv", "parquet"] as const)
      expect(stopped(await engine.report("batch", format, path, never))).toEqual(["held-place", what]);
    expect(stopped(await deskFiles.write(path, ["x"]))).toEqual(["held-place", what]);
    expect(await kept()).toEqual(before);
  });

  const folders = files.filter(([name]) => !name.includes("that leads out"));
  it.each(folders)("%s: no bag, no backup and no store", async (_, place, what) => {
    const path = await place();
    const before = await kept();
    const options = { devices: [], again: true, passphrase: "" };
    expect(stopped(await engine.exportBag(path, options, quiet, never))).toEqual(["held-place", what]);
    expect(stopped(await engine.backup(path, quiet, never))).toEqual(["held-place", what]);
    expect(stopped(await keeping.backup(desk.store, path, quiet, never))).toEqual(["held-place", what]);
    expect(stopped(await keeping.restore(desk.path("backup"), path, quiet, never))).toEqual([
      "held-place",
      what,
    ]);
    expect(stopped(await openStore(path, () => new Date()))).toEqual(["held-place", what]);
    expect(await kept()).toEqual(before);
  });

  it("a backup by opening the store in it", async () => {
    const before = await kept();
    const opened = await openStore(desk.path("backup", "data"), () => new Date());
    expect(stopped(opened)).toEqual(["held-place", "backup"]);
    expect(await kept()).toEqual(before);
  });
});

describe("the same places' neighbours can be written", () => {
  it("beside a store, a backup, a bag and an outbox, and over what lies there already", async () => {
    for (const name of ["store.csv", "backup.csv", "ledger.cose.pdf", "batches", "other/store"]) {
      for (const text of ["first", "second"]) {
        must(await deskFiles.write(desk.path(name), [text]));
        expect(await readFile(desk.path(name), "utf8")).toBe(text);
      }
      await rm(desk.path(name));
    }
    must(await engine.report("district", "csv", desk.path("other", "report.csv"), never));
    must(await engine.backup(desk.path("other", "backup"), quiet, never));
    must(await keeping.restore(desk.path("backup"), desk.path("other", "restored"), quiet, never));
  });

  it("by a link that leads out of them", async () => {
    await mkdir(desk.path("free"));
    await symlink(desk.path("free"), desk.path("link-to-free"));
    must(await deskFiles.write(desk.path("link-to-free", "x.csv"), ["x"]));
    expect(await readFile(desk.path("free", "x.csv"), "utf8")).toBe("x");
  });

  it("in a folder with a folder of batches that are none of a tablet's", async () => {
    await mkdir(desk.path("papers", "batches"), { recursive: true });
    await writeFile(desk.path("papers", "batches", "june.csv"), "");
    must(await deskFiles.write(desk.path("papers", "x.csv"), ["x"]));
  });
});

describe("the command line", () => {
  const onDesk = (args: readonly string[]): Promise<Ran> => {
    desk.closeEngine();
    return runWith({}, ["--store", desk.store, ...args], {
      compose: (storeFolder, opening) => compose({ storeFolder, opening }),
      keeping,
      env: { SANAQ_LANG: "en", SANAQ_PASSPHRASE: "" },
    });
  };

  it.each([
    ["report", () => ["report", "--by", "batch", "--out", join(outbox, "ledger.cose")], "outbox"],
    [
      "act",
      () => ["act", "--tablet", tablet.device as DeviceId, "--out", join(desk.store, "store.db")],
      "store",
    ],
    ["export", () => ["export", "--again", "--to", join(desk.store, "new")], "store"],
    ["backup", () => ["backup", "--to", join(outbox, "new")], "outbox"],
    ["restore", () => ["restore", desk.path("backup")], "backup"],
  ] as const)("ends %s with 2 and names the place", async (name, args, what) => {
    const before = await kept();
    const into = name === "restore" ? ["--store", desk.path("backup", "new")] : [];
    const { exit, out, err } = await onDesk(["--json", ...into, ...args()]);
    expect([exit, JSON.parse(out)]).toMatchObject([2, { error: { type: "held-place", what } }]);
    expect(err).toMatch(/ lies in a .*: nothing else may be written there\.\n.*Choose another place\./);
    expect(await kept()).toEqual(before);
  });
});

describe("the windows", () => {
  it("refuse a place in the store in every dialog that saves", async () => {
    await using office = await Office.ready();
    const { builder, tablet: plugged } = await office.tablet("0418", 1);
    await office.loadCampaign();
    office.cable.plug(plugged);
    await office.card("safe", (card) => card.name === "0418" && card.state === "safe");
    await office.call("createStation", { passphrase: "" });
    office.host.choose("request", join(office.store, "store.db"));
    expect(await office.refusal("saveRequest", null)).toBe("held-place");
    office.host.choose("batches", join(office.store, "bodies", builder.device, "x"));
    expect(await office.refusal("saveCsv", { filter: ALL, sort: BY_TABLET })).toBe("held-place");
    office.host.choose("backup", join(office.store, "bodies"));
    await office.call("backup", null);
    const { job } = await office.until("the job's end", (now) => now.job?.state === "failed");
    expect(job?.problem?.type).toBe("held-place");
  });
});

describe("no part of the program writes to a path by other ways", () => {
  /** Those that write to places of their own: the store, bags, the authority's folder, and what asks first. */
  const OWN =
    /^main\/(adapters\/(store|carrier|disk|tablets\/folder)|authority)\/|^main\/hosting\/whole-writes\.ts$/;
  const WRITES = /\b(writeFile(Sync)?|writeBytes|writeWhole|createWriteStream|copyFile|appendFile)\b/;

  it("than the one that asks whether it may", async () => {
    const root = join(import.meta.dirname, "../..");
    const found: string[] = [];
    for (const name of await readdir(join(root, "main"), { recursive: true })) {
      const path = `main/${name.replaceAll("\\", "/")}`;
      if (!path.endsWith(".ts") || OWN.test(path)) continue;
      if (WRITES.test(await readFile(join(root, path), "utf8"))) found.push(path);
    }
    expect(found).toEqual([]);
  });
});
