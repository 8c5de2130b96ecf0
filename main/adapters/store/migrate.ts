import { join } from "node:path";
import Database from "better-sqlite3";
import { syncFolder } from "../disk/durable.ts";
import { makePrivateFile } from "./private.ts";
import { migrateWitnessed } from "./witness.ts";

/** One step of the schema. It runs in a transaction of its own, and is never edited once it has shipped. */
export type Migration = (db: Database.Database) => void;

/** How many migrations a store has had. */
export const versionOf = (db: Database.Database): number =>
  Number(db.pragma("user_version", { simple: true }));

/** Copies the whole store and reads the copy through, so that it can be trusted when the migration goes wrong. */
async function keepCopy(db: Database.Database, folder: string, to: number): Promise<void> {
  const file = join(folder, `store-before-${to}.db`);
  makePrivateFile(file);
  await db.backup(file);
  const copy = new Database(file, { fileMustExist: true });
  try {
    if (copy.pragma("integrity_check", { simple: true }) !== "ok" || versionOf(copy) !== versionOf(db))
      throw new Error("the copy of the store before its migration is not whole");
  } finally {
    copy.close();
  }
  await syncFolder(folder);
}

/**
 * Brings the schema up to date: every migration that the store has not had, in order, each in a transaction with its `user_version`. A
 * store that holds something already is copied to `store-before-<version>.db` first.
 */
export async function migrate(
  db: Database.Database,
  folder: string,
  migrations: readonly Migration[],
): Promise<void> {
  const from = versionOf(db);
  if (from > 0 && from < migrations.length) await keepCopy(db, folder, migrations.length);
  for (const [at, step] of migrations.entries()) {
    if (at < from) continue;
    db.transaction(() => {
      migrateWitnessed(db, () => step(db));
      db.pragma(`user_version = ${at + 1}`);
    }).immediate();
  }
}
