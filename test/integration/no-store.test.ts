import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compose, composeKeeping } from "../../main/compose.ts";
import { type Ran, runWith } from "../unit/cli-host.ts";

/** Commands that look at a store, where there is none, and where another program holds it. */

let top: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "sanaq-none-"));
});
afterAll(() => rm(top, { recursive: true }));

const onStore = (store: string, args: readonly string[], language = "en"): Promise<Ran> =>
  runWith({}, ["--store", store, "--lang", language, ...args], {
    compose: (storeFolder, opening) => compose({ storeFolder, opening }),
    keeping: composeKeeping(),
    env: { SANAQ_PASSPHRASE: "" },
  });

const TABLET = "0123456789abcdef0123456789abcdef";
const LOOKING: readonly (readonly [string, readonly string[]])[] = [
  ["store check", ["store", "check"]],
  ["store check --deep", ["store", "check", "--deep"]],
  ["quarantine list", ["quarantine", "list"]],
  ["audit show", ["audit", "show"]],
  ["audit show --format", ["audit", "show", "--format", "csv"]],
  ["audit verify", ["audit", "verify"]],
  ["act", ["act", "--tablet", TABLET, "--out", "act.pdf"]],
  ["act --verify", ["act", "--verify", "SANAQ-ACT/1/x"]],
  ["report", ["report", "--by", "batch", "--out", "x.csv"]],
  ["export", ["export", "--to", "x"]],
  ["backup", ["backup", "--to", "x"]],
];

describe("where there is no store", () => {
  it.each(LOOKING)("%s says so, names the folder, ends with 2 and makes nothing", async (name, args) => {
    const absent = join(top, `absent ${name}`);
    const { exit, out, err } = await onStore(absent, ["--json", ...args]);
    expect([exit, JSON.parse(out)]).toEqual([2, { error: { type: "no-store", path: absent } }]);
    expect(err).toContain(`There is no store in ${absent}.`);
    expect(await readdir(top)).not.toContain(`absent ${name}`);
  });

  it.each([
    ["reconcile", ["reconcile"]],
    ["upload", ["upload", "--to", "postgres://localhost/none"]],
    ["quarantine retry", ["quarantine", "retry"]],
  ])("%s asks for a campaign, and makes nothing", async (name, args) => {
    const absent = join(top, `absent ${name}`);
    const connect = async () => ({ ok: true, value: { close: async () => {} } }) as never;
    const ran = await runWith({}, ["--store", absent, "--json", ...args], {
      compose: (storeFolder, opening) => compose({ storeFolder, opening }),
      connect,
    });
    expect([ran.exit, JSON.parse(ran.out)]).toEqual([2, { error: { type: "no-campaign" } }]);
    expect(await readdir(top)).not.toContain(`absent ${name}`);
  });

  it("an empty folder, one with other files, and the file of an interrupted beginning are none either", async () => {
    for (const [name, files] of [
      ["empty", []],
      ["other", ["letter.txt"]],
      ["begun", ["store.db"]],
    ] as const) {
      const folder = join(top, name);
      await mkdir(folder);
      for (const file of files) await writeFile(join(folder, file), "");
      for (const language of ["kk", "ru", "en"])
        expect((await onStore(folder, ["store", "check"], language)).exit).toBe(2);
      expect(await readdir(folder)).toEqual([...files]);
    }
  });

  it("the same commands look at an empty store that was made", async () => {
    const store = join(top, "made");
    expect((await onStore(store, ["init"])).exit).toBe(0);
    expect((await onStore(store, ["store", "check"])).exit).toBe(0);
    expect((await onStore(store, ["quarantine", "list"])).exit).toBe(0);
  });
});

describe("where another program holds the store", () => {
  it("a command that opens it ends with 3 and says that it is in use", async () => {
    const store = join(top, "held");
    expect((await onStore(store, ["init"])).exit).toBe(0);
    const other = new Database(join(store, "store.db"));
    other.pragma("locking_mode = EXCLUSIVE");
    other.exec("BEGIN EXCLUSIVE");
    try {
      const { exit, out, err } = await onStore(store, ["--json", "store", "check"]);
      expect([exit, JSON.parse(out)]).toMatchObject([3, { error: { type: "disk", code: "SQLITE_BUSY" } }]);
      expect(err).toContain("The store is used by another program");
    } finally {
      other.close();
    }
    expect((await onStore(store, ["store", "check"])).exit).toBe(0);
  });

  it("a command that writes ends with 3, keeps nothing by halves, and goes through afterwards", async () => {
    const store = join(top, "writing");
    expect((await onStore(store, ["audit", "show"])).exit).toBe(2);
    expect((await onStore(store, ["quarantine", "list"])).exit).toBe(2);
    const opened = await compose({ storeFolder: store });
    if (!opened.ok) throw new Error(opened.error.type);
    const other = new Database(join(store, "store.db"));
    other.exec("BEGIN IMMEDIATE");
    try {
      const refused = await opened.value.init("");
      expect(refused).toMatchObject({ ok: false, error: { type: "disk", code: "SQLITE_BUSY" } });
    } finally {
      other.close();
    }
    expect(opened.value.about().station).toBeNull();
    expect((await opened.value.init("")).ok).toBe(true);
    opened.value.close();
  });
});
