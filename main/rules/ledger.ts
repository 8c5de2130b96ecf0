import type { ChainId, Digest } from "../../shared/ids.ts";
import type { Reason } from "../../shared/reasons.ts";
import { parseSign1 } from "../formats/cose.ts";
import { type Ledger, type LedgerEntry, parseLedger } from "../formats/ledger.ts";
import { type JudgedAck, judgeAckOf, NO_ACK } from "./ack.ts";
import { judgeSigner } from "./signed.ts";
import type { Trust } from "./trust.ts";

/** What a ledger file turned out to be. */
export interface JudgedLedger {
  /** null where the file is malformed. */
  readonly ledger: Ledger | null;
  readonly digest: Digest | null;
  /** The file's bytes; null where it was not read. */
  readonly bytes: Uint8Array | null;
  /** Why it is refused; null: it counts. */
  readonly reason: Reason | null;
  readonly staleCas: readonly string[];
}

/** Judges a ledger file. `bytes` null: it is over its limit and was not read. */
export function judgeLedger(bytes: Uint8Array | null, trust: Trust): JudgedLedger {
  const refused: JudgedLedger = { ledger: null, digest: null, bytes, reason: "malformed", staleCas: [] };
  if (bytes === null) return refused;
  const object = parseSign1(bytes, "ledger");
  if (!object.ok) return refused;
  const parsed = parseLedger(object.value.payload);
  if (!parsed.ok) return refused;
  const ledger = parsed.value;
  const { digest } = object.value;
  const signer = judgeSigner(
    object.value,
    "tablet",
    trust,
    (leaf) => leaf.serialNumbers[0] === ledger.device,
  );
  const claim = ledger.campaign === trust.campaign.id ? null : "wrong-campaign";
  return { ledger, digest, bytes, reason: signer.reason ?? claim, staleCas: signer.staleCas };
}

/** Judges the acknowledgement in a ledger's entry. */
export const judgeAck = (ledger: Ledger, entry: LedgerEntry, trust: Trust): JudgedAck =>
  entry.ack === undefined
    ? NO_ACK
    : judgeAckOf(
        entry.ack,
        {
          campaign: ledger.campaign,
          device: ledger.device,
          chain: ledger.chain,
          seq: entry.seq,
          manifest: entry.manifest,
        },
        trust,
      );

/** Whether a ledger's number went back, or stands for two contents. `seen`: the highest of this device and chain so far. */
export const isRollback = (
  ledger: Ledger,
  digest: Digest,
  seen: { readonly no: number; readonly digests: readonly Digest[] } | null,
): boolean =>
  seen !== null &&
  (ledger.no < seen.no || (ledger.no === seen.no && seen.digests.some((known) => known !== digest)));

/** Heads of every chain a ledger speaks of: its own, and those from before a reset. */
export function headsOf(ledger: Ledger): ReadonlyMap<ChainId, number> {
  const heads = new Map<ChainId, number>();
  for (const { chain, head } of [...ledger.older, { chain: ledger.chain, head: ledger.head }])
    heads.set(chain, Math.max(head, heads.get(chain) ?? 0));
  return heads;
}

/** Whether a ledger lists a batch: by an entry in its own chain, by the head in an older one. */
export function lists(
  ledger: Ledger,
  entries: ReadonlyMap<number, LedgerEntry>,
  chain: ChainId,
  seq: number,
): boolean {
  if (chain === ledger.chain) return entries.has(seq);
  return seq <= (ledger.older.find((one) => one.chain === chain)?.head ?? 0);
}
