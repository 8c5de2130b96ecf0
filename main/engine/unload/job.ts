import { allDone } from "../../../shared/all-done.ts";
import { CHUNK_BYTES, type DeviceId } from "../../../shared/ids.ts";
import type { Reason } from "../../../shared/reasons.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { BatchReport, LinkFailure } from "../../../shared/views.ts";
import {
  type BodyFacts,
  type JudgedManifest,
  judge,
  judgePlace,
  type Surroundings,
} from "../../rules/judge.ts";
import type { BatchFiles, FileFound } from "../../rules/outbox.ts";
import type { AuditEvent } from "../audit-events.ts";
import { diskRefusal } from "../disk-refusal.ts";
import {
  type DiskFailure,
  endsLink,
  type KeptBody,
  type Part,
  type QuarantineRow,
  type RefusedBatch,
  type TabletLink,
} from "../ports.ts";
import type { ActiveLedger } from "./active-ledger.ts";
import type { Report, UnloadContext } from "./context.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import { fetchBody, inspectPart, keepBody, pullBody } from "./pull.ts";
import { hardLast, ledgerDeviceOf, type ManifestNote, type Outbox, wholeManifest } from "./read-outbox.ts";

/** Batches that may be on their way to the disk while the next is pulled: the more, the more of them become durable together. */
const STAGING_AHEAD = 16;
/** Bytes of bodies that may be held in memory meanwhile. */
const HELD_BYTES = 8 * CHUNK_BYTES;
/** A body of one chunk cannot be resumed: it is fetched as a whole, and checked and written while the next is on the cable. In bytes. */
const SMALL_BODY_BYTES = CHUNK_BYTES;

/**
 * Codes of a disk that speak of one file, not of the disk: without room for one body there may be room for the next, a file too large for the file
 * system, a name too long, a folder or a file in the way or without permission (docs/formats.md, evidence).
 */
const OF_ONE_FILE: ReadonlySet<string> = new Set([
  ...["ENOSPC", "EFBIG", "EISDIR", "ENOTDIR", "EACCES", "EPERM", "ENAMETOOLONG"],
  ...["EEXIST", "ENOENT", "ENOTEMPTY", "ELOOP", "ETXTBSY", "EBUSY"],
]);

/** Nothing more can be done for any batch: the link is lost, or the journal or the whole disk fails. */
const endsJob = (failure: LinkFailure): boolean =>
  endsLink(failure) || (failure.type === "disk" && !OF_ONE_FILE.has(failure.code));

/** What one batch comes to before its body is looked at. */
type Step =
  | { readonly type: "done"; readonly outcome: "already-staged" | "acknowledged" }
  /** Refused by its manifest or its place alone, and staged before: its body is not read again. */
  | { readonly type: "refuse"; readonly reason: Reason }
  | { readonly type: "pull" };

function planStep(judged: JudgedManifest, active: ActiveLedger | null, hood: Neighbourhood): Step {
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
  if (hood.staged(manifest.device, chain, seq) !== digest) return { type: "pull" };
  if (hood.isDamaged(manifest.device, chain, seq)) return { type: "pull" };
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
export class Job {
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
  /** Bytes of fetched bodies that are not on the disk yet. */
  #held = 0;
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
    if (outcome !== "failed") this.#batchesDone++;
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
    // The centre's word settles a batch whose files are listed and cannot be read.
    for (const { files, failure } of this.#outbox.unreadable)
      if (this.#active?.ledger.chain === files.chain && this.#active.acknowledged.has(files.seq))
        this.#settle(files, "acknowledged", null);
      else this.#fail(files, failure);
    for (const note of hardLast(this.#outbox.manifests, ({ files }) => this.#isHard(files.body))) {
      if (this.failure !== null && endsJob(this.failure)) this.#fail(note.files, this.failure);
      else {
        const refused = await diskRefusal(() => this.#one(note));
        if (refused !== null) this.#fail(note.files, refused);
      }
    }
    await allDone(this.#staging);
    this.#addAcknowledgedAbsent();
  }

  #isHard(file: FileFound | null): boolean {
    return file !== null && this.#link.isHard?.(file.path) === true;
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
    const step = planStep(judged, this.#active, this.#hood);
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
    if (file === null) return this.#behind(note, () => this.#keep(note, judged, bytes, null, null));
    if (
      row?.hasBody &&
      row.bytes === file.size &&
      row.reason === judged.reason &&
      (await this.#context.store.holdings.lookQuarantined(row.id)) === null
    )
      return this.#settle(note.files, "quarantined", judged.reason);
    const kept = await this.#keptBody(row, judged);
    if (!kept.ok) return this.#fail(note.files, kept.error);
    if (kept.value !== null) {
      const { body, facts } = kept.value;
      return this.#behind(note, () => this.#keep(note, judged, bytes, body, facts));
    }
    if (file.size <= SMALL_BODY_BYTES) await this.#pullSmall(note, judged, bytes, file);
    else await this.#pullLarge(note, judged, bytes, file);
  }

  async #pullSmall(
    note: ManifestNote,
    judged: JudgedManifest,
    bytes: Uint8Array | null,
    file: FileFound,
  ): Promise<void> {
    const body = await fetchBody(this.#link, file.path, file.size, this.#arrived, this.#signal);
    if (!body.ok) return this.#notPulled(note, judged, 0, body.error);
    this.#held += file.size;
    const staged = async () => {
      const part = await this.#partFor(note, file);
      if (!part.ok) return this.#fail(note.files, part.error);
      const manifest = judged.content?.manifest ?? null;
      await this.#pulled(
        note,
        judged,
        bytes,
        part.value,
        await keepBody(body.value, file.size, manifest, part.value),
      );
    };
    await this.#behind(note, () => staged().finally(() => (this.#held -= file.size)));
  }

  async #pullLarge(
    note: ManifestNote,
    judged: JudgedManifest,
    bytes: Uint8Array | null,
    file: FileFound,
  ): Promise<void> {
    const part = await this.#partFor(note, file);
    if (!part.ok) return this.#fail(note.files, part.error);
    const manifest = judged.content?.manifest ?? null;
    const facts = await pullBody(
      this.#link,
      file.path,
      file.size,
      manifest,
      part.value,
      this.#arrived,
      this.#signal,
    );
    const pulled = () => this.#pulled(note, judged, bytes, part.value, facts);
    await (facts.ok ? this.#behind(note, pulled) : pulled());
  }

  readonly #arrived = (count: number): void => {
    this.#bytesDone += count;
    this.#tell();
  };

  /** The part that a body goes into; an error where the disk has no room for it. */
  async #partFor(note: ManifestNote, file: FileFound): Promise<Result<Part, DiskFailure>> {
    if (file.size > (await this.#context.store.freeBytes()))
      return err({ type: "disk", code: "ENOSPC", path: file.path });
    return this.#context.store.part({ manifestFile: note.file });
  }

  async #pulled(
    note: ManifestNote,
    judged: JudgedManifest,
    bytes: Uint8Array | null,
    part: Part,
    facts: Result<BodyFacts, LinkFailure>,
  ): Promise<void> {
    if (facts.ok)
      return this.#keep(note, judged, bytes, part, facts.value, [
        this.#pulledEvent(note, judged, facts.value.length, null),
      ]);
    const { length } = part;
    await part.close();
    return this.#notPulled(note, judged, length, facts.error);
  }

  #pulledEvent(
    note: ManifestNote,
    judged: JudgedManifest,
    length: number,
    failure: LinkFailure | null,
  ): AuditEvent {
    return {
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
    };
  }

  async #notPulled(
    note: ManifestNote,
    judged: JudgedManifest,
    length: number,
    failure: LinkFailure,
  ): Promise<void> {
    const unwritten = await diskRefusal(() =>
      this.#context.store.record(this.#pulledEvent(note, judged, length, failure)),
    );
    this.#fail(note.files, unwritten ?? failure);
  }

  /** Lets the disk work on a batch while the next is pulled; waits first where it has enough to do. */
  async #behind({ files }: ManifestNote, work: () => Promise<void>): Promise<void> {
    const done = diskRefusal(work)
      .then((refused) => {
        if (refused !== null) this.#fail(files, refused);
      })
      .finally(() => this.#staging.delete(done));
    this.#staging.add(done);
    while (this.#staging.size >= STAGING_AHEAD || this.#held >= HELD_BYTES) await Promise.race(this.#staging);
  }

  /** Judges what was pulled and hands it to the store. */
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
  }
}
