import type { Role } from "../../../../shared/ipc/views.ts";
import type { AreaNames, People, PersonRecord, Settings } from "../../../engine/ports-desk.ts";
import type { Journal } from "../journal.ts";

/** People, settings and names of districts: small tables, read whole. */

export const peopleOf = (journal: Journal): People => ({
  list: () =>
    journal
      .all<Omit<PersonRecord, "roles"> & { roles: string }>(
        "SELECT id, name, roles, pin FROM people WHERE removed_at IS NULL ORDER BY id",
      )
      .map((row) => ({ ...row, roles: JSON.parse(row.roles) as readonly Role[] })),
  add: ({ name, roles, pin }, event) =>
    journal.change(event, () =>
      journal.run("INSERT INTO people (name, roles, pin) VALUES (?, ?, ?)", name, JSON.stringify(roles), pin),
    ),
  setPin: (id, pin, event) =>
    journal.change(event, () => {
      journal.run("UPDATE people SET pin = ? WHERE id = ? AND removed_at IS NULL", pin, id);
    }),
  pinFailures: () =>
    new Map(
      journal
        .all<{ person: number; count: number }>("SELECT person, count FROM pin_failures")
        .map(({ person, count }) => [person, count]),
    ),
  setPinFailures: (person, count) => {
    if (count === 0) journal.run("DELETE FROM pin_failures WHERE person = ?", person);
    else
      journal.run(
        "INSERT INTO pin_failures (person, count) VALUES (?, ?) ON CONFLICT (person) DO UPDATE SET count = excluded.count",
        person,
        count,
      );
  },
  remove: (id, event) =>
    journal.change(event, () => {
      journal.run("DELETE FROM pin_failures WHERE person = ?", id);
      journal.run("UPDATE people SET pin = NULL, removed_at = ? WHERE id = ?", journal.time(), id);
    }),
});

export const settingsOf = (journal: Journal): Settings => ({
  get: (name) => {
    const row = journal.get<{ value: string }>("SELECT value FROM settings WHERE name = ?", name);
    return row === undefined ? null : (JSON.parse(row.value) as unknown);
  },
  set: (name, value, event) =>
    journal.change(event, () => {
      journal.run(
        "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        JSON.stringify(value),
      );
    }),
});

export const areaNamesOf = (journal: Journal): AreaNames => ({
  all: () => journal.all("SELECT area, kk, ru, en FROM area_names ORDER BY area"),
  replace: (names, event) =>
    journal.change(event, () => {
      journal.run("DELETE FROM area_names");
      for (const { area, kk, ru, en } of names)
        journal.run("INSERT INTO area_names (area, kk, ru, en) VALUES (?, ?, ?, ?)", area, kk, ru, en);
    }),
});
