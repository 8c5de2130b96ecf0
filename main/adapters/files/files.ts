import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { DiskFailure } from "../../engine/ports.ts";
import type { DeskFiles } from "../../engine/ports-desk.ts";
import { syncFolderIfOffered, writeWhole } from "../disk/durable.ts";
import { failureOf } from "../disk/errors.ts";

/** Files that people choose in a dialog: read whole within a limit, written whole or not at all. */

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
      await writeWhole(
        path,
        async (write) => {
          for await (const part of parts) await write(part);
          return true;
        },
        0o666,
      );
      await syncFolderIfOffered(dirname(path));
      return ok(undefined);
    } catch (error) {
      return err(failureOf(error, path));
    }
  },
};
