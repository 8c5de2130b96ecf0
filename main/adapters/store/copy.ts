import { randomBytes } from "node:crypto";
import type { Journal } from "./journal.ts";

/** Numbers that a restored store leaves out: more than a station gives out in a campaign, few enough for eight digits. */
const NUMBERS_LEFT_OUT = 100_000;

/**
 * Makes a store, restored from a backup of store `was`, one of its own. The original may still be in use, and may have given out numbers
 * after its backup: so a new id, and numbers from far above. `lines`: the audit log's, as backed up. Value: the new id.
 */
export function becomeCopy(journal: Journal, was: string, lines: number): string {
  const id = randomBytes(16).toString("hex");
  journal.change({ type: "restored", data: { was, store: id, lines, disposition: "done" } }, () => {
    const { no } = journal.get(
      "SELECT max(no) AS no FROM (SELECT max(no) AS no FROM receipts UNION ALL SELECT max(no) FROM bags UNION ALL SELECT max(no) FROM imports UNION ALL SELECT max(no) FROM acts)",
    ) as { no: number | null };
    const before = journal.get("SELECT value FROM facts WHERE name = 'numbers-from'") as
      | { value: string }
      | undefined;
    const from = Math.max(no ?? 0, Number(before?.value ?? 0)) + NUMBERS_LEFT_OUT;
    const facts = { store: id, "restored-from": was, "numbers-from": String(from) };
    for (const [name, value] of Object.entries(facts))
      journal.run(
        "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value,
      );
  });
  return id;
}
