import { createCipheriv, createHash } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { RowsCompared } from "../../engine/ports-custody.ts";

/**
 * Binds the rows of the store to its audit log.
 *
 * For each table that a verdict rests on, `witness` keeps one sum over all rows. Triggers of the program's own connection move it with
 * every row that comes, changes or goes, in the same transaction. Each line of the log holds the digest of all sums, and the line's hash
 * covers it: so the chain and every signed head vouch for the rows as they were at that line. A change made past the program moves no sum.
 *
 * The sum is LtHash (Bellare and Micciancio 1997; the parameters of Lewi et al. 2019): 1,024 lanes of 16 bits, added lane by lane. The order
 * of changes does not matter, and a row is taken out as cheaply as it is put in.
 */

/** Tables that carry no verdict of their own, each with the reason. All others are witnessed, also those that later versions add. */
export const UNWITNESSED: Readonly<Record<string, string>> = {
  audit: "its chain of hashes and the signed heads bind it",
  audit_heads:
    "a head is compared with the chain line by line, and its signature with the station's certificate",
  witness: "it holds the sums, and the log's lines hold their digest",
  sending: "counted from batches by the schema's triggers, for a number in the windows",
  stale: "names the tablets whose lines are to be derived again",
  tablets: "derived from the journal, for paging in the windows",
  lines: "derived from the journal, for paging in the windows",
  tablet_quirks: "says how a tablet is asked; what it answers is judged all the same",
  pin_failures: "slows down guessing of PINs; no verdict on a batch rests on it",
};

const LANES = 1024;
const BYTES = LANES * 2;
const ZEROS = Buffer.alloc(BYTES);
const COUNTER = Buffer.alloc(16);

/** A row as text that two different rows never share. Columns without a value are left out, so that a new one changes nothing. */
function textOf(table: string, names: readonly string[], values: readonly unknown[]): string {
  const cells: unknown[] = [table];
  for (const [at, value] of values.entries()) {
    if (value === null) continue;
    cells.push(names[at], Buffer.isBuffer(value) ? { hex: value.toString("hex") } : value);
  }
  return JSON.stringify(cells);
}

/** The lanes of one row: its SHA-256 as the key of AES-256 in counter mode. */
function lanesOf(table: string, names: readonly string[], values: readonly unknown[]): Buffer {
  const key = createHash("sha256")
    .update(textOf(table, names, values))
    .digest();
  return createCipheriv("aes-256-ctr", key, COUNTER).update(ZEROS);
}

function move(sum: Buffer, lanes: Buffer, sign: 1 | -1): void {
  for (let at = 0; at < BYTES; at += 2)
    sum.writeUInt16LE((sum.readUInt16LE(at) + sign * lanes.readUInt16LE(at)) & 0xffff, at);
}

interface Watched {
  readonly table: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

/** The witnessed tables as the schema has them now. Generated columns follow from others and are not among the columns. */
export function witnessed(db: Database): readonly Watched[] {
  const tables = db
    .prepare(
      "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )
    .all() as { name: string }[];
  return tables
    .filter(({ name }) => !Object.hasOwn(UNWITNESSED, name))
    .map(({ name: table }) => {
      const columns = db.prepare("SELECT name, pk FROM pragma_table_info(?)").all(table) as {
        name: string;
        pk: number;
      }[];
      const key = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
      return { table, columns: columns.map(({ name }) => name), key: key.map(({ name }) => name) };
    });
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The sum over all rows of a table as they are, in slices. */
function* sumOf(db: Database, { table, columns }: Watched): Generator<undefined, Buffer> {
  const sum = Buffer.alloc(BYTES);
  const rows = db.prepare(`SELECT ${columns.map(quoted).join(", ")} FROM ${quoted(table)}`).raw();
  for (const row of rows.iterate() as IterableIterator<unknown[]>) {
    move(sum, lanesOf(table, columns, row), 1);
    yield;
  }
  return sum;
}

function wholeSumOf(db: Database, watched: Watched): Buffer {
  const walk = sumOf(db, watched);
  for (;;) {
    const step = walk.next();
    if (step.done === true) return step.value;
  }
}

export const hasWitness = (db: Database): boolean =>
  db.prepare("SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND name = 'witness'").get() !==
  undefined;

const sums = (db: Database): Map<string, Buffer> => new Map(wholeSums(db));

/** The sums over all rows as they are, by table. */
export const wholeSums = (db: Database): readonly (readonly [string, Buffer])[] =>
  witnessed(db).map((one) => [one.table, wholeSumOf(db, one)] as const);

/**
 * Runs a step of the schema and moves the sums by what it changed, within the step's transaction. Rows that did not fit their sum before
 * do not fit it afterwards either.
 */
export function migrateWitnessed(db: Database, step: () => void): void {
  const before = hasWitness(db) ? sums(db) : null;
  step();
  if (!hasWitness(db)) return;
  const kept = db.prepare("SELECT sum FROM witness WHERE name = ?").pluck();
  const put = db.prepare(
    "INSERT INTO witness (name, sum) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sum = excluded.sum, line = NULL",
  );
  for (const [table, now] of wholeSums(db)) {
    const old = before?.get(table);
    if (old?.equals(now) === true) continue;
    const held = kept.get(table) as Buffer | undefined;
    if (held !== undefined) move(now, held, 1);
    if (old !== undefined) move(now, old, -1);
    put.run(table, now);
  }
}

/** Lets this connection's changes move the sums. */
export function watchRows(db: Database): void {
  for (const { table, columns } of witnessed(db)) {
    const name = `witness_${table}`;
    const count = columns.length;
    db.function(name, { varargs: true }, (sum, ...values) => {
      const next = Buffer.from(sum as Buffer);
      // OLD, then NEW; a row that came or went has one of them.
      const [sign, ...cells] = values;
      if (sign !== 1) move(next, lanesOf(table, columns, cells.slice(0, count)), -1);
      if (sign !== -1) move(next, lanesOf(table, columns, cells.slice(-count)), 1);
      return next;
    });
    const of = (row: "OLD" | "NEW"): string => columns.map((column) => `${row}.${quoted(column)}`).join(", ");
    const changes = [
      ["INSERT", 1, of("NEW")],
      ["UPDATE", 0, `${of("OLD")}, ${of("NEW")}`],
      ["DELETE", -1, of("OLD")],
    ] as const;
    for (const [event, sign, cells] of changes)
      db.exec(
        `CREATE TEMP TRIGGER ${quoted(`${name}_${event}`)} AFTER ${event} ON main.${quoted(table)} BEGIN
           UPDATE witness SET sum = ${quoted(name)}(sum, ${sign}, ${cells}), line = NULL WHERE name = '${table}';
         END`,
      );
  }
}

/** The digest of all sums, in the order of their names: what a line of the log holds. */
export function heldDigest(rows: readonly { readonly name: string; readonly sum: Buffer }[]): string {
  const hash = createHash("sha256");
  for (const { name, sum } of rows) hash.update(`${name}\n`).update(sum);
  return hash.digest("hex");
}

/** Binds the sums to line `no`, which is about to be written. Value: what the line holds. */
export function bindSums(db: Database): (no: number) => string {
  const all = db.prepare("SELECT name, sum FROM witness ORDER BY name");
  const bind = db.prepare("UPDATE witness SET line = ? WHERE line IS NULL");
  return (no) => {
    bind.run(no);
    return heldDigest(all.all() as { name: string; sum: Buffer }[]);
  };
}

/** Whether rows changed since the last line of the log. */
export const hasUnbound = (db: Database): boolean =>
  db.prepare("SELECT 1 FROM witness WHERE line IS NULL").get() !== undefined;

/**
 * Compares all rows with what the log holds of them, in slices. `db`: a connection of its own in one read transaction, so that the rows,
 * the sums and the last line are of one moment.
 */
export function* compareRows(db: Database): Generator<undefined, RowsCompared> {
  const kept = db.prepare("SELECT name, sum, line FROM witness ORDER BY name").all() as {
    name: string;
    sum: Buffer;
    line: number | null;
  }[];
  const tables = new Map(witnessed(db).map((one) => [one.table, one]));
  const changed = [...tables.keys()].filter((table) => !kept.some(({ name }) => name === table));
  let line: number | null = null;
  for (const one of kept) {
    const watched = tables.get(one.name);
    const sum = watched === undefined ? null : yield* sumOf(db, watched);
    if (sum?.equals(one.sum) === true) continue;
    changed.push(one.name);
    line ??= one.line;
  }
  const from = (db.prepare("SELECT min(no) FROM audit WHERE held IS NOT NULL").pluck().get() ?? null) as
    | number
    | null;
  if (changed.length > 0) return { type: "changed", tables: changed, line };
  const unbound = kept.filter((one) => one.line === null).map(({ name }) => name);
  const last = db.prepare("SELECT no, held FROM audit ORDER BY no DESC LIMIT 1").get() as
    | { no: number; held: string | null }
    | undefined;
  const isBound = last?.held === heldDigest(kept);
  if (!isBound && unbound.length === 0 && from !== null)
    return { type: "changed", tables: ["witness"], line: last?.no ?? null };
  return { type: "held", from, unbound };
}
