import { uptime } from "node:os";
import type { Desk } from "../shared/ipc/contract.ts";
import type { Result } from "../shared/result.ts";
import { ok } from "../shared/result.ts";
import { readCampaignFolder } from "./adapters/campaign/folder.ts";
import { bagCarrier } from "./adapters/carrier/carrier.ts";
import { stationKeys } from "./adapters/keys/keys.ts";
import { printAct } from "./adapters/print/act.ts";
import { writeReport } from "./adapters/report/write.ts";
import { storeKeeper } from "./adapters/store/keep.ts";
import { type Opening, openStore, type StoreProblem } from "./adapters/store/open.ts";
import type { SqliteStore } from "./adapters/store/store.ts";
import { FolderSource } from "./adapters/tablets/folder/folder.ts";
import { UsbCable } from "./adapters/tablets/usb/source.ts";
import type { CarryProgress, Engine, KeepProblem } from "./engine/api.ts";
import { createEngine } from "./engine/engine.ts";
import { type BackupReport, backupStore, type RestoreReport, restoreStore } from "./engine/keep.ts";
import type { TabletSource } from "./engine/ports.ts";
import type { DeskHost } from "./engine/ports-desk.ts";

export interface ComposeOptions {
  /** The store's folder; made where it is missing. */
  readonly storeFolder: string;
  /** `existing`: no store is made where there is none. */
  readonly opening?: Opening;
  /** Where tablets are plugged in; the USB cable unless a host brings its own. */
  readonly cable?: TabletSource;
  readonly now?: () => Date;
}

/** Builds the adapters and the engine on them. The only place that does. */
export async function compose(options: ComposeOptions): Promise<Result<Engine, StoreProblem>> {
  const store = await openStore(options.storeFolder, nowOf(options), options.opening);
  return store.ok ? ok(engineOver(store.value, cableOf(options, store.value), options)) : store;
}

export interface ComposeDeskOptions extends ComposeOptions {
  /** Dialogs, clipboard and the system's key store. */
  readonly host: DeskHost;
  /** The program's own version. */
  readonly version: string;
}

/** What a host with windows holds: the desk for its windows, and how to end it all. */
export interface ComposedDesk {
  readonly desk: Desk;
  /** Stops what is under way where it can go on later, then lets the store go. */
  close(): Promise<void>;
}

/** The same with a desk over the engine, at work already. */
export async function composeDesk(options: ComposeDeskOptions): Promise<Result<ComposedDesk, StoreProblem>> {
  // Loaded here: the command line, which starts for every command anew, has no windows.
  const [{ createDesk }, { postgresCentre }, { deskFiles }, { pinKeys }] = await Promise.all([
    import("./desk/desk.ts"),
    import("./adapters/centre/centre.ts"),
    import("./adapters/files/files.ts"),
    import("./adapters/keys/pins.ts"),
  ]);
  const opened = await openStore(options.storeFolder, nowOf(options));
  if (!opened.ok) return opened;
  const store = opened.value;
  const cable = cableOf(options, store);
  const engine = engineOver(store, cable, options);
  const desk = createDesk({
    engine,
    store: store.desk,
    cable,
    pins: pinKeys,
    host: options.host,
    files: deskFiles,
    connect: postgresCentre,
    freeBytes: () => store.freeBytes(),
    clock: { now: nowOf(options), elapsed, after },
    version: options.version,
  });
  return ok({
    desk,
    close: async () => {
      await desk.close();
      engine.close();
    },
  });
}

const nowOf = (options: ComposeOptions): (() => Date) => options.now ?? (() => new Date());

/** One cable for everybody in the process: it knows which tablets are open. */
const cableOf = (options: ComposeOptions, store: SqliteStore): TabletSource =>
  options.cable ?? new UsbCable(undefined, store.tablets);

const engineOver = (store: SqliteStore, cable: TabletSource, options: ComposeOptions): Engine =>
  createEngine({
    store,
    books: store.carry,
    carrier: bagCarrier,
    keeper: storeKeeper(nowOf(options)),
    lines: store.report,
    writeReport,
    keys: stationKeys,
    cable,
    folders: new FolderSource(),
    readCampaignFolder,
    printAct,
    now: nowOf(options),
  });

/** The time since the computer's start, which goes on while it sleeps. */
const elapsed = (): number => uptime() * 1000;

function after(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, milliseconds);
  return () => clearTimeout(timer);
}

/** Backing up and restoring a store without owning it: an unloading may go on meanwhile. */
export interface StoreKeeping {
  backup(
    store: string,
    folder: string,
    onProgress: (progress: CarryProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<BackupReport, KeepProblem>>;
  restore(
    folder: string,
    store: string,
    onProgress: (progress: CarryProgress) => void,
    signal: AbortSignal,
  ): Promise<Result<RestoreReport, KeepProblem>>;
}

export function composeKeeping(now: () => Date = () => new Date()): StoreKeeping {
  const keeper = storeKeeper(now);
  return {
    backup: (store, folder, onProgress, signal) =>
      backupStore(
        { keeper, carrier: bagCarrier, onProgress, signal },
        store,
        folder,
        now(),
        (event, damaged) => keeper.tell(store, event, damaged),
      ),
    restore: (folder, store, onProgress, signal) =>
      restoreStore({ keeper, carrier: bagCarrier, onProgress, signal }, folder, store),
  };
}

export type { Opening, StoreProblem };
