import { DiskError, type DiskFailure } from "./ports.ts";

/** What the disk refused of `work`; null: nothing. */
export async function diskRefusal(work: () => void | Promise<void>): Promise<DiskFailure | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof DiskError) return error.failure;
    throw error;
  }
}
