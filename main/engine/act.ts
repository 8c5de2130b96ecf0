import type { DeviceId, StoreId } from "../../shared/ids.ts";
import { isUnsettled } from "../../shared/reasons.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { TimeMark } from "../formats/base.ts";
import { parseCertificate } from "../formats/certificate.ts";
import { parseSign1 } from "../formats/cose.ts";
import type { Trust } from "../rules/trust.ts";
import { codeIn, codeText, factsDigest, headText, readCode } from "./act-code.ts";
import type { ActReport, ActVerdict, EngineProblem } from "./api.ts";
import { signedHead } from "./audit-heads.ts";
import type { Store } from "./ports.ts";
import type { ActBatch, ActFacts, PrintAct } from "./ports-act.ts";
import type { KeptAct, KeptUnloading } from "./ports-custody.ts";
import type { ReceiptSigner } from "./receipts.ts";

/**
 * The hand-over act. One unloading has one act: made once from what the store knew then, and printed from that record ever after.
 */

const markOf = (time: Date | string, offset: number): TimeMark => ({
  utc: Math.floor(new Date(time).getTime() / 1000),
  offset,
});

const nameKey = (chain: string, seq: number): string => `${chain} ${seq}`;

function batchesOf(store: Store, device: DeviceId): readonly ActBatch[] {
  type Held = Pick<ActBatch, "manifest" | "bytes">;
  const held = new Map<string, Held>();
  for (const one of store.ledgerEntries(device))
    held.set(nameKey(one.chain, one.seq), { manifest: one.manifest, bytes: one.length });
  const refused = new Map<string, ActBatch["reason"]>();
  for (const one of store.quarantineList())
    if (one.device === device) {
      refused.set(nameKey(one.chain, one.seq), one.reason);
      const known = held.get(nameKey(one.chain, one.seq));
      held.set(nameKey(one.chain, one.seq), known ?? { manifest: one.manifest, bytes: one.bytes });
    }
  for (const one of store.known(device))
    if (one.state !== "quarantined")
      held.set(nameKey(one.chain, one.seq), { manifest: one.manifest, bytes: one.length });
  const batches: ActBatch[] = [];
  for (const { chain, seq, verdict } of store.reconcile(device)) {
    const { manifest, bytes } = held.get(nameKey(chain, seq)) ?? { manifest: null, bytes: null };
    const reason = verdict === "refused" ? (refused.get(nameKey(chain, seq)) ?? null) : null;
    batches.push({ chain, seq, manifest, bytes, verdict, reason });
  }
  return batches;
}

/** The name in a tablet's certificate, as its newest ledger or a batch carries it. */
async function tabletName(store: Store, device: DeviceId): Promise<string | null> {
  const cose = await store.custody.signedByTablet(device);
  if (cose === null) return null;
  const ledger = parseSign1(cose, "ledger");
  const object = ledger.ok ? ledger : parseSign1(cose, "manifest");
  if (!object.ok) return null;
  const leaf = parseCertificate(object.value.chain[0] ?? new Uint8Array(0));
  return leaf.ok ? (leaf.value.commonNames[0] ?? null) : null;
}

async function factsOf(
  store: Store,
  trust: Trust,
  signer: ReceiptSigner,
  device: DeviceId,
  unloading: KeptUnloading,
  now: Date,
): Promise<Omit<ActFacts, "no" | "log">> {
  const offset = -now.getTimezoneOffset();
  const leaf = parseCertificate(signer.chain[0] ?? new Uint8Array(0));
  if (!leaf.ok) throw new Error("the station's certificate was read when its key was opened");
  const { id, name } = trust.campaign;
  return {
    v: 1,
    made: markOf(now, offset),
    campaign: { id, kk: name.kk, ru: name.ru },
    station: { id: signer.station, name: leaf.value.commonNames[0] ?? signer.station },
    oblast: leaf.value.states[0] ?? "",
    tablet: { id: device, name: await tabletName(store, device) },
    unloading: {
      no: unloading.no,
      way: unloading.source.startsWith("folder:") ? "folder" : "cable",
      began: markOf(unloading.began, offset),
      ended: markOf(unloading.ended, offset),
      failure: unloading.failure,
    },
    ledger: unloading.ledger,
    clockSeconds: unloading.clockSeconds,
    batches: batchesOf(store, device),
    findings: unloading.findings,
    receipts: store.custody
      .receiptsOf(device)
      .map(({ no, chain, digest, delivered }) => ({ no, chain, digest, delivered })),
  };
}

const printed = async (act: KeptAct, print: PrintAct): Promise<Uint8Array> =>
  print(JSON.parse(act.facts) as ActFacts, act.code, headText(act.head));

const reportOf = async (act: KeptAct, isNew: boolean, print: PrintAct): Promise<ActReport> => {
  const facts = JSON.parse(act.facts) as ActFacts;
  return {
    no: act.no,
    device: act.device,
    code: act.code,
    madeAt: act.madeAt,
    isNew,
    batches: facts.batches.length,
    open: facts.batches.filter((one) => needsWork(one)).length,
    bytes: await printed(act, print),
  };
};

/** A batch that a person has still to look for or to decide on. */
export const needsWork = ({ verdict }: ActBatch): boolean => isUnsettled(verdict);

/**
 * The act of a tablet's last unloading: made now, or printed again. Needs the station's key: the act's file carries a signed head of the
 * audit log, over the very line that tells of the act and its code. So the code is signed for, though it is not signed itself.
 */
export async function makeAct(
  store: Store,
  trust: Trust,
  signer: ReceiptSigner,
  print: PrintAct,
  device: DeviceId,
  now: Date,
): Promise<Result<ActReport, EngineProblem>> {
  const unloading = store.custody.lastUnloading(device);
  if (unloading === null) return err({ type: "no-unloading", device });
  const last = store.custody.lastAct(device);
  if (last !== null && last.unloading === unloading.no) return ok(await reportOf(last, false, print));

  const base = await factsOf(store, trust, signer, device, unloading, now);
  const log = store.custody.lastLine();
  if (log === null) throw new Error("a store begins with a line");
  const receipt = base.receipts.find((one) => one.chain === unloading.chain) ?? base.receipts.at(-1) ?? null;
  const act = store.custody.saveAct(
    (no) => {
      const facts = JSON.stringify({ ...base, no, log } satisfies ActFacts);
      const code = codeText({
        store: store.id as StoreId,
        no,
        facts: factsDigest(facts),
        receipt: receipt?.digest ?? null,
        log,
      });
      return { device, unloading: unloading.no, facts, code };
    },
    ({ no, code }) => ({ type: "act-made", data: { device, no, unloading: unloading.no, code } }),
    (place) => signedHead(store, signer, place, now),
  );
  return ok(await reportOf(act, true, print));
}

/**
 * Whether an act is one of this store's, unchanged. `given`: the text of its QR code, or its file. A file has to be, byte for byte, what
 * is printed from the record.
 */
export async function verifyAct(
  store: Store,
  print: PrintAct,
  given: string | Uint8Array,
): Promise<Result<ActVerdict, EngineProblem>> {
  const isFile = typeof given !== "string";
  const code = readCode(isFile ? (codeIn(given) ?? "") : given);
  if (code === null) return err({ type: "not-an-act" });
  const act = store.custody.act(code.no);
  const wrong = (why: ActVerdict["why"]): Result<ActVerdict, never> =>
    ok({ matches: false, why, no: code.no, device: act?.device ?? null, madeAt: act?.madeAt ?? null });
  if (act === null || act.code !== codeText(code)) {
    const elsewhere = code.store !== store.id && readCode(act?.code ?? "")?.store !== code.store;
    return wrong(elsewhere ? "other-store" : act === null ? "unknown" : "code-differs");
  }
  if (factsDigest(act.facts) !== code.facts) return wrong("record-changed");
  if (store.custody.hashAt(code.log.no) !== code.log.hash) return wrong("log-changed");
  if (isFile && !Buffer.from(await printed(act, print)).equals(given)) return wrong("file-differs");
  return ok({ matches: true, why: null, no: act.no, device: act.device, madeAt: act.madeAt });
}
