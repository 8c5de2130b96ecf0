import type { StationId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Manifest } from "../formats/manifest.ts";
import { bodyWatch } from "../rules/body-watch.ts";
import { KeptManifests } from "../rules/kept-manifest.ts";
import type { AuditEvent } from "./audit-events.ts";
import type { CarryProblem, CarryProgress } from "./export.ts";
import type { DiskFailure, StagedBatch } from "./ports.ts";
import type { BagWriter, Carrier } from "./ports-carry.ts";
import type { Damage, FoundDamage } from "./ports-holdings.ts";
import type { Journal, JournalFacts, Keeper, NamedFile } from "./ports-keep.ts";
import type { HeldPlace } from "./ports-places.ts";

/**
 * Backing up a store that somebody is using, and making a store of a backup. A backup is a bag: the journal as of one moment, then every
 * file that it names. Files of a store are never changed once they have their names, so the journal may be copied first.
 */

/** Why a store was not backed up or restored. `why`: a word of BAG_FAULTS or BAG_NOTES, or not-a-backup, damaged-journal, newer-backup. */
export type KeepProblem =
  | Exclude<CarryProblem, { readonly type: "bag-refused" }>
  | { readonly type: "backup-refused"; readonly why: string; readonly path: string }
  | { readonly type: "store-exists"; readonly path: string }
  | { readonly type: "no-store"; readonly path: string }
  | HeldPlace
  | DiskFailure
  | { readonly type: "cancelled" };

const JOURNAL = "data/store.db";
const SUMMARY = "data/backup.json";
const MAX_SUMMARY_BYTES = 65_536;
const MAX_MANIFEST_BYTES = 8 * 1_048_576;

export interface BackupReport {
  /** Id of the store. */
  readonly store: string;
  readonly station: StationId | null;
  readonly made: string;
  readonly batches: number;
  /** Bytes of staged bodies. */
  readonly bytes: number;
  readonly quarantined: number;
  readonly auditLines: number;
  /** Batches whose files are missing or no longer what was staged. */
  readonly damaged: number;
  /** The store's log has a line of the backup. Not where another process owns the store, or its disk takes no more. */
  readonly logged: boolean;
}

/**
 * Writes a line into the log of the store that is backed up, and marks the batches there that were found damaged. Value: whether it
 * stands there.
 */
export type TellLog = (event: AuditEvent, damaged: readonly FoundDamage[]) => boolean | Promise<boolean>;

export interface RestoreReport {
  /** Id of the new store, and of the one that was backed up. */
  readonly store: string;
  readonly was: string;
  readonly batches: number;
  readonly bytes: number;
  readonly quarantined: number;
  readonly auditLines: number;
  readonly damaged: number;
}

interface Parts {
  readonly keeper: Keeper;
  readonly carrier: Carrier;
  readonly onProgress: (progress: CarryProgress) => void;
  readonly signal: AbortSignal;
}

const refused = (why: string, path = ""): { ok: false; error: KeepProblem } =>
  err({ type: "backup-refused", why, path });

const isAbsent = (failure: DiskFailure): boolean => failure.code === "ENOENT";

/** Looks at a store's files as they go by: each manifest is its row's, its signature included, and each body its manifest's. */
class Check {
  readonly damaged = new Set<string>();
  /** The staged batches among them. */
  readonly batches: FoundDamage[] = [];
  readonly #manifests = new KeptManifests();
  #manifest: Manifest | null = null;

  #nameOf = (batch: StagedBatch): string => `${batch.device} ${batch.chain} ${batch.seq}`;

  miss(file: NamedFile, why: Damage): void {
    const batch = file.bodyOf ?? file.manifestOf;
    if (batch !== null && !this.damaged.has(this.#nameOf(batch))) this.batches.push({ batch, why });
    this.damaged.add(batch === null ? file.path : this.#nameOf(batch));
  }

  /** What to do with the bytes of a file; `end` when they have all gone by. */
  watch(file: NamedFile): { readonly look: (window: Uint8Array) => void; readonly end: () => void } {
    const { bodyOf, manifestOf } = file;
    if (manifestOf !== null) {
      const parts: Buffer[] = [];
      let size = 0;
      return {
        look: (window) => {
          size += window.length;
          if (size <= MAX_MANIFEST_BYTES) parts.push(Buffer.from(window));
        },
        end: () => {
          this.#manifest = this.#manifests.read(Buffer.concat(parts), manifestOf.manifest);
          if (this.#manifest === null) this.miss(file, "changed");
        },
      };
    }
    if (bodyOf !== null && this.#manifest !== null) {
      const watch = bodyWatch(this.#manifest);
      return {
        look: (window) => void watch.look(window),
        end: () => {
          if (!watch.isWhole()) this.miss(file, "changed");
        },
      };
    }
    return { look: () => {}, end: () => {} };
  }
}

class Steps {
  readonly #parts: Parts;
  readonly #facts: JournalFacts;
  #batchesDone = 0;
  #bytesDone = 0;

  constructor(parts: Parts, facts: JournalFacts) {
    this.#parts = parts;
    this.#facts = facts;
    this.tell(null);
  }

  tell(file: NamedFile | null): void {
    if (file !== null && file.bodyOf !== null) {
      this.#batchesDone++;
      this.#bytesDone += file.bodyOf.length;
    }
    this.#parts.onProgress({
      batchesDone: this.#batchesDone,
      batchesTotal: this.#facts.batches,
      bytesDone: this.#bytesDone,
      bytesTotal: this.#facts.bytes,
    });
  }
}

// ---------------------------------------------------------------- backup

/** Whether the bodies have room, where they have to be copied. */
async function checkSpace(
  parts: Parts,
  store: string,
  folder: string,
  facts: JournalFacts,
): Promise<Result<void, KeepProblem>> {
  const same = await parts.keeper.isOneDrive(store, folder);
  if (!same.ok) return same;
  const free = await parts.carrier.freeBytes(folder);
  if (!free.ok) return free;
  const needed = same.value ? 0 : facts.bytes;
  return needed <= free.value
    ? ok(undefined)
    : err({ type: "carrier-full", path: folder, needed, free: free.value });
}

async function bringFiles(
  parts: Parts,
  store: string,
  journal: Journal,
  writer: BagWriter,
): Promise<Result<Check, KeepProblem>> {
  const { carrier, signal } = parts;
  const check = new Check();
  const steps = new Steps(parts, journal.facts);
  for (const file of journal.files()) {
    if (signal.aborted) return err({ type: "cancelled" });
    const path = `data/${file.path}`;
    const there = await writer.size(path);
    if (!there.ok) return there;
    if (there.value === null) {
      const brought = await writer.bring(path, carrier.place(store, file.path));
      if (!brought.ok) {
        if (!isAbsent(brought.error)) return brought;
        check.miss(file, "missing");
        continue;
      }
    }
    const watch = check.watch(file);
    const taken = await writer.take(path, watch.look);
    if (!taken.ok) return taken;
    watch.end();
    steps.tell(file);
  }
  return ok(check);
}

/**
 * Backs up the store in `store`, whoever uses it, to `folder`: new, empty, or with the half of an earlier go of the same store. Everything
 * in the backup was read back and compared when this returns.
 */
export async function backupStore(
  parts: Parts,
  store: string,
  folder: string,
  now: Date,
  tell: TellLog,
): Promise<Result<BackupReport, KeepProblem>> {
  const { keeper, carrier } = parts;
  const id = await keeper.storeId(store);
  if (!id.ok) return id;
  const may = await carrier.mayMake(folder);
  if (!may.ok) return may;
  const mark = `sanaq-backup ${id.value}`;
  const state = await carrier.state(folder);
  if (!state.ok) return state;
  const isOurs = state.value.type === "half" && state.value.mark === mark;
  if (state.value.type !== "absent" && state.value.type !== "empty" && !isOurs)
    return err({ type: "carrier-in-use", path: folder });

  const begun = await carrier.write(folder, mark);
  if (!begun.ok) return begun;
  const writer = begun.value;
  const removed = await writer.remove(JOURNAL);
  if (!removed.ok) return removed;
  const place = await writer.place(JOURNAL);
  if (!place.ok) return place;
  const copied = await keeper.snapshot(store, place.value);
  if (!copied.ok) return copied;
  const opened = await keeper.open(place.value);
  if (!opened.ok)
    return typeof opened.error === "string" ? refused(opened.error, JOURNAL) : err(opened.error);
  const journal = opened.value;
  const { facts } = journal;
  let check: Check;
  try {
    const space = await checkSpace(parts, store, folder, facts);
    if (!space.ok) return space;
    const brought = await bringFiles(parts, store, journal, writer);
    if (!brought.ok) return brought;
    check = brought.value;
  } finally {
    journal.close();
  }
  const taken = await writer.take(JOURNAL, () => {});
  if (!taken.ok) return taken;
  const report: Omit<BackupReport, "logged"> = {
    store: facts.store,
    station: facts.station,
    made: now.toISOString(),
    batches: facts.batches,
    bytes: facts.bytes,
    quarantined: facts.quarantined,
    auditLines: facts.auditLines,
    damaged: check.damaged.size,
  };
  const summary = Buffer.from(
    `${JSON.stringify({ v: 1, ...report, auditHead: facts.auditHead }, null, 2)}\n`,
  );
  const put = await writer.put(SUMMARY, (write) => write(summary));
  if (!put.ok) return put;
  const done = await writer.finish(
    [
      ["Bag-Software-Agent", "sanaq-unload"],
      ["Bagging-Date", now.toISOString().slice(0, 10)],
      ["External-Identifier", `backup of store ${facts.store}`],
    ],
    () => [],
  );
  if (!done.ok) return done;
  const { batches, damaged } = report;
  const disposition = damaged > 0 ? "needs-person" : "done";
  const logged = await tell(
    { type: "backup-made", data: { batches, damaged, lines: report.auditLines, disposition } },
    check.batches,
  );
  return ok({ ...report, logged });
}

// ---------------------------------------------------------------- restore

/** What a backup says of itself; null: it is none. The bag was found to be as it was made, so what was damaged then is now. */
function readSummary(bytes: Uint8Array | null): { readonly damaged: number } | null {
  if (bytes === null) return null;
  try {
    const { v, damaged } = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return v === 1 && Number.isSafeInteger(damaged) ? { damaged } : null;
  } catch {
    return null;
  }
}

async function copyFiles(
  parts: Parts,
  folder: string,
  journal: Journal,
  files: ReadonlyMap<string, number>,
  into: string,
): Promise<Result<number, KeepProblem>> {
  const { keeper, carrier, signal } = parts;
  const steps = new Steps(parts, journal.facts);
  let missing = 0;
  for (const file of journal.files()) {
    if (signal.aborted) return err({ type: "cancelled" });
    if (!files.has(`data/${file.path}`)) {
      if (file.manifestOf === null) missing++;
      continue;
    }
    const copied = await keeper.copy(carrier.place(folder, `data/${file.path}`), into, file.path);
    if (!copied.ok) return copied;
    steps.tell(file);
  }
  return ok(missing);
}

/**
 * Makes a store in `store`, where nothing is, of the backup in `folder`. The store appears under its name only when all of it is durable.
 * It has an id of its own, because the original may still be in use.
 */
export async function restoreStore(
  parts: Parts,
  folder: string,
  store: string,
): Promise<Result<RestoreReport, KeepProblem>> {
  const { keeper, carrier, signal } = parts;
  const may = await carrier.mayMake(store);
  if (!may.ok) return may;
  const taken = await keeper.isTaken(store);
  if (!taken.ok) return taken;
  if (taken.value) return err({ type: "store-exists", path: store });
  const state = await carrier.state(folder);
  if (!state.ok) return state;
  if (state.value.type === "absent") return err({ type: "disk", code: "ENOENT", path: folder });
  let bytesDone = 0;
  const reading = await carrier.read(
    folder,
    (bytes) => {
      bytesDone += bytes;
      parts.onProgress({ batchesDone: 0, batchesTotal: 0, bytesDone, bytesTotal: 0 });
    },
    signal,
  );
  if (!reading.ok) return reading;
  const bad = reading.value.faults[0] ?? reading.value.notes[0];
  if (bad !== undefined) return refused(bad.type, bad.path);
  const summary = await carrier.readFile(folder, SUMMARY, MAX_SUMMARY_BYTES);
  if (!summary.ok) return summary;
  const made = readSummary(summary.value);
  if (made === null || !reading.value.files.has(JOURNAL)) return refused("not-a-backup");

  const into = await keeper.beside(store);
  if (!into.ok) return into;
  const first = await keeper.copy(carrier.place(folder, JOURNAL), into.value, "store.db");
  if (!first.ok) return first;
  const opened = await keeper.open(carrier.place(into.value, "store.db"));
  if (!opened.ok)
    return typeof opened.error === "string" ? refused(opened.error, JOURNAL) : err(opened.error);
  const { facts } = opened.value;
  let damaged: number;
  try {
    const copied = await copyFiles(parts, folder, opened.value, reading.value.files, into.value);
    if (!copied.ok) return copied;
    damaged = Math.max(copied.value, made.damaged);
  } finally {
    opened.value.close();
  }
  const adopted = await keeper.adopt(into.value, facts);
  if (!adopted.ok) return adopted;
  const named = await keeper.rename(into.value, store);
  if (!named.ok) return named;
  const { batches, bytes, quarantined, auditLines } = facts;
  return ok({ store: adopted.value, was: facts.store, batches, bytes, quarantined, auditLines, damaged });
}
