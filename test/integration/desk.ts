import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { SimulatedCable } from "../../fixtures/tablet/cable.ts";
import { compose } from "../../main/compose.ts";
import type { Engine, UnloadTarget } from "../../main/engine/api.ts";
import type { ChainId } from "../../shared/ids.ts";
import type { Result } from "../../shared/result.ts";
import type { Finding, TabletReport } from "../../shared/views.ts";

/** A Department employee's desk for tests: a temporary folder, a campaign, and the engine with its real store in it. */

/** The value, or a thrown error: for what must go well before a test can begin. */
export function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

export class Desk implements AsyncDisposable {
  readonly folder: string;
  readonly campaign: TestCampaign;
  /** The desk's USB cable, with nothing on it at first. */
  readonly cable = new SimulatedCable();
  readonly #now: (() => Date) | undefined;
  #engine: Engine | null = null;

  private constructor(folder: string, campaign: TestCampaign, now: (() => Date) | undefined) {
    this.folder = folder;
    this.campaign = campaign;
    this.#now = now;
  }

  /** An empty store and a campaign that is not loaded yet. `now`: the workstation's clock, in place of the true one. */
  static async open(campaign?: TestCampaign, now?: () => Date): Promise<Desk> {
    const folder = await mkdtemp(join(tmpdir(), "sanaq-desk-"));
    return new Desk(folder, campaign ?? (await TestCampaign.create()), now);
  }

  get store(): string {
    return join(this.folder, "store");
  }

  /** A path on the desk. */
  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  async engine(): Promise<Engine> {
    const now = this.#now && { now: this.#now };
    this.#engine ??= must(await compose({ storeFolder: this.store, cable: this.cable, ...now }));
    return this.#engine;
  }

  /** Writes the campaign as it is now and loads it. */
  async loadCampaign(): Promise<void> {
    const engine = await this.engine();
    must(await engine.loadCampaign(await this.campaign.write(this.path("campaign"))));
  }

  /** Makes the station's key and takes its certificate. Returns the station's id. */
  async becomeStation(): Promise<string> {
    const engine = await this.engine();
    const { station, request } = must(await engine.init(""));
    must(await engine.takeStationCertificate(await this.campaign.stationCertificate(request)));
    return station;
  }

  /** Unloads outbox folders; the campaign is loaded anew each time, with what was issued or revoked since. */
  async unload(folders: string | readonly string[], receipts = false): Promise<readonly TabletReport[]> {
    await this.loadCampaign();
    return this.unloadOnly(folders, receipts);
  }

  /** Unloads outbox folders with the campaign as it was loaded last. */
  async unloadOnly(folders: string | readonly string[], receipts = false): Promise<readonly TabletReport[]> {
    const engine = await this.engine();
    const targets = [folders].flat().map((path): UnloadTarget => ({ type: "folder", path }));
    const options = { receipts, passphrase: "" };
    return must(await engine.unload(targets, options, () => {}, new AbortController().signal)).tablets;
  }

  /** The same for one outbox. */
  async unloadOne(folder: string, receipts = false): Promise<TabletReport> {
    const [report] = await this.unload(folder, receipts);
    if (report === undefined) throw new Error("no tablet was unloaded");
    return report;
  }

  /** Unloads everything on the cable. */
  async unloadCable(receipts = false): Promise<readonly TabletReport[]> {
    await this.loadCampaign();
    const engine = await this.engine();
    const options = { receipts, passphrase: "" };
    return must(await engine.unload([{ type: "all" }], options, () => {}, new AbortController().signal))
      .tablets;
  }

  /** The same for the one tablet on it. */
  async unloadOneOnCable(receipts = false): Promise<TabletReport> {
    const [report, ...others] = await this.unloadCable(receipts);
    if (report === undefined || others.length > 0) throw new Error("not one tablet was unloaded");
    return report;
  }

  /** Closes the engine, as when the program ends; the next call opens the same store again. */
  closeEngine(): void {
    this.#engine?.close();
    this.#engine = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeEngine();
    await rm(this.folder, { recursive: true });
  }
}

/** `seq outcome` or `seq outcome (reason)`, one for each batch: easy to compare, easy to read when it differs. */
export const outcomes = (report: TabletReport, chain?: string): readonly string[] =>
  report.batches
    .filter((one) => chain === undefined || one.chain === (chain as ChainId))
    .map((one) => `${one.seq} ${one.outcome}${one.reason === null ? "" : ` (${one.reason})`}`);

/** Findings of one kind. */
export const findings = (report: TabletReport, kind: Finding["kind"]): readonly Finding[] =>
  report.findings.filter((one) => one.kind === kind);

/** Numbers of the batches that findings of one kind speak of. */
export const seqs = (report: TabletReport, kind: Finding["kind"]): readonly number[] =>
  findings(report, kind).flatMap((one) => ("seq" in one ? [one.seq] : []));

/** Kinds of all findings, each once, in order of the alphabet. */
export const kinds = (report: TabletReport): readonly string[] =>
  [...new Set(report.findings.map((one) => one.kind))].sort();
