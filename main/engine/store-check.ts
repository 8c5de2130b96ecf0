import type { ChainId, DeviceId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { CarryProgress } from "./export.ts";
import type { Store } from "./ports.ts";
import type { Damage } from "./ports-holdings.ts";
import { type Depth, inspectHoldings } from "./wholeness.ts";

/** Looking at every file of a store (docs/cli.md, `store check`). */

export interface StoreCheck {
  /** Staged and quarantined batches that were looked at. */
  readonly batches: number;
  /** Body bytes of them all. */
  readonly bytes: number;
  readonly damaged: readonly {
    readonly device: DeviceId | null;
    readonly chain: ChainId;
    readonly seq: number;
    readonly why: Damage;
  }[];
}

/**
 * Looks at every staged and quarantined file: existence and length, and with `deep` every byte and signature of what is staged. Damage becomes a
 * state of its batch. Errors: `cancelled` where the signal came before the end.
 */
export async function checkStore(
  store: Store,
  depth: Depth,
  onProgress: (progress: CarryProgress) => void,
  signal: AbortSignal,
): Promise<Result<StoreCheck, { readonly type: "cancelled" }>> {
  const { holdings } = store;
  const total = holdings.size();
  const staged = await inspectHoldings(
    store,
    holdings.all(),
    depth,
    (batchesDone, bytesDone) =>
      onProgress({ batchesDone, batchesTotal: total.batches, bytesDone, bytesTotal: total.bytes }),
    signal,
  );
  if (staged.stopped) return err({ type: "cancelled" });
  let { batches, bytes } = staged;
  const damaged: StoreCheck["damaged"][number][] = staged.damaged.map(
    ({ batch: { device, chain, seq }, why }) => ({ device, chain, seq, why }),
  );
  for await (const { device, chain, seq, bytes: kept, damage } of holdings.quarantined()) {
    if (signal.aborted) return err({ type: "cancelled" });
    batches++;
    bytes += kept;
    if (damage !== null) damaged.push({ device, chain, seq, why: damage });
  }
  const event = {
    type: "store-checked",
    data: {
      depth,
      batches,
      bytes,
      damaged: damaged.length,
      disposition: damaged.length > 0 ? "needs-person" : "done",
    },
  } as const;
  if (depth === "deep") holdings.saveDeepCheck(event);
  else store.record(event);
  return ok({ batches, bytes, damaged });
}
