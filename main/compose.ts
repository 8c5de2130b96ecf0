import type { Result } from "../shared/result.ts";
import { ok } from "../shared/result.ts";
import type { TabletPresence } from "../shared/views.ts";
import { readCampaignFolder } from "./adapters/campaign/folder.ts";
import { bagCarrier } from "./adapters/carrier/carrier.ts";
import { stationKeys } from "./adapters/keys/keys.ts";
import { openStore, type StoreProblem } from "./adapters/store/open.ts";
import { FolderSource } from "./adapters/tablets/folder/folder.ts";
import type { Engine } from "./engine/api.ts";
import { createEngine } from "./engine/engine.ts";
import type { TabletSource } from "./engine/ports.ts";

export interface ComposeOptions {
  /** The store's folder; made where it is missing. */
  readonly storeFolder: string;
  /** Where tablets are plugged in; the USB cable unless a host brings its own. */
  readonly cable?: TabletSource;
  readonly now?: () => Date;
}

/** Builds the adapters and the engine on them. The only place that does. */
export async function compose(options: ComposeOptions): Promise<Result<Engine, StoreProblem>> {
  const now = options.now ?? (() => new Date());
  const store = await openStore(options.storeFolder, now);
  if (!store.ok) return store;
  const cable = options.cable ?? noCable;
  return ok(
    createEngine({
      store: store.value,
      books: store.value.carry,
      carrier: bagCarrier,
      keys: stationKeys,
      cable,
      folders: new FolderSource(),
      readCampaignFolder,
      now,
    }),
  );
}

export type { StoreProblem };

const noCable: TabletSource = {
  watch: (onChange) => {
    onChange([]);
    return () => {};
  },
  list: async () => [] as readonly TabletPresence[],
  open: async () => ({ ok: false, error: { type: "unplugged" } }),
};
