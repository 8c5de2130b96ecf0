import type { Problem } from "../../shared/ipc/contract.ts";
import type { Card, UnloadView } from "../../shared/ipc/views.ts";
import { ok, type Result } from "../../shared/result.ts";
import { stampOf } from "../../shared/time.ts";
import type { LinkFailure, TabletPresence, TabletProgress, TabletReport } from "../../shared/views.ts";
import type { Engine, EngineProblem, UnloadTarget } from "../engine/api.ts";
import type { TabletSource } from "../engine/ports.ts";
import type { Books, Clock, Unloadings } from "../engine/ports-desk.ts";
import { concernsOf } from "./concerns.ts";
import { problemOf, refuse } from "./problems.ts";
import type { DeskSettings } from "./settings.ts";
import { isWorking, needsPerson, Table } from "./table.ts";

/** Unloading as the windows see it: what is on the cable, one job a tablet, and what today came to. It knows nothing of the lock. */

/** Milliseconds between tries on a tablet that a person has to touch first: unlock it, or let it transfer files. */
const AGAIN_MS = 5_000;

const MENDED_AT_THE_TABLET: ReadonlySet<LinkFailure["type"]> = new Set([
  "busy",
  "held-by-system",
  "no-permission",
  "no-storage",
  "no-outbox",
  "not-answering",
]);

export interface UnloadingParts {
  readonly engine: Pick<Engine, "unload" | "about" | "isKeyOpen">;
  readonly cable: Pick<TabletSource, "watch">;
  readonly books: Pick<Books, "tablet">;
  /** Brings the books up to date, as far as that is quick. */
  readonly catchUp: () => void;
  readonly unloadings: Unloadings;
  readonly settings: DeskSettings;
  readonly clock: Clock;
  readonly changed: () => void;
  /** Something was staged or refused. */
  readonly unloaded: () => void;
}

interface Job {
  readonly id: string;
  readonly target: UnloadTarget;
  readonly abort: AbortController;
  /** The last phase that the engine told: it alone says "safe". */
  phase: TabletProgress["phase"] | null;
  readonly began: (answer: Result<null, Problem>) => void;
}

const linkProblem = (failure: LinkFailure): NonNullable<Card["problem"]> => {
  const { type, ...values } = failure;
  return {
    type,
    values: Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === "string" ? value.slice(0, 400) : value,
      ]),
    ),
  };
};

const STATES: Readonly<Partial<Record<TabletProgress["phase"], Card["state"]>>> = {
  connecting: "connecting",
  "reading-ledger": "reading-ledger",
  "reading-manifests": "reading-manifests",
  pulling: "pulling",
  "writing-receipt": "writing-receipt",
};

export class Unloading {
  readonly #parts: UnloadingParts;
  readonly #table = new Table();
  readonly #jobs = new Map<string, Job>();
  readonly #running = new Set<Promise<void>>();
  readonly #again = new Map<string, () => void>();
  /** Presences that a person has stopped: they do not begin again by themselves. */
  readonly #stopped = new Set<string>();
  #unwatch: (() => void) | null = null;
  #isClosed = false;
  #folders = 0;
  #todayRevision = 0;
  #today: { readonly key: string; readonly value: Omit<UnloadView["today"], "needYou"> } | null = null;

  constructor(parts: UnloadingParts) {
    this.#parts = parts;
  }

  /** Begins to look at the cable. */
  start(): void {
    this.#unwatch ??= this.#parts.cable.watch((present) => this.#present(present));
  }

  /** Stops everything and waits for it. What was pulled so far stays, and goes on at the next plugging in. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unwatch?.();
    for (const cancel of this.#again.values()) cancel();
    for (const job of this.#jobs.values()) job.abort.abort();
    await Promise.all(this.#running);
  }

  /** `automatic` was switched on, or there is a campaign now: what waits begins. */
  wake(): void {
    if (!this.#isAutomatic()) return;
    for (const card of this.#table.cards)
      if (card.connected && card.state === "found" && !this.#stopped.has(card.id)) void this.#run(card.id);
  }

  #isAutomatic(): boolean {
    const { settings, engine } = this.#parts;
    return settings.options().automatic && engine.about().campaign !== null;
  }

  #now = (): string => stampOf(this.#parts.clock.now());

  // -------------------------------------------------------------- the cable

  #present(present: readonly TabletPresence[]): void {
    const here = new Map(present.map((one) => [one.id, one]));
    for (const card of this.#table.cards)
      if (card.connected && !here.has(card.id) && card.source.startsWith("folder:") === false)
        this.#left(card);
    for (const presence of present) this.#arrived(presence);
    this.#parts.changed();
  }

  #arrived(presence: TabletPresence): void {
    const known = this.#table.find(presence.id);
    if (known === undefined) this.#table.lay(presence, this.#now());
    else if (known.state !== "found" && known.state !== "cannot-use") return;
    if (presence.problem !== null) {
      const change = { state: "cannot-use", problem: linkProblem(presence.problem) } as const;
      this.#table.change(presence.id, change, this.#now());
      return;
    }
    if (known?.state === "cannot-use" && !this.#again.has(presence.id))
      this.#table.change(presence.id, { state: "found", problem: null }, this.#now());
    const card = this.#table.find(presence.id);
    if (card?.state === "found" && this.#isAutomatic() && !this.#stopped.has(card.id))
      void this.#run(card.id);
  }

  #left(card: Card): void {
    this.#again.get(card.id)?.();
    this.#again.delete(card.id);
    this.#stopped.delete(card.id);
    if (card.state === "found" && card.batchesDone === 0) this.#table.remove(card.id);
    else if (card.state === "cannot-use") this.#table.remove(card.id);
    else if (card.state === "found")
      this.#table.change(
        card.id,
        { connected: false, state: "interrupted", problem: { type: "unplugged", values: {} } },
        this.#now(),
      );
    else this.#table.change(card.id, { connected: false }, this.#now());
  }

  // -------------------------------------------------------------- commands

  /** Unloads one tablet now. Value once it has begun. */
  unloadTablet(id: string): Promise<Result<null, Problem>> | Result<null, Problem> {
    const card = this.#table.find(id);
    if (card === undefined || !card.connected) return refuse("bad-request");
    this.#stopped.delete(id);
    return this.#run(id);
  }

  /** Unloads an outbox in a folder, with a card of its own. */
  unloadFolder(path: string): Promise<Result<null, Problem>> {
    const id = `folder-${++this.#folders}`;
    this.#table.lay({ id, source: `folder:${path}`, product: null }, this.#now());
    return this.#run(id, { type: "folder", path });
  }

  stop(id: string): Result<null, Problem> {
    const job = this.#jobs.get(id);
    if (job === undefined) return refuse("bad-request");
    this.#stopped.add(id);
    job.abort.abort();
    return ok(null);
  }

  /** Puts a card aside. One of a tablet that is on the cable, or at work, stays. */
  clear(id: string): Result<null, Problem> {
    const card = this.#table.find(id);
    if (card === undefined || card.connected || this.#jobs.has(id)) return refuse("bad-request");
    this.#table.remove(id);
    this.#parts.changed();
    return ok(null);
  }

  // -------------------------------------------------------------- jobs

  /** Begins a job, unless the card has one. Value once it has begun. */
  #run(id: string, target: UnloadTarget = { type: "tablet", id }): Promise<Result<null, Problem>> {
    if (this.#isClosed || this.#jobs.has(id)) return Promise.resolve(ok(null));
    this.#again.get(id)?.();
    this.#again.delete(id);
    const { promise, resolve } = Promise.withResolvers<Result<null, Problem>>();
    const job: Job = { id, target, abort: new AbortController(), phase: null, began: resolve };
    this.#jobs.set(id, job);
    const running = this.#work(job).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return promise;
  }

  async #work(job: Job): Promise<void> {
    const { settings, engine } = this.#parts;
    const receipts = settings.options().receipts && engine.isKeyOpen();
    this.#table.change(job.id, { concerns: [], problem: null, totals: null, receipt: false }, this.#now());
    let done = await this.#unload(job, receipts);
    // A certificate that ended yesterday must not keep the batches on the tablet: then there are no receipts.
    if (!done.ok && receipts && isOfReceipts(done.error)) done = await this.#unload(job, false);
    this.#jobs.delete(job.id);
    if (!done.ok) this.#refused(job, done.error);
    else this.#ended(job, asOne(done.value.tablets), receipts);
    this.#parts.changed();
  }

  #unload(job: Job, receipts: boolean) {
    return this.#parts.engine.unload(
      [job.target],
      { receipts, passphrase: null },
      (progress) => this.#progress(job, progress),
      job.abort.signal,
    );
  }

  #progress(job: Job, progress: TabletProgress): void {
    job.began(ok(null));
    job.phase = progress.phase;
    const { device, name, batchesDone, batchesTotal, bytesDone, bytesTotal } = progress;
    if (device !== null && this.#table.find(job.id)?.device !== device) {
      this.#table.recognise(job.id, device);
      const known = this.#parts.books.tablet(device);
      this.#table.change(job.id, { name: name ?? known.name, area: known.area }, this.#now());
    }
    const state = STATES[progress.phase];
    if (state !== undefined)
      this.#table.change(job.id, { state, batchesDone, batchesTotal, bytesDone, bytesTotal }, this.#now());
    this.#parts.changed();
  }

  /** What is missing at the station kept the job from beginning. */
  #refused(job: Job, problem: EngineProblem): void {
    job.began({ ok: false, error: problemOf(problem) });
    if (job.target.type === "folder") this.#table.remove(job.id);
    else this.#table.change(job.id, { state: "found" }, this.#now());
  }

  #ended(job: Job, report: TabletReport | null, receipts: boolean): void {
    job.began(ok(null));
    const { books, catchUp, unloaded } = this.#parts;
    const card = this.#table.find(job.id);
    if (card === undefined) return;
    const isFolder = job.target.type === "folder";
    if (report === null) {
      this.#table.change(job.id, { state: "found", connected: !isFolder }, this.#now());
      return;
    }
    catchUp();
    if (report.device !== null) this.#table.recognise(job.id, report.device);
    const known = report.device === null ? null : books.tablet(report.device);
    const { failure, ledger } = report;
    const state = this.#stateOf(job, report, card);
    const done = state === "safe" || state === "needs-person";
    this.#table.change(
      job.id,
      {
        state,
        ...(known === null ? {} : { name: card.name ?? known.name, area: known.area }),
        connected: card.connected && !isFolder,
        ...(ledger === null ? {} : { ledger }),
        totals: done || report.batches.length > 0 ? totalsOf(report) : null,
        receipt: receipts && failure === null && report.batches.length > 0,
        concerns: concernsOf(report),
        problem: failure === null || failure.type === "cancelled" ? null : linkProblem(failure),
      },
      this.#now(),
    );
    if (state === "cannot-use" && failure !== null && MENDED_AT_THE_TABLET.has(failure.type))
      this.#tryAgain(job.id);
    this.#todayRevision++;
    unloaded();
  }

  #stateOf(job: Job, report: TabletReport, card: Card): Card["state"] {
    const { failure } = report;
    if (job.phase === "safe-to-unplug") return "safe";
    if (job.phase === "needs-person") return "needs-person";
    if (failure?.type === "cancelled")
      return card.connected && job.target.type !== "folder" ? "found" : "interrupted";
    if (failure?.type === "unplugged" || !card.connected) return "interrupted";
    return job.phase === "cannot-use" ? "cannot-use" : "needs-person";
  }

  #tryAgain(id: string): void {
    if (this.#isClosed) return;
    const cancel = this.#parts.clock.after(AGAIN_MS, () => {
      this.#again.delete(id);
      if (this.#table.find(id)?.connected === true) void this.#run(id);
    });
    this.#again.set(id, cancel);
  }

  // -------------------------------------------------------------- views

  view(): UnloadView {
    const { settings, engine } = this.#parts;
    const { automatic, receipts, sound } = settings.options();
    const { station } = engine.about();
    const cards = this.#table.cards;
    return {
      automatic,
      receipts,
      sound,
      key: station === null ? "none" : engine.isKeyOpen() ? "open" : "closed",
      cards,
      today: { ...this.#figures(), needYou: cards.filter(needsPerson).length },
      todayRevision: this.#todayRevision,
    };
  }

  /** Midnight by the station's clock. */
  #midnight(): Date {
    const midnight = new Date(this.#parts.clock.now());
    midnight.setHours(0, 0, 0, 0);
    return midnight;
  }

  today(): ReturnType<Unloadings["since"]> {
    return this.#parts.unloadings.since(this.#midnight().toISOString());
  }

  #figures(): Omit<UnloadView["today"], "needYou"> {
    const key = `${this.#midnight().toISOString()} ${this.#todayRevision}`;
    if (this.#today?.key === key) return this.#today.value;
    const lines = this.today();
    const value = {
      tablets: new Set(lines.map((line) => line.device ?? line.no)).size,
      batches: lines.reduce((sum, line) => sum + line.totals.staged, 0),
      bytes: lines.reduce((sum, line) => sum + line.bytes, 0),
    };
    this.#today = { key, value };
    return value;
  }

  /** The books know more than they did. */
  renewed(): void {
    this.#todayRevision++;
    this.#parts.changed();
  }

  isWorking(): boolean {
    return this.#table.cards.some(isWorking);
  }
}

/** The outboxes of one tablet as one card shows them; null: there was none. */
function asOne(reports: readonly TabletReport[]): TabletReport | null {
  const [first, ...others] = reports;
  if (first === undefined || others.length === 0) return first ?? null;
  return {
    ...first,
    device: reports.find((one) => one.device !== null)?.device ?? null,
    ledger: reports.find((one) => one.ledger !== null)?.ledger ?? null,
    batches: reports.flatMap((one) => one.batches),
    findings: reports.flatMap((one) => one.findings),
    receipts: reports.flatMap((one) => one.receipts),
    failure: reports.find((one) => one.failure !== null)?.failure ?? null,
  };
}

const RECEIPT_MISUSES: readonly string[] = [
  "no-station",
  "no-station-certificate",
  "bad-certificate",
  "clock-outside-certificate",
  "wrong-passphrase",
];
const isOfReceipts = (problem: EngineProblem): boolean => RECEIPT_MISUSES.includes(problem.type);

function totalsOf({ batches }: TabletReport): NonNullable<Card["totals"]> {
  const totals = { staged: 0, alreadyStaged: 0, acknowledged: 0, quarantined: 0, failed: 0 };
  for (const { outcome } of batches) totals[outcome === "already-staged" ? "alreadyStaged" : outcome]++;
  return totals;
}
