import type { ChainId, DeviceId } from "../../../shared/ids.ts";
import { ok, type Result } from "../../../shared/result.ts";
import type { BatchReport, LinkFailure, TabletProgress, TabletReport } from "../../../shared/views.ts";
import { signerName } from "../../formats/signer.ts";
import type { JudgedLedger } from "../../rules/ledger.ts";
import { diskRefusal } from "../disk-refusal.ts";
import { endsLink, type NamedBatch, type OutboxListing, type TabletLink } from "../ports.ts";
import { deliverReceipts } from "../receipts.ts";
import { inspectDevices } from "../wholeness.ts";
import { type ActiveLedger, activate, saveLedger } from "./active-ledger.ts";
import type { Report, UnloadContext } from "./context.ts";
import { findingsOf } from "./findings.ts";
import { Job } from "./job.ts";
import { believedDevices, devicesOf, Neighbourhood } from "./neighbourhood.ts";
import { believed, ledgerDeviceOf, type Outbox, readOutbox } from "./read-outbox.ts";
import { dispositionOf, ledgerReport, phaseOf, totalsOf, unread } from "./report.ts";

/** One tablet, from its names to its last durable batch. Each step is one function; `unloadTablet` reads as their list. */

const only = <T>(values: Iterable<T>): T | null => {
  const [first, ...others] = new Set(values);
  return first !== undefined && others.length === 0 ? first : null;
};

/** The manifests that lie there for a device, whatever they turn out to be. */
function manifestsOf(outbox: Outbox, device: DeviceId): readonly OutboxListing[] {
  const unnamed = ledgerDeviceOf(outbox.ledger) === device;
  const notes = outbox.manifests.filter(({ content }) =>
    content === null ? unnamed : content.device === device,
  );
  const unread = outbox.unreadable.map(({ files }) => ({ files, content: null }));
  return [...notes, ...unread].map(({ files: { chain, seq }, content }) => ({
    chain,
    seq,
    manifest: content?.believed === true ? content.digest : null,
  }));
}

/** Digests of believed manifests of a device, to be remembered beside what its ledger lists. */
function believedListings(
  outbox: Outbox,
  active: ActiveLedger | null,
  device: DeviceId,
): readonly NamedBatch[] {
  return believed(outbox)
    .filter(
      (one) =>
        one.device === device &&
        !(
          active?.ledger.chain === one.files.chain &&
          active.entries.get(one.files.seq)?.manifest === one.digest
        ),
    )
    .map(({ files: { chain, seq }, digest, length }) => ({
      ...{ chain, seq, length },
      manifest: digest,
      acknowledged: false,
      isListed: false,
    }));
}

/** The tablet's name by the certificate of a ledger that counts. */
const nameIn = (ledger: JudgedLedger | null): string | null =>
  ledger === null || ledger.reason !== null || ledger.bytes === null
    ? null
    : signerName(ledger.bytes, "ledger");

async function clockOf(link: TabletLink, signal: AbortSignal): Promise<Result<number | null, LinkFailure>> {
  const offset = await link.clockOffset(signal);
  return offset.ok || endsLink(offset.error) ? offset : ok(null);
}

const bySeq = (a: BatchReport, b: BatchReport): number =>
  a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : a.seq - b.seq;

/**
 * Unloads one open tablet: names, ledger, manifests, bodies, findings, receipts. What it returns is durable. null where another
 * device than the wanted one is on the cable.
 */
export async function unloadTablet(
  link: TabletLink,
  context: UnloadContext,
  onProgress: (progress: TabletProgress) => void,
  signal: AbortSignal,
): Promise<TabletReport | null> {
  const began = context.now().toISOString();
  let shown: TabletProgress = {
    source: link.source,
    device: null,
    name: null,
    phase: "reading-ledger",
    batchesDone: 0,
    batchesTotal: 0,
    bytesDone: 0,
    bytesTotal: 0,
  };
  const progress: Report = (change) => {
    shown = { ...shown, ...change };
    onProgress(shown);
  };
  progress({ phase: "reading-ledger" });
  const unbegun = await diskRefusal(() =>
    context.store.record({ type: "unload-begin", data: { source: link.source } }),
  );

  const outbox = await readOutbox(
    link,
    context.trust,
    (ledger) =>
      progress({ phase: "reading-manifests", device: ledgerDeviceOf(ledger), name: nameIn(ledger) }),
    (batchesDone, batchesTotal) => progress({ phase: "reading-manifests", batchesDone, batchesTotal }),
    signal,
  );
  if (!outbox.ok) {
    progress({ phase: "interrupted" });
    return unread(link.source, outbox.error, shown.device);
  }
  const device = ledgerDeviceOf(outbox.value.ledger) ?? only(believed(outbox.value).map((one) => one.device));
  if (context.wanted !== null && device !== context.wanted) return null;
  const identifiedBy = ledgerDeviceOf(outbox.value.ledger) === null ? "manifests" : "ledger";
  const clock = await clockOf(link, signal);
  const staleCas = new Set(outbox.value.staleCas);
  const active = await activate(outbox.value.ledger, context, staleCas);

  const work = async (): Promise<TabletReport> => {
    const uninspected = await diskRefusal(() =>
      inspectDevices(context.store, devicesOf(outbox.value, active), signal),
    );
    const headsBefore = headsByChain(device === null ? [] : context.store.heads(device));
    const unsaved = await diskRefusal(() => {
      if (device !== null)
        context.store.record({ type: "identified", data: { device, source: link.source, by: identifiedBy } });
      if (active !== null) saveLedger(active, outbox.value, context);
      for (const one of new Set(believed(outbox.value).map((of) => of.device)))
        context.store.saveNamed(one, believedListings(outbox.value, active, one));
      if (device !== null && context.elsewhere === undefined)
        context.store.saveOutbox(device, manifestsOf(outbox.value, device));
    });
    const hood = new Neighbourhood(outbox.value, active, context.store);
    const bodies = outbox.value.manifests.map((note) => note.files.body?.size ?? 0);
    progress({
      phase: "pulling",
      device,
      batchesDone: 0,
      batchesTotal: outbox.value.manifests.length,
      bytesTotal: bodies.reduce((sum, size) => sum + size, 0),
    });
    const job = new Job(link, context, outbox.value, active, hood, progress, signal);
    job.failure = clock.ok ? (unbegun ?? uninspected ?? unsaved ?? outbox.value.ledgerFailure) : clock.error;
    await job.run();
    job.outcomes.sort(bySeq);

    const after = new Neighbourhood(outbox.value, active, context.store);
    const findings = findingsOf({
      outbox: outbox.value,
      active,
      hood: after,
      headsBefore,
      staleCas,
      clockOffset: clock.ok ? clock.value : null,
      context,
    });
    let receipts: readonly string[] = [];
    const linked = job.failure === null || !endsLink(job.failure);
    if (context.receipts !== null && linked && device !== null) {
      progress({ phase: "writing-receipt" });
      const delivered = await deliverReceipts(link, context.receipts, {
        store: context.store,
        campaign: context.trust.campaign.id,
        now: context.now(),
        device,
        ledger: active?.digest ?? null,
        acknowledged: (chain, seq, digest) =>
          active !== null &&
          active.ledger.chain === chain &&
          active.acknowledged.has(seq) &&
          active.entries.get(seq)?.manifest === digest,
        outbox: outbox.value,
        outcomes: job.outcomes,
        signal,
      });
      receipts = delivered.names;
      job.failure ??= delivered.failure;
    }

    const found: TabletReport = {
      device,
      source: link.source,
      outbox: link.outbox,
      chain: active?.ledger.chain ?? only(believed(outbox.value).map((one) => one.files.chain)),
      ledger: ledgerReport(outbox.value, active),
      batches: job.outcomes,
      findings,
      receipts,
      failure: job.failure,
    };
    const unwritten = await diskRefusal(() =>
      context.store.saveUnloading(
        {
          device,
          source: link.source,
          began,
          chain: found.chain,
          ledger: found.ledger,
          clockSeconds: clock.ok ? clock.value : null,
          failure: found.failure?.type ?? null,
          batches: found.batches,
          findings,
        },
        {
          type: "unload-end",
          data: {
            device,
            source: link.source,
            disposition: dispositionOf(found),
            failure: found.failure?.type ?? null,
            ...totalsOf([found]),
          },
        },
      ),
    );
    const report: TabletReport = { ...found, failure: found.failure ?? unwritten };
    progress({ phase: phaseOf(report) });
    return report;
  };
  const report = await context.locks.runUnlessGone(believedDevices(outbox.value, active), work, {
    signal,
    // A cable that is pulled while another tablet's job is waited for ends the waiting.
    isGone: async () => {
      const root = await link.list("", signal);
      return !root.ok && endsLink(root.error) ? root.error : null;
    },
  });
  if (report.ok) return report.value;
  progress({ phase: "interrupted" });
  return unread(link.source, report.error, device);
}

const headsByChain = (
  heads: readonly { readonly chain: ChainId; readonly head: number }[],
): ReadonlyMap<ChainId, number> => new Map(heads.map(({ chain, head }) => [chain, head]));
