import type { DeviceId, Digest } from "../../shared/ids.ts";
import { isDeviceId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { LinkFailure, TabletPresence, TabletProgress, TabletReport } from "../../shared/views.ts";
import { KeptManifests } from "../rules/kept-manifest.ts";
import type { Trust } from "../rules/trust.ts";
import { aboutCampaign, aboutStation } from "./about.ts";
import { makeAct, verifyAct } from "./act.ts";
import type { Engine, EngineProblem, UnloadTarget } from "./api.ts";
import { verifyAudit } from "./audit-verify.ts";
import { clearanceOf } from "./clearance.ts";
import { evidenceOf } from "./evidence.ts";
import { exportBag } from "./export.ts";
import { importBag } from "./import.ts";
import { backupStore, type TellLog } from "./keep.ts";
import { Locks } from "./locks.ts";
import {
  DiskError,
  type DiskFailure,
  type ReadCampaignFolder,
  type StationKeys,
  type Store,
  type TabletSource,
} from "./ports.ts";
import type { PrintAct } from "./ports-act.ts";
import type { Carrier, CarryBooks } from "./ports-carry.ts";
import type { Keeper } from "./ports-keep.ts";
import type { ReportSource, WriteReport } from "./ports-report.ts";
import type { ReceiptSigner } from "./receipts.ts";
import { rejudgeAcks, rejudgeClearance } from "./rejudge.ts";
import { reportTable } from "./report.ts";
import { retryQuarantine } from "./retry.ts";
import { sendToCentre } from "./send.ts";
import { PlugLog, Session } from "./session.ts";
import { inSlices } from "./slices.ts";
import { initStation, takeStationCertificate } from "./station.ts";
import { checkStore } from "./store-check.ts";
import { loadCampaign, trustOf } from "./trust.ts";
import type { UnloadContext } from "./unload/context.ts";
import { unloadOutboxes } from "./unload/outboxes.ts";
import { totalsOf, unread } from "./unload/report.ts";
import type { ManifestContent } from "./upload.ts";
import { watchCable } from "./watch.ts";

/** What the engine is made of. */
export interface EngineParts {
  readonly store: Store;
  readonly books: CarryBooks;
  readonly carrier: Carrier;
  readonly keeper: Keeper;
  readonly lines: ReportSource;
  readonly writeReport: WriteReport;
  readonly keys: StationKeys;
  readonly cable: TabletSource;
  /** Opens a folder by its path. */
  readonly folders: TabletSource;
  readonly readCampaignFolder: ReadCampaignFolder;
  readonly printAct: PrintAct;
  readonly now: () => Date;
}

interface UnloadOptions {
  readonly receipts: boolean;
  readonly passphrase: string | null;
}

/** One place to unload from. `wanted`: only if it is this device. */
interface Stop {
  readonly from: TabletSource;
  readonly presence: Pick<TabletPresence, "id" | "source" | "problem">;
  readonly wanted: DeviceId | null;
}

function contentOf(manifests: KeptManifests, cose: Uint8Array, digest: Digest): ManifestContent | null {
  const manifest = manifests.read(cose, digest);
  return manifest && { digest, campaign: manifest.campaign, chunks: manifest.chunks };
}

/** Runs a use case; a journal that the disk refuses to write ends it as a failure like any other. */
async function orDiskFailure<T, E>(work: () => Promise<Result<T, E>>): Promise<Result<T, E | DiskFailure>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiskError) return err(error.failure);
    throw error;
  }
}

/** Builds the engine from its parts. */
export function createEngine(parts: EngineParts): Engine {
  const { store, books, carrier, keeper, lines, writeReport, keys, cable, folders, readCampaignFolder } =
    parts;
  const { printAct, now } = parts;
  const locks = new Locks();
  const session = new Session(store, keys, now);

  function prepare(options: UnloadOptions): Result<Omit<UnloadContext, "wanted">, EngineProblem> {
    const trust = trustOf(store, now());
    if (!trust.ok) return trust;
    const base = { store, trust: trust.value, locks, now };
    if (!options.receipts) return ok({ ...base, receipts: null });
    const signer = session.open(trust.value, options.passphrase);
    return signer.ok ? ok({ ...base, receipts: signer.value }) : signer;
  }

  /** The trust in force and the station's key, for what the station signs. */
  function prepareSigned(
    passphrase: string | null,
  ): Result<{ trust: Trust; signer: ReceiptSigner }, EngineProblem> {
    const trust = trustOf(store, now());
    if (!trust.ok) return trust;
    const signer = session.open(trust.value, passphrase);
    return signer.ok ? ok({ trust: trust.value, signer: signer.value }) : signer;
  }

  /** The same, judged by the trust and the clock of this moment. */
  function renew(context: Omit<UnloadContext, "wanted">): Omit<UnloadContext, "wanted"> {
    const trust = trustOf(store, now());
    return trust.ok ? { ...context, trust: trust.value } : context;
  }

  async function unloadStop(
    stop: Stop,
    context: Omit<UnloadContext, "wanted">,
    onProgress: (progress: TabletProgress) => void,
    signal: AbortSignal,
  ): Promise<readonly TabletReport[]> {
    const { presence } = stop;
    const refuse = (failure: LinkFailure): readonly TabletReport[] => {
      onProgress({ ...idle(presence.source), phase: "cannot-use" });
      return [unread(presence.source, failure)];
    };
    if (presence.problem !== null) return refuse(presence.problem);
    onProgress({ ...idle(presence.source), phase: "connecting" });
    const link = await stop.from.open(presence.id, context.trust.campaign.outbox, signal);
    if (!link.ok) return refuse(link.error);
    try {
      return await unloadOutboxes(link.value, { ...context, wanted: stop.wanted }, onProgress, signal);
    } catch (error) {
      if (error instanceof DiskError) return refuse(error.failure);
      throw error;
    } finally {
      await link.value.close();
    }
  }

  async function stopsOf(
    targets: readonly UnloadTarget[],
  ): Promise<{ cable: readonly Stop[]; folders: readonly Stop[] }> {
    const onCable = targets.some((target) => target.type !== "folder") ? await cable.list() : [];
    const stops = new Map<string, Stop>();
    const add = (presence: TabletPresence, wanted: DeviceId | null) => {
      if (stops.get(presence.id)?.wanted !== null) stops.set(presence.id, { from: cable, presence, wanted });
    };
    for (const target of targets) {
      if (target.type === "all") for (const presence of onCable) add(presence, null);
      if (target.type !== "tablet") continue;
      const named = onCable.filter(
        ({ id, source }) => [id, source].includes(target.id) || source === `usb:${target.id}`,
      );
      for (const presence of named) add(presence, null);
      if (named.length === 0 && isDeviceId(target.id))
        for (const presence of onCable) add(presence, target.id);
      else if (named.length === 0) {
        const absent = { id: target.id, source: target.id, problem: { type: "unplugged" } } as const;
        stops.set(target.id, { from: cable, presence: absent, wanted: null });
      }
    }
    return {
      cable: [...stops.values()],
      folders: targets.flatMap((target) =>
        target.type === "folder"
          ? [
              {
                from: folders,
                presence: { id: target.path, source: `folder:${target.path}`, problem: null },
                wanted: null,
              },
            ]
          : [],
      ),
    };
  }

  return {
    init: (passphrase) => orDiskFailure(() => initStation(store, keys, passphrase)),
    takeStationCertificate: async (pem) => {
      const trust = trustOf(store, now());
      if (!trust.ok && trust.error.type !== "no-campaign") return trust;
      return orDiskFailure(async () =>
        takeStationCertificate(store, keys, trust.ok ? trust.value : null, pem),
      );
    },
    about: () => ({ station: aboutStation(store), campaign: aboutCampaign(store, now()) }),
    openKey: (passphrase) => session.hold(passphrase),
    isKeyOpen: () => session.isHeld(),
    loadCampaign: (folder) =>
      orDiskFailure(() =>
        loadCampaign(store, readCampaignFolder, folder, now(), async (trust) => {
          await inSlices(rejudgeAcks(store, trust));
          await rejudgeClearance(store, trust);
        }),
      ),

    tablets: () => cable.list(),
    unload: async (targets, options, onProgress, signal) => {
      const context = prepare(options);
      if (!context.ok) return context;
      const stops = await stopsOf(targets);
      const run = (stop: Stop) => unloadStop(stop, context.value, onProgress, signal);
      const cableJobs = Promise.all(stops.cable.map(run));
      const reports: TabletReport[] = [];
      for (const stop of stops.folders) reports.push(...(await run(stop)));
      const found = [...(await cableJobs).flat(), ...reports];
      for (const target of targets)
        if (
          target.type === "tablet" &&
          isDeviceId(target.id) &&
          !found.some((one) => one.device === target.id)
        )
          if (!found.some((one) => one.source === target.id))
            found.push(unread(target.id, { type: "unplugged" }));
      return ok({ tablets: found, totals: totalsOf(found) });
    },
    watch: async (options, onProgress, onReport, onPresence, signal) => {
      const context = prepare(options);
      if (!context.ok) return context;
      const log = new PlugLog(store);
      await watchCable(
        cable,
        (presence, progress) =>
          unloadStop({ from: cable, presence, wanted: null }, renew(context.value), progress, signal),
        onProgress,
        onReport,
        (present) => {
          log.see(present);
          onPresence(present);
        },
        signal,
      );
      return ok(undefined);
    },

    reconcile: (device) => {
      const trust = trustOf(store, now());
      return trust.ok ? ok(store.reconcile(device)) : trust;
    },
    upload: async (centre, onProgress, signal, options = {}) => {
      const trust = trustOf(store, now());
      if (!trust.ok) return trust;
      const manifests = new KeptManifests();
      return orDiskFailure(() =>
        sendToCentre({
          store,
          centre,
          trust: trust.value,
          clearance: (cose) => clearanceOf(trust.value, cose),
          contentOf: (cose, digest) => contentOf(manifests, cose, digest),
          onProgress,
          signal,
          ...options,
        }),
      );
    },
    evidence: (facts) => evidenceOf(facts, store),

    exportBag: async (folder, { devices, again, passphrase }, onProgress, signal) => {
      const signing = prepareSigned(passphrase);
      if (!signing.ok) return signing;
      const context = { store, books, carrier, ...signing.value, now: now() };
      return orDiskFailure(() => exportBag({ ...context, folder, devices, again, onProgress, signal }));
    },
    importBag: async (folder, { passphrase }, onProgress, signal) => {
      const signing = prepareSigned(passphrase);
      if (!signing.ok) return signing;
      const context = { store, books, carrier, folders, locks, ...signing.value, now };
      return orDiskFailure(() => importBag({ ...context, folder, onProgress, signal }));
    },
    report: async (by, format, file, signal) => {
      const trust = trustOf(store, now());
      if (!trust.ok) return trust;
      return orDiskFailure(async () =>
        writeReport(file, format, await inSlices(reportTable(by, lines.evidence())), signal),
      );
    },
    backup: async (folder, onProgress, signal) => {
      const parts = { keeper, carrier, onProgress, signal };
      const tell: TellLog = (event, damaged) => {
        store.record(event);
        store.holdings.saveDamage(damaged);
        return true;
      };
      return orDiskFailure(() => backupStore(parts, store.folder, folder, now(), tell));
    },
    travels: (device, chain, seq) => books.travels(device, chain, seq),

    checkStore: (depth, onProgress, signal) =>
      orDiskFailure(() => checkStore(store, depth, onProgress, signal)),
    lastDeepCheck: () => store.holdings.lastDeepCheck(),

    quarantineList: () => store.quarantineList(),
    quarantineRetry: async () => {
      const trust = trustOf(store, now());
      return trust.ok ? orDiskFailure(() => retryQuarantine(store, trust.value, locks)) : trust;
    },

    act: (device, passphrase) =>
      orDiskFailure(async () => {
        const signing = prepareSigned(passphrase);
        if (!signing.ok) return signing;
        const { trust, signer } = signing.value;
        return locks.run([device], () => makeAct(store, trust, signer, printAct, device, now()));
      }),
    verifyAct: (given) => orDiskFailure(() => verifyAct(store, printAct, given)),

    auditShow: () => store.audit(),
    auditVerify: async (files = [], atCentre = null) => {
      const trust = trustOf(store, now());
      return inSlices(verifyAudit(store, trust.ok ? trust.value : null, files, atCentre));
    },
    headsAtCentre: async (centre, signal) => {
      const station = store.station()?.station;
      if (station === undefined) return err({ type: "no-station" });
      const opened = await centre.open(signal);
      return opened.ok ? centre.anchors(station, 0, signal) : opened;
    },
    auditHead: () => session.head(),
    endSession: () => session.end(),
    close: () => {
      const ended = session.end();
      store.close();
      return ended;
    },
  };
}

const idle = (source: string): Omit<TabletProgress, "phase"> => ({
  source,
  device: null,
  name: null,
  batchesDone: 0,
  batchesTotal: 0,
  bytesDone: 0,
  bytesTotal: 0,
});
