import { err, type Result } from "../../../shared/result.ts";
import type { DiskFailure } from "../../engine/ports.ts";

/** Telling what the disk refuses from what is a bug. */

/** The system's word for a failure; undefined: it is none of the system's. */
export const codeOf = (error: unknown): string | undefined => {
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  return typeof code === "string" && typeof errno === "number" ? code : undefined;
};

/** The failure that an exception stands for; a bug is thrown on. `path`: where it happened. */
export function failureOf(error: unknown, path: string): DiskFailure {
  const code = codeOf(error);
  if (code === undefined) throw error;
  return { type: "disk", code, path };
}

/** Runs `work`; what the disk refuses comes back as a DiskFailure, a bug goes on as an exception. `path`: where it happens. */
export type OnDisk = <T, E>(
  path: string,
  work: () => Promise<Result<T, E>>,
) => Promise<Result<T, E | DiskFailure>>;

/** `tell`: the failure that an exception stands for; null: it is a bug. */
export const onDiskBy =
  (tell: (error: unknown, path: string) => DiskFailure | null): OnDisk =>
  async (path, work) => {
    try {
      return await work();
    } catch (error) {
      const failure = tell(error, path);
      if (failure === null) throw error;
      return err(failure);
    }
  };
