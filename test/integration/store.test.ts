import { chmod, cp, mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import {
  chainOf,
  deviceOf,
  filledPart,
  refusedBatch,
  stageNow,
  type TestBatch,
  verifiedBatch,
} from "../../fixtures/verified.ts";
import { migrate, versionOf } from "../../main/adapters/store/migrate.ts";
import { openStore } from "../../main/adapters/store/open.ts";
import type { KeptBody, LedgerRecord, StagedBatch, Store } from "../../main/engine/ports.ts";
import { inSlices } from "../../main/engine/slices.ts";
import { sha256 } from "../../main/formats/sha256.ts";
import type { ChainId, DeviceId } from "../../shared/ids.ts";
import type { TabletState } from "../../shared/reasons.ts";
import type { Result } from "../../shared/result.ts";
import { NOW, StoreFolder } from "./store-folder.ts";

const must = <T, E>(result: Result<T, E>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

/** Reads a staged body back as the upload does. */
async function bodyOf(store: Store, batch: StagedBatch, offset = 0): Promise<Buffer> {
  const windows: Buffer[] = [];
  must(
    await store.readBody(batch, offset, (window) => {
      windows.push(Buffer.from(window));
      return true;
    }),
  );
  return Buffer.concat(windows);
}

async function allOf(body: KeptBody): Promise<Buffer> {
  const windows: Buffer[] = [];
  must(await body.read((window) => void windows.push(Buffer.from(window))));
  return Buffer.concat(windows);
}

const keep = async (store: Store, batch: TestBatch, changes = {}, body: Uint8Array | null = batch.body) => {
  const refused = refusedBatch(batch, changes);
  const part = body === null ? null : await filledPart(store, refused.manifestFile, body);
  must(await store.quarantine(refused, part));
};

/** Every file under a folder, by its path from there. */
async function filesUnder(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
    .sort();
}

describe("a staged batch", () => {
  it("is there after the program ended, body and manifest byte for byte", async () => {
    await using desk = await StoreFolder.make();
    let store = await desk.open();
    const batches = [0, 1, 1_048_575, 1_048_576, 1_048_577, 3_000_000].map((length, at) =>
      verifiedBatch({ seq: at + 1, length }),
    );
    for (const batch of batches) await stageNow(store, batch);

    store = await desk.reopen(store);
    const rows = store.toUpload(null, 100);
    expect(rows.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const [at, row] of rows.entries()) {
      expect(Buffer.compare(await bodyOf(store, row), batches[at]?.body ?? Buffer.alloc(0))).toBe(0);
      expect(Buffer.from(must(await store.manifestOf(row)))).toEqual(
        Buffer.from(batches[at]?.verified.manifestBytes ?? []),
      );
    }
  });

  it("can be read from any chunk on, and left early", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const batch = verifiedBatch({ length: 2_500_000 });
    const staged = await stageNow(store, batch);
    expect(await bodyOf(store, staged, 2 * 1_048_576)).toEqual(
      Buffer.from(batch.body.subarray(2 * 1_048_576)),
    );
    let windows = 0;
    must(await store.readBody(staged, 0, () => ++windows < 2));
    expect(windows).toBe(2);
  });

  it("is staged once, however often the same tablet comes", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const batch = verifiedBatch();
    const first = await stageNow(store, batch);
    expect(await stageNow(store, batch)).toEqual(first);
    expect(store.toUpload(null, 10)).toHaveLength(1);
    expect([...store.audit()].filter((line) => line.type === "staged")).toHaveLength(1);
    expect(await bodyOf(store, first)).toEqual(Buffer.from(batch.body));
  });

  it("whose files were moved but whose row was not written, as after a power cut, is staged by the next go", async () => {
    await using desk = await StoreFolder.make();
    let store = await desk.open();
    const batch = verifiedBatch();
    const staged = await stageNow(store, batch);
    store.close();
    const db = new Database(join(desk.folder, "store.db"));
    db.exec("DELETE FROM batches");
    db.close();

    store = await desk.open();
    expect(store.known(staged.device)).toEqual([]);
    await stageNow(store, batch);
    expect(store.toUpload(null, 10)).toMatchObject([{ seq: 1, manifest: staged.manifest }]);
    expect(await bodyOf(store, staged)).toEqual(Buffer.from(batch.body));
  });

  it("is not overwritten by another one of the same number", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const batch = verifiedBatch();
    const staged = await stageNow(store, batch);
    const twin = verifiedBatch({ twin: "other content" });
    const part = await filledPart(store, twin.verified.manifestFile, twin.body);
    await expect(store.stage(twin.verified, part, "folder:/card")).rejects.toThrow("over another batch");
    expect(await bodyOf(store, staged)).toEqual(Buffer.from(batch.body));
    expect(store.toUpload(null, 10)).toMatchObject([{ manifest: staged.manifest }]);
  });

  it("lies behind doors that only this user opens", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    await stageNow(store, verifiedBatch());
    await keep(store, verifiedBatch({ seq: 2 }));
    await must(await store.part({ manifestFile: sha256("unfinished") })).close();
    const found = await readdir(desk.folder, { recursive: true, withFileTypes: true });
    for (const one of found) {
      const { mode } = await stat(join(one.parentPath, one.name));
      expect([one.name, (mode & 0o777).toString(8)]).toEqual([one.name, one.isDirectory() ? "700" : "600"]);
    }
    expect(((await stat(desk.folder)).mode & 0o777).toString(8)).toBe("700");
  });

  it("goes where the whole store goes", async () => {
    await using desk = await StoreFolder.make();
    let store = await desk.open();
    const batch = verifiedBatch();
    const staged = await stageNow(store, batch);
    const { id } = store;
    store.close();
    const elsewhere = join(desk.top, "a copy, ә ғ қ");
    await cp(desk.folder, elsewhere, { recursive: true });
    await rename(desk.folder, join(desk.top, "gone"));
    store = await desk.open(elsewhere);
    expect(store.id).toBe(id);
    expect(await bodyOf(store, staged)).toEqual(Buffer.from(batch.body));
    expect(await inSlices(store.verifyAudit())).toEqual({ ok: true, value: 2 });
  });
});

describe("a body on its way in", () => {
  it("is found again as far as it came, and can be cut back and continued", async () => {
    await using desk = await StoreFolder.make();
    let store = await desk.open();
    const { verified, body } = verifiedBatch({ length: 3_000_000 });
    const key = { manifestFile: verified.manifestFile };
    const before = await filledPart(store, key.manifestFile, body.subarray(0, 2_500_000));
    await before.close();

    store = await desk.reopen(store);
    const part = must(await store.part(key));
    expect(part.length).toBe(2_500_000);
    must(await part.truncate(2 * 1_048_576));
    must(await part.append(body.subarray(2 * 1_048_576)));
    expect(await allOf(part)).toEqual(Buffer.from(body));
    const staged = must(await store.stage(verified, part, "folder:/card"));
    expect(await bodyOf(store, staged)).toEqual(Buffer.from(body));
  });

  it("has one owner: who asks for it while it is being staged gets a new one, and the staged body is left alone", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const batch = verifiedBatch({ length: 2_000_000 });
    const key = { manifestFile: batch.verified.manifestFile };
    const part = await filledPart(store, key.manifestFile, batch.body);
    const staging = store.stage(batch.verified, part, "folder:/card");
    const second = must(await store.part(key));
    expect(second.length).toBe(0);
    must(await second.append(Buffer.from("something else")));
    await second.discard();
    expect(await bodyOf(store, must(await staging))).toEqual(Buffer.from(batch.body));
  });

  it("can be thrown away", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const { verified, body } = verifiedBatch();
    const part = await filledPart(store, verified.manifestFile, body);
    await part.discard();
    expect(await filesUnder(join(desk.folder, "spool"))).toEqual([]);
    const anew = must(await store.part(verified));
    expect(anew.length).toBe(0);
    await anew.close();
  });
});

describe("a refused batch", () => {
  it("is kept with its bytes, its reason and where it came from", async () => {
    await using desk = await StoreFolder.make();
    let store = await desk.open();
    const batch = verifiedBatch({ seq: 7 });
    await keep(store, batch);
    store = await desk.reopen(store);
    const [row] = store.quarantineList();
    expect(row).toMatchObject({
      device: batch.verified.device,
      seq: 7,
      reason: "chunk-mismatch",
      bytes: batch.body.length,
      hasBody: true,
      source: "folder:/card",
    });
    expect(Buffer.from(store.quarantinedManifest(row?.id ?? 0) ?? [])).toEqual(
      Buffer.from(batch.verified.manifestBytes),
    );
    const body = must(await store.quarantinedBody(row?.id ?? 0));
    expect(body === null ? null : await allOf(body)).toEqual(Buffer.from(batch.body));
    await body?.close();
  });

  it("that is looked at and refused again keeps its bytes, its place and its first date", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const batch = verifiedBatch();
    await keep(store, batch);
    const [before] = store.quarantineList();
    const body = must(await store.quarantinedBody(before?.id ?? 0));
    must(await store.quarantine(refusedBatch(batch, { reason: "previous-mismatch" }), body));
    must(await store.quarantine(refusedBatch(batch, { reason: "certificate-revoked" }), null));
    expect(store.quarantineList()).toEqual([{ ...before, reason: "certificate-revoked" }]);
    const again = must(await store.quarantinedBody(before?.id ?? 0));
    expect(again === null ? null : await allOf(again)).toEqual(Buffer.from(batch.body));
    await again?.close();
  });

  it("that turns out right is staged from where it lies, leaves the list and stays in the history", async () => {
    await using desk = await StoreFolder.make();
    let store = await desk.open();
    const batch = verifiedBatch();
    await keep(store, batch, { reason: "unknown-schema" });
    const [row] = store.quarantineList();
    const body = must(await store.quarantinedBody(row?.id ?? 0));
    if (body === null) throw new Error("no body");
    const staged = must(await store.stage(batch.verified, body, "folder:/card"));
    store = await desk.reopen(store);
    expect(store.quarantineList()).toEqual([]);
    expect(await bodyOf(store, staged)).toEqual(Buffer.from(batch.body));
    expect([...store.audit()].map((line) => line.type)).toEqual(["store-created", "quarantined", "staged"]);
  });

  it("is never without its bytes while it is being staged, wherever the power goes", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const batch = verifiedBatch();
    await keep(store, batch, { reason: "unknown-schema" });
    const [row] = store.quarantineList();
    const body = must(await store.quarantinedBody(row?.id ?? 0));
    if (body === null) throw new Error("no body");
    must(await store.stage(batch.verified, body, "folder:/card"));
    store.close();
    // The power goes before the row is written: the files are as they are now, the journal as it was before.
    const db = new Database(join(desk.folder, "store.db"));
    db.exec("DELETE FROM batches; UPDATE quarantine SET resolved_at = NULL");
    db.close();

    const after = await desk.open();
    const kept = must(await after.quarantinedBody(row?.id ?? 0));
    if (kept === null) throw new Error("the quarantined body is lost");
    expect(await allOf(kept)).toEqual(Buffer.from(batch.body));
    const staged = must(await after.stage(batch.verified, kept, "folder:/card"));
    expect(await bodyOf(after, staged)).toEqual(Buffer.from(batch.body));
    expect((await filesUnder(desk.folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("without a body, and one whose manifest was too large to be read, are listed too", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    await keep(store, verifiedBatch(), { reason: "body-missing" }, null);
    const big = { manifest: null, believed: false, manifestBytes: null, manifestFile: sha256("big 9000000") };
    await keep(store, verifiedBatch({ seq: 2 }), { ...big, reason: "malformed" });
    const [missing, malformed] = store.quarantineList();
    expect(missing).toMatchObject({ hasBody: false, bytes: 0 });
    expect(must(await store.quarantinedBody(missing?.id ?? 0))).toBeNull();
    expect(malformed).toMatchObject({ hasBody: true, manifest: null });
    expect(store.quarantinedManifest(malformed?.id ?? 0)).toBeNull();
  });

  it("that cannot be read does not take the place of the same bytes from another tablet", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const empty = { manifest: null, believed: false, prev: null, manifestBytes: Buffer.alloc(0) };
    const same = { ...empty, manifestFile: sha256("batches/x.cose and nothing in it"), reason: "malformed" };
    const bodies = ["0417", "0418", null].map((name) => Buffer.from(`body of ${name}`));
    for (const [at, name] of ["0417", "0418", null].entries()) {
      const ledgerDevice = name === null ? null : deviceOf(name);
      await keep(store, verifiedBatch(), { ...same, ledgerDevice, device: ledgerDevice }, bodies[at] ?? null);
    }
    const rows = store.quarantineList();
    expect(rows.map((row) => row.device)).toEqual([deviceOf("0417"), deviceOf("0418"), null]);
    for (const [at, row] of rows.entries()) {
      const body = must(await store.quarantinedBody(row.id));
      expect(body === null ? null : await allOf(body)).toEqual(bodies[at]);
      await body?.close();
      expect(store.quarantineRow(row)?.id).toBe(row.id);
    }
  });

  it("that is staged under its good name already leaves the list", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const batch = verifiedBatch();
    await keep(store, batch);
    const [row] = store.quarantineList();
    store.resolveQuarantine(row?.id ?? 0);
    store.resolveQuarantine(row?.id ?? 0);
    expect(store.quarantineList()).toEqual([]);
    expect(store.quarantineRow(refusedBatch(batch))).toBeNull();
    expect([...store.audit()].filter((line) => line.type === "quarantine-judged")).toHaveLength(1);
  });
});

describe("opening a store", () => {
  it("says who has it, since when", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const owner = { pid: process.pid, host: hostname(), since: NOW.toISOString() };
    for (let times = 0; times < 2; times++)
      expect(await openStore(desk.folder, () => NOW)).toEqual({ ok: false, error: { type: "owned", owner } });
    await stageNow(store, verifiedBatch());
    store.close();
    expect((await desk.open()).toUpload(null, 10)).toHaveLength(1);
  });

  it("made by a later version is refused, and left as it was", async () => {
    await using desk = await StoreFolder.make();
    (await desk.open()).close();
    const file = join(desk.folder, "store.db");
    const db = new Database(file);
    db.pragma("user_version = 700");
    db.pragma("journal_mode = DELETE");
    db.close();
    const before = await readFile(file);
    expect(await openStore(desk.folder, () => NOW)).toEqual({
      ok: false,
      error: { type: "newer-store", found: 700, known: expect.any(Number) },
    });
    expect(await readFile(file)).toEqual(before);
  });

  it("that is no store, or was damaged, is refused", async () => {
    await using desk = await StoreFolder.make();
    await mkdir(join(desk.top, "text"));
    await writeFile(join(desk.top, "text", "store.db"), "this is a text, and not a short one. ".repeat(200));
    expect(await openStore(join(desk.top, "text"), () => NOW)).toMatchObject({
      ok: false,
      error: { type: "damaged", code: "SQLITE_NOTADB" },
    });
    await mkdir(join(desk.top, "other"));
    const other = new Database(join(desk.top, "other", "store.db"));
    other.exec("CREATE TABLE notes (text TEXT)");
    other.close();
    expect(await openStore(join(desk.top, "other"), () => NOW)).toMatchObject({
      ok: false,
      error: { type: "damaged", code: "NOT_A_STORE" },
    });
  });

  it("where a file stands in the way names the disk, not a bug", async () => {
    await using desk = await StoreFolder.make();
    await writeFile(join(desk.top, "file"), "");
    expect(await openStore(join(desk.top, "file", "store"), () => NOW)).toMatchObject({
      ok: false,
      error: { type: "disk", code: "ENOTDIR" },
    });
  });

  it("keeps its id for ever, and no two stores have one", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const { id } = store;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect((await desk.reopen(store)).id).toBe(id);
    expect((await desk.open(join(desk.top, "other"))).id).not.toBe(id);
  });

  it("shuts a folder that others could look into", async () => {
    await using desk = await StoreFolder.make();
    await mkdir(desk.folder);
    await chmod(desk.folder, 0o755);
    await desk.open();
    expect(((await stat(desk.folder)).mode & 0o777).toString(8)).toBe("700");
  });
});

describe("a newer schema", () => {
  const steps = [
    (db: Database.Database) => db.exec("CREATE TABLE one (a INTEGER) STRICT; INSERT INTO one VALUES (1)"),
    (db: Database.Database) => db.exec("ALTER TABLE one ADD COLUMN b INTEGER; UPDATE one SET b = a + 1"),
    (db: Database.Database) => db.exec("UPDATE one SET b = b * 10"),
  ].map((step) => (db: Database.Database) => void step(db));

  it("is reached step by step, and the store before is kept beside it", async () => {
    await using desk = await StoreFolder.make();
    await mkdir(desk.folder);
    const db = new Database(join(desk.folder, "store.db"));
    await migrate(db, desk.folder, steps.slice(0, 1));
    expect(await filesUnder(desk.folder)).toEqual(["store.db"]);
    await migrate(db, desk.folder, steps);
    await migrate(db, desk.folder, steps);
    expect([versionOf(db), db.prepare("SELECT a, b FROM one").all()]).toEqual([3, [{ a: 1, b: 20 }]]);
    db.close();
    const copy = new Database(join(desk.folder, "store-before-3.db"));
    expect([versionOf(copy), copy.prepare("SELECT * FROM one").all()]).toEqual([1, [{ a: 1 }]]);
    copy.close();
    expect((await stat(join(desk.folder, "store-before-3.db"))).mode & 0o777).toBe(0o600);
  });

  it("that cannot be reached leaves the store at the last good step", async () => {
    await using desk = await StoreFolder.make();
    await mkdir(desk.folder);
    const db = new Database(join(desk.folder, "store.db"));
    const broken = (on: Database.Database): void => {
      on.exec("UPDATE one SET b = 99");
      on.exec("UPDATE nowhere SET b = 1");
    };
    await expect(migrate(db, desk.folder, [...steps.slice(0, 2), broken])).rejects.toThrow("nowhere");
    expect([versionOf(db), db.prepare("SELECT a, b FROM one").all()]).toEqual([2, [{ a: 1, b: 2 }]]);
    db.close();
  });
});

describe("the audit log", () => {
  /** A log of five lines, changed by somebody with an editor. */
  async function changed(how: string): Promise<Result<number, unknown>> {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    for (let seq = 1; seq <= 4; seq++) await stageNow(store, verifiedBatch({ seq }));
    store.close();
    const db = new Database(join(desk.folder, "store.db"));
    db.exec(how);
    db.close();
    return inSlices((await desk.open()).verifyAudit());
  }

  it("that nobody touched is whole", async () => {
    expect(await changed("")).toEqual({ ok: true, value: 5 });
  });

  it.each([
    ["an edited line", "UPDATE audit SET data = replace(data, '\"seq\":2', '\"seq\":9') WHERE no = 3", 3],
    ["another time", "UPDATE audit SET at = '2021-10-20T12:00:01.000Z' WHERE no = 4", 4],
    ["another type", "UPDATE audit SET type = 'uploaded' WHERE no = 2", 2],
    ["a line that was taken out", "DELETE FROM audit WHERE no = 3", 3],
    [
      "a line taken out and the rest moved up",
      "DELETE FROM audit WHERE no = 3; UPDATE audit SET no = no - 1 WHERE no > 3",
      3,
    ],
    ["the first lines taken out", "DELETE FROM audit WHERE no <= 2", 1],
    [
      "a line that was put in",
      "INSERT INTO audit SELECT 0, at, type, data, prev, hash, held FROM audit WHERE no = 1",
      1,
    ],
    [
      "a line before the beginning",
      "INSERT INTO audit SELECT -9, at, type, data, prev, hash, held FROM audit WHERE no = 1",
      1,
    ],
    [
      "a line that was put at the end",
      "INSERT INTO audit SELECT 6, at, type, data, prev, hash, held FROM audit WHERE no = 5",
      6,
    ],
    ["data that are no JSON any more", "UPDATE audit SET data = '{' WHERE no = 5", 5],
  ])("with %s is told, with the number of that line", async (_, how, no) => {
    expect(await changed(how)).toEqual({ ok: false, error: { type: "audit-broken", no } });
  });

  it("can be read to its end even where somebody made a line unreadable", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    await stageNow(store, verifiedBatch());
    store.close();
    const db = new Database(join(desk.folder, "store.db"));
    db.exec("UPDATE audit SET data = '{' WHERE no = 1");
    db.close();
    const lines = [...(await desk.open()).audit()];
    expect(lines.map((line) => line.type)).toEqual(["store-created", "staged"]);
    expect(lines[0]?.data).toEqual({ text: "{" });
  });

  it("has the line of a change or neither", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const fails = () =>
      store.saveReceipt(
        () => {
          throw new Error("the signer failed");
        },
        () => ({ type: "receipt-made", data: {} }),
      );
    expect(fails).toThrow("the signer failed");
    expect([...store.audit()].map((line) => line.type)).toEqual(["store-created"]);
  });
});

// ---------------------------------------------------------------- ledgers and looking back

interface Entry {
  readonly seq: number;
  readonly state?: TabletState;
  readonly acknowledged?: boolean;
  readonly found?: boolean;
}

function ledger(no: number, entries: readonly Entry[], more: Partial<LedgerRecord> = {}): LedgerRecord {
  const device = more.device ?? deviceOf("0417");
  const chain = more.chain ?? chainOf("0417");
  return {
    device,
    chain,
    no,
    digest: sha256(`ledger ${no}`),
    head: Math.max(0, ...entries.map((entry) => entry.seq)),
    madeUtc: 1_634_000_000,
    madeOffset: 300,
    older: [],
    cose: Buffer.from("ledger"),
    entries: entries.map(({ seq, state = "pending", acknowledged = false, found = true }) => ({
      seq,
      manifest: verifiedBatch({ device, chain, seq }).verified.manifest,
      length: 2_000,
      state,
      syncedUtc: null,
      syncedOffset: null,
      acknowledged,
      found,
    })),
    ...more,
  };
}

const read = (store: Store, record: LedgerRecord): void =>
  store.saveLedger(record, { type: "ledger-read", data: { no: record.no } });

const lines = (store: Store, device: DeviceId | null = null) =>
  [...store.reconcile(device)].map((line) => [
    line.seq,
    line.tablet,
    line.station,
    line.centre,
    line.verdict,
  ]);

describe("ledgers", () => {
  it("are remembered by their highest number, and by every content seen under it", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const { device, chain } = verifiedBatch().verified;
    expect(store.highestLedger(device, chain)).toBeNull();
    read(store, ledger(3, [{ seq: 1 }]));
    read(store, ledger(9, [{ seq: 1 }, { seq: 2 }]));
    read(store, ledger(9, [{ seq: 1 }], { digest: sha256("another nine") }));
    read(store, ledger(4, [{ seq: 1 }]));
    const highest = store.highestLedger(device, chain);
    expect(highest?.no).toBe(9);
    expect(new Set(highest?.digests)).toEqual(new Set([sha256("ledger 9"), sha256("another nine")]));
  });

  it("rolled back do not make the station forget what the newer one listed", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    read(store, ledger(9, [{ seq: 1, state: "sent" }, { seq: 2 }, { seq: 3 }]));
    read(store, ledger(2, [{ seq: 1 }]));
    expect(store.ledgerEntries(deviceOf("0417")).map((entry) => entry.seq)).toEqual([1, 2, 3]);
    expect(lines(store)[0]).toEqual([1, "sent", null, null, "on-tablet-only"]);
  });

  it("of a hundred thousand entries are kept whole", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const entry = ledger(1, [{ seq: 1 }]).entries[0];
    if (entry === undefined) throw new Error("no entry");
    const entries = Array.from({ length: 100_000 }, (_, at) => ({ ...entry, seq: at + 1 }));
    read(store, ledger(1, [], { head: 100_000, entries }));
    read(store, ledger(2, [], { head: 100_000, entries }));
    expect(store.ledgerEntries(deviceOf("0417"))).toHaveLength(100_000);
    let count = 0;
    for (const line of store.reconcile(null)) count += line.verdict === "on-tablet-only" ? 1 : 0;
    expect(count).toBe(100_000);
  });
});

describe("tablet, station and centre side by side", () => {
  it("are one line for each batch, in order, each with its verdict", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    read(
      store,
      ledger(1, [
        { seq: 1, state: "acknowledged", acknowledged: true, found: false },
        { seq: 2, state: "sent" },
        { seq: 3, state: "unloaded" },
        { seq: 4 },
        { seq: 5, found: false },
        { seq: 6 },
        { seq: 7 },
        { seq: 8, state: "acknowledged" },
      ]),
    );
    const staged = new Map<number, StagedBatch>();
    for (const seq of [2, 3, 4, 7, 8]) staged.set(seq, await stageNow(store, verifiedBatch({ seq })));
    await keep(store, verifiedBatch({ seq: 6 }));
    await keep(store, verifiedBatch({ seq: 7, twin: "other" }), { reason: "conflict" });
    const answer = (seq: number, is: "accepted" | "already-there") => {
      const batch = staged.get(seq);
      if (batch !== undefined) store.saveCentreAnswer(batch, is, { type: "uploaded", data: { seq } });
    };
    answer(2, "accepted");
    answer(3, "already-there");
    answer(8, "accepted");
    expect(lines(store)).toEqual([
      [1, "acknowledged", null, null, "safe"],
      [2, "sent", "staged", "accepted", "lost-in-vpn"],
      [3, "unloaded", "staged", "accepted", "safe"],
      [4, "pending", "staged", null, "to-upload"],
      [5, "pending", null, null, "missing"],
      [6, "pending", "quarantined", null, "refused"],
      [7, "pending", "staged", null, "conflict"],
      [8, "acknowledged", "staged", "accepted", "lost-in-vpn"],
    ]);
  });

  it("come device by device and chain by chain, and last what belongs to no known device", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const names = ["a", "b", "c", "d"];
    for (const name of names)
      for (const chain of ["old", "new"])
        await stageNow(store, verifiedBatch({ device: deviceOf(name), chain: chainOf(`${name} ${chain}`) }));
    await keep(store, verifiedBatch({ seq: 9 }), { device: null, ledgerDevice: null, believed: false });
    const found = [...store.reconcile(null)].map((line) => `${line.device ?? "~"} ${line.chain} ${line.seq}`);
    expect(found).toHaveLength(9);
    expect(found).toEqual([...found].sort());
    expect([...store.reconcile(deviceOf("b"))]).toHaveLength(2);
    expect([...store.reconcile(deviceOf("nobody"))]).toEqual([]);
  });

  it("name a number that the ledger claims and nobody holds, and are bounded where it claims a hundred million", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    const older = Array.from({ length: 50 }, (_, at) => ({
      chain: chainOf(`older ${at}`),
      head: 99_999_999,
    }));
    read(store, ledger(1, [{ seq: 2 }], { head: 99_999_999, older }));
    const found = [...store.reconcile(null)];
    expect(found.filter((line) => line.verdict === "missing")).toHaveLength(1_000);
    expect(found.filter((line) => line.tablet !== null)).toMatchObject([
      { seq: 2, chain: chainOf("0417"), verdict: "on-tablet-only" },
    ]);
  });
});

describe("what waits for the centre", () => {
  it("is given in pages, oldest first, and is gone when the centre has answered", async () => {
    await using desk = await StoreFolder.make();
    const store = await desk.open();
    for (let seq = 1; seq <= 5; seq++) await stageNow(store, verifiedBatch({ seq }));
    const first = store.toUpload(null, 2);
    expect(first.map((row) => row.seq)).toEqual([1, 2]);
    for (const row of first) store.saveCentreAnswer(row, "accepted", { type: "uploaded", data: {} });
    const second = store.toUpload(first.at(-1) ?? null, 2);
    expect(second.map((row) => row.seq)).toEqual([3, 4]);
    expect(store.toUpload(second.at(-1) ?? null, 2).map((row) => row.seq)).toEqual([5]);
    expect(store.toUpload(null, 10).map((row) => row.seq)).toEqual([3, 4, 5]);
  });
});

describe("receipts", () => {
  it("are numbered one after the other, over all tablets, across restarts", async () => {
    await using desk = await StoreFolder.make();
    let store = await desk.open();
    const make = (name: string) =>
      store.saveReceipt(
        (no) => ({
          no,
          act: null,
          digest: sha256(Buffer.from([no])),
          device: deviceOf(name),
          chain: chainOf(name),
          name: `${no}.cose`,
          bytes: Buffer.from([no]),
        }),
        ({ no }) => ({ type: "receipt-made", data: { no } }),
      ).no;
    expect([make("a"), make("b"), make("a")]).toEqual([1, 2, 3]);
    store = await desk.reopen(store);
    expect(make("b")).toBe(4);
    const last = () => store.lastReceipt(deviceOf("a"), chainOf("a") as ChainId);
    expect(last()).toMatchObject({ no: 3, delivered: false, bytes: Buffer.from([3]) });
    store.receiptDelivered(3, { type: "receipt-delivered", data: { no: 3 } });
    expect(last()).toMatchObject({ no: 3, delivered: true });
  });
});

describe("the campaign", () => {
  it("is replaced as a whole, while every CRL ever given is kept once", async () => {
    await using desk = await StoreFolder.make();
    let store = await desk.open();
    expect(store.campaign()).toBeNull();
    const save = (json: string, crls: readonly string[]) =>
      store.saveCampaign(
        json,
        "root",
        crls.map((crl) => Buffer.from(crl)),
        { type: "campaign-loaded", data: {} },
      );
    save("one", ["a", "b"]);
    save("two", ["b", "c"]);
    store = await desk.reopen(store);
    expect(store.campaign()).toEqual({
      json: "two",
      rootPem: "root",
      crls: ["a", "b", "c"].map((crl) => Buffer.from(crl)),
    });
  });
});
