import type { Answer, Desk, Input, Method } from "../../shared/ipc/contract.ts";
import type { Snapshot } from "../../shared/ipc/views.ts";
import { type FromEngine, fromEngineSchema, type HostCall, type Line, type ToEngine } from "./wire.ts";

/** The engine's process as the windows need it: a desk that outlives crashes of what is behind it. */

/** A process that was started. */
export interface Started extends Line<ToEngine> {
  /** Calls back once, when it has ended for whatever reason. */
  onExit(take: () => void): void;
  kill(): void;
}

export interface EngineProcessParts {
  start(): Started;
  readonly storeFolder: string;
  readonly version: string;
  /** Answers what the engine asks of the host. */
  host(call: HostCall, args: readonly unknown[]): Promise<unknown>;
  /** The store cannot be opened: a person has to be told, and starting again would not help. */
  onNotOpened(problem: string, values: Readonly<Record<string, string | number | null>>): void;
  after(milliseconds: number, work: () => void): () => void;
}

/** Running so long, in milliseconds, a crash is the first of a row again. */
const SETTLED_MS = 30_000;

/** Milliseconds until it is started again after the first, second… crash in a row. */
const PAUSES = [200, 1_000, 3_000, 10_000, 30_000] as const;

const down = (): {
  readonly ok: false;
  readonly error: { type: "engine-down"; values: Record<string, never> };
} => ({
  ok: false,
  error: { type: "engine-down", values: {} },
});

export class EngineProcess implements Desk {
  readonly #parts: EngineProcessParts;
  readonly #takers = new Set<(snapshot: Snapshot) => void>();
  readonly #waiting = new Map<number, (answer: Answer<Method>) => void>();
  #process: Started | null = null;
  #snapshot: Snapshot | null = null;
  #state: Snapshot["engine"]["state"] = "down";
  #restarts = 0;
  #crashesInARow = 0;
  #revision = 0;
  #calls = 0;
  #closing: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;

  constructor(parts: EngineProcessParts) {
    this.#parts = parts;
  }

  start(): void {
    const started = this.#parts.start();
    this.#process = started;
    started.onMessage((message) => {
      if (this.#process !== started) return;
      const parsed = fromEngineSchema.safeParse(message);
      // An engine that does not speak its own language is as good as crashed.
      if (parsed.success) this.#take(started, parsed.data);
      else started.kill();
    });
    started.onExit(() => {
      if (this.#process === started) this.#ended();
    });
    started.post({ type: "open", storeFolder: this.#parts.storeFolder, version: this.#parts.version });
  }

  #take(started: Started, message: FromEngine): void {
    switch (message.type) {
      case "opened":
        this.#state = "running";
        this.#settle();
        this.#tell();
        return;
      case "not-opened":
        this.#parts.onNotOpened(message.problem, message.values);
        return;
      case "answer":
        this.#waiting.get(message.id)?.(message.answer as Answer<Method>);
        this.#waiting.delete(message.id);
        return;
      case "snapshot":
        this.#snapshot = message.snapshot;
        this.#tell();
        return;
      case "host":
        void this.#ask(started, message);
        return;
      case "closed":
        this.#closing?.resolve();
    }
  }

  /** Asks the host, and hands the answer to the process that wanted it: a dialog may stay open longer than that lives. */
  async #ask(started: Started, question: Extract<FromEngine, { type: "host" }>): Promise<void> {
    try {
      const value = await this.#parts.host(question.call, question.args);
      if (this.#process === started) started.post({ type: "host-answer", id: question.id, value });
    } catch (error) {
      // A bug on either side; the engine that waits for the answer begins anew.
      console.error(error);
      started.kill();
    }
  }

  #settle(): void {
    const started = this.#process;
    this.#parts.after(SETTLED_MS, () => {
      if (this.#process === started) this.#crashesInARow = 0;
    });
  }

  /** What the windows see: the engine's own snapshot, numbered through across restarts, with the state of its process. */
  #tell(): void {
    const shown = this.#shown();
    if (shown !== null) for (const take of this.#takers) take(shown);
  }

  #shown(): Snapshot | null {
    if (this.#snapshot === null) return null;
    this.#revision++;
    const engine = { state: this.#state, restarts: this.#restarts };
    return { ...this.#snapshot, revision: this.#revision, engine };
  }

  #ended(): void {
    this.#process = null;
    this.#state = "down";
    for (const answer of this.#waiting.values()) answer(down());
    this.#waiting.clear();
    if (this.#closing !== null) {
      this.#closing.resolve();
      return;
    }
    this.#tell();
    const pause = PAUSES[Math.min(this.#crashesInARow, PAUSES.length - 1)] ?? 0;
    this.#crashesInARow++;
    this.#parts.after(pause, () => {
      if (this.#closing !== null) return;
      this.#restarts++;
      this.start();
    });
  }

  call<M extends Method>(method: M, input: Input<M>): Promise<Answer<M>> {
    const shown = method === "snapshot" ? this.#shown() : null;
    if (shown !== null) return Promise.resolve({ ok: true, value: shown } as Answer<M>);
    const started = this.#process;
    if (started === null || this.#state === "down") return Promise.resolve(down());
    const id = this.#calls++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve as (answer: Answer<Method>) => void);
      started.post({ type: "call", id, method, input });
    });
  }

  subscribe(take: (snapshot: Snapshot) => void): () => void {
    this.#takers.add(take);
    const shown = this.#shown();
    if (shown !== null) take(shown);
    return () => void this.#takers.delete(take);
  }

  /** Whether a tablet is being unloaded now: pulling its cable is safe, but somebody should know. */
  get isUnloading(): boolean {
    const at = this.#snapshot?.unload.cards ?? [];
    return at.some((card) =>
      ["connecting", "reading-ledger", "reading-manifests", "pulling", "writing-receipt"].includes(
        card.state,
      ),
    );
  }

  /** Lets the engine close its store, once, and ends it after `limitMs` milliseconds in any case. */
  async close(limitMs: number): Promise<void> {
    if (this.#closing !== null) return this.#closing.promise;
    const started = this.#process;
    this.#closing = Promise.withResolvers<void>();
    if (started === null) return this.#closing.resolve();
    const giveUp = this.#parts.after(limitMs, () => this.#closing?.resolve());
    started.post({ type: "close" });
    await this.#closing.promise;
    giveUp();
    started.kill();
  }
}
