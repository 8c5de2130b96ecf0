import type { ChainId, DeviceId, Digest } from "../../../shared/ids.ts";
import type { Surroundings } from "../../rules/judge.ts";
import type { KnownBatch, Store } from "../ports.ts";
import type { ActiveLedger } from "./active-ledger.ts";
import { believed, type Outbox } from "./read-outbox.ts";

const name = (device: DeviceId, chain: ChainId, seq: number): string => `${device} ${chain} ${seq}`;

/** What is known around the batches of one outbox: the store's rows, the believed manifests beside each other, the ledger. */
export class Neighbourhood {
  readonly #known = new Map<DeviceId, readonly KnownBatch[]>();
  readonly #staged = new Map<string, Digest>();
  readonly #damaged = new Set<string>();
  readonly #digests = new Map<string, Set<Digest>>();
  readonly #active: ActiveLedger | null;

  constructor(outbox: Outbox, active: ActiveLedger | null, store: Store) {
    this.#active = active;
    for (const device of devicesOf(outbox, active)) {
      const rows = store.known(device);
      this.#known.set(device, rows);
      for (const row of rows) {
        if (row.state === "quarantined") continue;
        if (row.state === "damaged") this.#damaged.add(name(device, row.chain, row.seq));
        this.#staged.set(name(device, row.chain, row.seq), row.manifest);
        this.#learn(name(device, row.chain, row.seq), row.manifest);
      }
    }
    for (const { content, files } of outbox.manifests)
      if (content?.believed) this.#learn(name(content.device, files.chain, files.seq), content.digest);
    for (const device of this.#known.keys())
      for (const one of store.named(device)) this.#learn(name(device, one.chain, one.seq), one.manifest);
    if (active !== null)
      for (const entry of active.ledger.entries)
        this.#learn(name(active.ledger.device, active.ledger.chain, entry.seq), entry.manifest);
  }

  #learn(key: string, digest: Digest): void {
    const digests = this.#digests.get(key);
    if (digests === undefined) this.#digests.set(key, new Set([digest]));
    else digests.add(digest);
  }

  /** Whether what is staged there is no longer whole on this disk. */
  isDamaged(device: DeviceId, chain: ChainId, seq: number): boolean {
    return this.#damaged.has(name(device, chain, seq));
  }

  /** The digest that is staged there, damaged or not; null: none. */
  staged(device: DeviceId, chain: ChainId, seq: number): Digest | null {
    return this.#staged.get(name(device, chain, seq)) ?? null;
  }

  around(device: DeviceId, chain: ChainId, seq: number): Surroundings {
    const ledger = this.#active?.ledger;
    const entry =
      ledger?.device === device && ledger.chain === chain ? this.#active?.entries.get(seq) : undefined;
    return {
      previous: this.#digests.get(name(device, chain, seq - 1)) ?? new Set(),
      staged: this.staged(device, chain, seq),
      listed: entry === undefined ? null : { manifest: entry.manifest, length: entry.length },
    };
  }

  known(device: DeviceId): readonly KnownBatch[] {
    return this.#known.get(device) ?? [];
  }
}

/** Devices that a ledger which counts or a believed manifest names, in order: whose batches this unloading may change. */
export function believedDevices(outbox: Outbox, active: ActiveLedger | null): readonly DeviceId[] {
  const devices = new Set(believed(outbox).map((one) => one.device));
  if (active !== null) devices.add(active.ledger.device);
  return [...devices].sort();
}

/** Every device that the ledger or a manifest names, believed or not, in order. */
export function devicesOf(outbox: Outbox, active: ActiveLedger | null): readonly DeviceId[] {
  const devices = new Set<DeviceId>();
  if (active !== null) devices.add(active.ledger.device);
  for (const { content } of outbox.manifests) if (content !== null) devices.add(content.device);
  return [...devices].sort();
}
