import { setTimeout as sleep } from "node:timers/promises";
import { allDone } from "../../shared/all-done.ts";
import { CHUNK_BYTES, type Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { chunkDigest } from "../formats/sha256.ts";
import type { UploadProgress, UploadReport } from "./api.ts";
import type { Disposition } from "./audit-events.ts";
import type { Clearance } from "./clearance.ts";
import type {
  Centre,
  CentreAnswer,
  CentreFailure,
  StagedBatch,
  StagedRow,
  Store,
  UploadBatch,
} from "./ports.ts";
import { reportDamage } from "./wholeness.ts";

/** Sending what is staged to the centre. Safe to stop at any moment and to repeat. */

/** What a manifest file says that the upload needs. */
export interface ManifestContent {
  readonly digest: Digest;
  readonly campaign: string;
  /** SHA-256 of each chunk of 1 MiB. */
  readonly chunks: readonly Uint8Array[];
}

export interface UploadParts {
  readonly store: Store;
  readonly centre: Centre;
  readonly clearance: (cose: Uint8Array) => Clearance;
  /** null: the bytes are no manifest with that digest, or none with a right signature. */
  readonly contentOf: (cose: Uint8Array, digest: Digest) => ManifestContent | null;
  readonly onProgress: (progress: UploadProgress) => void;
  readonly signal: AbortSignal;
  /** Also what the centre has answered for already: it may have lost it since. */
  readonly again?: boolean;
  /** Longest pause before each new try, in milliseconds, in a stretch without progress; after the last of them the upload gives up. */
  readonly pauses?: readonly number[];
  readonly wait?: Wait;
}

/** Waits so many milliseconds, or until the signal. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

const byTheClock: Wait = (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {});

const PAUSES = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000] as const;
/** Batches on their way at once. */
export const LANES = 8;
/** Rows read from the store at once. */
const PAGE = 256;

type Settled =
  | { readonly type: "answered"; readonly answer: CentreAnswer }
  | { readonly type: "held"; readonly clearance: "wait" | "revoked" };

/** Failures of one batch; the others may pass. */
const isOfOneBatch = (failure: CentreFailure): boolean =>
  failure.type === "body-changed" || failure.type === "batch-refused" || failure.type === "disk";

export const mayPass = (failure: CentreFailure): boolean =>
  failure.type === "unreachable" || failure.type === "busy";

/** Pauses between tries, shared by all lanes, longer with each until something gets through. */
class Tries {
  readonly #pauses: readonly number[];
  readonly #signal: AbortSignal;
  readonly #wait: Wait;
  #failed = 0;
  #round = 0;
  #pause: Promise<void> | null = null;

  constructor(pauses: readonly number[], wait: Wait, signal: AbortSignal) {
    this.#wait = wait;
    this.#pauses = pauses;
    this.#signal = signal;
  }

  progress(): void {
    this.#failed = 0;
  }

  /** Runs `work` until it gives something else than a failure that may pass, or the tries are used up. */
  async run<T>(work: () => Promise<Result<T, CentreFailure>>): Promise<Result<T, CentreFailure>> {
    for (;;) {
      const round = this.#round;
      const result = await work();
      if (result.ok || !mayPass(result.error)) return result;
      if (this.#round === round && !this.#startPause()) return result;
      await this.#pause;
      if (this.#signal.aborted) return err({ type: "cancelled" });
    }
  }

  /** One pause for all lanes that failed in the same round. */
  #startPause(): boolean {
    const longest = this.#pauses[this.#failed];
    if (longest === undefined) return false;
    this.#failed++;
    this.#round++;
    const pause = longest * (0.5 + Math.random() / 2);
    this.#pause = this.#wait(pause, this.#signal);
    return true;
  }
}

/** All batches that wait, in pages. A batch that is answered meanwhile leaves the list; the place in it stays. */
function* waiting(store: Store, again: boolean): Generator<StagedRow> {
  let after: StagedRow | null = null;
  for (;;) {
    const page: readonly StagedRow[] = store.toUpload(after, PAGE, again);
    yield* page;
    after = page.at(-1) ?? null;
    if (after === null) return;
  }
}

function dispositionOf(report: UploadReport): Disposition {
  if (report.problem?.type === "cancelled") return "stopped";
  if (report.problem !== null || report.failed > 0) return "failed";
  return report.conflicts + report.waitingForCrl + report.revoked > 0 ? "needs-person" : "done";
}

class Upload {
  readonly #parts: UploadParts;
  readonly #tries: Tries;
  readonly #rows: Iterator<StagedRow>;
  readonly #total = { batches: 0, bytes: 0 };
  readonly #done = { batches: 0, bytes: 0 };
  readonly #answers = { accepted: 0, "already-there": 0, conflict: 0 };
  readonly #held = { wait: 0, revoked: 0 };
  /** Rows taken up so far; may grow beyond the total while an unloading stages more. */
  #taken = 0;
  /** Body bytes the centre took in this run. */
  #bytes = 0;
  /** Those of them that belong to batches still on their way. */
  #underWay = 0;
  #problem: CentreFailure | null = null;
  #stopped = false;

  constructor(parts: UploadParts) {
    this.#parts = parts;
    this.#tries = new Tries(parts.pauses ?? PAUSES, parts.wait ?? byTheClock, parts.signal);
    const again = parts.again ?? false;
    this.#rows = waiting(parts.store, again);
    for (const row of waiting(parts.store, again)) {
      this.#total.batches++;
      this.#total.bytes += row.length;
    }
  }

  async run(): Promise<Result<UploadReport, CentreFailure>> {
    const { store, centre, signal } = this.#parts;
    this.#tell();
    const opened = await this.#tries.run(() => centre.open(signal));
    if (!opened.ok) return opened;
    const { batches, bytes } = this.#total;
    store.record({ type: "upload-begin", data: { batches, bytes, again: this.#parts.again ?? false } });
    await allDone(Array.from({ length: LANES }, () => this.#lane()));
    const report = this.#report();
    store.record({
      type: "upload-end",
      data: {
        disposition: dispositionOf(report),
        accepted: report.accepted,
        alreadyThere: report.alreadyThere,
        conflicts: report.conflicts,
        waitingForCrl: report.waitingForCrl,
        revoked: report.revoked,
        failed: report.failed,
        bytes: report.bytes,
        problem: report.problem?.type ?? null,
      },
    });
    return ok(report);
  }

  #report(): UploadReport {
    return {
      accepted: this.#answers.accepted,
      alreadyThere: this.#answers["already-there"],
      conflicts: this.#answers.conflict,
      waitingForCrl: this.#held.wait,
      revoked: this.#held.revoked,
      failed: Math.max(this.#total.batches, this.#taken) - this.#done.batches,
      acks: 0,
      acksRefused: 0,
      forgotten: false,
      bytes: this.#bytes,
      problem: this.#problem,
    };
  }

  async #lane(): Promise<void> {
    try {
      while (!this.#stopped) {
        const next = this.#rows.next();
        if (next.done) return;
        this.#taken++;
        await this.#one(next.value);
      }
    } catch (bug) {
      this.#stopped = true;
      throw bug;
    }
  }

  async #one(row: StagedRow): Promise<void> {
    const result = await this.#settle(row);
    if (!result.ok) {
      if (result.error.type === "body-changed" || result.error.type === "disk")
        reportDamage(this.#parts.store, row, result.error);
      if (isOfOneBatch(result.error)) this.#problem ??= result.error;
      else this.#stop(result.error);
      return;
    }
    if (result.value.type === "held") this.#held[result.value.clearance]++;
    else {
      const { answer } = result.value;
      const { device, chain, seq, manifest } = row;
      this.#parts.store.saveCentreAnswer(row, answer, {
        type: "uploaded",
        data: { device, chain, seq, manifest, answer },
      });
      this.#answers[answer]++;
    }
    this.#done.batches++;
    this.#done.bytes += row.length;
    this.#tell();
  }

  /** What stops everything outweighs the failure of one batch. */
  #stop(failure: CentreFailure): void {
    if (!this.#stopped) this.#problem = failure;
    this.#stopped = true;
  }

  async #settle(row: StagedRow): Promise<Result<Settled, CentreFailure>> {
    const { centre, signal } = this.#parts;
    if (signal.aborted) return err({ type: "cancelled" });
    const ready = await readyToSend(this.#parts, row);
    if (!ready.ok) return ready;
    if (ready.value.type === "held") return ok(ready.value);
    const { batch } = ready.value;
    const { length } = batch;
    let sent = 0;
    const onBytes = (bytes: number) => {
      this.#bytes += bytes;
      const more = Math.min(bytes, length - sent);
      // Only a new piece is progress: one that is sent again and again must not keep the tries going.
      if (more > 0) this.#tries.progress();
      sent += more;
      this.#underWay += more;
      this.#tell();
    };
    const answer = await this.#tries.run(() => centre.upload(batch, onBytes, signal));
    this.#underWay -= sent;
    if (!answer.ok) return answer;
    this.#tries.progress();
    return ok({ type: "answered", answer: answer.value });
  }

  #tell(): void {
    this.#parts.onProgress({
      batchesDone: this.#done.batches,
      batchesTotal: this.#total.batches,
      bytesDone: this.#done.bytes + this.#underWay,
      bytesTotal: this.#total.bytes,
    });
  }
}

type Ready = { readonly type: "batch"; readonly batch: UploadBatch } | (Settled & { readonly type: "held" });

/** A staged batch as it goes to the centre, judged by what it is now: its manifest is what was staged, and its signer may still send. */
export async function readyToSend(
  { store, clearance, contentOf }: Pick<UploadParts, "store" | "clearance" | "contentOf">,
  row: StagedBatch,
): Promise<Result<Ready, CentreFailure>> {
  const cose = await store.manifestOf(row);
  if (!cose.ok) return cose;
  const content = contentOf(cose.value, row.manifest);
  if (content === null || content.digest !== row.manifest) return err({ type: "body-changed", seq: row.seq });
  const cleared = clearance(cose.value);
  store.centre.bar(row, cleared === "revoked");
  if (cleared !== "send") return ok({ type: "held", clearance: cleared });
  const { device, chain, seq, manifest, length } = row;
  const { campaign, chunks } = content;
  const batch: UploadBatch = {
    ...{ device, chain, seq, manifest, length, campaign, chunks },
    uploader: store.id,
    cose: cose.value,
    read: checkedRead(store, row, chunks),
  };
  return ok({ type: "batch", batch });
}

/** Reads a staged body and lets a window through only when it is what the manifest says. */
function checkedRead(store: Store, row: StagedBatch, chunks: readonly Uint8Array[]): UploadBatch["read"] {
  return async (offset, take) => {
    let place = offset / CHUNK_BYTES;
    let ended = false;
    let changed = false;
    const read = await store.readBody(row, offset, async (window) => {
      const expected = chunks[place++];
      changed = expected === undefined || !chunkDigest(window).equals(expected);
      ended = changed || !(await take(window));
      return !ended;
    });
    if (!read.ok) return read;
    const short = !ended && place < chunks.length;
    return changed || short ? err({ type: "body-changed", seq: row.seq }) : ok(undefined);
  };
}

/** Asks the centre, with the same patience and pauses as a sending. */
export const askCentre = <T>(
  { pauses = PAUSES, wait = byTheClock, signal }: Pick<UploadParts, "pauses" | "wait" | "signal">,
  work: () => Promise<Result<T, CentreFailure>>,
): Promise<Result<T, CentreFailure>> => new Tries(pauses, wait, signal).run(work);

/**
 * Sends every staged batch that the centre has not answered for, several at a time, oldest first. Each answer is durable here only after the
 * centre has committed. A batch that fails by itself stays for the next run and stops no other; a centre that does not answer is
 * tried again with growing pauses, and given up after the last of them without progress. Errors: why the centre could not be opened.
 */
export const uploadStaged = (parts: UploadParts): Promise<Result<UploadReport, CentreFailure>> =>
  new Upload(parts).run();
