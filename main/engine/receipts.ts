import type { ChainId, DeviceId, Digest, StationId } from "../../shared/ids.ts";
import type { BatchReport, LinkFailure } from "../../shared/views.ts";
import { makeSign1, parseSign1 } from "../formats/cose.ts";
import { encodeReceipt, parseReceipt, type Receipt, type ReceiptItem } from "../formats/receipt.ts";
import { sha256 } from "../formats/sha256.ts";
import { DiskError, type Store, type TabletLink } from "./ports.ts";
import type { ReceiptRecord } from "./ports-custody.ts";
import { type Outbox, readSigned } from "./unload/read-outbox.ts";

/** The station's word to a tablet: what is kept here, chain by chain, from durable rows alone. */

export interface ReceiptSigner {
  readonly station: StationId;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export interface ReceiptContext {
  readonly store: Store;
  readonly campaign: string;
  readonly now: Date;
  readonly device: DeviceId;
  /** digest(ledger), null where none could be read. */
  readonly ledger: Digest | null;
  readonly acknowledged: (chain: ChainId, seq: number, digest: Digest) => boolean;
  readonly outbox: Outbox;
  readonly outcomes: readonly BatchReport[];
  readonly signal: AbortSignal;
}

/** Names tried where a tablet holds other files under this station's next numbers, as after a restored store. */
const MAX_NAME_TRIES = 100;

const itemKey = (chain: ChainId, seq: number, manifest: Digest): string => `${chain} ${seq} ${manifest}`;

/** Items of every chain on the tablet: the manifests that parse and belong to its device. */
function itemsByChain(context: ReceiptContext): ReadonlyMap<ChainId, readonly ReceiptItem[]> {
  const rows = new Map(
    context.store
      .known(context.device)
      .filter((row) => row.state === "staged")
      .map((row) => [itemKey(row.chain, row.seq, row.manifest), row]),
  );
  const outcomes = new Map(context.outcomes.map((one) => [`${one.chain} ${one.seq}`, one]));
  const chains = new Map<ChainId, ReceiptItem[]>();
  for (const { content, files } of context.outbox.manifests) {
    if (content === null || content.device !== context.device) continue;
    const { chain, seq } = files;
    const row = rows.get(itemKey(chain, seq, content.digest));
    const outcome = outcomes.get(`${chain} ${seq}`);
    const accepted = row?.centre === "accepted" || row?.centre === "already-there";
    let item: ReceiptItem | null = null;
    if (accepted || context.acknowledged(chain, seq, content.digest))
      item = { seq, manifest: content.digest, status: "accepted", reason: "" };
    else if (row !== undefined) item = { seq, manifest: content.digest, status: "staged", reason: "" };
    else if (outcome?.outcome === "quarantined")
      item = { seq, manifest: content.digest, status: "refused", reason: outcome.reason ?? "" };
    if (item === null) continue;
    const items = chains.get(chain);
    if (items === undefined) chains.set(chain, [item]);
    else items.push(item);
  }
  return chains;
}

const readBack = (bytes: Uint8Array): Receipt | null => {
  const object = parseSign1(bytes, "receipt");
  const receipt = object.ok ? parseReceipt(object.value.payload) : object;
  return receipt.ok ? receipt.value : null;
};

const factsOf = (ledger: Digest | null, items: readonly ReceiptItem[]): string =>
  JSON.stringify([ledger, items]);

/** The receipt for these facts: the last one where they have not changed since, else a new one, kept before it is written. */
function receiptFor(
  chain: ChainId,
  items: readonly ReceiptItem[],
  signer: ReceiptSigner,
  context: ReceiptContext,
): ReceiptRecord & { delivered: boolean } {
  const { store, device, ledger } = context;
  const last = store.lastReceipt(device, chain);
  const before = last === null ? null : readBack(last.bytes);
  if (last !== null && before !== null && factsOf(before.ledger, before.items) === factsOf(ledger, items))
    return last;
  return { ...newReceipt(chain, items, signer, context), delivered: false };
}

function newReceipt(
  chain: ChainId,
  items: readonly ReceiptItem[],
  signer: ReceiptSigner,
  context: ReceiptContext,
): ReceiptRecord {
  const { store, device, ledger, campaign, now } = context;
  const made = { utc: Math.floor(now.getTime() / 1000), offset: -now.getTimezoneOffset() };
  const leaf = signer.chain[0] ?? new Uint8Array(0);
  // An act that exists: whoever follows the number finds it. The act of this very unloading names its receipts, and is made after them.
  const act = store.custody.lastAct(device)?.no ?? null;
  return store.saveReceipt(
    (no) => {
      const payload = encodeReceipt({
        campaign,
        device,
        chain,
        station: signer.station,
        no,
        made,
        ledger,
        act: act === null ? "" : String(act),
        items,
      });
      const bytes = makeSign1("receipt", signer.chain, payload, signer.sign);
      const object = parseSign1(bytes, "receipt");
      if (!object.ok) throw new Error("a receipt that cannot be read back");
      return {
        no,
        device,
        chain,
        name: `${sha256(leaf).slice(0, 16)}-${String(no).padStart(8, "0")}.cose`,
        bytes,
        digest: object.value.digest,
        act,
      };
    },
    ({ no, digest }) => ({
      type: "receipt-made",
      data: { device, chain, no, digest, act, items: items.length },
    }),
  );
}

/** Whether the receipt lies on the tablet whole, as after a cable pulled between writing and reading back. */
async function isThere(link: TabletLink, receipt: ReceiptRecord, context: ReceiptContext): Promise<boolean> {
  if (context.outbox.receiptSizes.get(receipt.name) !== receipt.bytes.length) return false;
  const found = await readSigned(link, `receipts/${receipt.name}`, receipt.bytes.length, context.signal);
  return found.ok && found.value !== null && Buffer.compare(found.value, receipt.bytes) === 0;
}

/**
 * Writes one receipt for each chain and has it read back. Nothing is written twice for the same facts. Value: paths from the outbox, and
 * what went wrong, if anything did; nothing is lost then, the same receipt is written at the next plugging in.
 */
export async function deliverReceipts(
  link: TabletLink,
  signer: ReceiptSigner,
  context: ReceiptContext,
): Promise<{ readonly names: readonly string[]; readonly failure: LinkFailure | null }> {
  const names: string[] = [];
  const delivered = ({ no, chain }: ReceiptRecord): void =>
    context.store.receiptDelivered(no, {
      type: "receipt-delivered",
      data: { device: context.device, chain, no },
    });
  try {
    for (const [chain, items] of itemsByChain(context)) {
      let receipt = receiptFor(chain, items, signer, context);
      for (let tries = 1; ; tries++) {
        if (await isThere(link, receipt, context)) {
          if (!receipt.delivered) delivered(receipt);
          break;
        }
        const written = await link.writeReceipt(receipt.name, receipt.bytes, context.signal);
        if (written.ok) {
          delivered(receipt);
          names.push(`receipts/${receipt.name}`);
          break;
        }
        if (written.error.type !== "exists" || tries === MAX_NAME_TRIES) {
          const { no } = receipt;
          const data = { device: context.device, chain, no, failure: written.error.type };
          context.store.record({ type: "receipt-not-written", data });
          return { names, failure: written.error };
        }
        receipt = { ...newReceipt(chain, items, signer, context), delivered: false };
      }
    }
  } catch (error) {
    if (error instanceof DiskError) return { names, failure: error.failure };
    throw error;
  }
  return { names, failure: null };
}
