import { err, ok, type Result } from "../../../shared/result.ts";
import type { DiskFailure } from "../../engine/ports.ts";
import type { DeskFiles } from "../../engine/ports-desk.ts";
import { writeChosen } from "../disk/chosen.ts";
import { failureOf } from "../disk/errors.ts";
import { FileRefused, readFileWithin } from "../disk/regular.ts";

/** Files that people choose in a dialog: read whole within a limit, written whole or not at all. */

export const deskFiles: DeskFiles = {
  async read(path, limit): Promise<Result<Uint8Array, DiskFailure | { readonly type: "too-large" }>> {
    try {
      return ok(await readFileWithin(path, limit));
    } catch (error) {
      if (error instanceof FileRefused && error.code === "EFBIG") return err({ type: "too-large" });
      return err(failureOf(error, path));
    }
  },
  write: (path, parts) =>
    writeChosen(path, async (write) => {
      for await (const part of parts) await write(part);
    }),
};
