import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../main/adapters/store/open.ts";
import type { Store } from "../../main/engine/ports.ts";

/** A real store in a folder of its own, for tests that look at its files. */

export const NOW = new Date("2021-10-20T12:00:00Z");

/** Opens the store in `folder`, and insists on it. */
export async function openNow(folder: string): Promise<Store> {
  const opened = await openStore(folder, () => NOW);
  if (!opened.ok) throw new Error(`the store does not open: ${JSON.stringify(opened.error)}`);
  return opened.value;
}

/** A temporary folder, with the stores in it closed and all of it removed at the end. */
export class StoreFolder implements AsyncDisposable {
  readonly top: string;
  readonly #stores = new Set<Store>();

  private constructor(top: string) {
    this.top = top;
  }

  static async make(): Promise<StoreFolder> {
    return new StoreFolder(await mkdtemp(join(tmpdir(), "sanaq-store-")));
  }

  get folder(): string {
    return join(this.top, "store");
  }

  async open(folder: string = this.folder): Promise<Store> {
    const store = await openNow(folder);
    this.#stores.add(store);
    return store;
  }

  /** Closes the store as a program that ends in order does, and opens it again. */
  async reopen(store: Store): Promise<Store> {
    store.close();
    return this.open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) store.close();
    await rm(this.top, { recursive: true, force: true });
  }
}
