import { err, ok, type Result } from "../../shared/result.ts";
import { DEVICE_PROP, FORMAT, OBJECT_PROP, OPERATION, RESPONSE, ROOT } from "./codes.ts";
import {
  type DeviceInfo,
  decodeDeviceInfo,
  decodeObjectInfo,
  decodePropList,
  decodeStorageInfo,
  decodeText,
  decodeUint32List,
  decodeUint64,
  encodeObjectInfo,
  type PropertyLine,
  parseDateTime,
  type StorageInfo,
} from "./dataset.ts";
import type { BulkPipe } from "./pipe.ts";
import { Quirks, type Way } from "./quirks.ts";
import { type Request, type Response, Transport, type TransportFailure } from "./transport.ts";
import { WAITS } from "./waits.ts";

/** An MTP session: what an unloading asks of a tablet, in its words. It cannot delete, and writes only new objects. */

export type SessionFailure =
  | TransportFailure
  /** The tablet answered with another code than OK. The session goes on. */
  | { readonly type: "refused"; readonly operation: number; readonly code: number }
  /** The tablet lists more than the caller takes. The session goes on. */
  | { readonly type: "too-many"; readonly limit: number }
  /** The object is shorter than it was listed. The session goes on. */
  | { readonly type: "short" }
  /** The answer came as it should and its dataset makes no sense. The session goes on. */
  | { readonly type: "nonsense"; readonly operation: number }
  /** The tablet has closed its storage: locked, or not allowed yet. Nothing more can be read until a person unlocks it. */
  | { readonly type: "locked" };

/** One object in a folder. */
export interface ObjectEntry {
  readonly handle: number;
  readonly name: string;
  readonly isFolder: boolean;
  /** Bytes. */
  readonly size: number;
}

/** A dataset is taken up to this many bytes; the largest is a property list. */
const MAX_DATASET_BYTES = 32 * 1_048_576;
/** Handles taken of a root, which holds what every program of the tablet leaves there. */
const MAX_ROOT = 300_000;
/** In a folder with more objects than this the tablet is asked for its folders alone. */
const MANY_HANDLES = 256;
/** Objects of one folder whose properties are asked for in one go: so many lines fit into a dataset. */
const MAX_LISTED_AT_ONCE = 100_000;
/** An object that has grown since it was listed is still read to its end, if it is not longer by more than this. */
const GROWTH_BYTES = 64 * 1_048_576;
/** Bytes of an object that are asked for at once; they come in pieces of some MiB, and the next piece is on the cable while one is worked on. */
const PART_BYTES = 16 * 1_048_576;
/** The same where a tablet hung on an object before. */
const ODD_PART_BYTES = 1_000_003;
/** Operations that give a part, the best first; {@link OPERATION.getObject} stands behind both. */
const REPLACED = [OPERATION.getPartialObject64, OPERATION.getPartialObject] as const;
/** A tablet may give less than was asked for, but so little only a few times in a row. */
const STINGY_BYTES = 65_536;
const MAX_STINGY = 128;
/** A tablet that is busy is asked so many times more. */
const MAX_BUSY = 8;
const MAX_STORAGES = 64;
/** What is left of another talk: at most a part, or some of a whole object. */
const MAX_STALE_BYTES = 64 * 1_048_576;
const MAX_STALE_READS = 512;
/** In ObjectInfo: 4 GiB or more. */
const LARGE = 0xffffffff;
/** A 32-bit offset reaches up to here. */
const OFFSET_32 = 0x1_0000_0000;
/** Bytes that one line of a property list takes, as a guess for the transfer. */
const PROPERTY_LINE_BYTES = 100;

const SESSION_ID = 1;

/** Whether after this failure the session is of no use. */
export const endsSession = (failure: SessionFailure): boolean =>
  failure.type !== "refused" &&
  failure.type !== "too-many" &&
  failure.type !== "short" &&
  failure.type !== "nonsense";

/** What tablets answer while they are locked, or before "Allow" is tapped (android-file-transfer-linux 12, 74, 188; libmtp 39). */
const NOT_NOW: ReadonlySet<number> = new Set([
  RESPONSE.generalError,
  RESPONSE.invalidStorage,
  RESPONSE.invalidObject,
  RESPONSE.accessDenied,
  RESPONSE.storeNotAvailable,
]);

/** The tablet stopped answering in the middle: a timeout, or bytes that fit nothing. */
export const isHang = (failure: SessionFailure): boolean =>
  failure.type === "timeout" || failure.type === "lost-sync" || failure.type === "stall";

const isNotNow = (failure: SessionFailure): boolean =>
  failure.type === "refused" && NOT_NOW.has(failure.code);

const isGone = (failure: SessionFailure): boolean =>
  failure.type === "refused" && failure.code === RESPONSE.invalidObject;

export class MtpSession {
  readonly #transport: Transport;
  readonly info: DeviceInfo;
  readonly #quirks: Quirks;

  private constructor(transport: Transport, info: DeviceInfo, quirks: Quirks) {
    this.#transport = transport;
    this.info = info;
    this.#quirks = quirks;
  }

  /**
   * Opens the session, then asks who is there: some responders answer nothing outside a session. A session left open is taken over, and what a
   * tablet still has to say of another talk, cut off by a crash or while it was asleep, is listened to until it is quiet.
   */
  static async open(
    pipe: BulkPipe,
    signal: AbortSignal,
    quirks = new Quirks(),
  ): Promise<Result<MtpSession, SessionFailure>> {
    const first = await MtpSession.#begin(pipe, quirks, signal);
    if (first.ok || (first.error.type !== "lost-sync" && first.error.type !== "not-taken")) return first;
    const quiet = await untilQuiet(pipe, signal);
    return quiet.ok ? MtpSession.#begin(pipe, quirks, signal) : quiet;
  }

  static async #begin(
    pipe: BulkPipe,
    quirks: Quirks,
    signal: AbortSignal,
  ): Promise<Result<MtpSession, SessionFailure>> {
    const transport = new Transport(pipe);
    transport.startSession();
    const opened = await patiently(
      transport,
      { operation: OPERATION.openSession, params: [SESSION_ID], takes: WAITS.hello },
      0,
      null,
      signal,
    );
    if (!opened.ok) return opened;
    if (opened.value.code !== RESPONSE.ok && opened.value.code !== RESPONSE.sessionAlreadyOpen)
      return err({ type: "refused", operation: OPERATION.openSession, code: opened.value.code });
    const info = await dataset(
      transport,
      { operation: OPERATION.getDeviceInfo },
      1024,
      decodeDeviceInfo,
      signal,
    );
    return info.ok ? ok(new MtpSession(transport, info.value, quirks)) : info;
  }

  #offers(operation: number): boolean {
    return this.info.operations.has(operation) && !this.#quirks.avoids(operation);
  }

  /** Ids of the storages that are there. None: the tablet is locked, or set to charging only. */
  async storages(signal: AbortSignal): Promise<Result<readonly number[], SessionFailure>> {
    const ids = await dataset(
      this.#transport,
      { operation: OPERATION.getStorageIds },
      64,
      (bytes) => decodeUint32List(bytes, MAX_STORAGES),
      signal,
    );
    // The low half is 0 for a slot without a medium (MTP 1.1, 5.2.1).
    return ids.ok ? ok(ids.value.filter((id) => (id & 0xffff) !== 0)) : ids;
  }

  /**
   * Whether the tablet shows its files now. A locked Android tablet, or one whose person has not tapped "Allow" yet, has no storage, refuses
   * to list it, or lists an empty one. One storage with anything in it is enough.
   */
  async isReady(signal: AbortSignal): Promise<Result<boolean, SessionFailure>> {
    const storages = await this.storages(signal);
    if (!storages.ok) return isNotNow(storages.error) ? ok(false) : storages;
    for (const storage of storages.value) {
      const handles = await this.#handles(storage, ROOT, MAX_ROOT, signal);
      if (handles.ok ? handles.value.length > 0 : handles.error.type === "too-many") return ok(true);
      if (!handles.ok && !isNotNow(handles.error)) return handles;
    }
    return ok(false);
  }

  /** What a refusal means: `locked` where the tablet does not show its files any more, else the refusal itself. */
  async #meaning(failure: SessionFailure, signal: AbortSignal): Promise<SessionFailure> {
    if (!isNotNow(failure)) return failure;
    const ready = await this.isReady(signal);
    if (!ready.ok) return endsSession(ready.error) ? ready.error : failure;
    return ready.value ? failure : { type: "locked" };
  }

  /** Whether a storage can be written to, and how much it has room for; null where the tablet does not tell. */
  async storageInfo(
    storage: number,
    signal: AbortSignal,
  ): Promise<Result<StorageInfo | null, SessionFailure>> {
    if (!this.#offers(OPERATION.getStorageInfo)) return ok(null);
    const info = await payload(
      this.#transport,
      { operation: OPERATION.getStorageInfo, params: [storage] },
      512,
      signal,
    );
    if (!info.ok) return endsSession(info.error) ? info : ok(null);
    const decoded = decodeStorageInfo(info.value);
    return ok(decoded.ok ? decoded.value : null);
  }

  async #handles(
    storage: number,
    parent: number,
    limit: number,
    signal: AbortSignal,
    format = 0,
  ): Promise<Result<readonly number[], SessionFailure>> {
    const bytes = await payload(
      this.#transport,
      { operation: OPERATION.getObjectHandles, params: [storage, format, parent] },
      16_384,
      signal,
    );
    if (!bytes.ok) return bytes;
    if (bytes.value.length > 4 + limit * 4) return err({ type: "too-many", limit });
    const handles = decodeUint32List(bytes.value, limit);
    // Whatever a tablet lists: a folder does not lie in itself, and an object lies in it once.
    return handles.ok
      ? ok([...new Set(handles.value)].filter((one) => one !== parent))
      : err({ type: "nonsense", operation: OPERATION.getObjectHandles });
  }

  /** Handles of a folder in the order in which a folder is looked for: where there are many, folders first, as far as the tablet tells. */
  async #handlesForFolders(
    storage: number,
    parent: number,
    limit: number,
    signal: AbortSignal,
  ): Promise<Result<readonly (readonly number[])[], SessionFailure>> {
    const all = await this.#handles(storage, parent, limit, signal);
    if (!all.ok) return all;
    if (all.value.length <= MANY_HANDLES) return ok([all.value]);
    const folders = await this.#handles(storage, parent, limit, signal, FORMAT.association);
    if (!folders.ok) return endsSession(folders.error) ? folders : ok([all.value]);
    const first = new Set(folders.value);
    return ok([folders.value, all.value.filter((one) => !first.has(one))]);
  }

  async #entry(handle: number, signal: AbortSignal): Promise<Result<ObjectEntry, SessionFailure>> {
    const info = await dataset(
      this.#transport,
      { operation: OPERATION.getObjectInfo, params: [handle] },
      512,
      decodeObjectInfo,
      signal,
    );
    if (!info.ok) return info;
    const { format, name } = info.value;
    const isFolder = format === FORMAT.association;
    let size = isFolder ? 0 : info.value.size;
    if (size === LARGE && this.#offers(OPERATION.getObjectPropValue)) {
      const params = [handle, OBJECT_PROP.size];
      const large = await dataset(
        this.#transport,
        { operation: OPERATION.getObjectPropValue, params },
        8,
        decodeUint64,
        signal,
      );
      if (large.ok) size = large.value;
      else if (endsSession(large.error)) return large;
    }
    return ok({ handle, name, isFolder, size });
  }

  /** One property of everything in a folder; nothing where the tablet does not offer it so, or answers with something else. */
  async #property(
    parent: number,
    property: number,
    count: number,
    signal: AbortSignal,
  ): Promise<Result<readonly PropertyLine[], SessionFailure>> {
    const bytes = await payload(
      this.#transport,
      { operation: OPERATION.getObjectPropList, params: [parent, 0, property, 0, 1] },
      count * PROPERTY_LINE_BYTES,
      signal,
    );
    const lines = bytes.ok ? decodePropList(bytes.value, count + 1) : bytes;
    if (lines.ok && lines.value.length > 0) {
      this.#quirks.worked(OPERATION.getObjectPropList);
      return lines;
    }
    if (bytes.ok || !endsSession(bytes.error) || isHang(bytes.error))
      this.#quirks.failed(OPERATION.getObjectPropList);
    return bytes.ok || !endsSession(bytes.error) ? ok([]) : bytes;
  }

  /** Names, kinds and sizes of a folder in three transactions where the tablet can; by handle. */
  async #propertiesOf(
    parent: number,
    count: number,
    key: string,
    signal: AbortSignal,
  ): Promise<Result<ReadonlyMap<number, ObjectEntry>, SessionFailure>> {
    const entries = new Map<number, ObjectEntry>();
    const inVain = count < 3 || count > MAX_LISTED_AT_ONCE || parent === ROOT || this.#quirks.isHard(key);
    if (!this.#offers(OPERATION.getObjectPropList) || inVain) return ok(entries);
    const values = new Map<number, Map<number, number | string>>();
    for (const property of [OBJECT_PROP.fileName, OBJECT_PROP.size, OBJECT_PROP.format]) {
      const lines = await this.#property(parent, property, count, signal);
      if (!lines.ok) {
        if (isHang(lines.error)) this.#quirks.hung(key);
        return lines;
      }
      if (lines.value.length === 0) return ok(entries);
      values.set(
        property,
        new Map(lines.value.filter((one) => one.property === property).map((one) => [one.handle, one.value])),
      );
    }
    const of = (property: number, handle: number) => values.get(property)?.get(handle);
    for (const [handle, name] of values.get(OBJECT_PROP.fileName) ?? []) {
      const size = of(OBJECT_PROP.size, handle);
      const format = of(OBJECT_PROP.format, handle);
      if (typeof name !== "string" || typeof size !== "number" || typeof format !== "number") continue;
      const isFolder = format === FORMAT.association;
      entries.set(handle, { handle, name, isFolder, size: isFolder ? 0 : size });
    }
    return ok(entries);
  }

  /**
   * Every folder of this name in a folder (ROOT: in none). Media databases list a folder twice, and two folders may have one name. Objects that the
   * tablet refuses to describe are ignored, unless no folder matches the name.
   */
  async findFolders(
    storage: number,
    parent: number,
    name: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<Result<readonly ObjectEntry[], SessionFailure>> {
    const groups = await this.#handlesForFolders(storage, parent, limit, signal);
    if (!groups.ok) return groups;
    let refusal: SessionFailure | null = null;
    const found: ObjectEntry[] = [];
    for (const { handle, key, isHard } of this.#inOrder(groups.value, `on the way to ${name}`)) {
      if (found.length > 0 && isHard) break;
      const entry = await this.#entry(handle, signal);
      if (!entry.ok && isHang(entry.error)) this.#quirks.hung(key);
      if (entry.ok && entry.value.isFolder && entry.value.name === name) found.push(entry.value);
      if (entry.ok || isGone(entry.error)) continue;
      if (endsSession(entry.error)) return entry;
      refusal ??= entry.error;
    }
    return refusal === null || found.length > 0 ? ok(found) : err(refusal);
  }

  /**
   * Handles in the order in which they are described: group by group, and those that the tablet stopped answering on before last of all. With the key
   * under which that is remembered; handles themselves are new in every session.
   */
  #inOrder(groups: readonly (readonly number[])[], place: string) {
    const all = groups.flat().map((handle, at) => {
      const key = `${place}: ${at}`;
      return { handle, key, isHard: this.#quirks.isHard(key) };
    });
    return [...all.filter((one) => !one.isHard), ...all.filter((one) => one.isHard)];
  }

  /**
   * What lies in a folder of a storage, at most `limit` objects. An object that vanishes meanwhile is left out. `place`: the
   * folder's name in what is remembered of the tablet.
   */
  async list(
    storage: number,
    parent: number,
    limit: number,
    signal: AbortSignal,
    place = `folder ${parent}`,
  ): Promise<Result<readonly ObjectEntry[], SessionFailure>> {
    const handles = await this.#handles(storage, parent, limit, signal);
    if (!handles.ok) return handles;
    const known = await this.#propertiesOf(parent, handles.value.length, place, signal);
    if (!known.ok) return known;
    const entries: ObjectEntry[] = [];
    const odd: number[] = [];
    let refusal: SessionFailure | null = null;
    for (const { handle, key, isHard } of this.#inOrder([handles.value], place)) {
      const quick = known.value.get(handle);
      // Named and left alone: what is asked for after it would be lost with the session.
      if (quick === undefined && isHard) {
        odd.push(handle);
        continue;
      }
      const entry = quick === undefined ? await this.#entry(handle, signal) : ok(quick);
      if (!entry.ok && isHang(entry.error)) this.#quirks.hung(key);
      if (entry.ok) entries.push(entry.value);
      else if (endsSession(entry.error)) return entry;
      else {
        refusal ??= entry.error;
        if (!isGone(entry.error)) odd.push(handle);
      }
    }
    if (refusal !== null) {
      const meaning = await this.#meaning(refusal, signal);
      const isWhole = isGone(refusal) || entries.length > 0;
      if (endsSession(meaning) || !isWhole) return err(meaning);
    }
    // What the tablet does not describe is told, under a name that no census file has, and costs nothing else.
    for (const handle of odd)
      entries.push({ handle, name: `object 0x${handle.toString(16)}`, isFolder: true, size: 0 });
    return ok(entries);
  }

  /**
   * The bytes of an object from `offset` to `size`, its length as listed, piece by piece as they come; where the tablet gives only whole objects
   * the first pieces are let go. `take` returning false: what is still to come of this answer is let go, and nothing more is asked for.
   * `short` where the object ends before.
   */
  async read(
    object: { readonly handle: number; readonly size: number },
    offset: number,
    take: (piece: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
    way: Way = "plain",
  ): Promise<Result<void, SessionFailure>> {
    const { handle, size } = object;
    let at = offset;
    const counted = async (piece: Uint8Array): Promise<boolean> => {
      at += piece.length;
      return take(piece);
    };
    const operations = this.#operationsFor(size, way);
    let first: Result<void, SessionFailure> | null = null;
    for (const operation of operations) {
      const done =
        operation === OPERATION.getObject
          ? await this.#whole(handle, size, at, counted, signal)
          : await this.#parts(operation, handle, at, size, way, counted, signal);
      if (done.ok) {
        // Only what another operation gave after all is held against the ones that did not.
        for (const vain of REPLACED) {
          if (vain === operation) break;
          const wasTried = way === "narrow" || way === "whole" || operations.includes(vain);
          if (wasTried && this.info.operations.has(vain)) this.#quirks.failed(vain);
        }
        return done;
      }
      // That the object is gone says more than how an operation was refused.
      if (first === null || isGone(done.error)) first = done;
      if (isHang(done.error)) this.#quirks.suspect(operation);
      if (endsSession(done.error)) return done;
      const meaning = await this.#meaning(done.error, signal);
      if (endsSession(meaning)) return err(meaning);
      if (this.#quirks.hasWorked(operation)) return err(meaning);
    }
    return first ?? err({ type: "short" });
  }

  /** Operations that may give the bytes of an object of this size, the best first. */
  #operationsFor(size: number, way: Way): readonly number[] {
    const { getPartialObject64, getPartialObject, getObject } = OPERATION;
    const isNarrow = this.#offers(getPartialObject) && size <= OFFSET_32;
    const parts = [
      ...(this.#offers(getPartialObject64) && !(way === "narrow" && isNarrow) ? [getPartialObject64] : []),
      ...(isNarrow ? [getPartialObject] : []),
    ];
    return way === "whole" ? [getObject, ...parts] : [...parts, getObject];
  }

  async #parts(
    operation: number,
    handle: number,
    offset: number,
    size: number,
    way: Way,
    take: (piece: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<void, SessionFailure>> {
    let at = offset;
    let wanted = true;
    for (let stingy = 0; at < size && wanted && stingy < MAX_STINGY; ) {
      const asked = way === "plain" ? Math.min(PART_BYTES, size - at) : oddPart(size - at);
      let got = 0;
      const done = await this.#part(
        operation,
        handle,
        at,
        asked,
        async (piece) => {
          got += piece.length;
          if (got > asked) return false;
          wanted = wanted && (await take(piece));
          return true;
        },
        signal,
      );
      if (!done.ok) return done;
      if (got === 0) break;
      this.#quirks.worked(operation);
      if (got < asked) stingy = got < STINGY_BYTES ? stingy + 1 : 0;
      at += got;
    }
    return at < size && wanted ? err({ type: "short" }) : ok(undefined);
  }

  /** One answer with part of an object: up to `size` bytes, as many as the tablet gives. */
  async #part(
    operation: number,
    handle: number,
    offset: number,
    size: number,
    sink: (piece: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<Response, SessionFailure>> {
    const wide = operation === OPERATION.getPartialObject64;
    const low = offset % OFFSET_32;
    const high = Math.floor(offset / OFFSET_32);
    const params = wide ? [handle, low, high, size] : [handle, low, size];
    return accepted(await patiently(this.#transport, { operation, params }, size, sink, signal), operation);
  }

  async #whole(
    handle: number,
    size: number,
    offset: number,
    take: (piece: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<void, SessionFailure>> {
    let came = 0;
    let wanted = true;
    const response = await patiently(
      this.#transport,
      { operation: OPERATION.getObject, params: [handle] },
      size,
      async (piece) => {
        const asked = piece.subarray(Math.max(0, offset - came), Math.max(0, size - came));
        came += piece.length;
        if (asked.length > 0) wanted = wanted && (await take(asked));
        return came <= size + GROWTH_BYTES;
      },
      signal,
    );
    const done = accepted(response, OPERATION.getObject);
    if (!done.ok) return done;
    return came < size && wanted ? err({ type: "short" }) : ok(undefined);
  }

  /** Makes a folder. Value: its handle. */
  async makeFolder(
    storage: number,
    parent: number,
    name: string,
    signal: AbortSignal,
  ): Promise<Result<number, SessionFailure>> {
    return this.#announce(storage, parent, encodeObjectInfo(FORMAT.association, 0, name), signal);
  }

  /** Writes a new object. Value: its handle. */
  async makeObject(
    storage: number,
    parent: number,
    name: string,
    bytes: Uint8Array,
    signal: AbortSignal,
  ): Promise<Result<number, SessionFailure>> {
    const handle = await this.#announce(
      storage,
      parent,
      encodeObjectInfo(FORMAT.undefined, bytes.length, name),
      signal,
    );
    if (!handle.ok) return handle;
    const sent = await this.#transport.run(
      { operation: OPERATION.sendObject, data: bytes, patience: WAITS.written },
      0,
      null,
      signal,
    );
    const done = accepted(sent, OPERATION.sendObject);
    return done.ok ? handle : done;
  }

  async #announce(
    storage: number,
    parent: number,
    info: Uint8Array,
    signal: AbortSignal,
  ): Promise<Result<number, SessionFailure>> {
    const response = await this.#transport.run(
      { operation: OPERATION.sendObjectInfo, params: [storage, parent], data: info },
      0,
      null,
      signal,
    );
    const done = accepted(response, OPERATION.sendObjectInfo);
    if (!done.ok) return done;
    const handle = done.value.params[2];
    return handle === undefined
      ? err({ type: "lost-sync", detail: "a new object without a handle" })
      : ok(handle);
  }

  /** The tablet's clock, milliseconds since 1970 UTC; null where it does not tell, or nothing that is a time. */
  async clock(signal: AbortSignal): Promise<Result<number | null, SessionFailure>> {
    if (!this.info.deviceProperties.has(DEVICE_PROP.dateTime)) return ok(null);
    const bytes = await payload(
      this.#transport,
      { operation: OPERATION.getDevicePropValue, params: [DEVICE_PROP.dateTime] },
      64,
      signal,
    );
    if (!bytes.ok) return bytes;
    const text = decodeText(bytes.value);
    return ok(text.ok ? parseDateTime(text.value) : null);
  }

  /** Politely ends the session; what the tablet thinks of it does not matter any more. */
  async close(signal: AbortSignal): Promise<void> {
    await this.#transport.run(
      { operation: OPERATION.closeSession, patience: WAITS.goodbye },
      0,
      null,
      signal,
    );
  }
}

/**
 * The length of the next part where a tablet hung before: neither it nor its container is a whole number of packets, which is what responders
 * without a closing empty packet hang on (libmtp issue 8).
 */
function oddPart(left: number): number {
  const part = Math.min(ODD_PART_BYTES, left);
  return part > 1 && (part % 512 === 0 || (part + 12) % 512 === 0) ? part - 1 : part;
}

/** Reads what nobody asked for, until nothing comes any more; so much at most as one answer may have. */
async function untilQuiet(pipe: BulkPipe, signal: AbortSignal): Promise<Result<void, SessionFailure>> {
  let bytes = 0;
  for (let reads = 0; reads < MAX_STALE_READS && bytes < MAX_STALE_BYTES; reads++) {
    const read = await pipe.read(1_048_576, WAITS.quiet, signal);
    if (!read.ok) return read.error.type === "timeout" ? ok(undefined) : read;
    bytes += read.value.length;
  }
  return err({ type: "lost-sync", detail: "the tablet does not come to an end" });
}

/** Asks what changes nothing on the tablet, and once more after a while where it is busy with something else (MTP 1.1, F.2.26). */
async function patiently(
  transport: Transport,
  request: Request,
  expected: number,
  sink: ((piece: Uint8Array) => boolean | Promise<boolean>) | null,
  signal: AbortSignal,
): Promise<Result<Response, TransportFailure>> {
  for (let again = 0; ; again++) {
    const response = await transport.run(request, expected, sink, signal);
    if (!response.ok || response.value.code !== RESPONSE.deviceBusy || again === MAX_BUSY) return response;
    await new Promise((resolve) => setTimeout(resolve, WAITS.busy));
    if (signal.aborted) return response;
  }
}

function accepted(
  response: Result<Response, TransportFailure>,
  operation: number,
): Result<Response, SessionFailure> {
  if (!response.ok) return response;
  const { code } = response.value;
  return code === RESPONSE.ok ? response : err({ type: "refused", operation, code });
}

/** The payload of a data phase as one piece, at most `limit` bytes. `expected`: bytes that are likely. */
async function payload(
  transport: Transport,
  request: Request,
  expected: number,
  signal: AbortSignal,
  limit = MAX_DATASET_BYTES,
): Promise<Result<Uint8Array, SessionFailure>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const response = await patiently(
    transport,
    request,
    expected,
    (piece) => {
      length += piece.length;
      if (length > limit) return false;
      pieces.push(piece);
      return true;
    },
    signal,
  );
  const done = accepted(response, request.operation);
  if (!done.ok) return done;
  return ok(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
}

async function dataset<T>(
  transport: Transport,
  request: Request,
  expected: number,
  decode: (bytes: Uint8Array) => Result<T, unknown>,
  signal: AbortSignal,
): Promise<Result<T, SessionFailure>> {
  const bytes = await payload(transport, request, expected, signal);
  if (!bytes.ok) return bytes;
  const value = decode(bytes.value);
  return value.ok ? value : err({ type: "nonsense", operation: request.operation });
}
