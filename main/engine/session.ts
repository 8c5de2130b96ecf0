import { err, ok, type Result } from "../../shared/result.ts";
import type { TabletPresence } from "../../shared/views.ts";
import type { Trust } from "../rules/trust.ts";
import type { EngineProblem } from "./api.ts";
import type { AuditEvent } from "./audit-events.ts";
import { auditHead, endSession } from "./audit-heads.ts";
import { DiskError, type DiskFailure, type StationKeys, type Store } from "./ports.ts";
import type { ReceiptSigner } from "./receipts.ts";
import { type OpenKey, openKey, openSigner } from "./station.ts";
import { trustOf } from "./trust.ts";

/** From the first line written to the head over the last one: a run of a command, or a person's time at the windows. */
export class Session {
  readonly #store: Store;
  readonly #keys: StationKeys;
  readonly #now: () => Date;
  #held: OpenKey | null = null;
  #signer: ReceiptSigner | null = null;

  constructor(store: Store, keys: StationKeys, now: () => Date) {
    this.#store = store;
    this.#keys = keys;
    this.#now = now;
    this.#begin();
  }

  #begin(): void {
    this.#store.custody.beginSession({ station: this.#store.station()?.station ?? null });
  }

  /** Opens the station's key and holds it, for whatever asks for it without a passphrase. */
  hold(passphrase: string): Result<void, EngineProblem> {
    const open = this.#told(openKey(this.#store, this.#keys, passphrase));
    if (!open.ok) return open;
    this.#held = open.value;
    return ok(undefined);
  }

  /** Whether the key held is the one that the station has now. */
  isHeld(): boolean {
    return this.#held !== null && this.#held.station === this.#store.station()?.station;
  }

  /** The station's key for signing, by its passphrase or, with null, as held; it stays at hand until the session's end, for the head. */
  open(trust: Trust, passphrase: string | null): Result<ReceiptSigner, EngineProblem> {
    const key = passphrase ?? this.#held ?? "";
    const signer = this.#told(openSigner(this.#store, this.#keys, trust, key));
    if (signer.ok) this.#signer = signer.value;
    return signer;
  }

  /** A wrong passphrase is written down. */
  #told<T>(opened: Result<T, EngineProblem>): Result<T, EngineProblem> {
    if (opened.ok || opened.error.type !== "wrong-passphrase") return opened;
    const written = this.#writing(() => this.#store.record({ type: "key-failed", data: {} }));
    return written.ok ? opened : written;
  }

  /** What signs the head: the key opened in this session, else the one held. */
  #signing(): ReceiptSigner | null {
    if (this.#signer !== null || this.#held === null) return this.#signer;
    const trust = trustOf(this.#store, this.#now());
    const signer = trust.ok ? openSigner(this.#store, this.#keys, trust.value, this.#held) : trust;
    return signer.ok ? signer.value : null;
  }

  head(): Uint8Array | null {
    const signer = this.#signing();
    return signer === null ? null : auditHead(this.#store, signer, this.#now());
  }

  end(): Result<void, DiskFailure> {
    const ended = this.#writing(() => endSession(this.#store, this.#signing(), this.#now()));
    this.#signer = null;
    this.#begin();
    return ended;
  }

  #writing(work: () => void): Result<void, DiskFailure> {
    try {
      work();
      return ok(undefined);
    } catch (error) {
      if (error instanceof DiskError) return err(error.failure);
      throw error;
    }
  }
}

/** Writes down what is plugged in and out. What the disk refuses is written with the next. */
export class PlugLog {
  readonly #store: Store;
  #here = new Map<string, TabletPresence>();
  #unwritten: AuditEvent[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** `present`: all that is on the cable now. */
  see(present: readonly TabletPresence[]): void {
    const now = new Map(present.map((one) => [one.id, one]));
    for (const [id, { source }] of this.#here)
      if (!now.has(id)) this.#unwritten.push({ type: "unplugged", data: { source } });
    for (const [id, { source, problem }] of now)
      if (!this.#here.has(id))
        this.#unwritten.push({ type: "plugged", data: { source, problem: problem?.type ?? null } });
    this.#here = now;
    try {
      for (let event = this.#unwritten[0]; event !== undefined; event = this.#unwritten[0]) {
        this.#store.record(event);
        this.#unwritten.shift();
      }
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
  }
}
