import { join } from "node:path";
import type { TabletReport } from "../../shared/views.ts";
import { postgresCentre } from "../adapters/centre/centre.ts";
import { run } from "../cli/program.ts";
import { compose, composeKeeping } from "../compose.ts";
import type { Engine } from "../engine/api.ts";
import type { TabletSource } from "../engine/ports.ts";

/** Of the demo's station key. */
export const PASSPHRASE = "demo";

/** Drives the real command line in this process, over a cable of the demo's own. */
export class CommandLine {
  readonly store: string;
  readonly #language: string;
  readonly #cable: TabletSource;
  #interrupt: () => void = () => {};

  constructor(folder: string, language: string, cable: TabletSource) {
    this.store = join(folder, "store");
    this.#language = language;
    this.#cable = cable;
  }

  /** As Ctrl-C would: `watch` ends. */
  interrupt(): void {
    this.#interrupt();
  }

  /**
   * Runs one command, its output on this terminal. `onReport` is told of every tablet that `watch` has finished with. Value: the exit
   * code of docs/cli.md.
   */
  run(args: readonly string[], onReport: (report: TabletReport) => void = () => {}): Promise<number> {
    return run({
      args: ["--store", this.store, "--lang", this.#language, ...args],
      env: { ...process.env, SANAQ_PASSPHRASE: PASSPHRASE },
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      compose: async (storeFolder) => {
        const engine = await compose({ storeFolder, cable: this.#cable });
        return engine.ok ? { ok: true, value: listening(engine.value, onReport) } : engine;
      },
      keeping: composeKeeping(),
      connect: async (url) => postgresCentre(url),
      onInterrupt: (stop) => {
        this.#interrupt = stop;
        process.once("SIGINT", stop);
        return () => process.off("SIGINT", stop);
      },
    });
  }

  /** The engine on the same store, for what the demo itself has to know. No command may be running. */
  async engine(): Promise<Engine> {
    const engine = await compose({ storeFolder: this.store, cable: this.#cable });
    if (!engine.ok) throw new Error(JSON.stringify(engine.error));
    return engine.value;
  }
}

const listening = (engine: Engine, onReport: (report: TabletReport) => void): Engine => ({
  ...engine,
  watch: (options, onProgress, tell, onPresence, signal) =>
    engine.watch(
      options,
      onProgress,
      (report) => {
        tell(report);
        onReport(report);
      },
      onPresence,
      signal,
    ),
});
