import { parseSign1 } from "../formats/cose.ts";
import { parseLedger } from "../formats/ledger.ts";
import { judgeAckOf } from "../rules/ack.ts";
import { judgeAck } from "../rules/ledger.ts";
import type { Trust } from "../rules/trust.ts";
import { clearanceOf } from "./clearance.ts";
import type { Store } from "./ports.ts";
import type { Slices } from "./slices.ts";

/**
 * What was believed under an earlier trust is judged again when a campaign is loaded: an acknowledgement whose signer is revoked stops counting,
 * and a staged batch whose signer is revoked, or whose campaign has another root, is barred from being sent.
 */

function* ofLedgers(store: Store, trust: Trust): Slices<void> {
  for (const { device, chain, cose } of store.ledgersInForce()) {
    const object = parseSign1(cose, "ledger");
    const ledger = object.ok ? parseLedger(object.value.payload) : object;
    if (!ledger.ok) continue;
    const counting = new Set<number>();
    for (const entry of ledger.value.entries) {
      if (entry.state !== "acknowledged") continue;
      if (judgeAck(ledger.value, entry, trust).valid) counting.add(entry.seq);
      yield;
    }
    store.countAcknowledged(device, chain, counting);
  }
}

function* ofCentre(store: Store, trust: Trust): Slices<void> {
  for (const { device, chain, seq, manifest, cose, counts } of store.centre.heldAcks()) {
    const batch = { device, chain, seq, manifest };
    const { valid } = judgeAckOf(cose, { campaign: trust.campaign.id, ...batch }, trust);
    if (valid !== counts) store.centre.countAck(batch, valid);
    yield;
  }
}

/** Judges again what is held here. Runs in slices, so that other work of the process goes on meanwhile. */
export function* rejudgeAcks(store: Store, trust: Trust): Slices<void> {
  yield* ofLedgers(store, trust);
  yield* ofCentre(store, trust);
}

/** Batches read at once. */
const PAGE = 256;

/** Bars the staged batches that may not be sent by this trust, and lifts the bar of those that may. */
export async function rejudgeClearance(store: Store, trust: Trust): Promise<void> {
  for (
    let page = store.toUpload(null, PAGE);
    page.length > 0;
    page = store.toUpload(page.at(-1) ?? null, PAGE)
  )
    for (const row of page) {
      const cose = await store.manifestOf(row);
      // A manifest that is not what was staged says nothing of its signer: that is damage, and looked for elsewhere.
      if (cose.ok && parseSign1(cose.value, "manifest").ok)
        store.centre.bar(row, clearanceOf(trust, cose.value) === "revoked");
    }
}
