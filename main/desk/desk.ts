import type { ChainId, DeviceId } from "../../shared/ids.ts";
import {
  type Answer,
  CONTRACT,
  type Desk,
  type Input,
  isMethod,
  type Method,
  type Problem,
} from "../../shared/ipc/contract.ts";
import type { JobKind } from "../../shared/ipc/jobs.ts";
import type { BatchFilter, BatchSort, SettingsView, Snapshot } from "../../shared/ipc/views.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { stampOf } from "../../shared/time.ts";
import type { Engine } from "../engine/api.ts";
import { type Centre, DiskError, type TabletSource } from "../engine/ports.ts";
import type { Clock, DeskFiles, DeskHost, DeskStore, PinKeys } from "../engine/ports-desk.ts";
import { refusal } from "./access.ts";
import { Acts } from "./acts.ts";
import { Bookkeeping } from "./bookkeeping.ts";
import { Carrying } from "./carrying.ts";
import { batchesAsCsv } from "./csv.ts";
import { Jobs } from "./jobs.ts";
import { logFault } from "./log.ts";
import { problemOf, refuse } from "./problems.ts";
import { Sending } from "./sending.ts";
import { Session } from "./session.ts";
import { SettingUp } from "./setting-up.ts";
import { DeskSettings } from "./settings.ts";
import { Snapshots } from "./snapshots.ts";
import { travelsOf } from "./travels.ts";
import { Unloading } from "./unloading.ts";

/** What the desk is made of. */
export interface DeskParts {
  readonly engine: Engine;
  readonly store: DeskStore;
  readonly cable: Pick<TabletSource, "watch">;
  readonly pins: PinKeys;
  readonly host: DeskHost;
  readonly files: DeskFiles;
  readonly connect: (url: string) => Result<Centre, { readonly type: "bad-url" }>;
  /** Bytes that may still be written to the store's disk. */
  readonly freeBytes: () => Promise<number>;
  readonly clock: Clock;
  /** The program's own version. */
  readonly version: string;
}

/** A desk that is at work, and its end. */
export interface OpenDesk extends Desk {
  /** Stops what is under way at a place where it can go on, and waits for it. The engine stays open. */
  close(): Promise<void>;
}

/** Milliseconds between two looks at the free space. */
const FREE_SPACE_MS = 30_000;
/** Which method begins a job of each kind. */
const BEGUN_BY = {
  export: "exportBag",
  import: "importBag",
  backup: "backup",
  report: "saveReport",
} as const satisfies Record<JobKind, Method>;

type Handlers = {
  readonly [M in Method]: (input: Input<M>) => Answer<M> | Promise<Answer<M>>;
};

class RealDesk implements OpenDesk {
  readonly #parts: DeskParts;
  readonly #settings: DeskSettings;
  readonly #session: Session;
  readonly #unloading: Unloading;
  readonly #sending: Sending;
  readonly #jobs: Jobs;
  readonly #bookkeeping: Bookkeeping;
  readonly #snapshots: Snapshots;
  readonly #handlers: Handlers;
  #about: ReturnType<Engine["about"]>;
  #freeBytes: number | null = null;
  #stopFree: (() => void) | null = null;
  #isClosed = false;

  constructor(parts: DeskParts) {
    const { store, clock, host, engine, pins } = parts;
    this.#parts = parts;
    this.#about = engine.about();
    const settings = new DeskSettings(store.settings);
    this.#settings = settings;
    const changed = () => this.#snapshots.changed();
    this.#snapshots = new Snapshots(() => this.#read(), clock);
    this.#session = new Session({ people: store.people, pins, log: store.log, settings, clock, changed });
    this.#jobs = new Jobs(changed);
    this.#bookkeeping = new Bookkeeping({
      books: store.books,
      clock,
      done: () => this.#unloading.renewed(),
    });
    this.#sending = new Sending({
      engine,
      connect: parts.connect,
      host,
      queue: store.queue,
      settings,
      clock,
      changed,
      sent: () => this.#bookkeeping.changed(),
    });
    this.#unloading = new Unloading({
      engine: { ...engine, about: () => this.#about },
      cable: parts.cable,
      books: store.books,
      catchUp: () => this.#bookkeeping.catchUp(),
      unloadings: store.unloadings,
      settings,
      clock,
      changed,
      unloaded: () => this.#tookIn(),
    });
    this.#handlers = this.#makeHandlers();
  }

  /** Begins to work: looks at the cable, goes on sending, brings the books up to date. */
  start(): void {
    this.#unloading.start();
    this.#sending.wake();
    this.#bookkeeping.changed();
    this.#lookAtFreeSpace();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopFree?.();
    this.#bookkeeping.close();
    this.#session.close();
    await Promise.all([this.#unloading.close(), this.#sending.close(), this.#jobs.close()]);
    this.#snapshots.close();
  }

  subscribe(take: (snapshot: Snapshot) => void): () => void {
    return this.#snapshots.subscribe(take);
  }

  /** Access first, then the input, then the work; what comes out is checked too, so that no window gets what the contract does not name. */
  async call<M extends Method>(method: M, input: Input<M>): Promise<Answer<M>> {
    if (!isMethod(method)) return refuse("bad-request");
    const { access, input: taken, output } = CONTRACT[method];
    const no = refusal(access, this.#session.standing());
    if (no !== null) return refuse(no);
    const parsed = taken.safeParse(input);
    if (!parsed.success) return refuse("bad-request");
    try {
      const run = this.#handlers[method] as (input: unknown) => Answer<M> | Promise<Answer<M>>;
      const answer = await run(parsed.data);
      return answer.ok ? (ok(output.parse(answer.value)) as Answer<M>) : answer;
    } catch (error) {
      if (error instanceof DiskError) return err(problemOf(error.failure));
      throw error;
    }
  }

  // -------------------------------------------------------------- what moves by itself

  #read(): Omit<Snapshot, "revision"> {
    const { station, campaign } = this.#about;
    return {
      session: this.#session.view(),
      station: {
        id: station?.id ?? null,
        name: this.#settings.options().stationName,
        certificate: station !== null && station.certificate !== null,
        campaign: campaign === null ? null : { id: campaign.id, name: campaign.name },
        freeBytes: this.#freeBytes,
      },
      centre: this.#sending.centre(),
      unload: this.#unloading.view(),
      send: this.#sending.view(),
      job: this.#jobs.view,
      engine: { state: "running", restarts: 0 },
    };
  }

  #lookAtFreeSpace(): void {
    if (this.#isClosed) return;
    this.#stopFree?.();
    this.#stopFree = this.#parts.clock.after(FREE_SPACE_MS, () => this.#lookAtFreeSpace());
    void this.#parts.freeBytes().then((bytes) => {
      if (this.#freeBytes === bytes) return;
      this.#freeBytes = bytes;
      this.#snapshots.changed();
    });
  }

  /** Something was staged or refused. */
  #tookIn(): void {
    this.#sending.wake();
    this.#bookkeeping.changed();
    this.#lookAtFreeSpace();
  }

  #renewed(): void {
    this.#about = this.#parts.engine.about();
    this.#unloading.wake();
    this.#snapshots.changed();
  }

  // -------------------------------------------------------------- what windows ask for

  #stillAllowed(method: Method): Problem | null {
    const no = refusal(CONTRACT[method].access, this.#session.standing());
    return no === null ? null : { type: no, values: {} };
  }

  #makeHandlers(): Handlers {
    const { engine, store, host } = this.#parts;
    const session = this.#session;
    const unloading = this.#unloading;
    const sending = this.#sending;
    const books = () => this.#bookkeeping.current();
    const acts = new Acts({
      ...{ host, files: this.#parts.files, engine: { ...engine, about: () => this.#about } },
      stillAllowed: () => this.#stillAllowed("saveAct"),
    });
    const setUp = (method: Method) =>
      new SettingUp({
        ...{ engine, host, settings: this.#settings, files: this.#parts.files, areas: store.areas },
        connect: this.#parts.connect,
        stillAllowed: () => this.#stillAllowed(method),
        renewed: () => this.#renewed(),
      });
    const carrying = (method: Method) =>
      new Carrying({
        ...{ engine, host, clock: this.#parts.clock, jobs: this.#jobs },
        stillAllowed: () => this.#stillAllowed(method),
        tookIn: () => this.#tookIn(),
      });
    return {
      snapshot: () => ok(this.#snapshots.current()),
      unlock: ({ person, pin }) => session.unlock(person, pin),
      lock: () => {
        session.lock();
        return ok(null);
      },
      touch: () => {
        session.touch();
        return ok(null);
      },
      setLanguage: ({ language }) => {
        this.#settings.setLanguage(language);
        this.#snapshots.changed();
        return ok(null);
      },
      firstAdministrator: ({ name, pin }) => session.firstAdministrator(name, pin),

      unloadTablet: ({ id }) => unloading.unloadTablet(id),
      unloadFolder: () => this.#unloadFolder(),
      stopTablet: ({ id }) => unloading.stop(id),
      clearCard: ({ id }) => unloading.clear(id),
      today: () => ok(unloading.today().map(({ bytes: _, ...line }) => line)),
      openKey: ({ passphrase }) => {
        const open = engine.openKey(passphrase);
        this.#snapshots.changed();
        return open.ok ? ok(null) : err(problemOf(open.error));
      },
      saveAct: ({ device }) => acts.save(device as DeviceId),
      printAct: ({ device }) => acts.print(device as DeviceId),

      batches: ({ filter, sort, offset, limit }) => ok(books().batches(filter, sort, offset, limit)),
      verdictCounts: ({ filter }) => ok(books().verdictCounts(filter)),
      facets: () => ok(books().facets()),
      tablets: ({ text, area, offset, limit }) => ok(books().tablets(text, area, offset, limit)),
      sequence: ({ device }) => ok(books().sequence(device)),
      days: ({ area }) => ok(books().days(area)),
      batch: async (key) => {
        const facts = books().facts(key);
        if (facts === null) return ok(null);
        const evidence = await engine.evidence(facts);
        const { row, previous, next } = facts;
        return ok({
          ...evidence,
          row,
          travels: travelsOf(engine.travels(key.device as DeviceId, key.chain as ChainId, key.seq)),
          previous,
          next,
        });
      },
      saveCsv: ({ filter, sort }) => this.#saveCsv(filter, sort),
      saveReport: (of) => carrying("saveReport").saveReport(of),
      copy: async ({ text }) => {
        await host.copy(text);
        return ok(null);
      },
      retryQuarantine: async () => {
        const done = await engine.quarantineRetry();
        if (!done.ok) return err(problemOf(done.error));
        this.#sending.wake();
        this.#bookkeeping.changed();
        return ok({ staged: done.value.staged, stillRefused: done.value.stillRefused });
      },

      queue: ({ list, offset, limit }) => ok(store.queue.rows(list, offset, limit)),
      startSending: () => sending.start(),
      pauseSending: () => sending.pause(),
      exportBag: (options) => carrying("exportBag").exportBag(options),
      importBag: () => carrying("importBag").importBag(),
      stopJob: ({ no }) => this.#ofJob(() => this.#jobs.stop(no)),
      clearJob: ({ no }) => this.#ofJob(() => this.#jobs.clear(no)),

      log: ({ offset, limit }) => {
        const { total, lines } = store.log.page(offset, limit);
        return ok({ total, rows: lines.map((line) => ({ ...line, at: stampOf(line.at) })) });
      },
      verifyLog: () => this.#verifyLog(),

      areaNames: () => ok(store.areas.all()),
      loadAreaNames: () => setUp("loadAreaNames").loadAreaNames(),

      settings: () => ok(this.#settingsView(setUp("settings").view())),
      createStation: ({ passphrase }) => setUp("createStation").createStation(passphrase),
      saveRequest: () => setUp("saveRequest").saveRequest(),
      takeCertificate: () => setUp("takeCertificate").takeCertificate(),
      loadCampaign: () => setUp("loadCampaign").loadCampaign(),
      backup: () => carrying("backup").backup(),
      setCentre: async ({ url }) => {
        const done = await setUp("setCentre").setCentre(url);
        if (done.ok) await sending.moved();
        return done;
      },
      setOption: (option) => {
        this.#settings.setOption({ [option.name]: option.value });
        if (option.name === "idleMinutes") session.retime();
        if (option.name === "automatic") unloading.wake();
        this.#snapshots.changed();
        return ok(null);
      },
      addPerson: ({ name, roles, pin }) => session.add(name, roles, pin),
      changePin: ({ person, pin }) => session.changePin(person, pin),
      removePerson: ({ person }) => session.remove(person),
    };
  }

  async #unloadFolder(): Promise<Answer<"unloadFolder">> {
    const chosen = await this.#parts.host.chooseFolder("outbox");
    if (chosen === null) return ok(null);
    const no = this.#stillAllowed("unloadFolder");
    if (no !== null) return err(no);
    const begun = await this.#unloading.unloadFolder(chosen.path);
    return begun.ok ? ok({ name: chosen.name.slice(0, 400) }) : begun;
  }

  /** Who began a job may end it: a role that may not begin one may not meddle with it. */
  #ofJob(work: () => Result<null, Problem>): Result<null, Problem> {
    const kind = this.#jobs.view?.kind;
    if (kind === undefined) return refuse("bad-request");
    const no = this.#stillAllowed(BEGUN_BY[kind]);
    return no === null ? work() : err(no);
  }

  async #verifyLog(): Promise<Answer<"verifyLog">> {
    const { engine, store } = this.#parts;
    const verified = await engine.auditVerify([], await this.#sending.headsAtCentre());
    if (!verified.ok)
      return ok({ lines: store.log.page(0, 1).total, proof: null, fault: logFault(verified.error) });
    const { lines, heads, receipts, acts, staged, centre, notWitnessed } = verified.value;
    const { bags, atCentre } = store.log.away();
    const proof = {
      ...{ heads: heads.signed, unsigned: heads.unsigned, receipts, acts, staged, bags, notWitnessed },
      ...{ atCentre: centre?.heads ?? atCentre, centreAsked: centre !== null },
    };
    return ok({ lines, proof, fault: null });
  }

  async #saveCsv(filter: BatchFilter, sort: BatchSort): Promise<Answer<"saveCsv">> {
    const { host, files, clock } = this.#parts;
    const day = stampOf(clock.now()).slice(0, 10);
    const chosen = await host.saveFile("batches", `batches-${day}.csv`);
    if (chosen === null) return ok(null);
    const no = this.#stillAllowed("saveCsv");
    if (no !== null) return err(no);
    const written = await this.#bookkeeping.still((books) =>
      files.write(chosen.path, batchesAsCsv(books, filter, sort)),
    );
    return written.ok ? ok({ name: chosen.name.slice(0, 400) }) : err(problemOf(written.error));
  }

  #settingsView(part: ReturnType<SettingUp["view"]>): SettingsView {
    const { automatic, receipts, sound, idleMinutes } = this.#settings.options();
    return {
      ...part,
      people: this.#session.view().people,
      automatic,
      receipts,
      sound,
      idleMinutes,
      storeFolder: this.#parts.store.folder.slice(0, 400),
      version: this.#parts.version,
    };
  }
}

/** Builds a desk and lets it begin to work. */
export function createDesk(parts: DeskParts): OpenDesk {
  const desk = new RealDesk(parts);
  desk.start();
  return desk;
}
