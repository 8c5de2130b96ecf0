import type { ChainId, DeviceId, Digest } from "../../../../shared/ids.ts";
import { type BatchKey, type BatchRow, NO_DEVICE } from "../../../../shared/ipc/views.ts";
import { shown } from "../../../../shared/printable.ts";
import type { Reason, TabletState, Verdict } from "../../../../shared/reasons.ts";
import { rfc3339, stampOf } from "../../../../shared/time.ts";
import type { CentreAnswer } from "../../../engine/ports.ts";
import type { BatchFacts } from "../../../engine/ports-desk.ts";
import { CENTRE } from "../answers.ts";
import type { Journal } from "../journal.ts";
import type { Tablet } from "./shelf.ts";

/** One batch as the journal has it now. */

/** The id as windows know it, and as the books know it. */
export const shownDevice = (device: string): string => (device === "" ? NO_DEVICE : device);
export const bookedDevice = (device: string): string => (device === NO_DEVICE ? "" : device);

interface Staged {
  readonly manifest: Digest;
  readonly prev: Digest | null;
  readonly length: number;
  readonly area: string;
  readonly source: string;
  readonly stagedAt: string;
  readonly centre: CentreAnswer | null;
  readonly answeredAt: string | null;
  readonly stagedLine: number | null;
  readonly answeredLine: number | null;
}
interface Refused {
  readonly id: number;
  readonly manifest: Digest | null;
  readonly reason: Reason;
  readonly bytes: number | null;
  readonly source: string;
  readonly since: string;
  readonly line: number | null;
}
interface Entry {
  readonly manifest: Digest;
  readonly length: number;
  readonly state: TabletState;
  readonly syncedUtc: number | null;
  readonly syncedOffset: number | null;
  readonly found: number;
}

interface Sides {
  readonly staged: Staged | null;
  readonly refused: Refused | null;
  readonly entry: Entry | null;
}

/** Of several refusals of one number a conflict, else the last. */
function weightiest(refused: readonly Refused[]): Refused | null {
  const byId = [...refused].sort((a, b) => b.id - a.id);
  return byId.find(({ reason }) => reason === "conflict") ?? byId[0] ?? null;
}

function sidesOf(journal: Journal, device: string | null, chain: string, seq: number): Sides {
  const staged = journal.get<Staged>(
    `SELECT manifest, prev, length, area, source, staged_at AS stagedAt, ${CENTRE} AS centre, answered_at AS answeredAt,
       staged_line AS stagedLine, answered_line AS answeredLine
     FROM batches WHERE device = ? AND chain = ? AND seq = ?`,
    ...[device, chain, seq],
  );
  // Sorted here and not by SQLite, whose sorting of nothing costs three times what looking for it does: almost no batch is refused.
  const refused = journal.all<Refused>(
    `SELECT id, manifest, reason, body_bytes AS bytes, source, since, line FROM quarantine
     WHERE device IS ? AND chain = ? AND seq = ? AND resolved_at IS NULL`,
    ...[device, chain, seq],
  );
  const entry = journal.get<Entry>(
    `SELECT manifest, length, state, synced_utc AS syncedUtc, synced_offset AS syncedOffset, found
     FROM entries WHERE device = ? AND chain = ? AND seq = ?`,
    ...[device, chain, seq],
  );
  return { staged: staged ?? null, refused: weightiest(refused), entry: entry ?? null };
}

function rowFrom(tablet: Tablet, chain: string, seq: number, verdict: Verdict, sides: Sides): BatchRow {
  const { staged, refused, entry } = sides;
  const at = staged?.stagedAt ?? refused?.since ?? null;
  const centre = staged?.centre ?? null;
  return {
    device: shownDevice(tablet.device),
    name: tablet.name,
    area: staged?.area ?? tablet.area,
    chain,
    seq,
    bytes: staged?.length ?? refused?.bytes ?? entry?.length ?? null,
    tablet: entry?.state ?? null,
    synced:
      entry === null || entry.syncedUtc === null ? null : rfc3339(entry.syncedUtc, entry.syncedOffset ?? 0),
    station: staged !== null ? "staged" : refused !== null ? "quarantined" : null,
    stagedAt: at === null ? null : stampOf(at),
    reason: refused?.reason ?? null,
    centre: centre === null ? null : centre === "conflict" ? "conflict" : "accepted",
    answeredAt: staged === null || staged.answeredAt === null ? null : stampOf(staged.answeredAt),
    verdict,
  };
}

const journalDevice = (tablet: Tablet): string | null => (tablet.device === "" ? null : tablet.device);

export const rowOf = (
  journal: Journal,
  tablet: Tablet,
  chain: string,
  seq: number,
  verdict: Verdict,
): BatchRow => rowFrom(tablet, chain, seq, verdict, sidesOf(journal, journalDevice(tablet), chain, seq));

/** Everything of one batch that the journal has. `around`: its neighbours in the chain. */
export function factsOf(
  journal: Journal,
  tablet: Tablet,
  { chain, seq }: BatchKey,
  verdict: Verdict,
  around: { readonly previous: number | null; readonly next: number | null },
): BatchFacts {
  const device = journalDevice(tablet);
  const sides = sidesOf(journal, device, chain, seq);
  const { staged, refused, entry } = sides;
  const at = staged?.stagedAt ?? refused?.since ?? null;
  const ledger = journal.get<NonNullable<BatchFacts["ledger"]>>(
    `SELECT no, digest, made_utc AS madeUtc, made_offset AS madeOffset, cose FROM ledgers
     WHERE device = ? AND chain = ? ORDER BY no DESC LIMIT 1`,
    device,
    chain,
  );
  const unloading =
    at === null
      ? undefined
      : journal.get<{ began: string; ended: string; line: number | null }>(
          "SELECT began, ended, line FROM unloadings WHERE device IS ? AND began <= ? AND ended >= ? ORDER BY no LIMIT 1",
          ...[device, at, at],
        );
  return {
    row: rowFrom(tablet, chain, seq, verdict, sides),
    staged:
      staged === null
        ? null
        : {
            device: tablet.device as DeviceId,
            chain: chain as ChainId,
            seq,
            manifest: staged.manifest,
            length: staged.length,
            prev: staged.prev,
            source: shown(staged.source),
            stagedAt: staged.stagedAt,
          },
    refused:
      refused === null
        ? null
        : { id: refused.id, manifest: refused.manifest, source: shown(refused.source), since: refused.since },
    entry: entry === null ? null : { ...entry, found: entry.found === 1 },
    ledger: ledger ?? null,
    answer:
      staged === null || staged.centre === null || staged.answeredAt === null
        ? null
        : { word: staged.centre, at: staged.answeredAt },
    ack:
      staged === null
        ? null
        : (journal.get<{ cose: Uint8Array }>(
            "SELECT cose FROM acks WHERE device = ? AND chain = ? AND seq = ? AND manifest = ?",
            ...[device, chain, seq, staged.manifest],
          )?.cose ?? null),
    receipts: journal.all(
      `SELECT no, bytes, delivered_at AS deliveredAt FROM receipts
       WHERE device = ? AND chain = ? ORDER BY no`,
      device,
      chain,
    ),
    unloading: unloading === undefined ? null : { began: unloading.began, ended: unloading.ended },
    lines: {
      staged: staged?.stagedLine ?? null,
      refused: refused?.line ?? null,
      answered: staged?.answeredLine ?? null,
      unloading: unloading?.line ?? null,
    },
    ...around,
  };
}
