import type { StoreId } from "../../shared/ids.ts";
import { encodeAuditHead } from "../formats/audit-head.ts";
import { makeSign1 } from "../formats/cose.ts";
import type { Store } from "./ports.ts";
import type { LogPlace } from "./ports-custody.ts";
import type { ReceiptSigner } from "./receipts.ts";

/** Heads: the station's signed word of how long its log is and what stands in it. */

/** The head over one line, signed: COSE_Sign1 (docs/formats.md, audit head). */
export function signedHead(store: Store, signer: ReceiptSigner, place: LogPlace, now: Date): Uint8Array {
  const payload = encodeAuditHead({
    store: store.id as StoreId,
    station: signer.station,
    no: place.no,
    hash: place.hash,
    made: { utc: Math.floor(now.getTime() / 1000), offset: -now.getTimezoneOffset() },
  });
  return makeSign1("audit-head", signer.chain, payload, signer.sign);
}

/** Heads that were kept while the key was closed get their signature, where the log still says the same. */
function signKept(store: Store, signer: ReceiptSigner, now: Date): void {
  for (const { no, hash } of store.custody.unsignedHeads())
    if (store.custody.hashAt(no) === hash)
      store.custody.keepHead({ no, hash }, signedHead(store, signer, { no, hash }, now));
}

/**
 * Signs the log as it stands and keeps the head: the bytes (COSE_Sign1, docs/formats.md) to be left outside, in a bag, an act, at the
 * centre. The same line has one head, however often it is asked for. Throws a DiskError.
 */
export function auditHead(store: Store, signer: ReceiptSigner, now: Date): Uint8Array {
  const place = store.custody.lastLine();
  if (place === null) throw new Error("a store begins with a line");
  const kept = store.custody.headAt(place)?.cose;
  if (kept) return kept;
  const cose = signedHead(store, signer, place, now);
  store.custody.keepHead(place, cose);
  return cose;
}

/**
 * Ends a session in which something was written: its last line, and the head over it. `signer` null: the key was not open; the head
 * is kept as it is and signed at the end of the next session that opens the key. Throws a DiskError.
 */
export function endSession(store: Store, signer: ReceiptSigner | null, now: Date): void {
  if (!store.custody.endSession()) return;
  if (signer === null) {
    const place = store.custody.lastLine();
    if (place !== null) store.custody.keepHead(place, null);
    return;
  }
  signKept(store, signer, now);
  auditHead(store, signer, now);
}
