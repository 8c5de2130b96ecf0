import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openStore } from "../../main/adapters/store/open.ts";
import { inSlices } from "../../main/engine/slices.ts";
import { parseCertificate } from "../../main/formats/certificate.ts";
import { parseSign1 } from "../../main/formats/cose.ts";
import { verifyEd25519 } from "../../main/formats/ed25519.ts";
import { parseManifest } from "../../main/formats/manifest.ts";
import { parseReceipt } from "../../main/formats/receipt.ts";
import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";

/** What must hold after any fault, looked at from outside the program. Each check gives sentences; none: it holds. */

interface StagedRow {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly length: number;
}

export const nameOf = (row: Pick<StagedRow, "chain" | "seq" | "manifest">): string =>
  `${row.chain} ${row.seq} ${row.manifest}`;

/** Names of all rows that claim to be staged. */
export function stagedNames(store: string): ReadonlySet<string> {
  const db = new Database(join(store, "store.db"), { readonly: true });
  try {
    return new Set(
      (db.prepare("SELECT device, chain, seq, manifest, length FROM batches").all() as StagedRow[]).map(
        nameOf,
      ),
    );
  } finally {
    db.close();
  }
}

/** The database is sound, every staged batch is on the disk as its manifest says, and the audit log is whole. */
export async function checkStore(folder: string): Promise<readonly string[]> {
  const problems: string[] = [];
  const db = new Database(join(folder, "store.db"));
  const integrity = db.pragma("integrity_check", { simple: true });
  if (integrity !== "ok") problems.push(`integrity_check: ${integrity}`);
  const rows = db.prepare("SELECT device, chain, seq, manifest, length FROM batches").all() as StagedRow[];
  db.close();
  const store = await openStore(folder, () => new Date());
  if (!store.ok) return [...problems, `cannot be opened: ${store.error.type}`];
  try {
    for (const row of rows) {
      const cose = await store.value.manifestOf(row);
      const object = cose.ok ? parseSign1(cose.value, "manifest") : null;
      const manifest = object?.ok ? parseManifest(object.value.payload) : null;
      const leaf = object?.ok ? parseCertificate(object.value.chain[0] ?? new Uint8Array(0)) : null;
      if (
        object === null ||
        !object.ok ||
        leaf?.ok !== true ||
        !verifyEd25519(leaf.value.publicKey, object.value.signed, object.value.signature) ||
        object.value.digest !== row.manifest ||
        manifest === null ||
        !manifest.ok
      ) {
        problems.push(`staged, but its manifest is not there: ${nameOf(row)}`);
        continue;
      }
      const digests: string[] = [];
      const read = await store.value.readBody(row, 0, (window) => {
        digests.push(createHash("sha256").update(window).digest("hex"));
        return true;
      });
      const wanted = manifest.value.chunks.map((chunk) => Buffer.from(chunk).toString("hex"));
      if (!read.ok || digests.join() !== wanted.join())
        problems.push(`staged, but its body is not there: ${nameOf(row)}`);
    }
    const audit = await inSlices(store.value.verifyAudit());
    if (!audit.ok) problems.push(`the audit log is broken at ${audit.error.no}`);
  } finally {
    store.value.close();
  }
  return problems;
}

/** Receipts on a tablet speak of nothing as staged that is not; half a receipt is none. */
export async function checkReceipts(outbox: string, store: string): Promise<readonly string[]> {
  const folder = join(outbox, "receipts");
  const names = await readdir(folder).catch(() => []);
  const staged = stagedNames(store);
  const problems: string[] = [];
  for (const name of names) {
    const object = parseSign1(await readFile(join(folder, name)), "receipt");
    const receipt = object.ok ? parseReceipt(object.value.payload) : null;
    if (receipt === null || !receipt.ok) continue;
    const { chain, items } = receipt.value;
    for (const { seq, manifest, status } of items)
      if (status === "staged" && !staged.has(nameOf({ chain, seq, manifest })))
        problems.push(`${name} says staged of what is not: ${chain} ${seq}`);
  }
  return problems;
}

/** Batches that a finished or interrupted run reported as staged, and that are not. */
export function lostOf(out: string, store: string): readonly string[] {
  let tablets: unknown;
  try {
    ({ tablets } = JSON.parse(out) as { tablets?: unknown });
  } catch {
    return [];
  }
  // Of other commands this key is a count, or not there.
  if (!Array.isArray(tablets)) return [];
  const reported = tablets as { batches: { chain: string; seq: number; outcome: string }[] }[];
  const staged = new Set([...stagedNames(store)].map((name) => name.split(" ").slice(0, 2).join(" ")));
  return reported.flatMap((tablet) =>
    tablet.batches
      .filter((one) => one.outcome === "staged" || one.outcome === "already-staged")
      .map((one) => `${one.chain} ${one.seq}`)
      .filter((name) => !staged.has(name)),
  );
}
