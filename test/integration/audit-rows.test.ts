import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { Audit } from "../../main/adapters/store/audit.ts";
import { compareRows, UNWITNESSED, watchRows, witnessed } from "../../main/adapters/store/witness.ts";
import type { AuditProblem } from "../../main/engine/api.ts";
import type { RowsCompared } from "../../main/engine/ports-custody.ts";
import { run } from "./command-line.ts";
import { Desk, must } from "./desk.ts";
import { NOW, StoreFolder } from "./store-folder.ts";
import { ended, linesIn, rehash, tamper } from "./tampering.ts";

/** Every row that a verdict rests on is bound to the log: each column of each table is edited past the program, and `audit verify` finds it. */

vi.setConfig({ testTimeout: 120_000 });

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

/** Values that a CHECK or a reference demands of a new row. */
const DEMANDED: Readonly<Record<string, string | number | null>> = {
  "campaign.one": 1,
  "station.one": 1,
  "batches.centre": "accepted",
  "batches.damage": "changed",
  "bag_answers.status": "staged",
  "elsewhere.status": "staged",
  "people.removed_at": null,
};

const columnsOf = (db: Database.Database): readonly Column[] =>
  witnessed(db).flatMap(({ table }) =>
    (
      db.prepare('SELECT name, type, "notnull", pk FROM pragma_table_info(?)').all(table) as Omit<
        Column,
        "table"
      >[]
    ).map((column) => ({ table, ...column })),
  );

function valueFor({ table, name, type }: Column): string | number | Buffer | null {
  const demanded = DEMANDED[`${table}.${name}`];
  if (demanded !== undefined) return demanded;
  return type === "INTEGER" ? 7 : type === "BLOB" ? Buffer.from([7]) : "7";
}

/** A store with one more row in every witnessed table, written as the program writes it; `db` is opened past the program. */
class Filled {
  readonly db: Database.Database;
  readonly columns: readonly Column[];

  constructor(file: string) {
    const writer = new Database(file);
    writer.pragma("foreign_keys = OFF");
    dropTriggers(writer);
    watchRows(writer);
    const columns = columnsOf(writer);
    for (const { table } of witnessed(writer)) {
      const own = columns.filter((column) => column.table === table);
      writer
        .prepare(
          `INSERT INTO ${table} (${own.map(({ name }) => name).join(", ")}) VALUES (${own.map(() => "?").join(", ")})`,
        )
        .run(...own.map(valueFor));
    }
    new Audit(writer, () => NOW).append({ type: "session-end", data: {} });
    writer.close();
    this.db = new Database(file);
    this.db.pragma("foreign_keys = OFF");
    this.db.pragma("ignore_check_constraints = ON");
    this.columns = columns;
  }

  /** What a comparison says after `edit`, which is taken back. */
  after(edit: () => void): RowsCompared {
    this.db.exec("BEGIN");
    try {
      edit();
      return finish(compareRows(this.db));
    } finally {
      this.db.exec("ROLLBACK");
    }
  }
}

function dropTriggers(db: Database.Database): void {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck().all() as string[];
  for (const name of names) db.exec(`DROP TRIGGER "${name}"`);
}

function finish<T>(walk: Generator<undefined, T>): T {
  for (;;) {
    const step = walk.next();
    if (step.done === true) return step.value;
  }
}

/** Something else of the same type; NULL where there was a value and may be none is tried as well. */
function others({ table, name, type, notnull, pk }: Column): readonly (string | number | Buffer | null)[] {
  const other = type === "INTEGER" ? 987_654 : type === "BLOB" ? Buffer.from([9, 9]) : "another";
  const hasValue = DEMANDED[`${table}.${name}`] !== null;
  return notnull === 0 && pk === 0 && hasValue ? [other, null] : [other];
}

describe("a store in which every table has a row", () => {
  let filled: Filled;

  beforeAll(async () => {
    const folder = await StoreFolder.make();
    (await folder.open()).close();
    filled = new Filled(join(folder.folder, "store.db"));
    return async () => {
      filled.db.close();
      await folder[Symbol.asyncDispose]();
    };
  });

  test("fits its log as the program left it", () => {
    expect(filled.after(() => {})).toMatchObject({ type: "held", from: 2 });
  });

  test("is told of, whichever column of whichever table that a verdict rests on is edited", () => {
    const unseen: string[] = [];
    for (const column of filled.columns)
      for (const value of others(column)) {
        const { table, name } = column;
        const found = filled.after(() => {
          const key = keyOf(table);
          const { changes } = filled.db
            .prepare(
              `UPDATE ${table} SET ${name} = @value WHERE (${key}) IN (SELECT ${key} FROM ${table} LIMIT 1)`,
            )
            .run({ value });
          expect(changes, `${table}.${name}`).toBe(1);
        });
        if (found.type !== "changed" || found.tables.join() !== table) unseen.push(`${table}.${name}`);
      }
    expect(unseen).toEqual([]);
    expect(filled.columns.length).toBeGreaterThan(100);
  });

  test("is told of, whichever row is removed or copied in", () => {
    for (const { table } of witnessed(filled.db))
      expect([table, filled.after(() => filled.db.exec(`DELETE FROM ${table}`))]).toMatchObject([
        table,
        { type: "changed", tables: [table] },
      ]);
  });

  test("is told of where the sums themselves are edited", () => {
    const edited = (sql: string): RowsCompared => filled.after(() => filled.db.exec(sql));
    expect(edited("UPDATE witness SET sum = zeroblob(2048) WHERE name = 'batches'")).toMatchObject({
      type: "changed",
      tables: ["batches"],
    });
    expect(edited("DELETE FROM witness WHERE name = 'crls'")).toMatchObject({
      type: "changed",
      tables: ["crls"],
    });
    expect(edited("UPDATE witness SET name = 'other' WHERE name = 'acks'").type).toBe("changed");
  });

  test("leaves no table out but those that are listed with a reason", () => {
    const tables = filled.db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
      .pluck()
      .all() as string[];
    const walked = new Set(filled.columns.map(({ table }) => table));
    expect(tables.filter((table) => !walked.has(table)).sort()).toEqual(Object.keys(UNWITNESSED).sort());
  });

  const keyOf = (table: string): string => {
    const { key } = witnessed(filled.db).find((one) => one.table === table) ?? expect.fail(table);
    return key.join(", ");
  };
});

async function verify(
  desk: Desk,
): Promise<{ exit: number; error: AuditProblem | null; notWitnessed: number }> {
  desk.closeEngine();
  const { exit, json } = await run<{ error?: AuditProblem; notWitnessed: number }>(desk.store, [
    "audit",
    "verify",
  ]);
  return { exit, error: json.error ?? null, notWitnessed: json.notWitnessed };
}

test.each([
  ["a batch painted as damaged", "batches", "UPDATE batches SET damage = 'missing' WHERE seq = 2"],
  ["a batch painted as acknowledged", "batches", "UPDATE batches SET acked = 1"],
  ["a ledger's entries deleted", "entries", "DELETE FROM entries"],
  ["a ledger's entry painted as acknowledged", "entries", "UPDATE entries SET acknowledged = 1"],
  ["the newest CRL removed", "crls", "DELETE FROM crls WHERE no = (SELECT max(no) FROM crls)"],
  ["graceDays raised", "campaign", "UPDATE campaign SET json = json_set(json, '$.graceDays', 29)"],
])("`audit verify` finds %s", async (_, table, sql) => {
  await using desk = (await ended()).desk;
  tamper(desk, (db) => expect(db.prepare(sql).run().changes).toBeGreaterThan(0));
  expect(await verify(desk)).toMatchObject({ exit: 1, error: { type: "rows-changed", tables: [table] } });
  // Working on with it does not make it fit.
  await desk.unloadOne(desk.path("outbox"), true);
  must((await desk.engine()).endSession());
  expect(await verify(desk)).toMatchObject({ exit: 1, error: { type: "rows-changed" } });
});

test("what an older version recorded is not called witnessed", async () => {
  await using desk = (await ended()).desk;
  let lines = 0;
  // The store as the version before left it, line by line without what this one holds of the rows.
  tamper(desk, (db) => {
    db.exec(
      "DROP TABLE witness; DROP TABLE pin_failures; DROP TABLE tablet_quirks; DELETE FROM audit_heads; PRAGMA user_version = 9",
    );
    rehash(db, 1, (line) => {
      line.held = null;
    });
    db.exec("ALTER TABLE audit DROP COLUMN held");
    lines = linesIn(db).length;
  });
  await desk.unloadOne(desk.path("outbox"), true);
  must((await desk.engine()).endSession());
  expect(await verify(desk)).toEqual({ exit: 0, error: null, notWitnessed: lines });
});

test("a store that was made by this version is witnessed from its beginning on", async () => {
  await using desk = (await ended()).desk;
  expect(await verify(desk)).toEqual({ exit: 0, error: null, notWitnessed: 0 });
});

test("a clock that was set a year on and back is told, with the line at which the log's time goes back", async () => {
  let now = new Date("2026-03-01T08:00:00Z");
  await using desk = await Desk.open(undefined, () => now);
  const lines: number[] = [];
  for (const moment of ["2026-03-01T08:00:00Z", "2027-03-01T08:00:00Z", "2026-03-01T08:05:00Z"]) {
    now = new Date(moment);
    await desk.loadCampaign();
    must((await desk.engine()).endSession());
    lines.push(must(await (await desk.engine()).auditVerify()).lines);
  }
  const { clockBack } = must(await (await desk.engine()).auditVerify());
  expect(clockBack).toEqual([{ no: (lines[1] ?? 0) + 1, seconds: 365 * 86_400 - 300 }]);
});

test("receipts with a clock outside the station's certificate are refused with the clock and both dates, and nothing else is", async () => {
  let now = new Date();
  await using desk = await Desk.open(undefined, () => now);
  await desk.loadCampaign();
  await desk.becomeStation();
  const engine = await desk.engine();
  now = new Date(now.getTime() + 20 * 365 * 86_400_000);
  const unload = (receipts: boolean) =>
    engine.unload([], { receipts, passphrase: "" }, () => {}, new AbortController().signal);
  const refused = await unload(true);
  if (refused.ok || refused.error.type !== "clock-outside-certificate") expect.fail("receipts are made");
  expect(Date.parse(refused.error.now)).toBe(Math.floor(now.getTime() / 1000) * 1000);
  expect(Date.parse(refused.error.notAfter)).toBeLessThan(now.getTime());
  expect(Date.parse(refused.error.notBefore)).toBeLessThan(Date.parse(refused.error.notAfter));
  expect((await unload(false)).ok).toBe(true);
});
