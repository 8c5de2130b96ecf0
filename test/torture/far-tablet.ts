import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { PluggedTablet } from "../../fixtures/tablet/cable.ts";
import type { BulkPipe, PipeFailure } from "../../main/mtp/pipe.ts";
import type { Result } from "../../shared/result.ts";

/** A lying tablet in a process of its own, and the station's end of the cable to it. */

/** What its process is asked. An answer has the question's id. */
export type Question =
  /** Be another tablet, as this seed has it. */
  | { readonly ask: "become"; readonly seed: string }
  | { readonly ask: "connect" }
  | { readonly ask: "write"; readonly bytes: Uint8Array; readonly timeoutMs: number }
  | { readonly ask: "read"; readonly size: number; readonly timeoutMs: number }
  | { readonly ask: "close" }
  /** How many lies were told, and which staged bodies are not what the tablet had. */
  | { readonly ask: "confess"; readonly store: string };

export type Message = (Question & { readonly id: number }) | { readonly ask: "abort"; readonly id: number };

export interface Answers {
  become: { readonly serial: string; readonly manufacturer: string; readonly product: string };
  connect: { readonly packetBytes: number };
  write: Result<void, PipeFailure>;
  read: Result<Uint8Array, PipeFailure>;
  close: null;
  confess: { readonly told: number; readonly differing: readonly string[] };
}

export interface Reply {
  readonly id: number;
  readonly answer: Answers[keyof Answers];
}

export class FarTablet implements PluggedTablet {
  readonly problem = null;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: never) => void>();
  readonly #pulled = new Set<() => void>();
  #asked = 0;
  #is: Answers["become"] = { serial: "", manufacturer: "", product: "" };
  #pipe: FarPipe | null = null;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (reply: Reply) => {
      this.#waiting.get(reply.id)?.(reply.answer as never);
      this.#waiting.delete(reply.id);
    });
    child.on("exit", (code) => {
      if (!child.killed) throw new Error(`the tablet's process ended with ${code}`);
    });
  }

  static start(): FarTablet {
    return new FarTablet(
      fork(join(import.meta.dirname, "lying-tablet.ts"), { serialization: "advanced", execArgv: [] }),
    );
  }

  get serial(): string {
    return this.#is.serial;
  }

  get manufacturer(): string {
    return this.#is.manufacturer;
  }

  get product(): string {
    return this.#is.product;
  }

  get isOpen(): boolean {
    return this.#pipe !== null && !this.#pipe.isClosed;
  }

  /** Asks its process. `signal`: told on, and the answer still awaited. */
  ask<Q extends Question>(question: Q, signal?: AbortSignal): Promise<Answers[Q["ask"]]> {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const abort = () => this.#send({ ask: "abort", id });
      this.#waiting.set(id, (answer) => {
        signal?.removeEventListener("abort", abort);
        resolve(answer);
      });
      this.#send({ ...question, id });
      signal?.addEventListener("abort", abort);
      if (signal?.aborted === true) abort();
    });
  }

  #send(message: Message): void {
    this.#child.send(message);
  }

  async become(seed: string): Promise<void> {
    this.#is = await this.ask({ ask: "become", seed });
  }

  confess(store: string): Promise<Answers["confess"]> {
    return this.ask({ ask: "confess", store });
  }

  connect(): BulkPipe {
    if (this.isOpen) throw new Error("the tablet is open already");
    this.#pipe = new FarPipe(this);
    return this.#pipe;
  }

  pull(): void {
    for (const tell of [...this.#pulled]) tell();
  }

  onPulled(tell: () => void): () => void {
    this.#pulled.add(tell);
    return () => this.#pulled.delete(tell);
  }

  stop(): void {
    this.#child.kill();
  }
}

class FarPipe implements BulkPipe {
  readonly packetBytes = 512;
  readonly #tablet: FarTablet;
  readonly #connected: Promise<unknown>;
  isClosed = false;

  constructor(tablet: FarTablet) {
    this.#tablet = tablet;
    this.#connected = tablet.ask({ ask: "connect" });
  }

  async write(bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Result<void, PipeFailure>> {
    await this.#connected;
    return this.#tablet.ask({ ask: "write", bytes, timeoutMs }, signal);
  }

  async read(size: number, timeoutMs: number, signal: AbortSignal): Promise<Result<Uint8Array, PipeFailure>> {
    await this.#connected;
    return this.#tablet.ask({ ask: "read", size, timeoutMs }, signal);
  }

  async close(): Promise<void> {
    await this.#connected;
    await this.#tablet.ask({ ask: "close" });
    this.isClosed = true;
  }
}
