import type { DeviceId } from "../../shared/ids.ts";
import { bodyWatch } from "../rules/body-watch.ts";
import { KeptManifests } from "../rules/kept-manifest.ts";
import type { AuditEvent } from "./audit-events.ts";
import type { DiskFailure, StagedBatch, Store } from "./ports.ts";
import type { Damage, FoundDamage, Holding } from "./ports-holdings.ts";

/** Whether staged batches are still whole on this disk: looked at, never remembered (docs/formats.md, evidence). */

/** Batches looked at together: the disk answers several at once, and the event loop gets its turn between groups. */
const AT_ONCE = 16;

/**
 * `light`: both files exist and have their lengths; bytes are read only where damage is known, or where a file was touched since it was last
 * read. `deep`: every byte is read.
 */
export type Depth = "light" | "deep";

/** A look at several batches. `stopped`: the signal ended it before the last one. */
export interface WholenessReport {
  readonly batches: number;
  /** Body bytes of the batches that were looked at. */
  readonly bytes: number;
  readonly damaged: readonly FoundDamage[];
  readonly stopped: boolean;
}

/** Codes of a disk that say: there is no such file. */
const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/** The damage that a failed reading stands for. */
export const damageOf = (failure: DiskFailure | { readonly type: "body-changed" }): Damage =>
  failure.type === "body-changed" ? "changed" : ABSENT.has(failure.code) ? "missing" : "unreadable";

const namesOf = ({ device, chain, seq, manifest }: StagedBatch) => ({ device, chain, seq, manifest });

const healedEvent = (batch: StagedBatch): AuditEvent => ({
  type: "batch-healed",
  data: { ...namesOf(batch), source: "disk" },
});

/** Reads every byte of a staged batch: its manifest is the one that was judged, and its body is the manifest's. null: whole. */
async function readThrough(
  store: Store,
  manifests: KeptManifests,
  batch: StagedBatch,
): Promise<Damage | null> {
  const cose = await store.manifestOf(batch);
  if (!cose.ok) return damageOf(cose.error);
  const manifest = manifests.read(cose.value, batch.manifest);
  if (manifest === null) return "changed";
  const watch = bodyWatch(manifest);
  const read = await store.readBody(batch, 0, (window) => watch.look(window));
  if (!read.ok) return damageOf(read.error);
  return watch.isWhole() ? null : "changed";
}

type Looked =
  | { readonly type: "as-read" }
  | { readonly type: "whole"; readonly stamps: string; readonly manifestLength: number }
  | { readonly type: "damaged"; readonly why: Damage };

async function lookAt(store: Store, manifests: KeptManifests, batch: Holding, depth: Depth): Promise<Looked> {
  const look = await store.holdings.look(batch);
  if (look.type === "damaged") return look;
  if (depth === "light" && look.isAsRead && batch.damage === null) return { type: "as-read" };
  const why = await readThrough(store, manifests, batch);
  return why === null ? { ...look, type: "whole" } : { type: "damaged", why };
}

/**
 * Looks at staged batches and keeps what it finds: damage becomes a state of the batch, and ends where the batch is found whole again.
 * Durable when it returns.
 */
export async function inspectHoldings(
  store: Store,
  batches: Iterable<Holding>,
  depth: Depth,
  onBatch: (batches: number, bytes: number) => void,
  signal: AbortSignal,
): Promise<WholenessReport> {
  const manifests = new KeptManifests();
  const damaged: FoundDamage[] = [];
  const done = { batches: 0, bytes: 0 };
  let group: Holding[] = [];
  const settle = async (): Promise<void> => {
    const looked = await Promise.all(
      group.map(async (batch) => ({ batch, found: await lookAt(store, manifests, batch, depth) })),
    );
    store.holdings.saveWhole(
      looked.flatMap(({ batch, found }) => (found.type === "whole" ? [{ batch, ...found }] : [])),
      healedEvent,
    );
    const bad = looked.flatMap(({ batch, found }) =>
      found.type === "damaged" ? [{ batch, why: found.why }] : [],
    );
    store.holdings.saveDamage(bad);
    damaged.push(...bad);
    done.batches += group.length;
    done.bytes += group.reduce((sum, one) => sum + one.length, 0);
    group = [];
    onBatch(done.batches, done.bytes);
  };
  for (const batch of batches) {
    if (signal.aborted) return { ...done, damaged, stopped: true };
    group.push(batch);
    if (group.length === AT_ONCE) await settle();
  }
  if (group.length > 0) await settle();
  return { ...done, damaged, stopped: false };
}

/** Looks lightly at everything that is staged here of these devices. */
export async function inspectDevices(
  store: Store,
  devices: Iterable<DeviceId>,
  signal: AbortSignal,
): Promise<void> {
  for (const device of devices)
    await inspectHoldings(store, store.holdings.of(device), "light", () => undefined, signal);
}

/** A use of the batch's bytes found them damaged: every other part sees it from now on, until the batch is whole again. */
export const reportDamage = (
  store: Store,
  batch: StagedBatch,
  failure: DiskFailure | { readonly type: "body-changed" },
): void => store.holdings.saveDamage([{ batch, why: damageOf(failure) }]);
