import { copyFile, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import Database from "better-sqlite3";
import type { Digest } from "../../../shared/ids.ts";
import { err, ok } from "../../../shared/result.ts";
import type { StagedBatch } from "../../engine/ports.ts";
import type { Journal, JournalFacts, Keeper, NamedFile } from "../../engine/ports-keep.ts";
import { makeFolder, syncFile, syncFolder } from "../disk/durable.ts";
import { FileRefused } from "../disk/regular.ts";
import { diskFailureOf, onDisk } from "./failures.ts";
import { bodyFile } from "./files.ts";
import { versionOf } from "./migrate.ts";
import { KNOWN_VERSION, openStore } from "./open.ts";
import { makePrivateFile } from "./private.ts";
import type { SqliteStore } from "./store.ts";

/** A store as files. What is in use is only ever read through SQLite, and never locked against its owner. */

/** Pages copied at a time, so that a small journal never waits; a busy one is then copied in a single step. */
const PAGES_AT_ONCE = 2_000;
const RESTARTS = 3;
/** Rows read at a time. */
const PAGE = 1_000;

const isThere = async (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error) => {
      if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
      throw error;
    },
  );

function factsOf(db: Database.Database): JournalFacts {
  const one = <T>(text: string): T => db.prepare(text).get() as T;
  const staged = one<{ batches: number; bytes: number }>(
    "SELECT count(*) AS batches, coalesce(sum(length), 0) AS bytes FROM batches",
  );
  const audit = one<{ lines: number; head: string | null }>(
    "SELECT count(*) AS lines, (SELECT hash FROM audit ORDER BY no DESC LIMIT 1) AS head FROM audit",
  );
  const station = db.prepare("SELECT id FROM station").get() as { id: JournalFacts["station"] } | undefined;
  return {
    store: one<{ value: string }>("SELECT value FROM facts WHERE name = 'store'").value,
    station: station?.id ?? null,
    version: versionOf(db),
    ...staged,
    quarantined: one<{ count: number }>("SELECT count(*) AS count FROM quarantined").count,
    auditLines: audit.lines,
    auditHead: audit.head,
  };
}

/** With slashes, as a bag wants it. */
const bodyPath = (batch: StagedBatch, ending: "age" | "cose"): string =>
  bodyFile("", batch, ending).replaceAll("\\", "/");

function* filesOf(db: Database.Database): Generator<NamedFile> {
  const batches = db.prepare(
    `SELECT no, device, chain, seq, manifest, length FROM batches WHERE no > ? ORDER BY no LIMIT ${PAGE}`,
  );
  for (let after = 0; ; ) {
    const rows = batches.all(after) as (StagedBatch & { no: number })[];
    for (const { no, ...batch } of rows) {
      yield { path: bodyPath(batch, "cose"), bodyOf: null, manifestOf: batch };
      yield { path: bodyPath(batch, "age"), bodyOf: batch, manifestOf: null };
      after = no;
    }
    if (rows.length === 0) break;
  }
  const kept = db.prepare(
    `SELECT file, max(has_manifest) AS manifest, max(body_bytes) AS bytes FROM quarantine
     WHERE file > ? GROUP BY file ORDER BY file LIMIT ${PAGE}`,
  );
  for (let after = ""; ; ) {
    const rows = kept.all(after) as { file: Digest; manifest: number; bytes: number | null }[];
    for (const row of rows) {
      const path = `quarantine/${row.file}`;
      if (row.manifest === 1) yield { path: `${path}.cose`, bodyOf: null, manifestOf: null };
      if (row.bytes !== null) yield { path: `${path}.age`, bodyOf: null, manifestOf: null };
      after = row.file;
    }
    if (rows.length === 0) return;
  }
}

/** The head over a line that was written without the station's key; it is signed at the end of the next session that opens the key. */
function leaveHead(store: SqliteStore): void {
  const place = store.custody.lastLine();
  if (place !== null) store.custody.keepHead(place, null);
}

export const storeKeeper = (now: () => Date): Keeper => ({
  storeId: (folder) =>
    onDisk(folder, async () => {
      const file = join(folder, "store.db");
      if (!(await isThere(file))) return err({ type: "no-store", path: folder } as const);
      if (!(await stat(file)).isFile()) throw new FileRefused("NOT_A_FILE", file);
      const db = new Database(file, { readonly: true, fileMustExist: true });
      try {
        if (versionOf(db) < 1) return err({ type: "no-store", path: folder } as const);
        return ok(
          (db.prepare("SELECT value FROM facts WHERE name = 'store'").get() as { value: string }).value,
        );
      } finally {
        db.close();
      }
    }),

  tell: async (folder, event, damaged) => {
    const told = await onDisk(folder, async () => {
      const db = new Database(join(folder, "store.db"), { readonly: true, fileMustExist: true });
      const version = versionOf(db);
      db.close();
      if (version !== KNOWN_VERSION) return ok(false);
      const store = await openStore(folder, now);
      if (!store.ok) return ok(false);
      try {
        store.value.record(event);
        store.value.holdings.saveDamage(damaged);
        leaveHead(store.value);
      } finally {
        store.value.close();
      }
      return ok(true);
    });
    return told.ok && told.value;
  },

  snapshot: (folder, file) =>
    onDisk(file, async () => {
      makePrivateFile(file);
      const db = new Database(join(folder, "store.db"), { readonly: true, fileMustExist: true });
      try {
        let copied = 0;
        await db.backup(file, {
          progress: ({ totalPages }) => {
            copied += PAGES_AT_ONCE;
            return copied > RESTARTS * totalPages ? Math.max(1, totalPages) : PAGES_AT_ONCE;
          },
        });
      } finally {
        db.close();
      }
      await syncFile(file);
      await syncFolder(dirname(file));
      return ok(undefined);
    }),

  open: (file) =>
    onDisk(file, async () => {
      let db: Database.Database;
      try {
        db = new Database(file, { fileMustExist: true });
        if (versionOf(db) < 1) {
          db.close();
          return err("not-a-backup" as const);
        }
        if (versionOf(db) > KNOWN_VERSION) {
          db.close();
          return err("newer-backup" as const);
        }
        // A copy lies alone: without a log beside it that a bag would have to hold.
        db.pragma("journal_mode = DELETE");
        if (
          db.pragma("integrity_check", { simple: true }) !== "ok" ||
          (db.pragma("foreign_key_check") as unknown[]).length > 0
        ) {
          db.close();
          return err("damaged-journal" as const);
        }
      } catch (error) {
        const code = diskFailureOf(error, file)?.code ?? "";
        if (code.startsWith("SQLITE_NOTADB") || code.startsWith("SQLITE_CORRUPT"))
          return err("damaged-journal" as const);
        throw error;
      }
      await syncFile(file);
      const journal: Journal = { facts: factsOf(db), files: () => filesOf(db), close: () => void db.close() };
      return ok(journal);
    }),

  isTaken: (folder) =>
    onDisk(folder, async () => {
      if (!(await isThere(folder))) return ok(false);
      if (!(await stat(folder)).isDirectory()) return ok(true);
      return ok((await readdir(folder)).length > 0);
    }),

  beside: (folder) =>
    onDisk(folder, async () => {
      const place = join(dirname(resolve(folder)), `.${basename(resolve(folder))}.restoring`);
      await rm(place, { recursive: true, force: true });
      await makeFolder(place);
      return ok(place);
    }),

  copy: (from, folder, path) =>
    onDisk(path, async () => {
      const to = join(folder, path);
      await makeFolder(dirname(to));
      makePrivateFile(to);
      await copyFile(from, to);
      await syncFile(to);
      await syncFolder(dirname(to));
      return ok(undefined);
    }),

  adopt: (folder, was) =>
    onDisk(folder, async () => {
      const opened = await openStore(folder, now);
      if (!opened.ok) {
        if (opened.error.type === "disk") return err(opened.error);
        throw new Error(`a restored store cannot be opened: ${opened.error.type}`);
      }
      const store = opened.value;
      let id: string;
      try {
        id = store.becomeCopy(was.store, was.auditLines);
        leaveHead(store);
      } finally {
        store.close();
      }
      await syncFolder(folder);
      return ok(id);
    }),

  rename: (from, to) =>
    onDisk(to, async () => {
      if (await isThere(to)) await rmdir(to);
      await rename(from, to);
      await syncFolder(dirname(resolve(to)));
      return ok(undefined);
    }),

  isOneDrive: (a, b) =>
    onDisk(b, async () => {
      const [one, other] = [await stat(a), await stat(b)];
      return ok(one.dev === other.dev);
    }),
});
