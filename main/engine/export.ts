import { allDone } from "../../shared/all-done.ts";
import type { DeviceId, Digest, StationId } from "../../shared/ids.ts";
import { CHUNK_BYTES } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { rfc3339 } from "../../shared/time.ts";
import { type BagStatement, encodeBagStatement, MAX_BAG_BATCHES } from "../formats/bag.ts";
import { MAX_SIGNED_BYTES, makeSign1, parseSign1 } from "../formats/cose.ts";
import { bodyWatch } from "../rules/body-watch.ts";
import { judgeBagStatement } from "../rules/carried.ts";
import { KeptManifests } from "../rules/kept-manifest.ts";
import type { Trust } from "../rules/trust.ts";
import { auditHead } from "./audit-heads.ts";
import type { BodyChanged, DiskFailure, Store } from "./ports.ts";
import type { BagRecord, BagWriter, CarriedBatch, Carrier, CarryBooks, Elsewhere } from "./ports-carry.ts";
import type { HeldPlace } from "./ports-places.ts";
import type { ReceiptSigner } from "./receipts.ts";
import { inspectDevices, reportDamage } from "./wholeness.ts";

/** Carrying staged batches away as a bag: the tablets' own signed bytes, and this station's signed word about them. */

/** Batches of one bag at most; with as many that stay here its statement still fits into a signed object. */
const MAX_BATCHES = MAX_BAG_BATCHES / 2;
/** Batches written at once: the carrier makes one durable while the next is read. */
const AT_ONCE = 4;
/** What a batch may take beside its body: its manifest, and two files rounded up to the drive's clusters. */
const BYTES_BESIDE = 70_000;
const BYTES_OF_A_CHUNK = 40;

/** Why nothing can be carried to or from a folder. */
export type CarryProblem =
  /** Something else lies in the folder, or a finished bag. */
  | { readonly type: "carrier-in-use"; readonly path: string }
  | {
      readonly type: "carrier-full";
      readonly path: string;
      readonly needed: number;
      readonly free: number;
    }
  /** `why`: a word of BAG_FAULTS, BAG_NOTES or REASONS, or one of not-as-signed, no-statement, other-station, unknown-bag. */
  | { readonly type: "bag-refused"; readonly why: string; readonly path: string };

export interface CarryProgress {
  readonly batchesDone: number;
  readonly batchesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface ExportReport {
  /** null: there was nothing to carry, and no bag was made. */
  readonly bag: { readonly station: StationId; readonly no: number; readonly made: string | null } | null;
  readonly tablets: number;
  readonly batches: number;
  /** Body bytes in the bag. */
  readonly bytes: number;
  /** Batches left out, because their bytes here are no longer what was staged. */
  readonly failed: number;
  /** Batches that wait for another bag. */
  readonly left: number;
  /** The first failure of a batch; null: none. */
  readonly problem: BodyChanged | DiskFailure | null;
}

export interface ExportContext {
  readonly store: Store;
  readonly books: CarryBooks;
  readonly carrier: Carrier;
  readonly trust: Trust;
  readonly signer: ReceiptSigner;
  readonly now: Date;
  readonly folder: string;
  /** Empty: all tablets. */
  readonly devices: readonly DeviceId[];
  /** Also what another station has confirmed. */
  readonly again: boolean;
  readonly onProgress: (progress: CarryProgress) => void;
  readonly signal: AbortSignal;
}

type Failure = CarryProblem | DiskFailure | { readonly type: "cancelled" } | HeldPlace;

const pad = (seq: number): string => String(seq).padStart(8, "0");
export const STATEMENT = "statement.cose";

/** Where a batch's files lie in a bag, without their ending. */
export const pathInBag = (batch: Pick<CarriedBatch, "device" | "chain" | "seq">): string =>
  `data/${batch.device}/batches/${batch.chain}-${pad(batch.seq)}`;

const markOf = (store: Store, no: number): string => `sanaq-bag ${store.id} ${no}`;

/** The bag that this folder is for: a new one, the half one that lies there, or the finished one that lies there. */
async function bagFor(
  context: ExportContext,
): Promise<Result<{ bag: BagRecord; whole: BagStatement | null } | null, Failure>> {
  const { store, books, carrier, folder, devices, again } = context;
  const inUse = err({ type: "carrier-in-use", path: folder } as const);
  const may = await carrier.mayMake(folder);
  if (!may.ok) return may;
  const state = await carrier.state(folder);
  if (!state.ok) return state;
  if (state.value.type === "foreign") return inUse;
  if (state.value.type === "half") {
    const no = Number(/^sanaq-bag [0-9a-f]{32} (\d+)$/.exec(state.value.mark)?.[1] ?? Number.NaN);
    const bag = state.value.mark === markOf(store, no) ? books.bag(no) : null;
    return bag === null ? inUse : ok({ bag, whole: null });
  }
  if (state.value.type === "bag") {
    const cose = await carrier.readFile(folder, STATEMENT, MAX_SIGNED_BYTES);
    if (!cose.ok) return cose;
    const stated = cose.value === null ? null : judgeBagStatement(cose.value, context.trust);
    const ours = stated?.ok === true && stated.value.said.station === context.signer.station;
    const bag = ours ? books.bag(stated.value.said.no) : null;
    if (bag === null || cose.value === null || !stated?.ok) return inUse;
    if (bag.statement === null) conclude(context, bag, stated.value.digest, cose.value, 0);
    else if (bag.statement !== stated.value.digest) return inUse;
    return books.waiting(devices, again, bag.no) > 0 ? inUse : ok({ bag, whole: stated.value.said });
  }
  const bag = books.begin(devices, again, MAX_BATCHES);
  return ok(bag === null ? null : { bag, whole: null });
}

/** The bag is whole on its carrier: the store and its log say so from now on. */
function conclude(
  context: ExportContext,
  bag: BagRecord,
  statement: Digest,
  cose: Uint8Array,
  failed: number,
): void {
  context.books.finished(bag.no, statement, cose, {
    type: "exported",
    data: {
      bag: bag.no,
      statement,
      batches: bag.batches,
      bytes: bag.bytes,
      failed,
      disposition: failed > 0 ? "failed" : "done",
    },
  });
}

/** Whether the bag has room where it goes. */
async function checkSpace(
  context: ExportContext,
  bag: BagRecord,
  writer: BagWriter,
): Promise<Result<void, Failure>> {
  let needed = 0;
  for (const batch of context.books.items(bag.no)) {
    const there = await writer.size(`${pathInBag(batch)}.age`);
    if (!there.ok) return there;
    if (there.value === null)
      needed += batch.length + BYTES_BESIDE + BYTES_OF_A_CHUNK * Math.ceil(batch.length / CHUNK_BYTES);
  }
  const free = await context.carrier.freeBytes(context.folder);
  if (!free.ok) return free;
  return needed <= free.value
    ? ok(undefined)
    : err({ type: "carrier-full", path: context.folder, needed, free: free.value });
}

type Written = Result<void, BodyChanged | DiskFailure>;
type Ended = { readonly type: "carrier"; readonly failure: DiskFailure };

/** Brings one batch onto the carrier. A failure of this station's own disk is the batch's; one of the carrier ends the whole. */
async function writeBatch(
  context: ExportContext,
  manifests: KeptManifests,
  writer: BagWriter,
  batch: CarriedBatch,
): Promise<Result<Written, Ended>> {
  const changed: Written = err({ type: "body-changed", seq: batch.seq });
  const cose = await context.store.manifestOf(batch);
  if (!cose.ok) return ok(cose);
  const manifest = manifests.read(cose.value, batch.manifest);
  if (manifest === null) return ok(changed);
  const path = pathInBag(batch);

  const there = await writer.size(`${path}.age`);
  if (!there.ok) return err({ type: "carrier", failure: there.error });
  let isThere = false;
  if (there.value === manifest.length) {
    const watch = bodyWatch(manifest);
    const read = await writer.take(`${path}.age`, (window) => void watch.look(window));
    isThere = read.ok && watch.isWhole();
  }
  if (!isThere) {
    const watch = bodyWatch(manifest);
    const put = await writer.put<{ own: BodyChanged | DiskFailure }>(`${path}.age`, async (write) => {
      const read = await context.store.readBody(batch, 0, async (window) => {
        if (!watch.look(window)) return false;
        return (await write(window)).ok;
      });
      if (!read.ok) return err({ own: read.error });
      return watch.isWhole() ? ok(undefined) : err({ own: { type: "body-changed", seq: batch.seq } });
    });
    if (!put.ok)
      return "own" in put.error ? ok(err(put.error.own)) : err({ type: "carrier", failure: put.error });
  }
  const put = await writer.put(`${path}.cose`, (write) => write(cose.value));
  return put.ok ? ok(ok(undefined)) : err({ type: "carrier", failure: put.error });
}

/** Writes all batches, some at once. Value: how many were left out, and why the first was. */
async function writeBatches(
  context: ExportContext,
  bag: BagRecord,
  writer: BagWriter,
): Promise<Result<Pick<ExportReport, "failed" | "problem">, Failure>> {
  const { books, signal, onProgress } = context;
  const shown = { batchesDone: 0, batchesTotal: bag.batches, bytesDone: 0, bytesTotal: bag.bytes };
  onProgress({ ...shown });
  const items = books.items(bag.no);
  const manifests = new KeptManifests();
  let failed = 0;
  let problem: ExportReport["problem"] = null;
  let ended: Failure | null = null;
  let broken = false;
  const work = async (): Promise<void> => {
    for (let next = items.next(); !broken && ended === null && next.done !== true; next = items.next()) {
      if (signal.aborted) {
        ended = { type: "cancelled" };
        return;
      }
      const batch = next.value;
      const written = await writeBatch(context, manifests, writer, batch);
      if (!written.ok) ended ??= written.error.failure;
      else if (!written.value.ok) {
        failed++;
        problem ??= written.value.error;
        reportDamage(context.store, batch, written.value.error);
        books.drop(bag.no, batch);
        for (const ending of ["age", "cose"]) {
          const removed = await writer.remove(`${pathInBag(batch)}.${ending}`);
          if (!removed.ok) ended ??= removed.error;
        }
      }
      shown.batchesDone++;
      shown.bytesDone += batch.length;
      onProgress({ ...shown });
    }
  };
  // The journal may refuse in one of them: the others come to their end before anybody closes the store.
  const worker = (): Promise<void> =>
    work().catch((error) => {
      broken = true;
      throw error;
    });
  await allDone(Array.from({ length: AT_ONCE }, worker));
  return ended === null ? ok({ failed, problem }) : err(ended);
}

const devicesOf = (batches: readonly CarriedBatch[]): readonly DeviceId[] => [
  ...new Set(batches.map((one) => one.device)),
];

/** The ledgers of the tablets in the bag: the newest as their outbox has it, those of older chains beside. */
async function writeLedgers(
  context: ExportContext,
  devices: readonly DeviceId[],
  writer: BagWriter,
): Promise<Result<void, DiskFailure>> {
  for (const device of devices) {
    const ledgers = context.books.ledgers(device);
    for (const [at, { chain, cose }] of ledgers.entries()) {
      const path =
        at === ledgers.length - 1 ? `data/${device}/ledger.cose` : `data/older/${device}-${chain}.cose`;
      const put = await writer.put(path, (write) => write(cose));
      if (!put.ok) return put;
    }
  }
  return ok(undefined);
}

/**
 * Makes `folder` a bag of what is staged here and not known at the centre. What an interrupted go has written is checked and kept. The
 * bag is valid, and the store says so, only when all of it is durable on the carrier.
 */
export async function exportBag(context: ExportContext): Promise<Result<ExportReport, Failure>> {
  const { store, books, carrier, trust, signer, now, folder, devices, again } = context;
  const found = await bagFor(context);
  if (!found.ok) return found;
  if (found.value === null)
    return ok({ bag: null, tablets: 0, batches: 0, bytes: 0, failed: 0, left: 0, problem: null });
  const { bag } = found.value;

  let outcome: Pick<ExportReport, "failed" | "problem"> = { failed: 0, problem: null };
  const clock = { utc: Math.floor(now.getTime() / 1000), offset: -now.getTimezoneOffset() };
  const made = found.value.whole?.made ?? clock;
  if (found.value.whole === null) {
    const writer = await carrier.write(folder, markOf(store, bag.no));
    if (!writer.ok) return writer;
    const space = await checkSpace(context, bag, writer.value);
    if (!space.ok) return space;
    const written = await writeBatches(context, bag, writer.value);
    if (!written.ok) return written;
    outcome = written.value;

    const batches = [...books.items(bag.no)];
    const tablets = devicesOf(batches);
    const ledgers = await writeLedgers(context, tablets, writer.value);
    if (!ledgers.ok) return ledgers;
    // The statement says what stays here: that is looked at first.
    await inspectDevices(store, tablets, context.signal);
    const elsewhere: Elsewhere[] = [];
    for (const device of tablets)
      for (const row of books.elsewhere(bag.no, device))
        if (elsewhere.length < MAX_BATCHES) elsewhere.push(row);

    let cose: Uint8Array = new Uint8Array(0);
    const finished = await writer.value.finish(
      [
        ["Bag-Software-Agent", "sanaq-unload"],
        ["Bagging-Date", now.toISOString().slice(0, 10)],
        ["External-Identifier", `${signer.station}-${pad(bag.no)}`],
        ["Source-Organization", `station ${signer.station}`],
        ["Bag-Group-Identifier", trust.campaign.id],
      ],
      (summary) => {
        const statement: BagStatement = {
          campaign: trust.campaign.id,
          station: signer.station,
          no: bag.no,
          made,
          batches,
          elsewhere,
          manifest: summary.manifest,
          audit: auditHead(store, signer, new Date(made.utc * 1000)),
        };
        cose = makeSign1("bag", signer.chain, encodeBagStatement(statement), signer.sign);
        return [{ name: STATEMENT, bytes: cose }];
      },
    );
    if (!finished.ok) return finished;
    const object = parseSign1(cose, "bag");
    if (!object.ok) throw new Error("a statement made here cannot be read");
    conclude(context, books.bag(bag.no) ?? bag, object.value.digest, cose, outcome.failed);
  }
  const batches = [...books.items(bag.no)];
  return ok({
    bag: { station: signer.station, no: bag.no, made: rfc3339(made.utc, made.offset) },
    tablets: devicesOf(batches).length,
    batches: batches.length,
    bytes: batches.reduce((sum, one) => sum + one.length, 0),
    ...outcome,
    left: books.waiting(devices, again, bag.no),
  });
}
