import type { Digest } from "../../../shared/ids.ts";
import type { LedgerEntry } from "../../formats/ledger.ts";
import { isRollback, type JudgedLedger, judgeAck } from "../../rules/ledger.ts";
import type { UnloadContext } from "./context.ts";
import type { Outbox } from "./read-outbox.ts";

/** Acknowledgements judged before other jobs get their turn. */
const ACKS_AT_ONCE = 64;

/** A ledger that counts, with its entries at hand. */
export interface ActiveLedger {
  readonly judged: JudgedLedger;
  readonly ledger: NonNullable<JudgedLedger["ledger"]>;
  readonly digest: Digest;
  readonly entries: ReadonlyMap<number, LedgerEntry>;
  /** Numbers whose acknowledgement verifies. */
  readonly acknowledged: ReadonlySet<number>;
  readonly falseAcks: readonly number[];
  readonly rollback: boolean;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The ledger as it counts: its acknowledgements judged, its number beside the highest seen. null: none, or refused. */
export async function activate(
  judged: JudgedLedger | null,
  context: UnloadContext,
  staleCas: Set<string>,
): Promise<ActiveLedger | null> {
  if (judged === null || judged.reason !== null || judged.ledger === null || judged.digest === null)
    return null;
  const { ledger, digest } = judged;
  const acknowledged = new Set<number>();
  const falseAcks: number[] = [];
  let count = 0;
  for (const entry of ledger.entries) {
    if (entry.state !== "acknowledged") continue;
    const ack = judgeAck(ledger, entry, context.trust);
    if (ack.valid) acknowledged.add(entry.seq);
    else falseAcks.push(entry.seq);
    for (const ca of ack.staleCas) staleCas.add(ca);
    if (++count % ACKS_AT_ONCE === 0) await nextTurn();
  }
  return {
    judged,
    ledger,
    digest,
    entries: new Map(ledger.entries.map((entry) => [entry.seq, entry])),
    acknowledged,
    falseAcks,
    rollback: isRollback(ledger, digest, context.store.highestLedger(ledger.device, ledger.chain)),
  };
}

/** Keeps the ledger and what it lists in the store. */
export function saveLedger(active: ActiveLedger, outbox: Outbox, context: UnloadContext): void {
  const { ledger, digest } = active;
  const found = new Set(
    [
      ...outbox.inventory.batches.filter((one) => one.manifest !== null),
      ...(context.elsewhere?.(ledger.device) ?? []),
    ]
      .filter((one) => one.chain === ledger.chain)
      .map((one) => one.seq),
  );
  const object = active.judged;
  context.store.saveLedger(
    {
      device: ledger.device,
      chain: ledger.chain,
      no: ledger.no,
      digest,
      head: ledger.head,
      madeUtc: ledger.made.utc,
      madeOffset: ledger.made.offset,
      older: ledger.older,
      cose: object.bytes ?? new Uint8Array(0),
      entries: ledger.entries.map((entry) => ({
        seq: entry.seq,
        manifest: entry.manifest,
        length: entry.length,
        state: entry.state,
        syncedUtc: entry.synced?.utc ?? null,
        syncedOffset: entry.synced?.offset ?? null,
        acknowledged: active.acknowledged.has(entry.seq),
        found: found.has(entry.seq),
      })),
    },
    {
      type: "ledger-read",
      data: { device: ledger.device, chain: ledger.chain, no: ledger.no, digest, rollback: active.rollback },
    },
  );
}
