import type { Database } from "better-sqlite3";
import type { DeviceId } from "../../../shared/ids.ts";
import { rfc3339 } from "../../../shared/time.ts";
import type { ReconcileLine } from "../../../shared/views.ts";
import type { EvidenceLine, ReportSource } from "../../engine/ports-report.ts";
import { ACKED, CENTRE } from "./answers.ts";
import { orDiskError } from "./failures.ts";
import { devicesOf, linesOfDevice } from "./reconcile.ts";

/** The lines of `reconcile` with what the journal holds behind each. */

interface Named {
  readonly chain: string;
  readonly seq: number;
}
interface StagedRow extends Named {
  readonly manifest: string;
  readonly length: number;
  readonly campaign: string;
  readonly area: string;
  readonly records: number;
  readonly madeUtc: number;
  readonly madeOffset: number;
  readonly at: string;
  readonly carriedBy: string | null;
  readonly answer: string | null;
  readonly answeredAt: string | null;
  readonly acked: number;
}
interface RefusedRow extends Named {
  readonly manifest: string | null;
  readonly reason: string;
  readonly bytes: number | null;
  readonly at: string;
}
interface EntryRow extends Named {
  readonly manifest: string;
  readonly length: number;
  readonly acknowledged: number;
}
interface MarkRow extends Named {
  readonly utc: number;
  readonly offset: number;
}
interface PlaceRow extends Named {
  readonly stations: string;
}

const keyOf = (row: Named): string => `${row.chain} ${row.seq}`;

/** The day of a moment by the clock of this machine, as the station's people count days. */
function dayOf(at: string): string {
  const moment = new Date(at);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** All lines of one device. `campaign`: the one in force, for what was never here. */
function evidenceOf(db: Database, device: DeviceId | null, campaign: string | null): readonly EvidenceLine[] {
  const rows = <T extends Named>(sql: string): ReadonlyMap<string, T> => {
    const found = new Map<string, T>();
    for (const row of db.prepare(sql).all({ device }) as T[]) found.set(keyOf(row), row);
    return found;
  };
  const staged = rows<StagedRow>(
    `SELECT chain, seq, manifest, length, campaign, area, records, made_utc AS madeUtc, made_offset AS madeOffset, staged_at AS at,
       carried_by AS carriedBy, ${CENTRE} AS answer, answered_at AS answeredAt, ${ACKED} AS acked
     FROM batches WHERE device = @device ORDER BY no`,
  );
  const refused = rows<RefusedRow>(
    `SELECT chain, seq, manifest, reason, body_bytes AS bytes, since AS at FROM quarantine
     WHERE device IS @device AND resolved_at IS NULL ORDER BY reason = 'conflict', id`,
  );
  const entries = rows<EntryRow>(
    "SELECT chain, seq, manifest, length, acknowledged FROM entries WHERE device = @device",
  );
  const marks = rows<MarkRow>(
    "SELECT chain, seq, synced_utc AS utc, synced_offset AS offset FROM sent_marks WHERE device = @device",
  );
  const places = rows<PlaceRow>(
    `SELECT chain, seq, group_concat(station, ' ') AS stations FROM (
       SELECT chain, seq, station FROM elsewhere WHERE device = @device
       UNION SELECT chain, seq, station FROM bag_answers WHERE device = @device AND status IN ('staged', 'accepted')
       ORDER BY chain, seq, station)
     GROUP BY chain, seq`,
  );
  const area = [...staged.values()].at(-1)?.area ?? null;
  const seen = new Set<string>();
  return linesOfDevice(db, device).map((line: ReconcileLine): EvidenceLine => {
    const key = keyOf(line);
    // Another content of the number, which nobody has: only the ledger that lists it speaks of it.
    const isFurther = seen.has(key);
    seen.add(key);
    const [held, kept] = isFurther ? [undefined, undefined] : [staged.get(key), refused.get(key)];
    const listed = entries.get(key);
    const entry = isFurther && listed?.manifest !== line.manifest ? undefined : listed;
    const mark = isFurther ? undefined : marks.get(key);
    const at = held?.at ?? kept?.at ?? null;
    return {
      ...line,
      campaign: held?.campaign ?? campaign,
      area: held?.area ?? area,
      bytes: held?.length ?? kept?.bytes ?? entry?.length ?? null,
      records: held?.records ?? null,
      madeAt: held === undefined ? null : rfc3339(held.madeUtc, held.madeOffset),
      sentAt: mark === undefined ? null : rfc3339(mark.utc, mark.offset),
      acknowledged: entry?.acknowledged === 1 || held?.acked === 1,
      day: at === null ? null : dayOf(at),
      stagedAt: held?.at ?? null,
      reason: kept?.reason ?? null,
      carriedBy: held?.carriedBy ?? null,
      alsoAt: places.get(key)?.stations ?? null,
      answer: held?.answer ?? null,
      answeredAt: held?.answeredAt ?? null,
    };
  });
}

function campaignOf(db: Database): string | null {
  const row = db.prepare("SELECT json FROM campaign").get() as { json: string } | undefined;
  return row === undefined ? null : String(JSON.parse(row.json).id);
}

export const reportSource = (db: Database): ReportSource => ({
  *evidence() {
    const safely = <T>(work: () => T): T => orDiskError(db.name, work);
    const campaign = safely(() => campaignOf(db));
    const devices = devicesOf(db);
    for (let next = safely(() => devices.next()); next.done !== true; next = safely(() => devices.next())) {
      const device = next.value;
      yield* safely(() => evidenceOf(db, device, campaign));
    }
  },
});
