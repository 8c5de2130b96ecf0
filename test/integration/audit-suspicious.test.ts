import { createHash } from "node:crypto";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { signObject } from "../../fixtures/outbox/sign1.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import type { AuditProblem } from "../../main/engine/api.ts";
import type { DeviceId } from "../../shared/ids.ts";
import { run, runText } from "./command-line.ts";
import { Desk, must } from "./desk.ts";
import { ask, emptyDatabase } from "./postgres.ts";
import { bindAnew, ended, type Line, linesIn, numberOf, rehash, tamper } from "./tampering.ts";

/** An auditor who believes nobody: every way to make the log say something else, and what `audit verify` answers. */

vi.setConfig({ testTimeout: 240_000 });

const never = new AbortController().signal;
const quiet = (): void => {};

interface Found {
  readonly exit: number;
  readonly error: AuditProblem | null;
}

/** As an auditor runs it: a process, its exit code, its JSON. */
async function verify(desk: Desk, ...more: readonly string[]): Promise<Found> {
  desk.closeEngine();
  const { exit, json } = await run<{ readonly error?: AuditProblem }>(desk.store, [
    "audit",
    "verify",
    ...more,
  ]);
  return { exit, error: json.error ?? null };
}

/** A station with a receipt delivered and an act made, its session ended; the act's file and the receipt's lie outside the store. */
async function withAct(): Promise<{
  readonly desk: Desk;
  readonly device: DeviceId;
  readonly act: string;
  readonly receipt: string;
}> {
  const { desk, tablet } = await ended();
  const device = tablet.device as DeviceId;
  const engine = await desk.engine();
  const act = desk.path("act.pdf");
  await writeFile(act, must(await engine.act(device, "")).bytes);
  must(engine.endSession());
  const [name = ""] = await readdir(desk.path("outbox", "receipts"));
  return { desk, device, act, receipt: desk.path("outbox", "receipts", name) };
}

/** Writes something more into the log, with the key open, and ends the session: the head over it is signed. */
async function goOn(desk: Desk, times = 1): Promise<void> {
  for (let at = 0; at < times; at++) await desk.unloadOne(desk.path("outbox"), true);
  must((await desk.engine()).endSession());
  desk.closeEngine();
}

/** Sends what is staged, with the heads that are signed. */
async function send(desk: Desk, url: string): Promise<void> {
  const centre = must(postgresCentre(url));
  must(await (await desk.engine()).upload(centre, quiet, never));
  await centre.close();
}

interface StoreHead {
  readonly store: Buffer;
  readonly no: number;
  readonly hash: Buffer;
}

/** A head over the log's last line, signed by another station of the same campaign: a real one, that owns another computer. */
async function headByAnother(desk: Desk): Promise<{ readonly station: string; readonly cose: Uint8Array }> {
  const leaf = await desk.campaign.leaf("station", "another");
  const of: StoreHead[] = [];
  tamper(desk, (db) => {
    const line = linesIn(db).at(-1) ?? expect.fail("an empty log");
    const { value } = db.prepare("SELECT value FROM facts WHERE name = 'store'").get() as { value: string };
    of.push({ store: Buffer.from(value, "hex"), no: line.no, hash: Buffer.from(line.hash, "hex") });
  });
  const { bytes } = signObject(
    "audit-head",
    leaf.chain,
    { v: 1, ...of[0], station: Buffer.from(leaf.id, "hex"), made: [1_634_000_000, 300] },
    leaf.key.sign,
  );
  return { station: leaf.id, cose: bytes };
}

const change = (db: Database.Database, text: string, ...values: readonly unknown[]): void => {
  expect(db.prepare(text).run(...values).changes, text).toBeGreaterThan(0);
};

/** Puts a line in before line `no`: those from there on move up by one, as they are. */
function putIn(db: Database.Database, no: number, like: number): void {
  const line = linesIn(db).find((one) => one.no === like);
  for (const one of [...linesIn(db)].reverse())
    if (one.no >= no) db.prepare("UPDATE audit SET no = no + 1 WHERE no = ?").run(one.no);
  change(
    db,
    "INSERT INTO audit (no, at, type, data, prev, hash, held) VALUES (@no, @at, @type, @data, @prev, @hash, @held)",
    { ...line, no },
  );
}

/** What somebody does to line `no`; the number of the first line that is not what it was. */
type Deed = (db: Database.Database, no: number) => number;

const DEEDS: Readonly<Record<string, Deed>> = {
  "told otherwise": (db, no) => {
    change(db, `UPDATE audit SET data = replace(data, '"seq":', '"seq":9') WHERE no = ?`, no);
    return no;
  },
  "at another time": (db, no) => {
    change(db, "UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE no = ?", no);
    return no;
  },
  "of another type": (db, no) => {
    change(db, "UPDATE audit SET type = 'quarantined' WHERE no = ?", no);
    return no;
  },
  "told otherwise, its own hash made to fit": (db, no) => {
    const lines: Line[] = [];
    rehash(db, no, (line) => {
      if (line.no === no) line.type = "quarantined";
      lines.push({ ...line });
    });
    // Only this one: what follows is as it was.
    for (const { no: other, prev, hash } of lines.slice(1))
      db.prepare("UPDATE audit SET prev = ?, hash = ? WHERE no = ?").run(prev, hash, other);
    return no + 1;
  },
  "taken out": (db, no) => {
    change(db, "DELETE FROM audit WHERE no = ?", no);
    return no;
  },
  "taken out, and all that follow moved into its place": (db, no) => {
    change(db, "DELETE FROM audit WHERE no = ?", no);
    for (const line of linesIn(db))
      if (line.no > no) change(db, "UPDATE audit SET no = no - 1 WHERE no = ?", line.no);
    return no;
  },
  "exchanged with the next one": (db, no) => {
    const moves = [
      [-1, no],
      [no, no + 1],
      [no + 1, -1],
    ];
    for (const [to, from] of moves) change(db, "UPDATE audit SET no = ? WHERE no = ?", to, from);
    return no;
  },
  doubled: (db, no) => {
    putIn(db, no, no);
    return no + 1;
  },
  "preceded by one that belongs elsewhere": (db, no) => {
    putIn(db, no, no + 2);
    return no;
  },
  "as it was, and one before the first": (db) => {
    change(db, "INSERT INTO audit SELECT 0, at, type, data, prev, hash, held FROM audit WHERE no = 1");
    return 1;
  },
  "the last one left": (db, no) => {
    change(db, "DELETE FROM audit WHERE no < ?", no);
    return 1;
  },
};

describe("a chain that does not fit", () => {
  let desk: Desk;
  beforeAll(async () => {
    ({ desk } = await ended());
    desk.closeEngine();
    await cp(desk.store, desk.path("whole"), { recursive: true });
  });
  afterAll(() => desk[Symbol.asyncDispose]());

  test.each(Object.keys(DEEDS))("is named at the first line that does not: one was %s", async (deed) => {
    desk.closeEngine();
    await rm(desk.store, { recursive: true });
    await cp(desk.path("whole"), desk.store, { recursive: true });
    let no = 0;
    tamper(desk, (db) => {
      no = DEEDS[deed]?.(db, numberOf(db, "staged")) ?? 0;
    });
    const error = { type: "audit-broken", no, upTo: no, by: "chain", name: null };
    expect(await (await desk.engine()).auditVerify()).toEqual({ ok: false, error });
  });
});

describe("a chain made to fit again", () => {
  test("by a line put in and all hashes made anew is named by the signed head over it, within its range", async () => {
    const { desk } = await ended();
    await using _ = desk;
    let at = 0;
    tamper(desk, (db) => {
      at = numberOf(db, "receipt-made");
      putIn(db, at, at);
      rehash(db, at, (line) => {
        if (line.no === at) Object.assign(line, { type: "unlocked", data: "{}" });
      });
    });
    const { exit, error } = await verify(desk);
    expect(exit).toBe(1);
    if (error?.type !== "audit-broken") expect.fail(JSON.stringify(error));
    expect(error.by).toBe("head");
    expect(error.no).toBeLessThanOrEqual(at);
    expect(error.upTo).toBeGreaterThanOrEqual(at);
  });

  test("is not vouched for by a head without a signature that somebody has noted beside it", async () => {
    const { desk } = await ended();
    await using _ = desk;
    await goOn(desk);
    let at = 0;
    tamper(desk, (db) => {
      at = numberOf(db, "identified");
      rehash(db, at, (line) => {
        if (line.no === at) line.data = line.data.replace("ledger", "manifests");
      });
      const first = db.prepare("SELECT id, no FROM audit_heads ORDER BY id LIMIT 1").get() as Line & {
        id: number;
      };
      const hash = linesIn(db).find((line) => line.no === first.no)?.hash;
      change(db, "UPDATE audit_heads SET hash = ?, cose = NULL WHERE id = ?", hash, first.id);
    });
    const { exit, error } = await verify(desk);
    expect([exit, error?.type]).toEqual([1, "audit-broken"]);
    if (error?.type !== "audit-broken") return;
    expect(error.no).toBeLessThanOrEqual(at);
    expect(error.upTo).toBeGreaterThanOrEqual(at);
  });

  test("is told by what was signed for a bag that went away, when heads, receipts and acts are gone", async () => {
    const { desk } = await ended();
    await using _ = desk;
    const options = { devices: [], again: false, passphrase: "" };
    must(await (await desk.engine()).exportBag(desk.path("stick"), options, quiet, never));
    let at = 0;
    tamper(desk, (db) => {
      for (const table of ["audit_heads", "receipts", "acts"]) db.exec(`DELETE FROM ${table}`);
      at = numberOf(db, "identified");
      rehash(db, 2, (line) => {
        if (line.no === at) line.data = line.data.replace("ledger", "manifests");
        if (line.type === "receipt-made") line.type = "locked";
      });
    });
    const { exit, error } = await verify(desk);
    expect({ exit, ...error }).toMatchObject({ exit: 1, type: "audit-broken", by: "bag", name: "1" });
    if (error?.type !== "audit-broken") return;
    expect(error.no).toBeLessThanOrEqual(at);
    expect(error.upTo).toBeGreaterThanOrEqual(at);
    tamper(desk, (db) => change(db, "UPDATE bags SET cose = x'00'"));
    expect(await verify(desk)).toMatchObject({ exit: 1, error: { type: "anchor-bad", by: "bag" } });
  });

  test("and signed anew as a whole by another station is told by its first head", async () => {
    const { desk, receipt, act } = await withAct();
    await using _ = desk;
    tamper(desk, (db) =>
      rehash(db, 2, (line) => {
        if (line.type === "identified") line.data = line.data.replace("ledger", "manifests");
      }),
    );
    const { station, cose } = await headByAnother(desk);
    tamper(desk, (db) => {
      const { no, hash } = linesIn(db).at(-1) ?? expect.fail("an empty log");
      db.exec("DELETE FROM audit_heads");
      change(
        db,
        "INSERT INTO audit_heads (no, hash, recorded_at, cose) VALUES (?, ?, '2021-10-12T00:00:00.000Z', ?)",
        no,
        hash,
        cose,
      );
    });
    expect(await verify(desk)).toMatchObject({
      exit: 1,
      error: { type: "anchor-bad", by: "head", why: "other-station" },
    });

    // With the station's own row exchanged and all that was signed before taken out it agrees with itself; what had left it does not.
    tamper(desk, (db) => {
      change(db, "UPDATE station SET id = ?", station);
      for (const table of ["receipts", "acts"]) change(db, `DELETE FROM ${table}`);
      db.exec("DELETE FROM audit_heads");
      rehash(db, 2, (line) => {
        if (["receipt-made", "act-made"].includes(line.type)) line.type = "locked";
      });
      bindAnew(db);
    });
    expect(await verify(desk)).toEqual({ exit: 0, error: null });
    for (const file of [receipt, act])
      expect(await verify(desk, "--anchor", file), file).toMatchObject({
        exit: 1,
        error: { type: "anchor-bad", by: "anchor", why: "other-station" },
      });
  });
});

describe("what is kept beside the log", () => {
  const HEADS: Readonly<Record<string, readonly [work: (db: Database.Database) => void, why: string]>> = {
    "is rubbish now": [
      (db) => change(db, "UPDATE audit_heads SET cose = x'00ff' WHERE cose IS NOT NULL"),
      "not-an-anchor",
    ],
    "has a signature that does not verify": [
      (db) => {
        const row = db.prepare("SELECT id, cose FROM audit_heads WHERE cose IS NOT NULL LIMIT 1").get() as {
          id: number;
          cose: Buffer;
        };
        row.cose[row.cose.length - 9] = (row.cose.at(-9) ?? 0) ^ 1;
        change(db, "UPDATE audit_heads SET cose = ? WHERE id = ?", row.cose, row.id);
      },
      "signature-invalid",
    ],
    "speaks of a store that this is not": [
      (db) => change(db, "UPDATE facts SET value = ? WHERE name = 'store'", "ab".repeat(16)),
      "other-store",
    ],
    "was noted otherwise than it is signed": [
      (db) => change(db, "UPDATE audit_heads SET hash = ? WHERE cose IS NOT NULL", "ab".repeat(32)),
      "record-changed",
    ],
  };
  test.each(Object.keys(HEADS))("a head that %s needs a person, and is named", async (what) => {
    const { desk } = await ended();
    await using _ = desk;
    const [work, why] = HEADS[what] ?? expect.fail(what);
    tamper(desk, work);
    expect(await verify(desk)).toMatchObject({ exit: 1, error: { type: "anchor-bad", by: "head", why } });
    const { text, errors } = await runText(desk.store, ["--lang", "en", "audit", "verify"]);
    expect(text).toBe("");
    expect(errors).toMatch(
      /^Signed head \d+ proves nothing: .*\nWhat to do: Leave the store as it is and tell the auditor\.\n$/,
    );
  });

  test("a receipt that was exchanged for another station's is named", async () => {
    const { desk } = await ended();
    await using _ = desk;
    const { desk: other } = await ended("0403");
    await using __ = other;
    const [name = ""] = await readdir(other.path("outbox", "receipts"));
    const strange = await readFile(other.path("outbox", "receipts", name));
    tamper(desk, (db) => change(db, "UPDATE receipts SET bytes = ?", strange));
    expect(await verify(desk)).toMatchObject({
      exit: 1,
      error: { type: "anchor-bad", by: "receipt", why: "other-station" },
    });
  });

  test("an act whose record was changed would be printed with other facts, and is named", async () => {
    const { desk } = await withAct();
    await using _ = desk;
    tamper(desk, (db) =>
      change(
        db,
        `UPDATE acts SET facts = replace(facts, '"safe"', '"missing"'), made_at = made_at WHERE facts IS NOT NULL`,
      ),
    );
    tamper(desk, (db) => change(db, `UPDATE acts SET facts = replace(facts, '"to-upload"', '"safe"')`));
    expect(await verify(desk)).toMatchObject({
      exit: 1,
      error: { type: "anchor-bad", by: "act", name: "1", why: "record-changed" },
    });
  });

  test("an act that was given another head, signed by the same station over another line, is named", async () => {
    const { desk } = await withAct();
    await using _ = desk;
    tamper(desk, (db) =>
      change(
        db,
        "UPDATE acts SET head = (SELECT cose FROM audit_heads WHERE cose IS NOT NULL ORDER BY id DESC LIMIT 1)",
      ),
    );
    expect(await verify(desk)).toMatchObject({
      exit: 1,
      error: { type: "anchor-bad", by: "act", why: "code-differs" },
    });
  });

  test("a batch that was painted as accepted, and never sent, is named: no line tells of the centre's answer", async () => {
    const { desk, tablet } = await ended();
    await using _ = desk;
    tamper(desk, (db) =>
      change(db, "UPDATE batches SET centre = 'accepted', answered_at = staged_at WHERE seq = 2"),
    );
    const [first] = tablet.batches;
    expect(await verify(desk)).toEqual({
      exit: 1,
      error: {
        type: "record-without-line",
        what: "uploaded",
        name: `${tablet.device} ${tablet.chain} 2 ${tablet.batches[1]?.digest}`,
      },
    });
    expect(first).toBeDefined();
  });

  test("a campaign whose root was exchanged past the program is named at the line that tells of its loading", async () => {
    await using desk = await Desk.open();
    await desk.loadCampaign();
    const strange = await TestCampaign.create({ seed: "somebody" });
    const folder = await strange.write(desk.path("strange"));
    const root = await readFile(join(folder, "root.pem"), "utf8");
    let line = 0;
    tamper(desk, (db) => {
      line = numberOf(db, "campaign-loaded");
      change(db, "UPDATE campaign SET root_pem = ?", root);
    });
    expect(await verify(desk)).toEqual({
      exit: 1,
      error: { type: "line-without-record", no: line, what: "campaign-loaded" },
    });
    tamper(desk, (db) => change(db, "DELETE FROM campaign"));
    expect(await verify(desk)).toMatchObject({ exit: 1, error: { no: line, what: "campaign-loaded" } });
  });
});

test("what the station signed in a rehearsal, under another root, counts again once the new root's certificate is taken", async () => {
  const { desk, receipt, act } = await withAct();
  await using _ = desk;
  const requests: string[] = [];
  tamper(desk, (db) => {
    requests.push((db.prepare("SELECT request FROM station").get() as { request: string }).request);
  });
  const real = await TestCampaign.create({ seed: "the census itself" });
  const certificate = await real.stationCertificate(requests[0] ?? "");
  const engine = await desk.engine();
  must(await engine.loadCampaign(await real.write(desk.path("real"))));
  const untrusted = { type: "anchor-bad", by: "head", why: "certificate-untrusted" };
  expect(await engine.auditVerify()).toMatchObject({ ok: false, error: untrusted });
  must(await engine.takeStationCertificate(certificate));
  must(engine.endSession());
  expect(await verify(desk, "--anchor", receipt, "--anchor", act)).toEqual({ exit: 0, error: null });

  // Another station's signatures, under the former root, do not.
  const { cose } = await headByAnother(desk);
  await writeFile(desk.path("another.cose"), cose);
  expect(await verify(desk, "--anchor", desk.path("another.cose"))).toMatchObject({
    exit: 1,
    error: { type: "anchor-bad", by: "anchor", why: "certificate-untrusted" },
  });
});

describe("a store put back to an older copy, and worked on since", () => {
  test("is longer than what left it before, and contradicts it: the range begins after what both have", async () => {
    const { desk } = await ended();
    await using _ = desk;
    const before = must(await (await desk.engine()).auditVerify()).lines;
    const outside = desk.path("before.cose");
    await writeFile(outside, await headOf(desk));
    desk.closeEngine();
    await cp(desk.store, desk.path("older"), { recursive: true });
    await goOn(desk);
    const later = desk.path("later.cose");
    await writeFile(later, await headOf(desk));
    const gone = must(await (await desk.engine()).auditVerify()).lines;
    desk.closeEngine();

    await rm(desk.store, { recursive: true });
    await cp(desk.path("older"), desk.store, { recursive: true });
    await goOn(desk, 3);
    expect(must(await (await desk.engine()).auditVerify()).lines).toBeGreaterThan(gone);
    expect((await verify(desk)).exit).toBe(0);
    // Its own heads were signed in the second life of the store: they say nothing of the first.
    expect(await verify(desk, "--anchor", later)).toMatchObject({
      exit: 1,
      error: { type: "audit-broken", by: "anchor", no: 1, upTo: gone },
    });
    expect(await verify(desk, "--anchor", later, "--anchor", outside)).toMatchObject({
      exit: 1,
      error: { type: "audit-broken", by: "anchor", name: "later.cose", no: before + 1, upTo: gone },
    });
  });
});

/** The newest signed head that the store keeps. */
async function headOf(desk: Desk): Promise<Uint8Array> {
  const found: Uint8Array[] = [];
  tamper(desk, (db) => {
    const row = db
      .prepare("SELECT cose FROM audit_heads WHERE cose IS NOT NULL ORDER BY id DESC LIMIT 1")
      .get();
    found.push((row as { cose: Uint8Array }).cose);
  });
  return found[0] ?? expect.fail("no head is signed");
}

describe("the centre", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  test("keeps heads of one life of the store, and tells on a copy that led another", async () => {
    const { desk } = await ended();
    await using _ = desk;
    const url = await emptyDatabase(server);
    await send(desk, url);
    desk.closeEngine();
    await cp(desk.store, desk.path("older"), { recursive: true });
    const both = must(await (await desk.engine()).auditVerify()).lines;
    expect((await verify(desk, "--to", url)).exit).toBe(0);
    await goOn(desk);
    await send(desk, url);
    desk.closeEngine();
    await rm(desk.store, { recursive: true });
    await cp(desk.path("older"), desk.store, { recursive: true });
    await goOn(desk, 4);
    expect((await verify(desk)).exit).toBe(0);
    // What both lives have in common is vouched for by the heads of it that were left there.
    expect(await verify(desk, "--to", url)).toMatchObject({
      exit: 1,
      error: { type: "audit-broken", by: "centre", no: both + 1 },
    });
  });

  test("whose own people exchanged a head for another station's, or for rubbish, is told on as well", async () => {
    const { desk } = await ended();
    await using _ = desk;
    const url = await emptyDatabase(server);
    await send(desk, url);
    const { cose } = await headByAnother(desk);
    for (const [head, why] of [
      [Buffer.from(cose), "other-station"],
      [Buffer.from("rubbish"), "not-an-anchor"],
    ] as const) {
      await ask(url, "UPDATE audit_heads SET head = $1, digest = $2", [
        head,
        createHash("sha256").update(head).digest(),
      ]);
      expect(await verify(desk, "--to", url)).toMatchObject({
        exit: 1,
        error: { type: "anchor-bad", by: "centre", why },
      });
    }
  });

  test("answered for a batch that the store calls unsent now: the line of the answer is named", async () => {
    const { desk } = await ended();
    await using _ = desk;
    await send(desk, await emptyDatabase(server));
    let line = 0;
    tamper(desk, (db) => {
      line = linesIn(db).find(({ type, data }) => type === "uploaded" && JSON.parse(data).seq === 3)?.no ?? 0;
      change(db, "UPDATE batches SET centre = NULL WHERE seq = 3");
    });
    expect(await verify(desk)).toEqual({
      exit: 1,
      error: { type: "line-without-record", no: line, what: "uploaded" },
    });
  });
});
