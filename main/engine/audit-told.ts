import type { AuditBroken, Witness } from "./audit-problems.ts";
import type { AuditLine, Store } from "./ports.ts";
import type { CentreAnswer } from "./ports-centre.ts";
import type { Slices } from "./slices.ts";

/** Seconds by which a line may be earlier than the one before it: clocks are set right by small steps. */
const CLOCK_STEP_S = 120;

/** A line that was written at an earlier time than the line before it: somebody had set the clock. */
export interface ClockBack {
  readonly no: number;
  readonly seconds: number;
}

/** What the audit log tells of, for everything beside it to be compared with. */

/** A staged batch: the line that tells of it, and the centre's answer as the lines of sending tell it. */
interface ToldBatch {
  readonly line: number;
  answer: CentreAnswer | null;
  /** The line that tells of the answer. */
  answered: number;
}

/** The campaign that was loaded last. */
interface ToldCampaign {
  readonly line: number;
  readonly id: string;
  /** SHA-256 of the root's certificate. */
  readonly root: string;
}

/** A numbered record and the line that tells of it. */
interface ToldOf {
  readonly line: number;
  readonly no: number;
}

/**
 * Lines that other records must agree with, by what they name. The log may grow while it is checked: what was written since is looked up
 * when a record without a line turns up, and is no witness otherwise.
 */
export class Told {
  /** Receipts by their digest, acts by their code, staged batches by their names. */
  readonly receipts = new Map<string, ToldOf>();
  readonly acts = new Map<string, ToldOf>();
  readonly staged = new Map<string, ToldBatch>();
  /** null: none was ever loaded. */
  campaign: ToldCampaign | null = null;
  /** Where the log's time goes back. */
  readonly clockBack: ClockBack[] = [];
  #before = Number.NaN;
  /** Lines of the log. */
  readonly lines: number;
  /** What the lines name that were written since: receipts, acts and staged batches, whose names are nothing alike. */
  readonly #since = new Set<string>();
  /** Stores that this log is of: how many of its lines are theirs. */
  readonly #stores: Map<string, number>;
  readonly #store: Store;
  #last = 0;

  private constructor(store: Store, lines: number) {
    this.lines = lines;
    this.#store = store;
    this.#stores = new Map([[store.id, Number.MAX_SAFE_INTEGER]]);
  }

  /** Reads the log, in slices. `lines`: how many of them were walked. */
  static *by(store: Store, lines: number): Slices<Told> {
    const told = new Told(store, lines);
    for (const line of store.audit()) {
      told.#read(line);
      yield;
    }
    return told;
  }

  #read({ no: line, at, type, data }: AuditLine): void {
    this.#last = line;
    const back = (this.#before - Date.parse(at)) / 1000;
    if (back > CLOCK_STEP_S) this.clockBack.push({ no: line, seconds: Math.floor(back) });
    this.#before = Date.parse(at);
    if (type === "receipt-made") this.receipts.set(String(data.digest), { line, no: Number(data.no) });
    if (type === "act-made") this.acts.set(String(data.code), { line, no: Number(data.no) });
    if (type === "staged") this.staged.set(batchName(data), { line, answer: null, answered: 0 });
    if (type === "uploaded") this.#answered(line, data);
    if (type === "campaign-loaded")
      this.campaign = { line, id: String(data.campaign), root: String(data.root) };
    if (type === "restored" && typeof data.was === "string") this.#stores.set(data.was, Number(data.lines));
  }

  /** The first answer stands, but for a conflict that is found later. */
  #answered(line: number, data: AuditLine["data"]): void {
    const batch = this.staged.get(batchName(data));
    if (batch === undefined) return;
    if (batch.answer !== null && (data.answer !== "conflict" || batch.answer === "conflict")) return;
    batch.answer = data.answer as CentreAnswer;
    batch.answered = line;
  }

  /** Whether a line tells of it that was written since this was read. */
  isNew(name: string): boolean {
    for (const { no, type, data } of this.#store.audit(this.#last)) {
      this.#last = no;
      if (type === "receipt-made") this.#since.add(String(data.digest));
      if (type === "act-made") this.#since.add(String(data.code));
      if (type === "staged") this.#since.add(batchName(data));
      if (type === "uploaded") this.#since.add(answerName(data));
    }
    return this.#since.has(name);
  }

  /** Whether line `no` of the log of that store is a line of this log. */
  isOurs(store: string, no: number): boolean {
    return no <= (this.#stores.get(store) ?? 0);
  }
}

export const batchName = (of: {
  readonly device?: unknown;
  readonly chain?: unknown;
  readonly seq?: unknown;
  readonly manifest?: unknown;
}): string => `${of.device} ${of.chain} ${of.seq} ${of.manifest}`;

/** What the centre's answer for a batch goes by among what was written since. */
export const answerName = (of: Parameters<typeof batchName>[0]): string => `answer ${batchName(of)}`;

/** Where a numbered record's line should have stood: after its predecessor's, before its successor's, else behind the last line. */
export function lost(
  told: ReadonlyMap<string, ToldOf>,
  no: number,
  lines: number,
  by: Witness,
  name: string,
): AuditBroken {
  let after = 0;
  let before = lines + 2;
  for (const one of told.values()) {
    if (one.no < no) after = Math.max(after, one.line);
    if (one.no > no) before = Math.min(before, one.line);
  }
  return { type: "audit-broken", no: after + 1, upTo: Math.max(after + 1, before - 1), by, name };
}
