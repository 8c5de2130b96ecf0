import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { DiskFailure } from "../../engine/ports.ts";
import type { DeskFiles } from "../../engine/ports-desk.ts";

/** Files that people choose in a dialog: read whole within a limit, written whole or not at all. */

function failureOf(error: unknown, path: string): DiskFailure {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === undefined || errno === undefined) throw error;
  return { type: "disk", code, path };
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeWhole(
  path: string,
  parts: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): Promise<void> {
  const part = `${path}.part`;
  const handle = await open(part, "w");
  try {
    for await (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } catch (error) {
    await handle.close();
    await rm(part, { force: true });
    throw error;
  }
  await handle.close();
  await rename(part, path);
  await syncFolder(dirname(path));
}

export const deskFiles: DeskFiles = {
  async read(path, limit): Promise<Result<Uint8Array, DiskFailure | { readonly type: "too-large" }>> {
    try {
      const handle = await open(path, "r");
      try {
        const buffer = Buffer.alloc(limit + 1);
        let filled = 0;
        for (let read = -1; read !== 0 && filled <= limit; filled += read)
          read = (await handle.read(buffer, filled, buffer.length - filled, filled)).bytesRead;
        return filled > limit ? err({ type: "too-large" }) : ok(buffer.subarray(0, filled));
      } finally {
        await handle.close();
      }
    } catch (error) {
      return err(failureOf(error, path));
    }
  },
  async write(path, parts) {
    try {
      await writeWhole(path, parts);
      return ok(undefined);
    } catch (error) {
      return err(failureOf(error, path));
    }
  },
};
