import type { Database } from "better-sqlite3";
import type { DeskStore } from "../../../engine/ports-desk.ts";
import type { Audit } from "../audit.ts";
import { SqliteBooks } from "./books.ts";
import { Journal } from "./journal.ts";
import { logOf } from "./log.ts";
import { areaNamesOf, peopleOf, settingsOf } from "./people.ts";
import { queueOf } from "./queue.ts";
import { unloadingsOf } from "./unloadings.ts";

/** The part of a store that is for the windows, on the store's own connection. */
export function deskStoreOf(folder: string, db: Database, audit: Audit, now: () => Date): DeskStore {
  const journal = new Journal(db, audit, now);
  const areas = areaNamesOf(journal);
  const books = new SqliteBooks(journal, folder, areas);
  return {
    folder,
    people: peopleOf(journal),
    settings: settingsOf(journal),
    areas,
    books,
    queue: queueOf(journal, books),
    log: logOf(journal),
    unloadings: unloadingsOf(journal, books),
  };
}
