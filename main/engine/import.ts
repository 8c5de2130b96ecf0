import type { DeviceId, StationId } from "../../shared/ids.ts";
import { shown } from "../../shared/printable.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { rfc3339 } from "../../shared/time.ts";
import type { TabletReport, UnloadTotals } from "../../shared/views.ts";
import { type BagStatement, encodeBagReceipt, parseBagReceipt } from "../formats/bag.ts";
import { MAX_SIGNED_BYTES, makeSign1, parseSign1 } from "../formats/cose.ts";
import { sha256 } from "../formats/sha256.ts";
import { judgeBagReceipt, judgeBagStatement, type Stated } from "../rules/carried.ts";
import type { Trust } from "../rules/trust.ts";
import { auditHead } from "./audit-heads.ts";
import { carriedLink } from "./carried-link.ts";
import { type CarryProblem, type CarryProgress, STATEMENT } from "./export.ts";
import type { Locks } from "./locks.ts";
import type { DiskFailure, Store, TabletSource } from "./ports.ts";
import type { BagAnswer, BagFaultType, BagReading, BagRemark, Carrier, CarryBooks } from "./ports-carry.ts";
import type { ReceiptSigner } from "./receipts.ts";
import { needsPerson, totalsOf, unread } from "./unload/report.ts";
import { unloadTablet } from "./unload/unload.ts";

/** Taking in a bag from another station: the bag is checked, then every batch is judged as if its tablet were on the cable. */

/** What a receipt said of the bag that this station had sent. */
export interface AnswerReport {
  readonly station: StationId;
  readonly no: number;
  /** Number of this station's bag. */
  readonly bag: number;
  readonly staged: number;
  readonly accepted: number;
  readonly refused: number;
  readonly missing: number;
}

export interface ImportReport {
  /** null: the folder held a receipt only. */
  readonly bag: { readonly station: StationId; readonly no: number; readonly made: string | null } | null;
  /** Payload files that are not as the bag's manifest says. */
  readonly faults: readonly BagRemark<BagFaultType>[];
  readonly tablets: readonly TabletReport[];
  readonly totals: UnloadTotals;
  /** Batches that the statement names and that did not come. */
  readonly missing: number;
  /** CAs above the exporting station whose CRL is stale. */
  readonly staleCas: readonly string[];
  /** Where the receipt for the exporting station lies, from the bag's folder; null: none was written. */
  readonly receipt: string | null;
  readonly receiptFailure: DiskFailure | null;
  /** Receipts for bags of this station that lay there. */
  readonly answers: readonly AnswerReport[];
  /** Receipts that lay there and could not be taken, by their folder's path; not those for other stations. `why`: as of a bag that is refused. */
  readonly badReceipts: readonly { readonly path: string; readonly why: string }[];
}

export interface ImportContext {
  readonly store: Store;
  readonly books: CarryBooks;
  readonly carrier: Carrier;
  readonly folders: TabletSource;
  readonly trust: Trust;
  readonly signer: ReceiptSigner;
  readonly locks: Locks;
  readonly now: () => Date;
  readonly folder: string;
  readonly onProgress: (progress: CarryProgress) => void;
  readonly signal: AbortSignal;
}

type Failure = CarryProblem | DiskFailure | { readonly type: "cancelled" };

const RECEIPTS = "receipts";
const RECEIPT = "data/receipt.cose";
/** Receipts looked at on one carrier. */
const MAX_RECEIPTS = 1_000;

/** Faults of single payload files: they cost their batch, and the judge says how. All others cost the bag. */
const OF_ONE_FILE: ReadonlySet<BagFaultType> = new Set(["missing", "changed", "unlisted"]);

const refused = (why: string, path = ""): { ok: false; error: CarryProblem } =>
  err({ type: "bag-refused", why, path });

const isOfOneFile = (fault: BagRemark<BagFaultType>): boolean =>
  OF_ONE_FILE.has(fault.type) && fault.path.startsWith("data/");

/** The first thing that makes the bag as a whole unfit; null: nothing. A count of bytes that is off only follows from what a file lacks. */
function unfit(reading: BagReading): BagRemark | null {
  const single = reading.faults.some(isOfOneFile);
  return (
    reading.faults.find((one) => !isOfOneFile(one) && !(single && one.type === "wrong-oxum")) ??
    reading.notes[0] ??
    null
  );
}

/** Reads a bag's fixity, and tells how far it is. */
async function readBag(context: ImportContext, folder: string): Promise<Result<BagReading, Failure>> {
  const state = await context.carrier.state(folder);
  if (!state.ok) return state;
  if (state.value.type === "absent") return err({ type: "disk", code: "ENOENT", path: folder });
  let bytesDone = 0;
  return context.carrier.read(
    folder,
    (bytes) => {
      bytesDone += bytes;
      context.onProgress({ batchesDone: 0, batchesTotal: 0, bytesDone, bytesTotal: 0 });
    },
    context.signal,
  );
}

// ---------------------------------------------------------------- tablets in the bag

interface View {
  readonly device: DeviceId;
  readonly entries: ReadonlyMap<string, { readonly path: string; readonly size: number }>;
}

/** The outboxes that a bag holds for one tablet: one for each older chain with a ledger, and last the newest with all that is left. */
function viewsOf(device: DeviceId, reading: BagReading): readonly View[] {
  const under = `data/${device}/`;
  const rest = new Map<string, { path: string; size: number }>();
  const older: { chain: string; file: { path: string; size: number } }[] = [];
  for (const [path, size] of reading.files) {
    const file = { path: path.slice("data/".length), size };
    if (path.startsWith(under)) rest.set(path.slice(under.length), file);
    const chain = new RegExp(`^data/older/${device}-([0-9a-f]{32})\\.cose$`).exec(path)?.[1];
    if (chain !== undefined) older.push({ chain, file });
  }
  const views = older.map(({ chain, file }): View => {
    const entries = new Map([["ledger.cose", file]]);
    for (const [path, entry] of [...rest])
      if (path.startsWith(`batches/${chain}-`)) {
        entries.set(path, entry);
        rest.delete(path);
      }
    return { device, entries };
  });
  return [...views, { device, entries: rest }];
}

async function unloadViews(
  context: ImportContext,
  said: BagStatement,
  reading: BagReading,
): Promise<readonly TabletReport[]> {
  const { store, books, carrier, folders, trust, locks, now, folder, signal } = context;
  const source = `bag:${said.station}-${String(said.no).padStart(8, "0")}`;
  const total = {
    batchesTotal: said.batches.length,
    bytesTotal: said.batches.reduce((sum, one) => sum + one.length, 0),
  };
  const reports: TabletReport[] = [];
  let batchesBefore = 0;
  let bytesBefore = 0;
  for (const device of new Set(said.batches.map((one) => one.device)))
    for (const view of viewsOf(device, reading)) {
      const opened = await folders.open(carrier.place(folder, "data"), "", signal);
      if (!opened.ok) {
        reports.push(unread(source, opened.error, device));
        continue;
      }
      const link = carriedLink({ source, files: opened.value, entries: view.entries });
      let batches = 0;
      let bytes = 0;
      try {
        const report = await unloadTablet(
          link,
          {
            ...{ store, trust, locks, now, receipts: null, wanted: null },
            elsewhere: (of) => books.heldElsewhere(of),
          },
          (step) => {
            if (step.phase === "pulling") {
              batches = step.batchesDone;
              bytes = step.bytesDone;
            }
            context.onProgress({
              ...total,
              batchesDone: batchesBefore + batches,
              bytesDone: bytesBefore + bytes,
            });
          },
          signal,
        );
        if (report !== null) reports.push(report);
      } finally {
        await link.close();
      }
      batchesBefore += batches;
      bytesBefore += bytes;
    }
  return reports;
}

// ---------------------------------------------------------------- the receipt for the exporting station

const sameAnswers = (cose: Uint8Array, items: readonly BagAnswer[]): boolean => {
  const object = parseSign1(cose, "bagReceipt");
  const receipt = object.ok ? parseBagReceipt(object.value.payload) : object;
  return receipt.ok && JSON.stringify(receipt.value.items) === JSON.stringify(items);
};

/** The receipt for a bag: the one kept, where nothing has changed since, else a new one under the next number. */
function receiptFor(
  context: ImportContext,
  stated: Stated<BagStatement>,
  cose: Uint8Array,
  items: readonly BagAnswer[],
  disposition: "done" | "needs-person",
): { readonly no: number; readonly cose: Uint8Array } {
  const { store, books, trust, signer, now } = context;
  const { said, digest } = stated;
  const at = now();
  const event = (receipt: number) =>
    ({
      type: "imported",
      data: {
        station: said.station,
        bag: said.no,
        statement: digest,
        batches: items.length,
        receipt,
        disposition,
      },
    }) as const;
  const kept = books.importReceipt(digest);
  if (kept !== null && sameAnswers(kept.cose, items)) {
    store.record(event(kept.no));
    return kept;
  }
  return books.saveImport(
    { station: said.station, no: said.no, statement: digest, cose },
    (no) =>
      makeSign1(
        "bagReceipt",
        signer.chain,
        encodeBagReceipt({
          campaign: trust.campaign.id,
          station: signer.station,
          no,
          made: { utc: Math.floor(at.getTime() / 1000), offset: -at.getTimezoneOffset() },
          bag: { station: said.station, no: said.no, statement: digest },
          items,
          audit: auditHead(store, signer, at),
        }),
        signer.sign,
      ),
    event,
  );
}

/** Writes the receipt as a bag of its own beside the payload. Value: its folder's path from the bag's. */
async function writeReceipt(
  context: ImportContext,
  receipt: { readonly no: number; readonly cose: Uint8Array },
): Promise<Result<string, DiskFailure>> {
  const { carrier, signer, now } = context;
  const leaf = sha256(signer.chain[0] ?? new Uint8Array(0)).slice(0, 16);
  const path = `${RECEIPTS}/${leaf}-${String(receipt.no).padStart(8, "0")}`;
  const folder = carrier.place(context.folder, path);
  const there = await carrier.readFile(folder, "bagit.txt", 1_024);
  if (!there.ok) return there;
  if (there.value !== null) return ok(path);
  const writer = await carrier.write(folder, `sanaq-bag-receipt ${signer.station} ${receipt.no}`);
  if (!writer.ok) return writer;
  const put = await writer.value.put(RECEIPT, (write) => write(receipt.cose));
  if (!put.ok) return put;
  const done = await writer.value.finish(
    [
      ["Bag-Software-Agent", "sanaq-unload"],
      ["Bagging-Date", now().toISOString().slice(0, 10)],
      ["Source-Organization", `station ${signer.station}`],
    ],
    () => [],
  );
  return done.ok ? ok(path) : done;
}

// ---------------------------------------------------------------- receipts for bags of this station

/** Takes a receipt bag: what another station says of a bag of ours. It never stands for the centre's answer. */
async function takeReceipt(context: ImportContext, folder: string): Promise<Result<AnswerReport, Failure>> {
  const { books, carrier, trust, signer } = context;
  const reading = await readBag(context, folder);
  if (!reading.ok) return reading;
  const bad = reading.value.faults[0] ?? reading.value.notes[0];
  if (bad !== undefined) return refused(bad.type, bad.path);
  const cose = await carrier.readFile(folder, RECEIPT, MAX_SIGNED_BYTES);
  if (!cose.ok) return cose;
  if (cose.value === null) return refused("no-statement", RECEIPT);
  const stated = judgeBagReceipt(cose.value, trust);
  if (!stated.ok) return refused(stated.error, RECEIPT);
  const { said, digest } = stated.value;
  if (said.bag.station !== signer.station) return refused("other-station", RECEIPT);
  const bag = books.bag(said.bag.no);
  if (bag === null || bag.statement !== said.bag.statement) return refused("unknown-bag", RECEIPT);
  const ours = new Set(
    [...books.items(bag.no)].map((one) => JSON.stringify([one.chain, one.seq, one.manifest])),
  );
  const answers = said.items.filter((one) => ours.has(JSON.stringify([one.chain, one.seq, one.manifest])));
  const count = (status: BagAnswer["status"]) => answers.filter((one) => one.status === status).length;
  const counts = {
    staged: count("staged"),
    accepted: count("accepted"),
    refused: count("refused"),
    missing: count("missing"),
  };
  books.saveAnswers({ digest, bag: bag.no, station: said.station, no: said.no, cose: cose.value }, answers, {
    type: "imported",
    data: {
      receipt: said.no,
      station: said.station,
      bag: bag.no,
      ...counts,
      disposition: counts.refused + counts.missing > 0 ? "needs-person" : "done",
    },
  });
  return ok({ station: said.station, no: said.no, bag: bag.no, ...counts });
}

/** Receipts that lie in a bag of this station. One that is for another station is left alone; one that was cut off or changed is told. */
async function takeReceipts(
  context: ImportContext,
): Promise<Result<Pick<ImportReport, "answers" | "badReceipts">, Failure>> {
  const names = await context.carrier.folders(context.folder, RECEIPTS);
  if (!names.ok) return names;
  const answers: AnswerReport[] = [];
  const badReceipts: { path: string; why: string }[] = [];
  for (const name of names.value.slice(0, MAX_RECEIPTS)) {
    const path = `${RECEIPTS}/${shown(name)}`;
    const taken = await takeReceipt(context, context.carrier.place(context.folder, `${RECEIPTS}/${name}`));
    if (taken.ok) answers.push(taken.value);
    else if (taken.error.type !== "bag-refused") return taken;
    else if (taken.error.why !== "other-station") badReceipts.push({ path, why: taken.error.why });
  }
  return ok({ answers, badReceipts });
}

// ---------------------------------------------------------------- the whole

const NOTHING: Omit<ImportReport, "bag" | "answers"> = {
  faults: [],
  tablets: [],
  totals: totalsOf([]),
  missing: 0,
  staleCas: [],
  receipt: null,
  receiptFailure: null,
  badReceipts: [],
};

/**
 * Takes in the bag in `folder`: fixity, the statement and its signer, then each tablet by the rules of an unloading. Repeating it changes
 * nothing. A receipt for the exporting station is written when nothing has failed. A bag that is a receipt is taken as one.
 */
export async function importBag(context: ImportContext): Promise<Result<ImportReport, Failure>> {
  const { store, books, carrier, trust, signer, folder } = context;
  const reading = await readBag(context, folder);
  if (!reading.ok) return reading;
  const bad = unfit(reading.value);
  if (bad !== null) return refused(bad.type, bad.path);
  const cose = await carrier.readFile(folder, STATEMENT, MAX_SIGNED_BYTES);
  if (!cose.ok) return cose;
  if (cose.value === null) {
    if (!reading.value.files.has(RECEIPT)) return refused("no-statement", STATEMENT);
    const answer = await takeReceipt(context, folder);
    return answer.ok ? ok({ bag: null, ...NOTHING, answers: [answer.value] }) : answer;
  }
  const stated = judgeBagStatement(cose.value, trust);
  if (!stated.ok) return refused(stated.error, STATEMENT);
  const { said, staleCas } = stated.value;
  if (said.manifest !== reading.value.manifest) return refused("not-as-signed", "manifest-sha256.txt");

  const about = { station: said.station, bag: said.no };
  store.record({ type: "imported-begin", data: about });
  const isOurs = said.station === signer.station;
  // What this station holds itself it knows better than an old bag: the store may have been put back to a backup since.
  if (!isOurs) books.saveElsewhere(said.station, said.elsewhere);
  const tablets = await unloadViews(context, said, reading.value);
  const totals = totalsOf(tablets);
  const answers = said.batches.map(({ length: _, ...batch }) => ({ ...batch, ...books.answerFor(batch) }));
  const missing = answers.filter((one) => one.status === "missing").length;
  const report = {
    bag: { station: said.station, no: said.no, made: rfc3339(said.made.utc, said.made.offset) },
    faults: reading.value.faults.filter(isOfOneFile),
    ...{ tablets, totals, missing, staleCas },
    receipt: null,
    receiptFailure: null,
    badReceipts: [],
  };

  const failed = totals.failed > 0 || tablets.some((one) => one.failure !== null);
  if (failed || isOurs) {
    const disposition = failed ? "failed" : "done";
    store.record({ type: "imported", data: { ...about, batches: answers.length, disposition } });
    const taken = isOurs ? await takeReceipts(context) : ok({ answers: [] });
    return taken.ok ? ok({ ...report, ...taken.value }) : taken;
  }
  const attention = missing > 0 || report.faults.length > 0 || tablets.some(needsPerson);
  const receipt = receiptFor(context, stated.value, cose.value, answers, attention ? "needs-person" : "done");
  const written = await writeReceipt(context, receipt);
  return written.ok
    ? ok({ ...report, receipt: written.value, answers: [] })
    : ok({ ...report, receiptFailure: written.error, answers: [] });
}
