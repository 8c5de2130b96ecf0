import type { Input, Problem } from "../../shared/ipc/contract.ts";
import type { JobOutcome } from "../../shared/ipc/jobs.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { stampOf } from "../../shared/time.ts";
import type { Engine, ImportReport } from "../engine/api.ts";
import type { Chosen, Clock, DeskHost } from "../engine/ports-desk.ts";
import type { Jobs } from "./jobs.ts";

/** What leaves the station by hand, and what comes in that way: bags, backups, reports. Each is a job. */

const MOST_ANSWERS = 50;
const MOST_NAMES = 20;
const LONGEST = 400;

type Named = { readonly name: string } | null;
type Begun = Promise<Result<Named, Problem>>;

export interface CarryingParts {
  readonly engine: Engine;
  readonly host: DeskHost;
  readonly clock: Clock;
  readonly jobs: Jobs;
  /** Whether the caller may still do it: a dialog can stand open longer than the desk. */
  readonly stillAllowed: () => Problem | null;
  /** Something was staged, refused or answered. */
  readonly tookIn: () => void;
}

export class Carrying {
  readonly #parts: CarryingParts;

  constructor(parts: CarryingParts) {
    this.#parts = parts;
  }

  async exportBag({ again }: Input<"exportBag">): Begun {
    const { engine, host } = this.#parts;
    const no = this.#unfit();
    if (no !== null) return err(no);
    return this.#begin(await host.chooseFolder("carrier"), (chosen) => ({
      kind: "export",
      run: (onProgress, signal, moved) =>
        this.#inOwnFolder(chosen, "sanaq-bag", moved, async (folder) => {
          const options = { devices: [], again, passphrase: null };
          const done = await engine.exportBag(folder, options, onProgress, signal);
          if (!done.ok) return done;
          const { bag, tablets, batches, bytes, failed, left } = done.value;
          return ok({ kind: "export", bag: bag?.no ?? null, tablets, batches, bytes, failed, left });
        }),
    }));
  }

  async importBag(): Begun {
    const { engine, host, tookIn } = this.#parts;
    const no = this.#unfit();
    if (no !== null) return err(no);
    return this.#begin(await host.chooseFolder("bag"), ({ path }) => ({
      kind: "import",
      run: async (onProgress, signal) => {
        const done = await engine.importBag(path, { passphrase: null }, onProgress, signal);
        // Also one that was broken off has staged what it had judged.
        tookIn();
        return done.ok ? ok(importOutcome(done.value)) : done;
      },
    }));
  }

  async backup(): Begun {
    const { engine, host } = this.#parts;
    return this.#begin(await host.chooseFolder("backup"), (chosen) => ({
      kind: "backup",
      run: (onProgress, signal, moved) =>
        this.#inOwnFolder(chosen, "sanaq-backup", moved, async (folder) => {
          const done = await engine.backup(folder, onProgress, signal);
          if (!done.ok) return done;
          const { batches, bytes, quarantined, auditLines, damaged } = done.value;
          return ok({ kind: "backup", batches, bytes, quarantined, auditLines, damaged });
        }),
    }));
  }

  async saveReport({ by, format }: Input<"saveReport">): Begun {
    const { engine, host } = this.#parts;
    const chosen = await host.saveFile(`report-${format}`, `report-${by}-${this.#day()}.${format}`);
    return this.#begin(chosen, ({ path }) => ({
      kind: "report",
      run: async (_onProgress, signal) => {
        const done = await engine.report(by, format, path, signal);
        return done.ok ? ok({ kind: "report", lines: done.value }) : done;
      },
    }));
  }

  #day = (): string => stampOf(this.#parts.clock.now()).slice(0, 10);

  /** What a bag wants of the station before anybody chooses a folder. */
  #unfit(): Problem | null {
    const { engine, jobs } = this.#parts;
    if (jobs.isRunning) return { type: "job-running", values: {} };
    const { station, campaign } = engine.about();
    if (campaign === null) return { type: "no-campaign", values: {} };
    if (station === null) return { type: "no-station", values: {} };
    if (station.certificate === null) return { type: "no-station-certificate", values: {} };
    return engine.isKeyOpen() ? null : { type: "key-closed", values: {} };
  }

  #begin(
    chosen: Chosen | null,
    work: (chosen: Chosen) => Omit<Parameters<Jobs["begin"]>[0], "place">,
  ): Result<Named, Problem> {
    if (chosen === null) return ok(null);
    const problem = this.#parts.stillAllowed();
    if (problem !== null) return err(problem);
    const begun = this.#parts.jobs.begin({ ...work(chosen), place: chosen.name });
    return begun.ok ? ok({ name: chosen.name.slice(0, LONGEST) }) : begun;
  }

  /**
   * Does it in the folder that was chosen or, where something else lies there as on any drive, in one of the day's own within it. What was
   * broken off there goes on.
   */
  async #inOwnFolder(
    { path, name }: Chosen,
    word: string,
    moved: (place: string) => void,
    work: (folder: string) => Promise<Result<JobOutcome, { readonly type: string }>>,
  ): Promise<Result<JobOutcome, { readonly type: string }>> {
    const done = await work(path);
    if (done.ok || done.error.type !== "carrier-in-use") return done;
    const own = `${word}-${this.#day()}`;
    moved(`${name}/${own}`);
    return work(`${path}/${own}`);
  }
}

function importOutcome(report: ImportReport): JobOutcome {
  const { bag, tablets, totals, missing, faults, staleCas, receipt, receiptFailure, answers, badReceipts } =
    report;
  return {
    kind: "import",
    bag: bag === null ? null : { station: bag.station, no: bag.no },
    tablets: tablets.length,
    staged: totals.staged,
    before: totals.alreadyStaged + totals.acknowledged,
    quarantined: totals.quarantined,
    failed: totals.failed,
    missing,
    faults: faults.length,
    staleCas: staleCas.slice(0, MOST_NAMES).map((name) => name.slice(0, LONGEST)),
    receipt: receipt?.slice(0, LONGEST) ?? null,
    receiptFailure: receiptFailure?.code ?? null,
    badReceipts: badReceipts.length,
    answers: answers.slice(0, MOST_ANSWERS).map(({ no: _, ...answer }) => answer),
  };
}
