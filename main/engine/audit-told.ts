import type { AuditBroken, Witness } from "./audit-problems.ts";
import type { Store } from "./ports.ts";

/** What the audit log tells of, for everything beside it to be compared with. */

/** Lines that other records must agree with, by what they name. */
export class Told {
  /** Line number of a receipt, by its digest; of an act, by its code; of a staged batch, by its names. */
  readonly receipts = new Map<string, { readonly line: number; readonly no: number }>();
  readonly acts = new Map<string, { readonly line: number; readonly no: number }>();
  readonly staged = new Map<string, number>();
  /** Lines of the log. */
  readonly lines: number;
  /** Stores that this log is of: how many of its lines are theirs. */
  readonly #stores: Map<string, number>;

  constructor(store: Store, lines: number) {
    this.lines = lines;
    this.#stores = new Map([[store.id, Number.MAX_SAFE_INTEGER]]);
    for (const { no: line, type, data } of store.audit()) {
      if (type === "receipt-made") this.receipts.set(String(data.digest), { line, no: Number(data.no) });
      if (type === "act-made") this.acts.set(String(data.code), { line, no: Number(data.no) });
      if (type === "staged") this.staged.set(batchName(data), line);
      if (type === "restored" && typeof data.was === "string") this.#stores.set(data.was, Number(data.lines));
    }
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

/** Where a numbered record's line should have stood: after its predecessor's, before its successor's, else behind the last line. */
export function lost(
  told: ReadonlyMap<string, { readonly line: number; readonly no: number }>,
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
