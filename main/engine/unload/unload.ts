import type { DeviceId } from "../../../shared/ids.ts";
import { ok, type Result } from "../../../shared/result.ts";
import type { BatchReport, LinkFailure, TabletProgress, TabletReport } from "../../../shared/views.ts";
import { signerName } from "../../formats/signer.ts";
import type { JudgedLedger } from "../../rules/ledger.ts";
import type { BatchFiles } from "../../rules/outbox.ts";
import { diskRefusal } from "../disk-refusal.ts";
import { endsLink, type TabletLink } from "../ports.ts";
import { deliverReceipts } from "../receipts.ts";
import { activate, saveLedger } from "./active-ledger.ts";
import type { Report, UnloadContext } from "./context.ts";
import { findingsOf } from "./findings.ts";
import { Job } from "./job.ts";
import { devicesOf, Neighbourhood } from "./neighbourhood.ts";
import { believed, ledgerDeviceOf, type Outbox, readOutbox } from "./read-outbox.ts";
import { dispositionOf, ledgerReport, phaseOf, totalsOf, unread } from "./report.ts";

/** One tablet, from its names to its last durable batch. Each step is one function; `unloadTablet` reads as their list. */

const only = <T>(values: Iterable<T>): T | null => {
  const [first, ...others] = new Set(values);
  return first !== undefined && others.length === 0 ? first : null;
};

/** Names of the manifests that lie there for a device, whatever they turn out to be. */
function manifestsOf(outbox: Outbox, device: DeviceId): readonly BatchFiles[] {
  const unnamed = ledgerDeviceOf(outbox.ledger) === device;
  const notes = outbox.manifests.filter(({ content }) =>
    content === null ? unnamed : content.device === device,
  );
  return [...notes, ...outbox.unreadable].map((one) => one.files);
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

  return context.locks.run(devicesOf(outbox.value, active), async () => {
    const hood = new Neighbourhood(outbox.value, active, context.store);
    const unsaved = await diskRefusal(() => {
      if (device !== null)
        context.store.record({ type: "identified", data: { device, source: link.source, by: identifiedBy } });
      if (active !== null) saveLedger(active, outbox.value, context);
      if (device !== null && context.elsewhere === undefined)
        context.store.saveOutbox(device, manifestsOf(outbox.value, device));
    });
    const bodies = outbox.value.manifests.map((note) => note.files.body?.size ?? 0);
    progress({
      phase: "pulling",
      device,
      batchesDone: 0,
      batchesTotal: outbox.value.manifests.length,
      bytesTotal: bodies.reduce((sum, size) => sum + size, 0),
    });
    const job = new Job(link, context, outbox.value, active, hood, progress, signal);
    job.failure = clock.ok ? (unbegun ?? unsaved ?? outbox.value.ledgerFailure) : clock.error;
    await job.run();
    job.outcomes.sort(bySeq);

    const after = new Neighbourhood(outbox.value, active, context.store);
    const findings = findingsOf(
      outbox.value,
      active,
      after,
      staleCas,
      clock.ok ? clock.value : null,
      context,
    );
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
  });
}
