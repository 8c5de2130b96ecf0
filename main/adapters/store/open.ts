import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { DiskFailure, Store } from "../../engine/ports.ts";
import { Audit } from "./audit.ts";
import { type Owner, takeStore } from "./lock.ts";
import { first } from "./migrations/0001-first.ts";
import { SqliteStore } from "./store.ts";

/** Opening a store: one owner, one schema, nothing but full durability. */

export type StoreProblem =
  | { readonly type: "owned"; readonly owner: Owner }
  /** Made by a later version of this program. */
  | { readonly type: "newer-store"; readonly found: number; readonly known: number }
  /** SQLite cannot read it. */
  | { readonly type: "damaged"; readonly code: string }
  | DiskFailure;

/** In order; the version of a store is how many of them it has had. */
const MIGRATIONS: readonly string[] = [first];

const version = (db: Database.Database): number => Number(db.pragma("user_version", { simple: true }));

/** WAL with FULL: a committed row survives the power going. The build's default is NORMAL, so it is set and looked at. */
function makeDurable(db: Database.Database): void {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("foreign_keys = ON");
  if (
    db.pragma("journal_mode", { simple: true }) !== "wal" ||
    db.pragma("synchronous", { simple: true }) !== 2
  )
    throw new Error("SQLite does not hold to WAL and synchronous=FULL");
}

/** Brings the schema up to date, one transaction a step; keeps a copy of a store that had data before. */
async function migrate(db: Database.Database, folder: string, now: () => Date): Promise<void> {
  const from = version(db);
  if (from > 0 && from < MIGRATIONS.length)
    await db.backup(join(folder, `store-before-${MIGRATIONS.length}.db`));
  MIGRATIONS.slice(from).forEach((step, at) => {
    db.transaction(() => {
      db.exec(step);
      db.pragma(`user_version = ${from + at + 1}`);
      if (from + at > 0) return;
      db.prepare("INSERT INTO facts (name, value) VALUES ('store', ?)").run(randomBytes(16).toString("hex"));
      new Audit(db, now).append({ type: "store-created", data: {} });
    })();
  });
}

function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

/** Opens the store in `folder`, making it where there is none. Errors: another owner, a newer store, a damaged one, the disk. */
export async function openStore(folder: string, now: () => Date): Promise<Result<Store, StoreProblem>> {
  let taken: { release(): void } | null = null;
  let db: Database.Database | null = null;
  try {
    makePrivate(folder);
    const lock = takeStore(folder, now());
    if (!lock.ok) return lock;
    taken = lock.value;
    const file = join(folder, "store.db");
    db = new Database(file);
    if (existsSync(file)) chmodSync(file, 0o600);
    const found = version(db);
    if (found > MIGRATIONS.length) {
      db.close();
      taken.release();
      return err({ type: "newer-store", found, known: MIGRATIONS.length });
    }
    makeDurable(db);
    await migrate(db, folder, now);
    return ok(new SqliteStore(folder, db, now, taken.release));
  } catch (error) {
    db?.close();
    taken?.release();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "SQLITE_NOTADB" || code === "SQLITE_CORRUPT") return err({ type: "damaged", code });
    if (
      code?.startsWith("SQLITE_") === false ||
      code?.startsWith("SQLITE_CANTOPEN") === true ||
      code?.startsWith("SQLITE_READONLY") === true
    )
      return err({ type: "disk", code, path: folder });
    throw error;
  }
}
