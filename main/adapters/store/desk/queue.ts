import type { QueueRow } from "../../../../shared/ipc/views.ts";
import { stampOf } from "../../../../shared/time.ts";
import type { Books, Queue } from "../../../engine/ports-desk.ts";
import { IS_DOUBTED } from "../answers.ts";
import type { Journal } from "../journal.ts";

/** What waits for the centre, and what the centre holds otherwise. */

const LISTS = {
  waiting: "centre IS NULL",
  /** The same once a centre was seen to have forgotten: what it answered for before waits again. */
  waitingInDoubt: `(centre IS NULL OR ${IS_DOUBTED})`,
  conflicts: "centre = 'conflict'",
} as const;
const IN_DOUBT = "SELECT 1 FROM facts WHERE name = 'centre-doubt'";

interface Row {
  readonly device: string;
  readonly chain: string;
  readonly seq: number;
  readonly length: number;
  readonly area: string;
  readonly stagedAt: string;
}

export function queueOf(journal: Journal, books: Pick<Books, "tablet">): Queue {
  const counts = (): ReturnType<Queue["counts"]> => {
    const row = journal.get<ReturnType<Queue["counts"]>>("SELECT batches, bytes, conflicts FROM sending");
    if (row === undefined) throw new Error("the store has no counts of what waits");
    return row;
  };
  const shown = ({ device, chain, seq, length, area, stagedAt }: Row): QueueRow => {
    const { name } = books.tablet(device);
    return { device, name, area, chain, seq, bytes: length, stagedAt: stampOf(stagedAt) };
  };
  return {
    counts,
    rows: (list, offset, limit) => {
      const { batches, conflicts } = counts();
      const isInDoubt = list === "waiting" && journal.get(IN_DOUBT) !== undefined;
      const rows = journal.all<Row>(
        `SELECT device, chain, seq, length, area, staged_at AS stagedAt FROM batches
         WHERE ${LISTS[isInDoubt ? "waitingInDoubt" : list]} ORDER BY no LIMIT ? OFFSET ?`,
        limit,
        offset,
      );
      return { total: list === "waiting" ? batches : conflicts, rows: rows.map(shown) };
    },
  };
}
