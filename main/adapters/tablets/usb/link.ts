import { CHUNK_BYTES } from "../../../../shared/ids.ts";
import { err, ok, type Result } from "../../../../shared/result.ts";
import type { LinkFailure } from "../../../../shared/views.ts";
import {
  MAX_FOLDER_ENTRIES,
  type OutboxEntry,
  type OutboxFolder,
  type TabletLink,
} from "../../../engine/ports.ts";
import { OPERATION, RESPONSE, ROOT } from "../../../mtp/codes.ts";
import type { BulkPipe } from "../../../mtp/pipe.ts";
import { endsSession, MtpSession, type ObjectEntry, type SessionFailure } from "../../../mtp/session.ts";
import { WAITS } from "../../../mtp/waits.ts";

/** A tablet over MTP: the outbox of the engine's words in the objects and handles of a session. */

/** Objects looked through on the way to the outbox, in one folder. */
const MAX_ON_THE_WAY = 10_000;

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
    case "refused":
      return refusal(failure.operation, failure.code, path);
  }
}

/** Operations that write. */
const WRITING: ReadonlySet<number> = new Set([OPERATION.sendObjectInfo, OPERATION.sendObject]);

function refusal(operation: number, code: number, path: string): LinkFailure {
  switch (code) {
    case RESPONSE.invalidObject:
      return { type: "changed", path };
    case RESPONSE.storeFull:
      return { type: "full" };
    case RESPONSE.storeReadOnly:
    case RESPONSE.objectWriteProtected:
      return { type: "read-only" };
    case RESPONSE.accessDenied:
      if (WRITING.has(operation)) return { type: "read-only" };
      // Before its person has unlocked it and allowed the transfer, a tablet may show its storages and no more.
      return operation === OPERATION.getStorageIds || operation === OPERATION.getObjectHandles
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

async function findFolder(
  session: MtpSession,
  storage: number,
  path: string,
  signal: AbortSignal,
): Promise<Result<Place | null, SessionFailure>> {
  let folder = ROOT;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const next = await session.findFolder(storage, folder, name, MAX_ON_THE_WAY, signal);
    if (!next.ok) return next;
    if (next.value === null) return ok(null);
    folder = next.value.handle;
  }
  return ok({ storage, folder });
}

/** The outbox on the first storage that has it. */
async function findOutbox(
  session: MtpSession,
  outbox: string,
  signal: AbortSignal,
): Promise<Result<Place, LinkFailure>> {
  const storages = await session.storages(signal);
  if (!storages.ok) return err(linkFailure(storages.error, outbox));
  if (storages.value.length === 0) return err({ type: "no-storage" });
  let failure: LinkFailure = { type: "no-outbox", path: outbox };
  for (const storage of storages.value) {
    const place = await findFolder(session, storage, outbox, signal);
    if (place.ok && place.value !== null) return ok(place.value);
    if (!place.ok) failure = linkFailure(place.error, outbox);
    if (!place.ok && endsSession(place.error)) break;
  }
  return err(failure);
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

class MtpLink implements TabletLink {
  readonly source: string;
  readonly #pipe: BulkPipe;
  readonly #session: MtpSession;
  readonly #place: Place;
  /** Files and folders by their path from the outbox, as listed last. */
  readonly #objects = new Map<string, ObjectEntry>();
  /** The failure that ended the link. */
  #ended: LinkFailure | null = null;

  constructor(source: string, pipe: BulkPipe, session: MtpSession, place: Place) {
    this.source = source;
    this.#pipe = pipe;
    this.#session = session;
    this.#place = place;
  }

  #fail(failure: SessionFailure, path: string): { ok: false; error: LinkFailure } {
    const said = linkFailure(failure, path);
    if (endsSession(failure)) this.#ended ??= said;
    return err(said);
  }

  async clockOffset(signal: AbortSignal): Promise<Result<number | null, LinkFailure>> {
    if (this.#ended !== null) return err(this.#ended);
    const clock = await this.#session.clock(signal);
    if (!clock.ok) return this.#fail(clock.error, "");
    return ok(clock.value === null ? null : Math.round((clock.value - Date.now()) / 1000));
  }

  #folderHandle(folder: OutboxFolder): number | null {
    if (folder === "") return this.#place.folder;
    const entry = this.#objects.get(folder);
    return entry?.isFolder === true ? entry.handle : null;
  }

  async list(
    folder: OutboxFolder,
    signal: AbortSignal,
  ): Promise<Result<readonly OutboxEntry[], LinkFailure>> {
    if (this.#ended !== null) return err(this.#ended);
    const handle = this.#folderHandle(folder);
    if (handle === null) return ok([]);
    const entries = await this.#session.list(this.#place.storage, handle, MAX_FOLDER_ENTRIES, signal);
    if (!entries.ok) return this.#fail(entries.error, folder);
    for (const entry of entries.value) this.#remember(folder, entry);
    return ok(
      entries.value.map(({ name, isFolder, size }) => ({ name, kind: isFolder ? "folder" : "file", size })),
    );
  }

  /** The first of a name counts. A name with a slash would be another path, and is never opened. */
  #remember(folder: OutboxFolder, entry: ObjectEntry): void {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (!entry.name.includes("/") && !this.#objects.has(path)) this.#objects.set(path, entry);
  }

  async read(
    path: string,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<number, LinkFailure>> {
    if (this.#ended !== null) return err(this.#ended);
    const object = this.#objects.get(path);
    if (object === undefined) throw new Error("reading what was not listed");
    if (object.isFolder) return err({ type: "changed", path });
    if (offset >= object.size) return ok(0);
    const windows = new Windows(object.size - offset, take);
    const read = await this.#session.read(object, offset, (piece) => windows.add(piece), signal);
    if (!read.ok) return this.#fail(read.error, path);
    await windows.end();
    return ok(windows.handed);
  }

  async #receiptsFolder(signal: AbortSignal): Promise<Result<number, LinkFailure>> {
    const known = this.#folderHandle("receipts");
    if (known !== null) return ok(known);
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
    await this.#pipe.close();
  }
}

/**
 * Opens a session over a claimed pipe and finds the outbox (a path with slashes). Takes the pipe over: it is closed with the link, and at once
 * where there is no link. `no-storage`: locked or charging only. `no-outbox`: another device, or not set up.
 */
export async function openMtpLink(
  pipe: BulkPipe,
  source: string,
  outbox: string,
  signal: AbortSignal,
): Promise<Result<TabletLink, LinkFailure>> {
  const session = await MtpSession.open(pipe, signal);
  if (!session.ok) {
    await pipe.close();
    return err(linkFailure(session.error, outbox));
  }
  const place = await findOutbox(session.value, outbox, signal);
  if (!place.ok) {
    await session.value.close(AbortSignal.timeout(WAITS.goodbye));
    await pipe.close();
    return place;
  }
  return ok(new MtpLink(source, pipe, session.value, place.value));
}
