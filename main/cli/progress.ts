import cliProgress, { type MultiBar, type SingleBar } from "cli-progress";
import { printable } from "../../shared/printable.ts";
import type { TabletProgress } from "../../shared/views.ts";
import type { CarryProgress, UploadProgress } from "../engine/api.ts";
import type { Output } from "../hosting/output.ts";
import type { Words } from "./words.ts";

/** Shows how far things are, on standard error. */
export interface Progress {
  tablet(progress: TabletProgress): void;
  upload(progress: UploadProgress): void;
  /** A bag or a backup; while it is being checked, only its bytes are known. */
  carry(progress: CarryProgress): void;
  /** Takes the bars off the terminal, so that other text can be written. What goes on comes back with its next step. */
  clear(): void;
}

/** A plain line at most this often for one tablet, unless its state changes. */
const LINE_EVERY_MS = 5_000;
const SOURCE_WIDTH = 22;
const BAR_WIDTH = 24;

interface Step {
  readonly batchesDone: number;
  readonly batchesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

const counts = (step: Step, words: Words) => ({
  batches: step.batchesDone,
  batchesTotal: step.batchesTotal,
  bytes: words.bytes(step.bytesDone),
  bytesTotal: words.bytes(step.bytesTotal),
});

const sourceOf = (progress: TabletProgress): string => progress.name ?? progress.source;

class Lines implements Progress {
  readonly #out: Output;
  readonly #words: Words;
  readonly #last = new Map<string, { readonly phase: string; readonly at: number }>();

  constructor(out: Output, words: Words) {
    this.#out = out;
    this.#words = words;
  }

  #due(source: string, phase: string): boolean {
    const last = this.#last.get(source);
    const now = performance.now();
    if (last?.phase === phase && now - last.at < LINE_EVERY_MS) return false;
    this.#last.set(source, { phase, at: now });
    return true;
  }

  #say(text: string): void {
    this.#out.stream.write(`${text}\n`);
  }

  tablet(progress: TabletProgress): void {
    const { phase } = progress;
    if (!this.#due(progress.source, phase)) return;
    const source = printable(sourceOf(progress));
    const state = this.#words.t(`phase.${phase}`);
    this.#say(
      phase === "pulling"
        ? this.#words.t("progress.line", { source, phase: state, ...counts(progress, this.#words) })
        : `${source}: ${state}`,
    );
  }

  upload(progress: UploadProgress): void {
    const { t } = this.#words;
    if (this.#due("", "upload")) this.#say(t("progress.upload", counts(progress, this.#words)));
  }

  carry(progress: CarryProgress): void {
    const key = progress.batchesTotal > 0 ? "progress.carry" : "progress.check";
    if (this.#due("", key)) this.#say(this.#words.t(key, counts(progress, this.#words)));
  }

  clear(): void {}
}

class Bars implements Progress {
  readonly #out: Output;
  readonly #words: Words;
  #bars: MultiBar | null = null;
  readonly #shown = new Map<string, SingleBar>();

  constructor(out: Output, words: Words) {
    this.#out = out;
    this.#words = words;
  }

  #open(): MultiBar {
    this.#bars ??= new cliProgress.MultiBar({
      stream: this.#out.stream,
      clearOnComplete: true,
      gracefulExit: false,
      fps: 5,
      format: (_options, params, payload: { label: string; counts: string; state: string }) => {
        const full = Math.round(params.progress * BAR_WIDTH);
        const bar = "█".repeat(full) + "░".repeat(BAR_WIDTH - full);
        return `${payload.label} ${bar} ${payload.counts}  ${payload.state}`;
      },
      emptyOnZero: true,
    });
    return this.#bars;
  }

  #show(id: string, label: string, state: string, step: Step): void {
    const bytes = step.bytesTotal > 0;
    const total = bytes ? step.bytesTotal : step.batchesTotal;
    const done = bytes ? step.bytesDone : step.batchesDone;
    const payload = {
      label: printable(label).slice(-SOURCE_WIDTH).padEnd(SOURCE_WIDTH),
      counts: `${step.batchesDone}/${step.batchesTotal} · ${this.#words.bytes(step.bytesDone)}`,
      state,
    };
    const bar = this.#shown.get(id);
    if (bar === undefined) this.#shown.set(id, this.#open().create(total, done, payload));
    else {
      bar.setTotal(total);
      bar.update(done, payload);
    }
  }

  tablet(progress: TabletProgress): void {
    const { phase, source } = progress;
    this.#show(source, sourceOf(progress), this.#words.t(`phase.${phase}`), progress);
  }

  upload(progress: UploadProgress): void {
    this.#show("", this.#words.t("reconcile.centre"), "", progress);
  }

  carry(progress: CarryProgress): void {
    this.#show("", "BagIt", "", progress);
  }

  clear(): void {
    this.#bars?.stop();
    this.#bars = null;
    this.#shown.clear();
  }
}

/** Bars on a terminal, plain lines elsewhere. */
export const progressOn = (out: Output, words: Words): Progress =>
  out.isTerminal ? new Bars(out, words) : new Lines(out, words);
