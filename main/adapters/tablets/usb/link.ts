import { CHUNK_BYTES } from "../../../../shared/ids.ts";
import { err, ok, type Result } from "../../../../shared/result.ts";
import type { LinkFailure, OutboxPlace } from "../../../../shared/views.ts";
import {
  MAX_FOLDER_ENTRIES,
  type OutboxEntry,
  type OutboxFolder,
  type TabletLink,
} from "../../../engine/ports.ts";
import { OPERATION, RESPONSE, ROOT } from "../../../mtp/codes.ts";
import type { BulkPipe } from "../../../mtp/pipe.ts";
import { Quirks } from "../../../mtp/quirks.ts";
import {
  endsSession,
  isHang,
  MtpSession,
  type ObjectEntry,
  type SessionFailure,
} from "../../../mtp/session.ts";
import { WAITS } from "../../../mtp/waits.ts";

/** A tablet over MTP: the outbox of the engine's words in the objects and handles of a session. */

/** Outboxes on one storage at most; a tablet has one, or two after an accident. */
const MAX_OUTBOXES = 16;
const OWN_FOLDERS: ReadonlySet<string> = new Set(["batches", "receipts"] satisfies OutboxFolder[]);
/** Bodies are read last; the other files before them. */
const BODY_ENDING = ".age";
/** The ledger's name in an outbox (docs/formats.md, outbox layout). */
const LEDGER_NAME = "ledger.cose";
/** Objects looked through on the way to the outbox, in one folder. */
const MAX_ON_THE_WAY = MAX_FOLDER_ENTRIES;

interface Place {
  readonly storage: number;
  readonly folder: number;
}

/** What the engine understands of a session's failure. `path`: the object it was about. */
export function linkFailure(failure: SessionFailure, path: string): LinkFailure {
  switch (failure.type) {
    case "disconnected":
      return { type: "unplugged" };
    case "timeout":
    case "not-taken":
      return { type: "not-answering" };
    case "cancelled":
      return { type: "cancelled" };
    case "stall":
    case "failed":
      return { type: "lost-sync", detail: failure.type === "failed" ? failure.detail : "stall" };
    case "lost-sync":
      return failure;
    case "too-many":
      return { type: "too-many-files", limit: failure.limit };
    case "short":
      return { type: "changed", path };
    case "locked":
      return { type: "no-storage" };
    case "nonsense":
      return { type: "lost-sync", detail: "bad-dataset" };
    case "refused":
      return refusal(failure.operation, failure.code, path);
  }
}

/** Operations that write. */
const WRITING: ReadonlySet<number> = new Set([OPERATION.sendObjectInfo, OPERATION.sendObject]);

/** Questions that a tablet which shows its files answers. */
const LISTING: ReadonlySet<number> = new Set([
  OPERATION.openSession,
  OPERATION.getDeviceInfo,
  OPERATION.getStorageIds,
  OPERATION.getObjectHandles,
]);

function refusal(operation: number, code: number, path: string): LinkFailure {
  switch (code) {
    case RESPONSE.invalidObject:
      return LISTING.has(operation) ? { type: "no-storage" } : { type: "changed", path };
    case RESPONSE.generalError:
    case RESPONSE.invalidStorage:
      // Before its person has unlocked it, or tapped "Allow", a tablet answers its first questions so.
      return LISTING.has(operation)
        ? { type: "no-storage" }
        : { type: "refused", code: `0x${code.toString(16)}` };
    case RESPONSE.storeFull:
      return { type: "full" };
    case RESPONSE.storeReadOnly:
    case RESPONSE.objectWriteProtected:
      return { type: "read-only" };
    case RESPONSE.accessDenied:
      if (WRITING.has(operation)) return { type: "read-only" };
      // Before its person has unlocked it and allowed the transfer, a tablet may show its storages and no more.
      return LISTING.has(operation)
        ? { type: "no-storage" }
        : { type: "refused", code: `0x${code.toString(16)}` };
    case RESPONSE.storeNotAvailable:
      return { type: "no-storage" };
    case RESPONSE.deviceBusy:
      return { type: "busy", holder: null };
    case RESPONSE.sessionNotOpen:
      return { type: "lost-sync", detail: "the tablet has closed the session" };
    case RESPONSE.invalidTransaction:
      return { type: "lost-sync", detail: "the tablet is in another session" };
    default:
      return { type: "refused", code: `0x${code.toString(16)}` };
  }
}

/** Every folder at a path of a storage: each name on the way may stand several times. */
async function findPlaces(
  session: MtpSession,
  storage: number,
  path: string,
  signal: AbortSignal,
): Promise<Result<readonly Place[], SessionFailure>> {
  let folders: readonly number[] = [ROOT];
  for (const name of path.split("/").filter((part) => part !== "")) {
    const next: number[] = [];
    let refusal: SessionFailure | null = null;
    for (const folder of folders) {
      const found = await session.findFolders(storage, folder, name, MAX_ON_THE_WAY, signal);
      if (found.ok) next.push(...found.value.map((one) => one.handle));
      else if (endsSession(found.error)) return found;
      else refusal ??= found.error;
    }
    // A dead row beside a live one of the same name costs nothing.
    if (next.length === 0) return refusal === null ? ok([]) : err(refusal);
    if (next.length > MAX_OUTBOXES) return err({ type: "too-many", limit: MAX_OUTBOXES });
    folders = next;
  }
  return ok(folders.map((folder) => ({ storage, folder })));
}

/** The outboxes on all storages, in the tablet's order; at least one. */
async function findOutboxes(
  session: MtpSession,
  outbox: string,
  signal: AbortSignal,
): Promise<Result<readonly Place[], LinkFailure>> {
  const storages = await session.storages(signal);
  if (!storages.ok) return err(linkFailure(storages.error, outbox));
  if (storages.value.length === 0) return err({ type: "no-storage" });
  let failure: LinkFailure = { type: "no-outbox", path: outbox };
  const found: Place[] = [];
  for (const storage of new Set(storages.value)) {
    const places = await findPlaces(session, storage, outbox, signal);
    if (places.ok) found.push(...places.value);
    else failure = linkFailure(places.error, outbox);
    if (!places.ok && endsSession(places.error)) return err(failure);
  }
  if (found.length > 0) return ok(found);
  const ready = await session.isReady(signal);
  return err(ready.ok && !ready.value ? { type: "no-storage" } : failure);
}

/** Makes windows of a MiB from pieces of any size, and hands them over. */
class Windows {
  readonly #take: (window: Uint8Array) => boolean | Promise<boolean>;
  readonly #size: number;
  /** Made when a window comes in more than one piece. */
  #window: Buffer | null = null;
  #filled = 0;
  #wanted = true;
  /** Bytes handed over. */
  handed = 0;

  /** `size`: bytes that will come. */
  constructor(size: number, take: (window: Uint8Array) => boolean | Promise<boolean>) {
    this.#take = take;
    this.#size = size;
  }

  async #hand(window: Uint8Array): Promise<void> {
    this.handed += window.length;
    this.#wanted = await this.#take(window);
  }

  /** Value: more is wanted. */
  async add(piece: Uint8Array): Promise<boolean> {
    for (let at = 0; at < piece.length && this.#wanted; ) {
      const length = Math.min(CHUNK_BYTES, this.#size - this.handed);
      if (this.#filled === 0 && length > 0 && piece.length - at >= length) {
        await this.#hand(piece.subarray(at, at + length));
        at += length;
        continue;
      }
      this.#window ??= Buffer.allocUnsafe(CHUNK_BYTES);
      const some = piece.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#window.set(some, this.#filled);
      this.#filled += some.length;
      at += some.length;
      if (this.#filled === CHUNK_BYTES) await this.#flush();
    }
    return this.#wanted;
  }

  async #flush(): Promise<void> {
    const window = this.#window?.subarray(0, this.#filled) ?? new Uint8Array(0);
    this.#filled = 0;
    await this.#hand(window);
  }

  /** Hands over what is left, which is less than a MiB. */
  async end(): Promise<void> {
    if (this.#wanted && this.#filled > 0) await this.#flush();
  }
}

/** What the links of one session share: the session, and the failure that ended it. */
interface Shared {
  readonly pipe: BulkPipe;
  readonly session: MtpSession;
  readonly quirks: Quirks;
  readonly onEnd: (failure: LinkFailure) => void;
  ended: LinkFailure | null;
}

class MtpLink implements TabletLink {
  readonly source: string;
  readonly outbox: OutboxPlace;
  others: readonly TabletLink[] = [];
  readonly #shared: Shared;
  readonly #session: MtpSession;
  readonly #place: Place;
  /** Files and folders by their path from the outbox, as listed last: every row of a name, in the tablet's order. */
  readonly #objects = new Map<string, ObjectEntry[]>();

  constructor(source: string, shared: Shared, place: Place, path: string) {
    this.source = source;
    this.#shared = shared;
    this.#session = shared.session;
    this.#place = place;
    this.outbox = { storage: place.storage.toString(16).padStart(8, "0"), path };
  }

  /** The failure that ended the session. */
  get #ended(): LinkFailure | null {
    return this.#shared.ended;
  }

  #fail(failure: SessionFailure, path: string): { ok: false; error: LinkFailure } {
    const said = linkFailure(failure, path);
    if (endsSession(failure) && this.#shared.ended === null) {
      this.#shared.ended = said;
      this.#shared.onEnd(said);
    }
    return err(said);
  }

  async clockOffset(signal: AbortSignal): Promise<Result<number | null, LinkFailure>> {
    if (this.#ended !== null) return err(this.#ended);
    const clock = await this.#session.clock(signal);
    if (!clock.ok) return this.#fail(clock.error, "");
    return ok(clock.value === null ? null : Math.round((clock.value - Date.now()) / 1000));
  }

  /** The key of an object of this outbox in what is remembered of the tablet. */
  #key(path: string): string {
    return `${this.outbox.storage} ${path}`;
  }

  isHard(path: string): boolean {
    return this.#shared.quirks.isHard(this.#key(path));
  }

  #folderHandles(folder: OutboxFolder): readonly number[] {
    if (folder === "") return [this.#place.folder];
    return (this.#objects.get(folder) ?? []).filter((one) => one.isFolder).map((one) => one.handle);
  }

  /** The rows of all folders of this name. Equal rows are one; a folder that cannot be listed beside one that can costs nothing. */
  async list(
    folder: OutboxFolder,
    signal: AbortSignal,
  ): Promise<Result<readonly OutboxEntry[], LinkFailure>> {
    if (this.#ended !== null) return err(this.#ended);
    const listed = new Map<string, OutboxEntry>();
    let refusal: SessionFailure | null = null;
    let isListed = false;
    for (const handle of this.#folderHandles(folder)) {
      const entries = await this.#session.list(
        this.#place.storage,
        handle,
        MAX_FOLDER_ENTRIES,
        signal,
        this.#key(`${folder}/`),
      );
      if (!entries.ok && endsSession(entries.error)) return this.#fail(entries.error, folder);
      if (!entries.ok) refusal ??= entries.error;
      else {
        isListed = true;
        for (const told of entries.value) {
          const known = await this.#asFolder(folder, told, signal);
          if (!known.ok) return this.#fail(known.error, folder);
          const entry = known.value;
          this.#remember(folder, entry);
          const { name, isFolder, size } = entry;
          listed.set(`${isFolder} ${size} ${name}`, { name, kind: isFolder ? "folder" : "file", size });
        }
      }
    }
    return refusal !== null && !isListed ? this.#fail(refusal, folder) : ok([...listed.values()]);
  }

  /** The outbox's own folders, where the tablet tells one as a file (go-mtpfs issue 83): what has objects in it is a folder. */
  async #asFolder(
    folder: OutboxFolder,
    entry: ObjectEntry,
    signal: AbortSignal,
  ): Promise<Result<ObjectEntry, SessionFailure>> {
    if (folder !== "" || entry.isFolder || !OWN_FOLDERS.has(entry.name)) return ok(entry);
    const within = await this.#session.list(this.#place.storage, entry.handle, MAX_FOLDER_ENTRIES, signal);
    if (!within.ok) return endsSession(within.error) ? within : ok(entry);
    return ok(within.value.length > 0 ? { ...entry, isFolder: true, size: 0 } : entry);
  }

  /** A name with a slash would be another path, and is never opened. */
  #remember(folder: OutboxFolder, entry: ObjectEntry): void {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.includes("/")) return;
    const rows = this.#objects.get(path) ?? [];
    this.#objects.set(path, rows);
    const at = rows.findIndex((one) => one.handle === entry.handle);
    if (at < 0) rows.push(entry);
    else rows[at] = entry;
  }

  async read(
    path: string,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<number, LinkFailure>> {
    if (this.#ended !== null) return err(this.#ended);
    const rows = this.#objects.get(path);
    if (rows === undefined) throw new Error("reading what was not listed");
    const [first] = rows;
    // The rows that say the same as the first: of them the first that can be read counts.
    const same = rows.filter((one) => !one.isFolder && one.size === first?.size);
    let result: Result<number, LinkFailure> = err({ type: "changed", path });
    // A row that has given bytes is alive: another one would give them again.
    let isAlive = false;
    const taking = (window: Uint8Array): boolean | Promise<boolean> => {
      isAlive = true;
      return take(window);
    };
    for (const object of same) {
      result = await this.#readRow(object, path, offset, taking, signal);
      if (result.ok || isAlive || this.#ended !== null || result.error.type !== "changed") return result;
    }
    return result;
  }

  /** Reads one row. `changed` without a byte handed over: the row is dead. */
  async #readRow(
    object: ObjectEntry,
    path: string,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<number, LinkFailure>> {
    if (offset >= object.size) return ok(0);
    const windows = new Windows(object.size - offset, take);
    const { quirks } = this.#shared;
    const key = this.#key(path);
    const way = quirks.wayOf(key, !path.endsWith(BODY_ENDING));
    if (way === "skip") {
      quirks.hung(key);
      return err({ type: "changed", path });
    }
    const read = await this.#session.read(object, offset, (piece) => windows.add(piece), signal, way);
    if (!read.ok && isHang(read.error)) quirks.hung(key);
    if (!read.ok) return this.#fail(read.error, path);
    await windows.end();
    return ok(windows.handed);
  }

  async #receiptsFolder(signal: AbortSignal): Promise<Result<number, LinkFailure>> {
    const [known] = this.#folderHandles("receipts");
    if (known !== undefined) return ok(known);
    const { storage, folder } = this.#place;
    const made = await this.#session.makeFolder(storage, folder, "receipts", signal);
    if (!made.ok) return this.#fail(made.error, "receipts");
    this.#remember("", { handle: made.value, name: "receipts", isFolder: true, size: 0 });
    return made;
  }

  async writeReceipt(
    name: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<Result<void, LinkFailure>> {
    if (this.#ended !== null) return err(this.#ended);
    const path = `receipts/${name}`;
    // Asked first: QEMU's device does not answer a station that sends what it does not take.
    const storage = await this.#session.storageInfo(this.#place.storage, signal);
    if (!storage.ok) return this.#fail(storage.error, path);
    if (storage.value?.isWritable === false) return err({ type: "read-only" });
    if (storage.value !== null && storage.value.free < bytes.length) return err({ type: "full" });
    const folder = await this.#receiptsFolder(signal);
    if (!folder.ok) return folder;
    const before = await this.list("receipts", signal);
    if (!before.ok) return before;
    if (before.value.some((entry) => entry.name === name)) return err({ type: "exists" });

    const made = await this.#session.makeObject(this.#place.storage, folder.value, name, bytes, signal);
    if (!made.ok) return this.#fail(made.error, path);
    const after = await this.list("receipts", signal);
    if (!after.ok) return after;
    const found = after.value.find((entry) => entry.name === name);
    if (found?.size !== bytes.length) return err({ type: "changed", path });

    let same = true;
    let at = 0;
    const back = await this.read(
      path,
      0,
      (window) => {
        same &&= Buffer.compare(window, bytes.subarray(at, at + window.length)) === 0;
        at += window.length;
        return same;
      },
      signal,
    );
    if (!back.ok) return back;
    return same && at === bytes.length ? ok(undefined) : err({ type: "changed", path });
  }

  async close(): Promise<void> {
    if (this.#ended === null) await this.#session.close(AbortSignal.timeout(WAITS.goodbye));
    await this.#shared.pipe.close();
  }

  /** Whether anything of a tablet lies here: a ledger, or names in `batches`. A failure counts as content: it is told when it is unloaded. */
  async hasContent(signal: AbortSignal): Promise<boolean> {
    const root = await this.list("", signal);
    if (!root.ok || root.value.some((one) => one.kind === "file" && one.name === LEDGER_NAME)) return true;
    const batches = await this.list("batches", signal);
    return !batches.ok || batches.value.length > 0;
  }
}

/** The link of the first outbox with content, with those of the others; an empty one beside one with content is passed over. */
async function linkOf(
  source: string,
  shared: Shared,
  places: readonly Place[],
  path: string,
  signal: AbortSignal,
): Promise<MtpLink> {
  const links = places.map((place) => new MtpLink(source, shared, place, path));
  const [only] = links;
  if (only === undefined) throw new Error("no outbox was found");
  if (links.length === 1) return only;
  const full: MtpLink[] = [];
  for (const link of links) if (await link.hasContent(signal)) full.push(link);
  const [first = only, ...others] = full;
  first.others = others;
  return first;
}

/**
 * Opens a session over a claimed pipe and finds the outbox (a path with slashes). Takes the pipe over: it is closed with the link, and at once
 * where there is no link. `quirks`: what is remembered of the tablet, and is added to. `onEnd` tells the failure that ended the link. `no-storage`: locked or charging only. `no-outbox`: another device, or not set up.
 */
export async function openMtpLink(
  pipe: BulkPipe,
  source: string,
  outbox: string,
  signal: AbortSignal,
  quirks = new Quirks(),
  onEnd: (failure: LinkFailure) => void = () => {},
): Promise<Result<TabletLink, LinkFailure>> {
  const session = await MtpSession.open(pipe, signal, quirks);
  if (!session.ok) {
    await pipe.close();
    return err(linkFailure(session.error, outbox));
  }
  const places = await findOutboxes(session.value, outbox, signal);
  if (!places.ok) {
    await session.value.close(AbortSignal.timeout(WAITS.goodbye));
    await pipe.close();
    return places;
  }
  const shared: Shared = { pipe, session: session.value, quirks, onEnd, ended: null };
  return ok(await linkOf(source, shared, places.value, outbox, signal));
}
