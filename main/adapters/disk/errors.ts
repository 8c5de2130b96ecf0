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
