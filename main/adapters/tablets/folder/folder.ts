import { constants } from "node:fs";
import { access, type FileHandle, lstat, mkdir, open, opendir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { CHUNK_BYTES } from "../../../../shared/ids.ts";
import { err, ok, type Result } from "../../../../shared/result.ts";
import type { LinkFailure, TabletPresence } from "../../../../shared/views.ts";
import {
  MAX_FOLDER_ENTRIES,
  type OutboxEntry,
  type OutboxFolder,
  type TabletLink,
  type TabletSource,
} from "../../../engine/ports.ts";
import { syncFolderIfOffered } from "../../disk/durable.ts";

/** An outbox in a folder: a card, a carrier, a mounted tablet. Names that are links or devices are listed and never opened. */

/** Names whose sizes are asked for at once. */
const NAMES_AT_ONCE = 256;
/** Never through a link, and never waiting for the other end of a pipe. Windows knows neither flag, and has no such files to offer. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What the system answers when the card or the tablet under a folder has gone. */
const GONE: ReadonlySet<string> = new Set(["ENODEV", "ENXIO", "ENOTCONN", "ESTALE", "ENOMEDIUM"]);

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** The system's word for a failure; anything without one is a bug and is thrown on. */
function systemCode(error: unknown): string {
  const code = codeOf(error);
  if (code === undefined || (error as NodeJS.ErrnoException).errno === undefined) throw error;
  return code;
}

/** A name as text; bytes that are no UTF-8 are written as \xNN, so that the name is told and matches nothing. */
function nameText(name: Buffer): string {
  const text = name.toString("utf8");
  if (Buffer.from(text, "utf8").equals(name)) return text;
  return [...name]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
    )
    .join("");
}

/** One name with its kind and size; null where it has gone since it was listed. */
async function entryOf(folder: Buffer, name: Buffer): Promise<OutboxEntry | null> {
  try {
    const found = await lstat(Buffer.concat([folder, name]));
    const kind = found.isFile() ? "file" : found.isDirectory() ? "folder" : "other";
    return { name: nameText(name), kind, size: kind === "file" ? found.size : 0 };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

class FolderLink implements TabletLink {
  readonly outbox = null;
  readonly others = [];
  readonly source: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.source = `folder:${folder}`;
    this.#folder = folder;
  }

  async clockOffset(): Promise<Result<null, LinkFailure>> {
    return ok(null);
  }

  /** What a failed reading means for the link: one file or one bad spot does not end it, the folder's going does. */
  async #failure(error: unknown, path: string): Promise<LinkFailure> {
    const code = systemCode(error);
    if (GONE.has(code)) return { type: "unplugged" };
    if (code === "ENOENT") return (await this.#isThere()) ? { type: "changed", path } : { type: "unplugged" };
    if (code === "ELOOP") return { type: "changed", path };
    return { type: "refused", code };
  }

  #isThere = (): Promise<boolean> => exists(this.#folder);

  async list(
    folder: OutboxFolder,
    signal: AbortSignal,
  ): Promise<Result<readonly OutboxEntry[], LinkFailure>> {
    const path = join(this.#folder, folder);
    try {
      if (folder !== "") {
        const found = await lstat(path);
        if (!found.isDirectory()) return err({ type: "changed", path: folder });
      }
      return await this.#entries(path, signal);
    } catch (error) {
      if (codeOf(error) === "ENOENT" && folder !== "" && (await this.#isThere())) return ok([]);
      return err(await this.#failure(error, folder));
    }
  }

  async #entries(path: string, signal: AbortSignal): Promise<Result<readonly OutboxEntry[], LinkFailure>> {
    const names: Buffer[] = [];
    for await (const { name } of await opendirOfBytes(path)) {
      if (signal.aborted) return err({ type: "cancelled" });
      if (names.length === MAX_FOLDER_ENTRIES)
        return err({ type: "too-many-files", limit: MAX_FOLDER_ENTRIES });
      names.push(name);
    }
    const folder = Buffer.from(join(path, "/"));
    const entries: OutboxEntry[] = [];
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      if (signal.aborted) return err({ type: "cancelled" });
      const some = await Promise.all(
        names.slice(at, at + NAMES_AT_ONCE).map((name) => entryOf(folder, name)),
      );
      for (const entry of some) if (entry !== null) entries.push(entry);
    }
    return ok(entries);
  }

  async read(
    path: string,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<number, LinkFailure>> {
    let handle: FileHandle | null = null;
    try {
      handle = await open(join(this.#folder, path), READ_FLAGS);
      return await readFile(handle, path, offset, take, signal);
    } catch (error) {
      return err(await this.#failure(error, path));
    } finally {
      await handle?.close();
    }
  }

  /**
   * As promised by the port. A file that could be written in part only, as on a full card, stays there as it is: nothing is ever deleted
   * on a tablet, and the next receipt has another number.
   */
  async writeReceipt(name: string, bytes: Uint8Array): Promise<Result<void, LinkFailure>> {
    const folder = join(this.#folder, "receipts");
    const path = `receipts/${name}`;
    try {
      if (await makeFolder(folder)) await syncFolderIfOffered(this.#folder);
      if (!(await lstat(folder)).isDirectory()) return err({ type: "changed", path: "receipts" });
      const handle = await open(join(folder, name), "wx");
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await syncFolderIfOffered(folder);
      return (await holds(join(folder, name), bytes)) ? ok(undefined) : err({ type: "changed", path });
    } catch (error) {
      const code = systemCode(error);
      if (code === "EEXIST") return err({ type: "exists" });
      if (code === "EROFS" || code === "EACCES" || code === "EPERM") return err({ type: "read-only" });
      if (code === "ENOSPC" || code === "EDQUOT") return err({ type: "full" });
      return err(await this.#failure(error, path));
    }
  }

  async close(): Promise<void> {}
}

/** A folder's names as bytes, read some at a time, so that a folder without an end can be left. */
async function opendirOfBytes(path: string): Promise<AsyncIterable<{ readonly name: Buffer }>> {
  // The types of Node know no folder read as bytes, though its documentation and its code do (fs.opendir, options.encoding).
  const options = { encoding: "buffer" as BufferEncoding, bufferSize: NAMES_AT_ONCE };
  return (await opendir(path, options)) as unknown as AsyncIterable<{ readonly name: Buffer }>;
}

/** Makes one folder. Value: it is new. */
const makeFolder = (path: string): Promise<boolean> =>
  mkdir(path).then(
    () => true,
    (error) => {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    },
  );

/** Whether a file holds exactly these bytes. */
async function holds(path: string, bytes: Uint8Array): Promise<boolean> {
  const handle = await open(path, READ_FLAGS);
  try {
    const found = Buffer.alloc(bytes.length + 1);
    let filled = 0;
    while (filled < found.length) {
      const { bytesRead } = await handle.read(found, filled, found.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled === bytes.length && found.subarray(0, filled).equals(bytes);
  } finally {
    await handle.close();
  }
}

/** Hands over an open file from `offset`. `changed` where it is no file, or not the same size and date at the end as at the beginning. */
async function readFile(
  handle: FileHandle,
  path: string,
  offset: number,
  take: (window: Uint8Array) => boolean | Promise<boolean>,
  signal: AbortSignal,
): Promise<Result<number, LinkFailure>> {
  const before = await handle.stat();
  if (!before.isFile()) return err({ type: "changed", path });
  const { size } = before;
  const first = Math.max(0, Math.min(CHUNK_BYTES, size - offset));
  const second = size - offset > CHUNK_BYTES ? CHUNK_BYTES : 0;
  const buffers = [Buffer.allocUnsafe(first), Buffer.allocUnsafe(second)] as const;
  const window = (at: number, turn: 0 | 1) => readWindow(handle, buffers[turn], at, size);
  let handed = 0;
  let turn: 0 | 1 = 0;
  let next = window(offset, turn);
  for (let at = offset; at < size; ) {
    const bytes = await next;
    if (signal.aborted) return err({ type: "cancelled" });
    if (bytes === null) return err({ type: "changed", path });
    at += bytes.length;
    turn = turn === 0 ? 1 : 0;
    next = window(at, turn);
    next.catch(() => {}); // Its failure is met where it is awaited; `take` has the floor until then.
    const more = await take(bytes);
    handed += bytes.length;
    if (!more && at < size) return ok(handed);
  }
  const after = await handle.stat();
  return after.size === size && after.mtimeMs === before.mtimeMs
    ? ok(handed)
    : err({ type: "changed", path });
}

/** The window at `at`: 1 MiB, or what is left of `size`; null where the file has become shorter. */
async function readWindow(
  handle: FileHandle,
  buffer: Buffer,
  at: number,
  size: number,
): Promise<Buffer | null> {
  const wanted = Math.max(0, Math.min(CHUNK_BYTES, size - at));
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await handle.read(buffer, filled, wanted - filled, at + filled);
    if (bytesRead === 0) return null;
    filled += bytesRead;
  }
  return buffer.subarray(0, wanted);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Whether a folder has what only an outbox has: a ledger, or a folder of batches. */
const isOutbox = async (folder: string): Promise<boolean> =>
  (await exists(join(folder, "ledger.cose"))) || (await exists(join(folder, "batches")));

/** The outbox that a folder is only a part of, as where somebody chose its `batches`; null: it may be one itself. */
async function outboxAbove(folder: string): Promise<string | null> {
  const path = resolve(folder);
  if (basename(path) !== "batches" && basename(path) !== "receipts") return null;
  if (await isOutbox(path)) return null;
  const above = dirname(path);
  return (await isOutbox(above)) ? above : null;
}

/** Opens folders by their path; nothing appears or goes by itself here. */
export class FolderSource implements TabletSource {
  watch(onChange: (present: readonly TabletPresence[]) => void): () => void {
    onChange([]);
    return () => {};
  }

  async list(): Promise<readonly TabletPresence[]> {
    return [];
  }

  /** `id`: the folder's path. `no-outbox` where it is no folder, `inside-outbox` where it is a part of one. */
  async open(id: string): Promise<Result<TabletLink, LinkFailure>> {
    try {
      const found = await stat(id);
      if (!found.isDirectory()) return err({ type: "no-outbox", path: id });
      const outbox = await outboxAbove(id);
      return outbox === null ? ok(new FolderLink(id)) : err({ type: "inside-outbox", path: id, outbox });
    } catch (error) {
      const code = systemCode(error);
      if (code === "ENOENT" || code === "ENOTDIR") return err({ type: "no-outbox", path: id });
      if (code === "EACCES" || code === "EPERM") return err({ type: "no-permission" });
      return err(GONE.has(code) ? { type: "unplugged" } : { type: "refused", code });
    }
  }
}
