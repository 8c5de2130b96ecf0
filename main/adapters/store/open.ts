import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { err, ok, type Result } from "../../../shared/result.ts";
import { DiskError, type DiskFailure } from "../../engine/ports.ts";
import type { HeldPlace } from "../../engine/ports-places.ts";
import { makeFolder, syncFolder } from "../disk/durable.ts";
import { codeOf } from "../disk/errors.ts";
import { heldFolder } from "../disk/held-place.ts";
import { FileRefused } from "../disk/regular.ts";
import { Audit } from "./audit.ts";
import { diskFailureOf } from "./failures.ts";
import { type Owner, takeStore } from "./lock.ts";
import { type Migration, migrate, versionOf } from "./migrate.ts";
import { first } from "./migrations/0001-first.ts";
import { desk } from "./migrations/0002-desk.ts";
import { custody } from "./migrations/0003-custody.ts";
import { carry } from "./migrations/0004-carry.ts";
import { centre } from "./migrations/0005-centre.ts";
import { books } from "./migrations/0006-books.ts";
import { answers } from "./migrations/0007-answers.ts";
import { addEvidence } from "./migrations/0008-evidence.ts";
import { centreDoubt } from "./migrations/0009-centre-doubt.ts";
import { witness } from "./migrations/0010-witness.ts";
import { tabletQuirks } from "./migrations/0011-tablet-quirks.ts";
import { makePrivate, makePrivateFile } from "./private.ts";
import { FOLDERS, SqliteStore } from "./store.ts";
import { watchRows } from "./witness.ts";

/** Opening a store: one owner, one schema, nothing but full durability. */

export type StoreProblem =
  | { readonly type: "owned"; readonly owner: Owner }
  /** Made by a later version of this program. */
  | { readonly type: "newer-store"; readonly found: number; readonly known: number }
  /** SQLite cannot read it, or it is the database of something else. */
  | { readonly type: "damaged"; readonly code: string }
  /** Nothing to open, and none is to be made. */
  | { readonly type: "no-store"; readonly path: string }
  /** A store lies in a folder that keeps its files: a backup, for example, which opening it would change. */
  | HeldPlace
  | DiskFailure;

/** Whether a store is made where there is none. */
export type Opening = "make" | "existing";

/** In order; the version of a store is how many of them it has had. */
const migrations = (now: () => Date): readonly Migration[] => [
  (db) => {
    db.exec(first);
    db.prepare("INSERT INTO facts (name, value) VALUES ('store', ?)").run(randomBytes(16).toString("hex"));
    new Audit(db, now).append({ type: "store-created", data: {} });
  },
  (db) => db.exec(desk),
  (db) => db.exec(custody),
  (db) => db.exec(carry),
  (db) => db.exec(centre),
  (db) => db.exec(books),
  (db) => db.exec(answers),
  addEvidence,
  (db) => db.exec(centreDoubt),
  (db) => db.exec(witness),
  (db) => db.exec(tabletQuirks),
];

/** The version of a store that has had them all. */
export const KNOWN_VERSION = migrations(() => new Date(0)).length;

/** SQLite's own memory of pages, in KiB: the upper part of every index of a whole country. It fills only with what is read. */
const CACHE_KIB = 32_768;

/** WAL with FULL: a committed row survives the power going. The build's default is NORMAL, so it is set and looked at. */
function makeDurable(db: Database.Database, folder: string): void {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("fullfsync = ON");
  db.pragma("checkpoint_fullfsync = ON");
  db.pragma("foreign_keys = ON");
  db.pragma(`cache_size = -${CACHE_KIB}`);
  if (db.pragma("journal_mode", { simple: true }) !== "wal")
    throw new DiskError({ type: "disk", code: "NO_WAL", path: folder });
  if (db.pragma("synchronous", { simple: true }) !== 2)
    throw new Error("SQLite does not hold to synchronous=FULL");
}

const isForeign = (db: Database.Database): boolean =>
  versionOf(db) < 0 ||
  (versionOf(db) === 0 && db.prepare("SELECT 1 FROM sqlite_master LIMIT 1").get() !== undefined);

async function openOwned(
  folder: string,
  now: () => Date,
  release: () => void,
): Promise<Result<SqliteStore, StoreProblem>> {
  const file = join(folder, "store.db");
  makePrivateFile(file);
  const db = new Database(file);
  try {
    const steps = migrations(now);
    const found = versionOf(db);
    const problem: StoreProblem | null =
      found > steps.length
        ? { type: "newer-store", found, known: steps.length }
        : isForeign(db)
          ? { type: "damaged", code: "NOT_A_STORE" }
          : null;
    if (problem !== null) {
      db.close();
      return err(problem);
    }
    makeDurable(db, folder);
    await migrate(db, folder, steps);
    watchRows(db);
    for (const name of FOLDERS) await makeFolder(join(folder, name));
    await syncFolder(folder);
    return ok(new SqliteStore(folder, db, now, release));
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Whether a store was ever made in a folder. SQLite's file is empty where its making was interrupted.
 *
 * @throws {FileRefused} where a pipe or a device has its name: SQLite would wait for its other end
 */
async function isStore(folder: string): Promise<boolean> {
  const file = join(folder, "store.db");
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new FileRefused("NOT_A_FILE", file);
    return found.size > 0;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return false;
    throw error;
  }
}

/**
 * Opens the store in `folder`. Errors: another owner, a newer store, a damaged one, none where none is to be made, a folder that is part
 * of something else, the disk.
 */
export async function openStore(
  folder: string,
  now: () => Date,
  opening: Opening = "make",
): Promise<Result<SqliteStore, StoreProblem>> {
  try {
    if (!(await isStore(folder)) && opening === "existing") return err({ type: "no-store", path: folder });
    const held = await heldFolder(folder);
    if (held !== null) return err(held);
    await makeFolder(folder);
    makePrivate(folder);
    const lock = takeStore(folder, now());
    if (!lock.ok) return lock;
    const { release } = lock.value;
    let opened = false;
    try {
      const store = await openOwned(folder, now, release);
      opened = store.ok;
      return store;
    } finally {
      if (!opened) release();
    }
  } catch (error) {
    const failure = diskFailureOf(error, folder);
    if (failure === null) throw error;
    const { code } = failure;
    return code.startsWith("SQLITE_NOTADB") || code.startsWith("SQLITE_CORRUPT")
      ? err({ type: "damaged", code })
      : err(failure);
  }
}
