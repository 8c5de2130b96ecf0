import { fork } from "node:child_process";
import { EngineProcess } from "../../main/app/engine-process.ts";
import type { Card, Snapshot } from "../../shared/ipc/views.ts";

/** The engine as the windows have it, in a process of its own, on the lab's real cable. */

/** An emulated computer takes a minute for what takes a second. */
const PATIENCE_MS = 120_000;

export class EngineHost implements AsyncDisposable {
  readonly desk: EngineProcess;
  /** The states of every card since it appeared, each once in a row, by the id of the card. */
  readonly states = new Map<string, string[]>();
  #snapshot: Snapshot | null = null;

  /** `program`: engine-host-in-node.ts, built. */
  constructor(program: string, storeFolder: string) {
    this.desk = new EngineProcess({
      start: () => {
        const child = fork(program, [], { serialization: "advanced", execArgv: [] });
        return {
          post: (message) => void child.send(message),
          onMessage: (take) => void child.on("message", take),
          onExit: (take) => void child.once("exit", take),
          kill: () => void child.kill(),
        };
      },
      storeFolder,
      version: "lab",
      host: async () => null,
      onNotOpened: (problem) => {
        throw new Error(`the store is not opened: ${problem}`);
      },
      after: (milliseconds, work) => {
        const timer = setTimeout(work, milliseconds);
        timer.unref();
        return () => clearTimeout(timer);
      },
    });
    this.desk.subscribe((snapshot) => this.#see(snapshot));
    this.desk.start();
  }

  #see(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const { id, state } of snapshot.unload.cards) {
      const seen = this.states.get(id) ?? [];
      if (seen.at(-1) !== state) this.states.set(id, [...seen, state]);
    }
  }

  /** Waits for a snapshot that `fits`. */
  until(what: string, fits: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        stop();
        reject(new Error(`never ${what}: ${JSON.stringify(this.#snapshot?.unload.cards ?? null)}`));
      }, PATIENCE_MS);
      let isDone = false;
      const stop = this.desk.subscribe((snapshot) => {
        if (isDone || !fits(snapshot)) return;
        isDone = true;
        clearTimeout(late);
        queueMicrotask(() => stop());
        resolve(snapshot);
      });
    });
  }

  /** Waits for a card that `fits`. */
  async card(what: string, fits: (card: Card) => boolean): Promise<Card> {
    const { unload } = await this.until(what, ({ unload }) => unload.cards.some(fits));
    const found = unload.cards.find(fits);
    if (found === undefined) throw new Error("the card has gone");
    return found;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.desk.close(10_000);
  }
}
