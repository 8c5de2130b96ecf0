import type { Problem } from "../../shared/ipc/contract.ts";
import type { CentreView, SendView } from "../../shared/ipc/views.ts";
import { ok, type Result } from "../../shared/result.ts";
import { stampOf } from "../../shared/time.ts";
import type { Engine, EngineProblem, UploadProgress, UploadReport } from "../engine/api.ts";
import { type Centre, DiskError } from "../engine/ports.ts";
import type { AuditHead } from "../engine/ports-centre.ts";
import type { Clock, DeskHost, Queue } from "../engine/ports-desk.ts";
import { refuse } from "./problems.ts";
import type { DeskSettings } from "./settings.ts";
import { Speed } from "./speed.ts";

/**
 * Sending onward, as its own loop: once a person has begun it, it goes on with whatever is staged, through restarts too, until a person halts
 * it. A centre that cannot be reached is tried again with growing pauses.
 */

/** Milliseconds before each new try while nothing gets through; the last goes for all further ones. */
const PAUSES = [2_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000] as const;
/** Longest wait for the centre's word on the audit log, in milliseconds. */
const ASKING_MS = 20_000;
/** Inside a run, a stumble is tried over once before it is told. */
const SHORT = [500] as const;

export interface SendingParts {
  readonly engine: Pick<Engine, "upload" | "about" | "headsAtCentre">;
  readonly connect: (url: string) => Result<Centre, { readonly type: "bad-url" }>;
  readonly host: Pick<DeskHost, "unseal">;
  readonly queue: Queue;
  readonly settings: DeskSettings;
  readonly clock: Clock;
  readonly changed: () => void;
  /** The centre has answered for batches. */
  readonly sent: () => void;
}

type State = SendView["state"];
type Failure = NonNullable<SendView["failure"]>;

const FAILURES: readonly string[] = [
  "unreachable",
  "busy",
  "refused",
  "wrong-schema",
  "body-changed",
  "disk",
  "cancelled",
] satisfies Failure["type"][];

/** The failure as the windows know it. What concerns one batch that the centre would not take is a refusal with the batch's number. */
function failureOf(problem: EngineProblem): Failure {
  const { type, ...values } = problem as { readonly type: string } & Record<string, unknown>;
  const shown = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" || value === null ? value : String(value).slice(0, 400),
    ]),
  );
  if (type === "batch-refused") return { type: "refused", values: { detail: "", ...shown } };
  if (FAILURES.includes(type)) return { type: type as Failure["type"], values: shown };
  return { type: "refused", values: { code: type, detail: "" } };
}

const NONE: UploadProgress = { batchesDone: 0, batchesTotal: 0, bytesDone: 0, bytesTotal: 0 };

export class Sending {
  readonly #parts: SendingParts;
  readonly #speed: Speed;
  #state: State;
  #progress: UploadProgress = NONE;
  #held = { crl: 0, revoked: 0 };
  #failure: Failure | null = null;
  #centre: CentreView;
  #tries = 0;
  #nextTry: { readonly at: string; readonly cancel: () => void } | null = null;
  #abort: AbortController | null = null;
  #running: Promise<void> | null = null;
  /** Staged batches that were left where they are by the last run: they alone do not begin another. */
  #left = 0;
  #isClosed = false;

  constructor(parts: SendingParts) {
    this.#parts = parts;
    this.#speed = new Speed(() => parts.clock.now().getTime());
    this.#state = parts.settings.sending() === "paused" ? "paused" : "idle";
    this.#centre = this.#fresh();
  }

  #fresh = (): CentreView => ({
    state: this.#parts.settings.centre() === null ? "unset" : "unknown",
    code: null,
    since: null,
  });

  /** Goes on where the last run of the program was. */
  wake(): void {
    const waiting = this.#parts.queue.counts().batches;
    if (this.#parts.settings.sending() === "on" && this.#running === null && this.#nextTry === null)
      if (waiting > this.#left) this.#begin();
  }

  start(): Result<null, Problem> {
    if (this.#parts.engine.about().campaign === null) return refuse("no-campaign");
    if (this.#parts.settings.centre() === null) return refuse("no-centre");
    this.#parts.settings.setSending("on");
    this.#tries = 0;
    this.#cancelTry();
    if (this.#running === null) this.#begin();
    return ok(null);
  }

  pause(): Result<null, Problem> {
    this.#parts.settings.setSending("paused");
    this.#cancelTry();
    this.#state = "paused";
    this.#abort?.abort();
    this.#parts.changed();
    return ok(null);
  }

  /** There is another address. */
  async moved(): Promise<void> {
    this.#cancelTry();
    this.#abort?.abort();
    await this.#running;
    this.#tries = 0;
    this.#failure = null;
    this.#centre = this.#fresh();
    this.#left = 0;
    if (this.#state === "waiting") this.#state = "idle";
    this.wake();
    this.#parts.changed();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTry();
    this.#abort?.abort();
    await this.#running;
  }

  #cancelTry(): void {
    this.#nextTry?.cancel();
    this.#nextTry = null;
  }

  #begin(): void {
    if (this.#isClosed) return;
    this.#state = "sending";
    this.#failure = null;
    this.#progress = NONE;
    this.#speed.clear();
    this.#parts.changed();
    const abort = new AbortController();
    this.#abort = abort;
    this.#running = this.#run(abort.signal).finally(() => {
      this.#running = null;
      this.#abort = null;
      this.#parts.changed();
      if (this.#state === "idle") this.wake();
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    const centre = await this.#open();
    if (centre === null) return this.#end({ type: "refused", code: "no-address", detail: "" }, null);
    try {
      const done = await this.#parts.engine.upload(centre, (progress) => this.#tell(progress), signal, {
        pauses: SHORT,
      });
      if (done.ok) this.#end(done.value.problem, done.value);
      else this.#end(done.error, null);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#end(error.failure, null);
    } finally {
      await centre.close();
    }
  }

  /** The centre by its whole address; null where the address cannot be opened here any more. */
  async #open(): Promise<Centre | null> {
    const address = this.#parts.settings.centre();
    if (address === null) return null;
    const url =
      address.sealed === null
        ? address.shown
        : await this.#parts.host.unseal(Buffer.from(address.sealed, "hex"));
    const centre = url === null ? null : this.#parts.connect(url);
    return centre?.ok ? centre.value : null;
  }

  /** The heads of the log that the centre keeps; null where there is no centre, or it does not answer. */
  async headsAtCentre(): Promise<readonly AuditHead[] | null> {
    const centre = await this.#open();
    if (centre === null) return null;
    try {
      const heads = await this.#parts.engine.headsAtCentre(centre, AbortSignal.timeout(ASKING_MS));
      return heads.ok ? heads.value : null;
    } finally {
      await centre.close();
    }
  }

  #tell(progress: UploadProgress): void {
    const before = this.#progress;
    if (progress.batchesDone > before.batchesDone || progress.bytesDone > before.bytesDone) {
      this.#tries = 0;
      if (this.#centre.state !== "reachable") this.#is("reachable", null);
    }
    this.#speed.add(progress.bytesDone - before.bytesDone);
    this.#progress = progress;
    this.#parts.changed();
  }

  #is(state: CentreView["state"], code: string | null): void {
    const since = this.#centre.state === state ? this.#centre.since : stampOf(this.#parts.clock.now());
    this.#centre = { state, code, since };
  }

  #end(problem: EngineProblem | null, report: UploadReport | null): void {
    const { settings, clock, queue, sent } = this.#parts;
    if (report !== null) {
      this.#held = { crl: report.waitingForCrl, revoked: report.revoked };
      if (report.accepted + report.alreadyThere + report.conflicts > 0) sent();
    }
    this.#speed.clear();
    if (problem === null || problem.type === "cancelled") {
      if (problem === null) {
        this.#is("reachable", null);
        settings.setLastSent(clock.now().toISOString());
        this.#tries = 0;
      }
      this.#left = problem === null ? (report?.waitingForCrl ?? 0) + (report?.revoked ?? 0) : 0;
      if (this.#state === "sending") this.#state = "idle";
      return;
    }
    this.#failure = failureOf(problem);
    if (problem.type === "unreachable") this.#is("unreachable", problem.code);
    else if (problem.type === "refused" || problem.type === "wrong-schema")
      this.#is("refused", problem.type === "refused" ? problem.code : null);
    else if (report !== null) this.#is("reachable", null);
    if (this.#state !== "sending") return;
    if (problem.type === "unreachable" || problem.type === "busy") this.#waitAndTry();
    else {
      // A person has to look at it; what is staged later is no reason to try by itself.
      this.#left = queue.counts().batches;
      this.#state = "idle";
    }
  }

  #waitAndTry(): void {
    const pause = PAUSES[Math.min(this.#tries, PAUSES.length - 1)] ?? 0;
    this.#tries++;
    this.#state = "waiting";
    const { clock } = this.#parts;
    this.#nextTry = {
      at: stampOf(new Date(clock.now().getTime() + pause)),
      cancel: clock.after(pause, () => {
        this.#nextTry = null;
        this.#begin();
      }),
    };
  }

  centre(): CentreView {
    return this.#centre;
  }

  view(): SendView {
    const { queue, settings } = this.#parts;
    const { batches, bytes, conflicts } = queue.counts();
    const { batchesDone, batchesTotal, bytesDone, bytesTotal } = this.#progress;
    const bytesPerSecond = this.#state === "sending" ? this.#speed.perSecond() : 0;
    const lastSent = settings.lastSent();
    return {
      state: this.#state,
      waitingBatches: batches,
      waitingBytes: bytes,
      doneBatches: batchesDone,
      totalBatches: Math.max(batchesTotal, batchesDone),
      doneBytes: bytesDone,
      totalBytes: Math.max(bytesTotal, bytesDone),
      bytesPerSecond,
      secondsLeft:
        bytesPerSecond === 0 ? null : Math.ceil(Math.max(0, bytesTotal - bytesDone) / bytesPerSecond),
      nextTryAt: this.#nextTry?.at ?? null,
      tries: this.#tries,
      conflicts,
      heldForCrl: this.#held.crl,
      revoked: this.#held.revoked,
      lastFinished: lastSent === null ? null : stampOf(lastSent),
      failure: this.#failure,
    };
  }
}
