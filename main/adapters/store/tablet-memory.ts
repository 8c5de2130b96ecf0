import { DiskError, type TabletMemory } from "../../engine/ports.ts";
import type { Journal } from "./journal.ts";

/** The store's memory of how tablets must be asked. A disk that refuses it costs time at the next plugging, so it is passed over here. */
export function tabletMemoryOf(journal: Journal): TabletMemory {
  const passing = <T>(otherwise: T, work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof DiskError) return otherwise;
      throw error;
    }
  };
  return {
    load: (tablet) =>
      passing(null, () => {
        const row = journal.get<{ record: string }>(
          "SELECT record FROM tablet_quirks WHERE tablet = ?",
          tablet,
        );
        return row?.record ?? null;
      }),
    save: (tablet, record) =>
      passing(undefined, () => {
        journal.change(null, () =>
          journal.run(
            `INSERT INTO tablet_quirks (tablet, record) VALUES (?, ?)
             ON CONFLICT (tablet) DO UPDATE SET record = excluded.record`,
            ...[tablet, record],
          ),
        );
      }),
  };
}
