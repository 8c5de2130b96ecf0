import { ok, type Result } from "../../shared/result.ts";
import type { LinkFailure } from "../../shared/views.ts";
import type { OutboxEntry, OutboxFolder, TabletLink } from "./ports.ts";

/** A tablet's outbox as it lies in a bag: only what the signed manifest lists, under the names that it had on the tablet. */

export interface CarriedOutbox {
  readonly source: string;
  /** Opens a file of the bag by its path from `data/`. */
  readonly files: TabletLink;
  /** Path from `data/` and size of what stands for each path of the outbox. */
  readonly entries: ReadonlyMap<string, { readonly path: string; readonly size: number }>;
}

/** The outbox as a link that is read as any tablet is. Nothing is ever written through it. */
export function carriedLink(outbox: CarriedOutbox): TabletLink {
  const { source, files, entries } = outbox;
  const folderOf = (path: string): string => path.slice(0, Math.max(0, path.indexOf("/")));
  return {
    source,
    outbox: null,
    others: [],
    clockOffset: async () => ok(null),
    list: async (folder: OutboxFolder): Promise<Result<readonly OutboxEntry[], LinkFailure>> => {
      const here = [...entries].filter(([path]) => folderOf(path) === folder);
      const listed = here.map(([path, { size }]) => ({
        name: path.slice(path.indexOf("/") + 1),
        kind: "file" as const,
        size,
      }));
      const batches = folder === "" && [...entries.keys()].some((path) => folderOf(path) === "batches");
      return ok(batches ? [...listed, { name: "batches", kind: "folder", size: 0 }] : listed);
    },
    read: async (path, offset, take, signal) => {
      const entry = entries.get(path);
      if (entry === undefined) return { ok: false, error: { type: "changed", path } };
      return files.read(entry.path, offset, take, signal);
    },
    writeReceipt: async () => ({ ok: false, error: { type: "read-only" } }),
    close: () => files.close(),
  };
}
