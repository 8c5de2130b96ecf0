import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
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

/** An outbox in a folder: a card, a carrier, a mounted tablet. Names that are links or devices are listed and never opened. */

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

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

class FolderLink implements TabletLink {
  readonly source: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.source = `folder:${folder}`;
    this.#folder = folder;
  }

  async clockOffset(): Promise<Result<null, LinkFailure>> {
    return ok(null);
  }

  #failure(error: unknown, path: string): LinkFailure {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return { type: "disk", code, path };
  }

  async list(folder: OutboxFolder): Promise<Result<readonly OutboxEntry[], LinkFailure>> {
    const at = join(this.#folder, folder);
    try {
      const names = await readdir(at, { encoding: "buffer" });
      if (names.length > MAX_FOLDER_ENTRIES)
        return err({ type: "too-many-files", limit: MAX_FOLDER_ENTRIES });
      const entries: OutboxEntry[] = [];
      for (const name of names) {
        const stat = await lstat(Buffer.concat([Buffer.from(`${at}/`), name]));
        const kind = stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
        entries.push({ name: nameText(name), kind, size: kind === "file" ? stat.size : 0 });
      }
      return ok(entries);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return folder === "" ? err({ type: "unplugged" }) : ok([]);
      return err(this.#failure(error, folder));
    }
  }

  async read(
    path: string,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Result<number, LinkFailure>> {
    let handle: FileHandle;
    try {
      handle = await open(join(this.#folder, path), constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      return err(this.#failure(error, path));
    }
    try {
      const { size } = await handle.stat();
      const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const;
      const window = (at: number, turn: number) => readWindow(handle, buffers[turn === 0 ? 0 : 1], at, size);
      let handed = 0;
      let turn = 0;
      let next = window(offset, turn);
      for (let at = offset; at < size; ) {
        if (signal.aborted) return err({ type: "cancelled" });
        const bytes = await next;
        if (bytes === null) return err({ type: "changed", path });
        at += bytes.length;
        turn = 1 - turn;
        next = window(at, turn);
        const more = await take(bytes);
        handed += bytes.length;
        if (!more) {
          await next;
          return ok(handed);
        }
      }
      return (await handle.stat()).size === size ? ok(handed) : err({ type: "changed", path });
    } catch (error) {
      return err(this.#failure(error, path));
    } finally {
      await handle.close();
    }
  }

  async writeReceipt(name: string, bytes: Uint8Array): Promise<Result<void, LinkFailure>> {
    const folder = join(this.#folder, "receipts");
    const path = join(folder, name);
    try {
      await mkdir(folder, { recursive: true });
      const handle = await open(path, "wx+");
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      const back = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        const found = await back.readFile();
        return Buffer.compare(found, bytes) === 0
          ? ok(undefined)
          : err({ type: "changed", path: `receipts/${name}` });
      } finally {
        await back.close();
      }
    } catch (error) {
      const code = codeOf(error);
      if (code === "EEXIST") return err({ type: "exists" });
      if (code === "EROFS" || code === "EACCES" || code === "EPERM") return err({ type: "read-only" });
      if (code === "ENOSPC" || code === "EDQUOT") return err({ type: "full" });
      return err(this.#failure(error, `receipts/${name}`));
    }
  }

  async close(): Promise<void> {}
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

/** Opens folders by their path; nothing appears or goes by itself here. */
export class FolderSource implements TabletSource {
  watch(onChange: (present: readonly TabletPresence[]) => void): () => void {
    onChange([]);
    return () => {};
  }

  async list(): Promise<readonly TabletPresence[]> {
    return [];
  }

  /** `id`: the folder's path. `no-outbox` where it is no folder. */
  async open(id: string): Promise<Result<TabletLink, LinkFailure>> {
    try {
      const handle = await open(id, constants.O_RDONLY | constants.O_DIRECTORY);
      await handle.close();
      return ok(new FolderLink(id));
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      return code === "ENOENT" || code === "ENOTDIR"
        ? err({ type: "no-outbox", path: id })
        : err({ type: "disk", code, path: id });
    }
  }
}
