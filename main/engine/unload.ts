import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";
import type { Reason } from "../../shared/reasons.ts";
import { ok, type Result } from "../../shared/result.ts";
import { rfc3339 } from "../../shared/time.ts";
import type {
  BatchReport,
  Finding,
  LedgerReport,
  LinkFailure,
  TabletProgress,
  TabletReport,
  UnloadTotals,
} from "../../shared/views.ts";
import type { LedgerEntry } from "../formats/ledger.ts";
import { signerName } from "../formats/signer.ts";
import { findForks, findGaps, type Link } from "../rules/findings.ts";
import { type BodyFacts, type JudgedManifest, judge, judgePlace, type Surroundings } from "../rules/judge.ts";
import { headsOf, isRollback, type JudgedLedger, judgeAck, lists } from "../rules/ledger.ts";
import type { BatchFiles } from "../rules/outbox.ts";
import type { Trust } from "../rules/trust.ts";
import type { AuditEvent, Disposition } from "./audit-events.ts";
import type { Locks } from "./locks.ts";
import {
  DiskError,
  type DiskFailure,
  endsLink,
  type KeptBody,
  type KnownBatch,
  type Part,
  type QuarantineRow,
  type RefusedBatch,
  type Store,
  type TabletLink,
} from "./ports.ts";
import { inspectPart, pullBody } from "./pull.ts";
import { ledgerDeviceOf, type ManifestNote, type Outbox, readOutbox, wholeManifest } from "./read-outbox.ts";
import { deliverReceipts, type ReceiptSigner } from "./receipts.ts";

/** One tablet, from its names to its last durable batch. Each step is one function; `unloadTablet` reads as their list. */

/** Clocks further apart than this are a finding; nothing else depends on them. */
const CLOCK_SKEW_SECONDS = 120;
/** Batches that may be on their way to the disk while the next is pulled. */
const STAGING_AHEAD = 4;
/** Acknowledgements judged before other jobs get their turn. */
const ACKS_AT_ONCE = 64;

export interface UnloadContext {
  readonly store: Store;
  readonly trust: Trust;
  readonly locks: Locks;
  readonly now: () => Date;
  /** null: no receipts are asked for. */
  readonly receipts: ReceiptSigner | null;
  /** Only a tablet of this device is unloaded; null: any. */
  readonly wanted: DeviceId | null;
  /** Numbers that another station's signed statement names as held there: present, though not in this outbox. */
  readonly elsewhere?: (device: DeviceId) => readonly { readonly chain: ChainId; readonly seq: number }[];
}

type Report = (progress: Partial<TabletProgress> & { readonly phase: TabletProgress["phase"] }) => void;

/** A ledger that counts, with its entries at hand. */
interface ActiveLedger {
  readonly judged: JudgedLedger;
  readonly ledger: NonNullable<JudgedLedger["ledger"]>;
  readonly digest: Digest;
  readonly entries: ReadonlyMap<number, LedgerEntry>;
  /** Numbers whose acknowledgement verifies. */
  readonly acknowledged: ReadonlySet<number>;
  readonly falseAcks: readonly number[];
  readonly rollback: boolean;
}

const name = (device: DeviceId, chain: ChainId, seq: number): string => `${device} ${chain} ${seq}`;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function activate(
  judged: JudgedLedger | null,
  context: UnloadContext,
  staleCas: Set<string>,
): Promise<ActiveLedger | null> {
  if (judged === null || judged.reason !== null || judged.ledger === null || judged.digest === null)
    return null;
  const { ledger, digest } = judged;
  const acknowledged = new Set<number>();
  const falseAcks: number[] = [];
  let count = 0;
  for (const entry of ledger.entries) {
    if (entry.state !== "acknowledged") continue;
    const ack = judgeAck(ledger, entry, context.trust);
    if (ack.valid) acknowledged.add(entry.seq);
    else falseAcks.push(entry.seq);
    for (const ca of ack.staleCas) staleCas.add(ca);
    if (++count % ACKS_AT_ONCE === 0) await nextTurn();
  }
  return {
    judged,
    ledger,
    digest,
    entries: new Map(ledger.entries.map((entry) => [entry.seq, entry])),
    acknowledged,
    falseAcks,
    rollback: isRollback(ledger, digest, context.store.highestLedger(ledger.device, ledger.chain)),
  };
}

function saveLedger(active: ActiveLedger, outbox: Outbox, context: UnloadContext): void {
  const { ledger, digest } = active;
  const found = new Set(
    [
      ...outbox.inventory.batches.filter((one) => one.manifest !== null),
      ...(context.elsewhere?.(ledger.device) ?? []),
    ]
      .filter((one) => one.chain === ledger.chain)
      .map((one) => one.seq),
  );
  const object = active.judged;
  context.store.saveLedger(
    {
      device: ledger.device,
      chain: ledger.chain,
      no: ledger.no,
      digest,
      head: ledger.head,
      madeUtc: ledger.made.utc,
      madeOffset: ledger.made.offset,
      older: ledger.older,
      cose: object.bytes ?? new Uint8Array(0),
      entries: ledger.entries.map((entry) => ({
        seq: entry.seq,
        manifest: entry.manifest,
        length: entry.length,
        state: entry.state,
        syncedUtc: entry.synced?.utc ?? null,
        syncedOffset: entry.synced?.offset ?? null,
        acknowledged: active.acknowledged.has(entry.seq),
        found: found.has(entry.seq),
      })),
    },
    {
      type: "ledger-read",
      data: { device: ledger.device, chain: ledger.chain, no: ledger.no, digest, rollback: active.rollback },
    },
  );
}

/** What is known around the batches of one outbox: the store's rows, the believed manifests beside each other, the ledger. */
class Neighbourhood {
  readonly #known = new Map<DeviceId, readonly KnownBatch[]>();
  readonly #staged = new Map<string, Digest>();
  readonly #digests = new Map<string, Set<Digest>>();
  readonly #active: ActiveLedger | null;

  constructor(outbox: Outbox, active: ActiveLedger | null, store: Store) {
    this.#active = active;
    for (const device of devicesOf(outbox, active)) {
      const rows = store.known(device);
      this.#known.set(device, rows);
      for (const row of rows) {
        if (row.state !== "staged") continue;
        this.#staged.set(name(device, row.chain, row.seq), row.manifest);
        this.#learn(name(device, row.chain, row.seq), row.manifest);
      }
    }
    for (const { content, files } of outbox.manifests)
      if (content?.believed) this.#learn(name(content.device, files.chain, files.seq), content.digest);
    if (active !== null)
      for (const entry of active.ledger.entries)
        this.#learn(name(active.ledger.device, active.ledger.chain, entry.seq), entry.manifest);
  }

  #learn(key: string, digest: Digest): void {
    const digests = this.#digests.get(key);
    if (digests === undefined) this.#digests.set(key, new Set([digest]));
    else digests.add(digest);
  }

  staged(device: DeviceId, chain: ChainId, seq: number): Digest | null {
    return this.#staged.get(name(device, chain, seq)) ?? null;
  }

  around(device: DeviceId, chain: ChainId, seq: number): Surroundings {
    const ledger = this.#active?.ledger;
    const entry =
      ledger?.device === device && ledger.chain === chain ? this.#active?.entries.get(seq) : undefined;
    return {
      previous: this.#digests.get(name(device, chain, seq - 1)) ?? new Set(),
      staged: this.staged(device, chain, seq),
      listed: entry === undefined ? null : { manifest: entry.manifest, length: entry.length },
    };
  }

  known(device: DeviceId): readonly KnownBatch[] {
    return this.#known.get(device) ?? [];
  }
}

function devicesOf(outbox: Outbox, active: ActiveLedger | null): readonly DeviceId[] {
  const devices = new Set<DeviceId>();
  if (active !== null) devices.add(active.ledger.device);
  for (const { content } of outbox.manifests) if (content !== null) devices.add(content.device);
  return [...devices].sort();
}

const only = <T>(values: Iterable<T>): T | null => {
  const [first, ...others] = new Set(values);
  return first !== undefined && others.length === 0 ? first : null;
};

const believed = (outbox: Outbox) =>
  outbox.manifests.flatMap((note) =>
    note.content?.believed ? [{ ...note.content, files: note.files }] : [],
  );

/** Names of the manifests that lie there for a device, whatever they turn out to be. */
function manifestsOf(outbox: Outbox, device: DeviceId): readonly BatchFiles[] {
  const unnamed = ledgerDeviceOf(outbox.ledger) === device;
  const notes = outbox.manifests.filter(({ content }) =>
    content === null ? unnamed : content.device === device,
  );
  return [...notes, ...outbox.unreadable].map((one) => one.files);
}

// ---------------------------------------------------------------- batches

/** What the disk refused of `work`; null: nothing. */
async function diskRefusal(work: () => void | Promise<void>): Promise<DiskFailure | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof DiskError) return error.failure;
    throw error;
  }
}

/** Nothing more can be done for any batch. A disk without room for one body may have room for the next. */
const endsJob = (failure: LinkFailure): boolean =>
  endsLink(failure) || (failure.type === "disk" && failure.code !== "ENOSPC");

/** What one batch comes to before its body is looked at. */
type Step =
  | { readonly type: "done"; readonly outcome: "already-staged" | "acknowledged" }
  /** Refused by its manifest or its place alone, and staged before: its body is not read again. */
  | { readonly type: "refuse"; readonly reason: Reason }
  | { readonly type: "pull" };

function planStep(
  note: ManifestNote,
  judged: JudgedManifest,
  active: ActiveLedger | null,
  hood: Neighbourhood,
): Step {
  const { content } = judged;
  if (content === null) return { type: "pull" };
  const { chain, seq } = judged;
  const { manifest, digest } = content;
  if (
    active !== null &&
    chain === active.ledger.chain &&
    active.acknowledged.has(seq) &&
    active.entries.get(seq)?.manifest === digest
  )
    return { type: "done", outcome: "acknowledged" };
  if (hood.staged(manifest.device, note.files.chain, seq) !== digest) return { type: "pull" };
  const reason = judged.reason ?? judgePlace(digest, manifest, hood.around(manifest.device, chain, seq));
  return reason === null ? { type: "done", outcome: "already-staged" } : { type: "refuse", reason };
}

const judgedEvent = (
  batch: Pick<RefusedBatch, "device" | "chain" | "seq" | "manifest">,
  reason: Reason | null,
): AuditEvent => {
  const { device, chain, seq, manifest } = batch;
  return {
    type: "judged",
    data: { device, chain, seq, manifest, reason, disposition: reason === null ? "done" : "refused" },
  };
};

/** Everything one tablet's job needs, and what it has found so far. */
class Job {
  readonly outcomes: BatchReport[] = [];
  failure: LinkFailure | null = null;
  readonly #link: TabletLink;
  readonly #context: UnloadContext;
  readonly #outbox: Outbox;
  readonly #active: ActiveLedger | null;
  readonly #hood: Neighbourhood;
  readonly #progress: Report;
  readonly #signal: AbortSignal;
  readonly #ledgerDevice: DeviceId | null;
  readonly #staging = new Set<Promise<void>>();
  #batchesDone = 0;
  #bytesDone = 0;

  constructor(
    link: TabletLink,
    context: UnloadContext,
    outbox: Outbox,
    active: ActiveLedger | null,
    hood: Neighbourhood,
    progress: Report,
    signal: AbortSignal,
  ) {
    this.#link = link;
    this.#context = context;
    this.#outbox = outbox;
    this.#active = active;
    this.#hood = hood;
    this.#progress = progress;
    this.#signal = signal;
    this.#ledgerDevice = ledgerDeviceOf(outbox.ledger);
  }

  #settle(files: BatchFiles, outcome: BatchReport["outcome"], reason: Reason | null, bytes = 0): void {
    this.outcomes.push({ chain: files.chain, seq: files.seq, outcome, reason, bytes });
    this.#batchesDone++;
    this.#tell();
  }

  #fail(files: BatchFiles, failure: LinkFailure): void {
    if (this.failure === null || (endsJob(failure) && !endsJob(this.failure))) this.failure = failure;
    this.#settle(files, "failed", "io");
  }

  #tell(): void {
    this.#progress({ phase: "pulling", batchesDone: this.#batchesDone, bytesDone: this.#bytesDone });
  }

  #refused(
    note: ManifestNote,
    judged: JudgedManifest,
    bytes: Uint8Array | null,
    reason: Reason,
  ): RefusedBatch {
    const content = judged.content;
    const device = content?.manifest.device ?? null;
    // What is staged here under this very digest was believed then: it stays that device's batch whatever is said of its signer today.
    const isKnown =
      content !== null &&
      (content.believed ||
        this.#hood.staged(content.manifest.device, judged.chain, judged.seq) === content.digest);
    return {
      device: isKnown ? device : this.#ledgerDevice,
      chain: note.files.chain,
      seq: note.files.seq,
      manifest: content?.digest ?? null,
      believed: content?.believed ?? false,
      prev: content?.believed ? content.manifest.prev : null,
      ledgerDevice: this.#ledgerDevice,
      reason,
      manifestBytes: bytes,
      manifestFile: note.file,
      source: this.#link.source,
    };
  }

  /** Pulls, judges and keeps all batches, in order. Ends early only when the link or the disk is gone. */
  async run(): Promise<void> {
    for (const { files, failure } of this.#outbox.unreadable) this.#fail(files, failure);
    for (const note of this.#outbox.manifests) {
      if (this.failure !== null && endsJob(this.failure)) this.#fail(note.files, this.failure);
      else {
        const refused = await diskRefusal(() => this.#one(note));
        if (refused !== null) this.#fail(note.files, refused);
      }
    }
    await Promise.all(this.#staging);
    this.#addAcknowledgedAbsent();
  }

  /** Reconciled by the centre's word, present or not: what is not on the tablet any more is told too. */
  #addAcknowledgedAbsent(): void {
    if (this.#active === null) return;
    const { chain } = this.#active.ledger;
    const present = new Set(this.outcomes.filter((one) => one.chain === chain).map((one) => one.seq));
    for (const seq of this.#active.acknowledged)
      if (!present.has(seq))
        this.outcomes.push({ chain, seq, outcome: "acknowledged", reason: null, bytes: 0 });
  }

  async #one(note: ManifestNote): Promise<void> {
    const again = await wholeManifest(this.#link, note, this.#signal);
    if (!again.ok) return this.#fail(note.files, again.error);
    const { judged, bytes } = again.value;
    const step = planStep(note, judged, this.#active, this.#hood);
    if (step.type === "done") {
      const row = step.outcome === "already-staged" ? this.#rowOf(note, judged) : null;
      if (row !== null) this.#context.store.resolveQuarantine(row.id);
      return this.#settle(note.files, step.outcome, null);
    }
    if (step.type === "refuse") {
      const refused = this.#refused(note, judged, bytes, step.reason);
      const kept = await this.#context.store.quarantine(refused, null, [judgedEvent(refused, step.reason)]);
      return kept.ok
        ? this.#settle(note.files, "quarantined", step.reason)
        : this.#fail(note.files, kept.error);
    }
    await this.#pull(note, judged, bytes);
  }

  #rowOf(note: ManifestNote, judged: JudgedManifest): QuarantineRow | null {
    return this.#context.store.quarantineRow({
      manifestFile: note.file,
      manifest: judged.content?.digest ?? null,
      ledgerDevice: this.#ledgerDevice,
    });
  }

  /** Facts of the body that lies in quarantine, where it is the manifest's: then it need not be pulled again. */
  async #keptBody(
    row: QuarantineRow | null,
    judged: JudgedManifest,
  ): Promise<Result<{ body: KeptBody; facts: BodyFacts } | null, LinkFailure>> {
    if (row === null || !row.hasBody || row.bytes !== judged.content?.manifest.length) return ok(null);
    const kept = await this.#context.store.quarantinedBody(row.id);
    if (!kept.ok) return kept;
    const body = kept.value;
    if (body === null) return ok(null);
    const facts = await inspectPart(body, judged.content.manifest);
    if (facts.ok && facts.value.chunksMatch) return ok({ body, facts: facts.value });
    await body.close();
    return facts.ok ? ok(null) : facts;
  }

  async #pull(note: ManifestNote, judged: JudgedManifest, bytes: Uint8Array | null): Promise<void> {
    const file = note.files.body;
    const row = this.#rowOf(note, judged);
    if (file === null) return this.#keep(note, judged, bytes, null, null);
    if (row?.hasBody && row.bytes === file.size && row.reason === judged.reason)
      return this.#settle(note.files, "quarantined", judged.reason);
    const kept = await this.#keptBody(row, judged);
    if (!kept.ok) return this.#fail(note.files, kept.error);
    if (kept.value !== null) return this.#keep(note, judged, bytes, kept.value.body, kept.value.facts);

    const free = await this.#context.store.freeBytes();
    if (file.size > free) return this.#fail(note.files, { type: "disk", code: "ENOSPC", path: file.path });
    const part = await this.#context.store.part({ manifestFile: note.file });
    if (!part.ok) return this.#fail(note.files, part.error);
    const facts = await pullBody(
      this.#link,
      file.path,
      file.size,
      judged.content?.manifest ?? null,
      part.value,
      (count) => {
        this.#bytesDone += count;
        this.#tell();
      },
      this.#signal,
    );
    const pulled = (length: number, failure: LinkFailure | null): AuditEvent => ({
      type: "pulled",
      data: {
        device: judged.content?.manifest.device ?? this.#ledgerDevice,
        chain: note.files.chain,
        seq: note.files.seq,
        bytes: length,
        source: this.#link.source,
        failure: failure?.type ?? null,
        disposition: failure === null ? "done" : failure.type === "cancelled" ? "stopped" : "failed",
      },
    });
    if (!facts.ok) {
      const { length } = part.value;
      await part.value.close();
      const unwritten = await diskRefusal(() => this.#context.store.record(pulled(length, facts.error)));
      return this.#fail(note.files, unwritten ?? facts.error);
    }
    return this.#keep(note, judged, bytes, part.value, facts.value, [pulled(facts.value.length, null)]);
  }

  /** Judges what was pulled and hands it to the store. The disk works while the next batch is pulled. */
  async #keep(
    note: ManifestNote,
    judged: JudgedManifest,
    bytes: Uint8Array | null,
    part: Part | KeptBody | null,
    facts: BodyFacts | null,
    before: readonly AuditEvent[] = [],
  ): Promise<void> {
    const device = judged.content?.manifest.device;
    const around: Surroundings =
      device === undefined
        ? { previous: new Set(), staged: null, listed: null }
        : this.#hood.around(device, note.files.chain, note.files.seq);
    const verdict = judge(judged, bytes, facts, around);
    const { store } = this.#context;
    const settle = async (): Promise<void> => {
      if (verdict.ok && part !== null) {
        const told = [...before, judgedEvent(verdict.value, null)];
        const staged = await store.stage(verdict.value, part, this.#link.source, told);
        if (staged.ok) this.#settle(note.files, "staged", null, staged.value.length);
        else this.#fail(note.files, staged.error);
        return;
      }
      const reason = verdict.ok ? "body-missing" : verdict.error;
      const refused = this.#refused(note, judged, bytes, reason);
      const kept = await store.quarantine(refused, part, [...before, judgedEvent(refused, reason)]);
      if (kept.ok) this.#settle(note.files, "quarantined", reason);
      else this.#fail(note.files, kept.error);
    };
    const work = settle().finally(() => this.#staging.delete(work));
    this.#staging.add(work);
    if (this.#staging.size >= STAGING_AHEAD) await Promise.race(this.#staging);
  }
}

// ---------------------------------------------------------------- findings

function held(
  outbox: Outbox,
  active: ActiveLedger,
  hood: Neighbourhood,
  context: UnloadContext,
): ReadonlyMap<ChainId, ReadonlySet<number>> {
  const { device, chain } = active.ledger;
  const sets = new Map<ChainId, Set<number>>();
  const add = (of: ChainId, seq: number) => {
    const set = sets.get(of);
    if (set === undefined) sets.set(of, new Set([seq]));
    else set.add(seq);
  };
  for (const files of outbox.inventory.batches) if (files.manifest !== null) add(files.chain, files.seq);
  for (const row of hood.known(device)) add(row.chain, row.seq);
  for (const row of context.store.quarantinedNames(device)) add(row.chain, row.seq);
  for (const row of context.elsewhere?.(device) ?? []) add(row.chain, row.seq);
  for (const seq of active.acknowledged) add(chain, seq);
  return sets;
}

function forkLinks(outbox: Outbox, hood: Neighbourhood): readonly Finding[] {
  const byDevice = new Map<DeviceId, Link[]>();
  for (const one of believed(outbox)) {
    const links = byDevice.get(one.device) ?? [...hood.known(one.device)];
    links.push({ chain: one.files.chain, seq: one.files.seq, manifest: one.digest, prev: one.prev });
    byDevice.set(one.device, links);
  }
  return [...byDevice.values()].flatMap(findForks);
}

function findingsOf(
  outbox: Outbox,
  active: ActiveLedger | null,
  hood: Neighbourhood,
  staleCas: ReadonlySet<string>,
  clockOffset: number | null,
  context: UnloadContext,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (active === null) findings.push({ kind: "ledger-invalid", reason: outbox.ledger?.reason ?? "missing" });
  else {
    const { ledger } = active;
    if (active.rollback) findings.push({ kind: "ledger-rollback", chain: ledger.chain });
    for (const seq of active.falseAcks) findings.push({ kind: "false-ack", chain: ledger.chain, seq });
    for (const one of believed(outbox)) {
      const { chain, seq } = one.files;
      if (one.device === ledger.device && !lists(ledger, active.entries, chain, seq))
        findings.push({ kind: "not-listed", chain, seq });
    }
  }
  findings.push(...forkLinks(outbox, hood));
  for (const { chain, seq } of outbox.bodiesOnly) findings.push({ kind: "growing", chain, seq });
  for (const issuer of staleCas) findings.push({ kind: "crl-stale", issuer });
  for (const path of outbox.inventory.unlisted) findings.push({ kind: "unlisted", name: path });
  if (active !== null) {
    const ahead = active.ledger.made.utc - context.trust.now;
    if (ahead > CLOCK_SKEW_SECONDS) findings.push({ kind: "clock-skew", of: "ledger", seconds: ahead });
  }
  if (clockOffset !== null && Math.abs(clockOffset) > CLOCK_SKEW_SECONDS)
    findings.push({ kind: "clock-skew", of: "tablet", seconds: clockOffset });
  if (active !== null)
    findings.push(...findGaps(headsOf(active.ledger), held(outbox, active, hood, context)));
  return findings;
}

function ledgerReport(outbox: Outbox, active: ActiveLedger | null): LedgerReport | null {
  const judged = outbox.ledger;
  if (judged === null) return null;
  const { ledger } = judged;
  return {
    no: ledger?.no ?? null,
    made: ledger === null ? null : rfc3339(ledger.made.utc, ledger.made.offset),
    state: judged.reason ?? (active?.rollback === true ? "rollback" : "ok"),
  };
}

// ---------------------------------------------------------------- the whole

/** The report of a tablet that could not be opened, or not be read. */
export const unread = (
  source: string,
  failure: LinkFailure,
  device: DeviceId | null = null,
): TabletReport => ({
  device,
  source,
  chain: null,
  ledger: null,
  batches: [],
  findings: [],
  receipts: [],
  failure,
});

/** The tablet's name by the certificate of a ledger that counts. */
const nameIn = (ledger: JudgedLedger | null): string | null =>
  ledger === null || ledger.reason !== null || ledger.bytes === null
    ? null
    : signerName(ledger.bytes, "ledger");

async function clockOf(link: TabletLink, signal: AbortSignal): Promise<Result<number | null, LinkFailure>> {
  const offset = await link.clockOffset(signal);
  return offset.ok || endsLink(offset.error) ? offset : ok(null);
}

const bySeq = (a: BatchReport, b: BatchReport): number =>
  a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : a.seq - b.seq;

/**
 * Unloads one open tablet: names, ledger, manifests, bodies, findings, receipts. What it returns is durable. null where another
 * device than the wanted one is on the cable.
 */
export async function unloadTablet(
  link: TabletLink,
  context: UnloadContext,
  onProgress: (progress: TabletProgress) => void,
  signal: AbortSignal,
): Promise<TabletReport | null> {
  const began = context.now().toISOString();
  let shown: TabletProgress = {
    source: link.source,
    device: null,
    name: null,
    phase: "reading-ledger",
    batchesDone: 0,
    batchesTotal: 0,
    bytesDone: 0,
    bytesTotal: 0,
  };
  const progress: Report = (change) => {
    shown = { ...shown, ...change };
    onProgress(shown);
  };
  progress({ phase: "reading-ledger" });
  const unbegun = await diskRefusal(() =>
    context.store.record({ type: "unload-begin", data: { source: link.source } }),
  );

  const outbox = await readOutbox(
    link,
    context.trust,
    (ledger) =>
      progress({ phase: "reading-manifests", device: ledgerDeviceOf(ledger), name: nameIn(ledger) }),
    (batchesDone, batchesTotal) => progress({ phase: "reading-manifests", batchesDone, batchesTotal }),
    signal,
  );
  if (!outbox.ok) {
    progress({ phase: "interrupted" });
    return unread(link.source, outbox.error, shown.device);
  }
  const device = ledgerDeviceOf(outbox.value.ledger) ?? only(believed(outbox.value).map((one) => one.device));
  if (context.wanted !== null && device !== context.wanted) return null;
  const identifiedBy = ledgerDeviceOf(outbox.value.ledger) === null ? "manifests" : "ledger";
  const clock = await clockOf(link, signal);
  const staleCas = new Set(outbox.value.staleCas);
  const active = await activate(outbox.value.ledger, context, staleCas);

  return context.locks.run(devicesOf(outbox.value, active), async () => {
    const hood = new Neighbourhood(outbox.value, active, context.store);
    const unsaved = await diskRefusal(() => {
      if (device !== null)
        context.store.record({ type: "identified", data: { device, source: link.source, by: identifiedBy } });
      if (active !== null) saveLedger(active, outbox.value, context);
      if (device !== null && context.elsewhere === undefined)
        context.store.saveOutbox(device, manifestsOf(outbox.value, device));
    });
    const bodies = outbox.value.manifests.map((note) => note.files.body?.size ?? 0);
    progress({
      phase: "pulling",
      device,
      batchesDone: 0,
      batchesTotal: outbox.value.manifests.length,
      bytesTotal: bodies.reduce((sum, size) => sum + size, 0),
    });
    const job = new Job(link, context, outbox.value, active, hood, progress, signal);
    job.failure = clock.ok ? (unbegun ?? unsaved ?? outbox.value.ledgerFailure) : clock.error;
    await job.run();
    job.outcomes.sort(bySeq);

    const after = new Neighbourhood(outbox.value, active, context.store);
    const findings = findingsOf(
      outbox.value,
      active,
      after,
      staleCas,
      clock.ok ? clock.value : null,
      context,
    );
    let receipts: readonly string[] = [];
    const linked = job.failure === null || !endsLink(job.failure);
    if (context.receipts !== null && linked && device !== null) {
      progress({ phase: "writing-receipt" });
      const delivered = await deliverReceipts(link, context.receipts, {
        store: context.store,
        campaign: context.trust.campaign.id,
        now: context.now(),
        device,
        ledger: active?.digest ?? null,
        acknowledged: (chain, seq, digest) =>
          active !== null &&
          active.ledger.chain === chain &&
          active.acknowledged.has(seq) &&
          active.entries.get(seq)?.manifest === digest,
        outbox: outbox.value,
        outcomes: job.outcomes,
        signal,
      });
      receipts = delivered.names;
      job.failure ??= delivered.failure;
    }

    const found: TabletReport = {
      device,
      source: link.source,
      chain: active?.ledger.chain ?? only(believed(outbox.value).map((one) => one.files.chain)),
      ledger: ledgerReport(outbox.value, active),
      batches: job.outcomes,
      findings,
      receipts,
      failure: job.failure,
    };
    const unwritten = await diskRefusal(() =>
      context.store.saveUnloading(
        {
          device,
          source: link.source,
          began,
          chain: found.chain,
          ledger: found.ledger,
          clockSeconds: clock.ok ? clock.value : null,
          failure: found.failure?.type ?? null,
          batches: found.batches,
          findings,
        },
        {
          type: "unload-end",
          data: {
            device,
            source: link.source,
            disposition: dispositionOf(found),
            failure: found.failure?.type ?? null,
            ...totalsOf([found]),
          },
        },
      ),
    );
    const report: TabletReport = { ...found, failure: found.failure ?? unwritten };
    progress({ phase: phaseOf(report) });
    return report;
  });
}

/** Safe to unplug: everything is durable and nothing waits for a person. */
export function phaseOf(report: TabletReport): TabletProgress["phase"] {
  if (report.failure !== null || report.batches.some((one) => one.outcome === "failed")) return "interrupted";
  return needsPerson(report) ? "needs-person" : "safe-to-unplug";
}

function dispositionOf(report: TabletReport): Disposition {
  if (report.failure?.type === "cancelled") return "stopped";
  const phase = phaseOf(report);
  return phase === "safe-to-unplug" ? "done" : phase === "needs-person" ? "needs-person" : "failed";
}

/** Whether something about a tablet is for a person to look at: a refused batch, or any finding but a wrong clock. */
export const needsPerson = (report: TabletReport): boolean =>
  report.batches.some((one) => one.outcome === "quarantined") ||
  report.findings.some((one) => one.kind !== "clock-skew");

/** Counts over tablets. `bytes`: bodies staged in this run. */
export function totalsOf(reports: readonly TabletReport[]): UnloadTotals {
  const batches = reports.flatMap((report) => report.batches);
  const count = (outcome: BatchReport["outcome"]) => batches.filter((one) => one.outcome === outcome).length;
  return {
    staged: count("staged"),
    alreadyStaged: count("already-staged"),
    acknowledged: count("acknowledged"),
    quarantined: count("quarantined"),
    failed: count("failed"),
    bytes: batches.reduce((sum, one) => sum + one.bytes, 0),
  };
}
