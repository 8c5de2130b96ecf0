import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode, rfc8949EncodeOptions } from "cborg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import type { DeviceId } from "../../shared/ids.ts";
import { run, runText } from "./command-line.ts";
import { Desk, must } from "./desk.ts";
import { emptyDatabase } from "./postgres.ts";
import { bindAnew, ended, numberOf, rehash, tamper } from "./tampering.ts";

/** Witnesses of the log from outside the store: what each kind proves, and what the command line makes of it. */

vi.setConfig({ testTimeout: 240_000 });

const never = new AbortController().signal;
const quiet = (): void => {};

/** What has left a station: one file of each kind that may be an anchor. */
const KINDS = ["receipt.cose", "act.pdf", "statement.cose", "bag-receipt.cose", "head.cose"] as const;

interface Witnessed {
  readonly desk: Desk;
  readonly device: DeviceId;
  /** Number of the log's last line before anything left the station. */
  readonly before: number;
  readonly anchor: (name: (typeof KINDS)[number]) => string;
}

/** A station that is copied, then goes on: it writes a receipt, makes an act, sends a bag away, takes one in, and signs a head. */
async function witnessed(): Promise<Witnessed> {
  const { desk, tablet } = await ended();
  const device = tablet.device as DeviceId;
  desk.closeEngine();
  await cp(desk.store, desk.path("older"), { recursive: true });
  const before = must(await (await desk.engine()).auditVerify()).lines;
  await mkdir(desk.path("anchors"));
  const anchor = (name: (typeof KINDS)[number]): string => desk.path("anchors", name);

  await tablet.add({ bodyBytes: 950 });
  const outbox = await tablet.write(desk.path("outbox-2"));
  const report = await desk.unloadOne(outbox, true);
  await cp(join(outbox, ...report.receipts), anchor("receipt.cose"));
  const engine = await desk.engine();
  await writeFile(anchor("act.pdf"), must(await engine.act(device, "")).bytes);
  const bag = desk.path("bag");
  must(await engine.exportBag(bag, { devices: [], again: false, passphrase: "" }, quiet, never));
  await cp(join(bag, "statement.cose"), anchor("statement.cose"));

  // Another station's bag is taken in here: the receipt that is carried back holds a head of this log.
  await using other = await Desk.open(desk.campaign);
  await other.loadCampaign();
  await other.becomeStation();
  await other.unloadOne(outbox);
  const strange = desk.path("their-bag");
  must(
    await (await other.engine()).exportBag(
      strange,
      { devices: [], again: false, passphrase: "" },
      quiet,
      never,
    ),
  );
  must(await engine.importBag(strange, { passphrase: "" }, quiet, never));
  const [answer = ""] = await readdir(join(strange, "receipts"));
  await cp(join(strange, "receipts", answer, "data", "receipt.cose"), anchor("bag-receipt.cose"));
  await writeFile(anchor("head.cose"), engine.auditHead() ?? expect.fail("the key is not open"));
  must(engine.endSession());
  desk.closeEngine();
  return { desk, device, before, anchor };
}

const verify = (desk: Desk, ...more: readonly string[]) =>
  run<{
    readonly error?: {
      readonly type: string;
      readonly by?: string;
      readonly why?: string;
      readonly no?: number;
      readonly upTo?: number;
    };
    readonly anchors?: readonly { readonly name: string }[];
    readonly centre?: { readonly heads: number; readonly no: number; readonly others: number } | null;
  }>(desk.store, ["audit", "verify", ...more]);

test("a receipt, an act, a bag's statement, a bag's receipt and a bare head vouch for a log that is whole, and tell on an older copy", async () => {
  const { desk, before, anchor } = await witnessed();
  await using _ = desk;
  const all = KINDS.flatMap((name) => ["--anchor", anchor(name)]);
  const good = await verify(desk, ...all);
  expect(good).toMatchObject({ exit: 0, json: { anchors: KINDS.map((name) => ({ name })), centre: null } });

  await rm(desk.store, { recursive: true });
  await cp(desk.path("older"), desk.store, { recursive: true });
  expect((await verify(desk)).exit).toBe(0);
  for (const name of KINDS) {
    const { exit, json } = await verify(desk, "--anchor", anchor(name));
    expect({ exit, ...json.error }, name).toMatchObject({
      exit: 1,
      type: "audit-broken",
      by: "anchor",
      name,
    });
    // A receipt speaks of its own line alone: its place is known by the receipts before and after it.
    if (name === "receipt.cose") expect(json.error?.no).toBeLessThanOrEqual(before + 1);
    else expect(json.error?.no, name).toBe(before + 1);
    expect(json.error?.upTo, name).toBeGreaterThan(before);
  }
});

test("a log written anew as a whole, every witness in the store taken away, is told by each that left it", async () => {
  const { desk, anchor } = await witnessed();
  await using _ = desk;
  tamper(desk, (db) => {
    for (const gone of ["audit_heads", "acts", "receipts", "imports"]) db.exec(`DELETE FROM ${gone}`);
    db.exec("UPDATE bags SET cose = NULL");
    rehash(db, 2, (line) => {
      if (["receipt-made", "act-made"].includes(line.type)) line.type = "locked";
      if (line.type === "identified") line.data = line.data.replace("ledger", "manifests");
    });
    bindAnew(db);
  });
  expect((await verify(desk)).exit).toBe(0);
  for (const name of KINDS)
    expect(await verify(desk, "--anchor", anchor(name)), name).toMatchObject({
      exit: 1,
      json: { error: { type: "audit-broken", by: "anchor", name } },
    });
});

test("a receipt vouches for its own line alone: a change before it is named where it lies, not behind it", async () => {
  const { desk, anchor } = await witnessed();
  await using _ = desk;
  let changed = 0;
  tamper(desk, (db) => {
    db.exec("DELETE FROM audit_heads");
    changed = numberOf(db, "identified");
    rehash(db, changed, (line) => {
      if (line.no === changed) line.data = line.data.replace("ledger", "manifests");
    });
  });
  const found = await verify(desk, "--anchor", anchor("receipt.cose"), "--anchor", anchor("act.pdf"));
  expect(found).toMatchObject({ exit: 1, json: { error: { type: "audit-broken" } } });
  expect(found.json.error?.no).toBeLessThanOrEqual(changed);
});

test("what is no witness is not taken for one: rubbish, another store's, a forged code, a broken signature, no file", async () => {
  const { desk, anchor } = await witnessed();
  await using _ = desk;
  const forged = (name: string): string => desk.path(name);
  const act = await readFile(anchor("act.pdf"), "latin1");
  await writeFile(
    forged("other-code.pdf"),
    act.replace(/(SANAQ-ACT\/1\/[0-9A-F]{32}\/)1\//g, "$17/"),
    "latin1",
  );
  await writeFile(forged("no-head.pdf"), act.replaceAll("SANAQ-HEAD/1/", "SANAQ-HEAT/1/"), "latin1");
  const head = await readFile(anchor("head.cose"));
  head[head.length - 9] = (head.at(-9) ?? 0) ^ 1;
  await writeFile(forged("broken.cose"), head);
  await writeFile(forged("rubbish.txt"), "rubbish");
  const { desk: other, tablet } = await ended("0403");
  await using __ = other;
  const strange = must(await (await other.engine()).act(tablet.device as DeviceId, ""));
  await writeFile(forged("strange.pdf"), strange.bytes);
  await cp(join(other.path("outbox"), "receipts"), forged("strange"), { recursive: true });
  const [receipt = ""] = await readdir(forged("strange"));

  const told = async (file: string) => {
    const { exit, json } = await verify(desk, "--anchor", file);
    return [exit, json.error?.why ?? json.error?.type];
  };
  expect(await told(forged("rubbish.txt"))).toEqual([2, "not-an-anchor"]);
  expect(await told(forged("no-head.pdf"))).toEqual([2, "not-an-anchor"]);
  expect(await told(forged("other-code.pdf"))).toEqual([1, "code-differs"]);
  expect(await told(forged("broken.cose"))).toEqual([1, "signature-invalid"]);
  expect(await told(join(forged("strange"), receipt))).toEqual([1, "other-station"]);
  expect(await told(forged("strange.pdf"))).toEqual([2, "other-store"]);
  expect(await told(forged("nowhere.cose"))).toEqual([3, "disk"]);
});

test("a store put back to an older copy and used on parts from the log after the last head of both, whatever it signed since", async () => {
  let now = new Date();
  await using desk = await Desk.open(undefined, () => now);
  const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0405"));
  await desk.loadCampaign();
  await desk.becomeStation();
  await tablet.add({ bodyBytes: 900 });
  const outbox = await tablet.write(desk.path("outbox"));
  /** Unloads so many times in a session, a minute later; the head at its end lies outside then. */
  const goOn = async (name: string, times: number) => {
    now = new Date(now.getTime() + 60_000);
    for (let at = 0; at < times; at++) await desk.unloadOnly(outbox, true);
    const engine = await desk.engine();
    const bytes = engine.auditHead() ?? expect.fail("the key is not open");
    const { lines } = must(await engine.auditVerify());
    must(engine.endSession());
    desk.closeEngine();
    return { file: { name, bytes }, lines };
  };
  const before = await goOn("before", 1);
  await cp(desk.store, desk.path("older"), { recursive: true });
  const first = await goOn("first life", 2);
  await rm(desk.store, { recursive: true });
  await cp(desk.path("older"), desk.store, { recursive: true });
  const short = await goOn("second life", 1);
  const verifyWith = async (...seen: readonly { readonly file: { name: string; bytes: Uint8Array } }[]) =>
    (await desk.engine()).auditVerify(seen.map((one) => one.file));
  const parted = { type: "audit-broken", no: before.lines + 1, upTo: first.lines, name: "first life" };
  expect(short.lines).toBeLessThan(first.lines);
  expect(await verifyWith(before, short, first)).toMatchObject({ ok: false, error: parted });
  desk.closeEngine();
  const long = await goOn("second life, later", 3);
  expect(long.lines).toBeGreaterThan(first.lines);
  expect(await verifyWith(before, short, long, first)).toMatchObject({ ok: false, error: parted });
  expect(await verifyWith(before, short, long)).toMatchObject({ ok: true });
});

describe("heads that went to the centre", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  test("are asked for with `--to`: they vouch for the log, and tell when its end was cut off with all heads beside it", async () => {
    const { desk } = await ended();
    await using _ = desk;
    const url = await emptyDatabase(server);
    const centre = must(postgresCentre(url));
    must(await (await desk.engine()).upload(centre, quiet, never));
    await centre.close();
    desk.closeEngine();
    const good = await verify(desk, "--to", url);
    expect(good).toMatchObject({ exit: 0, json: { centre: { heads: 1, others: 0 } } });
    const vouched = good.json.centre?.no ?? 0;
    expect(vouched).toBeGreaterThan(5);

    let cut = 0;
    tamper(desk, (db) => {
      cut = numberOf(db, "receipt-delivered");
      db.prepare("DELETE FROM audit WHERE no >= ?").run(cut);
      db.exec("DELETE FROM audit_heads");
      db.exec("UPDATE batches SET centre = NULL, answered_at = NULL");
    });
    expect(await verify(desk)).toMatchObject({ exit: 1, json: { error: { type: "rows-changed" } } });
    expect(await verify(desk, "--to", url)).toMatchObject({
      exit: 1,
      json: { error: { type: "audit-broken", by: "centre", no: cut, upTo: vouched } },
    });
  });

  test("of another store under the same key are counted, not believed; a centre that is away is a failure", async () => {
    const { desk } = await ended();
    await using _ = desk;
    const url = await emptyDatabase(server);
    const centre = must(postgresCentre(url));
    must(await (await desk.engine()).upload(centre, quiet, never));
    await centre.close();
    must(await (await desk.engine()).backup(desk.path("backup"), quiet, never));
    desk.closeEngine();
    const copy = desk.path("copy");
    expect((await run(copy, ["restore", desk.path("backup")])).exit).toBe(0);
    await desk.unloadOne(desk.path("outbox"), true);
    must((await desk.engine()).endSession());
    const again = must(postgresCentre(url));
    must(await (await desk.engine()).upload(again, quiet, never));
    await again.close();
    desk.closeEngine();
    const restored = await run<{ readonly centre: { readonly heads: number; readonly others: number } }>(
      copy,
      ["audit", "verify", "--to", url],
    );
    expect(restored.exit).toBe(0);
    expect(restored.json.centre.heads).toBe(1);
    expect(restored.json.centre.others).toBeGreaterThan(0);
    const away = new URL(url);
    away.port = "1";
    expect(await verify(desk, "--to", away.href)).toMatchObject({
      exit: 3,
      json: { error: { type: "unreachable" } },
    });
  });
});

describe("the log handed over", () => {
  test("as JSON Lines is every line in order, and its chain can be followed with other people's tools", async () => {
    const { desk } = await ended();
    await using _ = desk;
    const lines = [...(await desk.engine()).auditShow()];
    desk.closeEngine();
    const { text } = await runText(desk.store, ["audit", "show", "--format", "jsonl"]);
    const shown = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(shown).toMatchObject(lines);
    let prev = "0".repeat(64);
    for (const { no, at, type, data, hash, held, disposition } of shown) {
      const fields = [no, at, type, JSON.stringify(data), prev];
      const bytes = encode(held === null ? fields : [...fields, held], rfc8949EncodeOptions);
      expect(createHash("sha256").update(bytes).digest("hex"), `line ${no}`).toBe(hash);
      expect(disposition, `line ${no}`).toMatch(/^(begun|done|needs-person|refused|failed|stopped)$/);
      prev = hash;
    }
  });

  test("as CSV has a row for each line, and no cell that a spreadsheet would run", async () => {
    const { desk, tablet } = await ended();
    await using _ = desk;
    const folder = desk.path("outbox-3");
    await desk.unloadOne(await tablet.write(folder));
    must((await desk.engine()).endSession());
    const lines = [...(await desk.engine()).auditShow()];
    desk.closeEngine();
    const { text } = await runText(desk.store, ["audit", "show", "--format", "csv"]);
    const [head, ...rows] = text
      .replace(/^\ufeff/, "")
      .trimEnd()
      .split("\r\n");
    expect(text.startsWith("\ufeff")).toBe(true);
    expect(head).toBe("no,at,type,phase,disposition,device,chain,seq,facts,hash");
    expect(rows).toHaveLength(lines.length);
    expect(rows.map((row) => row.split(",")[2])).toEqual(lines.map((line) => line.type));
    expect(rows.filter((row) => /(^|,)"?[=+\-@\t\r]/.test(row))).toEqual([]);
  });
});
