import { dirname } from "node:path";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { DiskFailure } from "../../engine/ports.ts";
import type { HeldPlace } from "../../engine/ports-places.ts";
import { syncFolderIfOffered, type Write, writeWhole } from "./durable.ts";
import { failureOf } from "./errors.ts";
import { heldFile, heldFolder } from "./held-place.ts";

/** Writing where a person said. Everything that does asks here first whether it may. */

/** Refuses a file that lies in a store, a backup, a bag or an outbox. */
export async function mayWriteFile(path: string): Promise<Result<void, HeldPlace | DiskFailure>> {
  try {
    const held = await heldFile(path);
    return held === null ? ok(undefined) : err(held);
  } catch (error) {
    return err(failureOf(error, path));
  }
}

/** The same of a folder that is to hold a bag, a backup or a store. */
export async function mayMakeFolder(path: string): Promise<Result<void, HeldPlace | DiskFailure>> {
  try {
    const held = await heldFolder(path);
    return held === null ? ok(undefined) : err(held);
  } catch (error) {
    return err(failureOf(error, path));
  }
}

/**
 * Writes a file that a person named, whole and durable or not at all.
 *
 * @param fill - writes the content; what it throws beside failures of the system is thrown on
 */
export async function writeChosen(
  path: string,
  fill: (write: Write) => Promise<void>,
  mode = 0o666,
): Promise<Result<void, HeldPlace | DiskFailure>> {
  const may = await mayWriteFile(path);
  if (!may.ok) return may;
  try {
    await writeWhole(
      path,
      async (write) => {
        await fill(write);
        return true;
      },
      mode,
    );
    await syncFolderIfOffered(dirname(path));
    return ok(undefined);
  } catch (error) {
    return err(failureOf(error, path));
  }
}
