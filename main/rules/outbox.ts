import type { ChainId } from "../../shared/ids.ts";

/** Which names in an outbox mean what (docs/formats.md, outbox layout). */

const BATCH_FILE = /^([0-9a-f]{32})-([0-9]{8})\.(age|cose)$/;
const RECEIPT_FILE = /^[0-9a-f]{16}-[0-9]{8}\.cose$/;

export interface Name {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
  readonly size: number;
}

/** A file as listed: its path from the outbox, and bytes. */
export interface FileFound {
  readonly path: string;
  readonly size: number;
}

/** One batch as the names tell it: at least one of manifest and body is there. */
export interface BatchFiles {
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: FileFound | null;
  readonly body: FileFound | null;
}

export interface Inventory {
  /** Size of ledger.cose; null where there is none. */
  readonly ledgerSize: number | null;
  /** In order of chain and seq. */
  readonly batches: readonly BatchFiles[];
  /** Paths from the outbox of whatever else is there. */
  readonly unlisted: readonly string[];
}

export const LEDGER_PATH = "ledger.cose";

/** Sorts the names of the three folders of an outbox. A name that stands twice in a folder counts once; the second is unlisted. */
export function takeInventory(
  root: readonly Name[],
  batches: readonly Name[],
  receipts: readonly Name[],
): Inventory {
  const unlisted: string[] = [];
  let ledgerSize: number | null = null;
  const folders = new Set<string>();
  for (const { name, kind, size } of root) {
    if (name === LEDGER_PATH && kind === "file" && ledgerSize === null) ledgerSize = size;
    else if ((name === "batches" || name === "receipts") && kind === "folder" && !folders.has(name))
      folders.add(name);
    else unlisted.push(name);
  }

  const found = new Map<string, { -readonly [K in keyof BatchFiles]: BatchFiles[K] }>();
  for (const { name, kind, size } of batches) {
    const path = `batches/${name}`;
    const match = BATCH_FILE.exec(name);
    const seq = Number(match?.[2] ?? 0);
    if (match === null || kind !== "file" || seq === 0) {
      unlisted.push(path);
      continue;
    }
    const key = name.slice(0, 41);
    const batch = found.get(key) ?? { chain: match[1] as ChainId, seq, manifest: null, body: null };
    const part = match[3] === "age" ? "body" : "manifest";
    if (batch[part] === null) batch[part] = { path, size };
    else unlisted.push(path);
    found.set(key, batch);
  }

  for (const { name, kind } of receipts)
    if (!RECEIPT_FILE.test(name) || kind !== "file") unlisted.push(`receipts/${name}`);

  const order = [...found.keys()].sort();
  return { ledgerSize, batches: order.flatMap((key) => found.get(key) ?? []), unlisted };
}
