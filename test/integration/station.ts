import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TabletBuilder } from "../../fixtures/outbox.ts";
import { readCampaignFolder } from "../../main/adapters/campaign/folder.ts";
import { bagCarrier } from "../../main/adapters/carrier/carrier.ts";
import { stationKeys } from "../../main/adapters/keys/keys.ts";
import { printAct } from "../../main/adapters/print/act.ts";
import { writeReport } from "../../main/adapters/report/write.ts";
import { storeKeeper } from "../../main/adapters/store/keep.ts";
import { openStore } from "../../main/adapters/store/open.ts";
import { FolderSource } from "../../main/adapters/tablets/folder/folder.ts";
import type { Engine } from "../../main/engine/api.ts";
import { createEngine } from "../../main/engine/engine.ts";
import type { Store, TabletSource } from "../../main/engine/ports.ts";
import type { ManifestContent } from "../../main/engine/upload.ts";
import { parseSign1 } from "../../main/formats/cose.ts";
import { parseManifest } from "../../main/formats/manifest.ts";

/** The day of all tests, within the test campaign. */
export const TODAY = new Date("2021-10-20T12:00:00Z");

const noCable: TabletSource = {
  watch: () => () => {},
  list: async () => [],
  open: async () => ({ ok: false, error: { type: "unplugged" } }),
};

/** A whole workstation on a real store, with the store within reach. */
export interface Station {
  readonly folder: string;
  readonly store: Store;
  readonly engine: Engine;
  /** Unloads these tablets from folders under `top`, and insists that all of it is staged. */
  unload(tablets: readonly TabletBuilder[], top: string): Promise<void>;
  /** May be called twice. */
  close(): void;
}

/** Opens the store in `folder`, making it and loading the campaign where that was not done. */
export async function openStation(folder: string, campaignFolder: string): Promise<Station> {
  const opened = await openStore(folder, () => TODAY);
  if (!opened.ok) throw new Error(`the store cannot be opened: ${opened.error.type}`);
  const store = opened.value;
  const engine = createEngine({
    store,
    books: store.carry,
    carrier: bagCarrier,
    keeper: storeKeeper(() => TODAY),
    lines: store.report,
    writeReport,
    keys: stationKeys,
    cable: noCable,
    folders: new FolderSource(),
    readCampaignFolder,
    printAct,
    now: () => TODAY,
  });
  if (store.campaign() === null) {
    const loaded = await engine.loadCampaign(campaignFolder);
    if (!loaded.ok) throw new Error(`the campaign cannot be loaded: ${loaded.error.type}`);
  }
  let isOpen = true;
  return {
    folder,
    store,
    engine,
    async unload(tablets, top) {
      for (const tablet of tablets) {
        const outbox = await mkdtemp(join(top, "outbox-"));
        await tablet.write(outbox);
        const report = await engine.unload(
          [{ type: "folder", path: outbox }],
          { receipts: false, passphrase: null },
          () => {},
          new AbortController().signal,
        );
        if (!report.ok || report.value.totals.staged !== tablet.batches.length)
          throw new Error(`not all was staged: ${JSON.stringify(report)}`);
        await rm(outbox, { recursive: true });
      }
    },
    close() {
      if (isOpen) engine.close();
      isOpen = false;
    },
  };
}

/** What the upload needs of a manifest. */
export function contentOf(cose: Uint8Array): ManifestContent | null {
  const object = parseSign1(cose, "manifest");
  if (!object.ok) return null;
  const manifest = parseManifest(object.value.payload);
  return manifest.ok ? { digest: object.value.digest, ...manifest.value } : null;
}
