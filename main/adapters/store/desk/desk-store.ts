import type { DeskStore } from "../../../engine/ports-desk.ts";
import type { Journal } from "../journal.ts";
import { SqliteBooks } from "./books.ts";
import { logOf } from "./log.ts";
import { areaNamesOf, peopleOf, settingsOf } from "./people.ts";
import { queueOf } from "./queue.ts";
import { unloadingsOf } from "./unloadings.ts";

/** The part of a store that is for the windows, on the store's own connection. */
export function deskStoreOf(folder: string, journal: Journal): DeskStore {
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
