import { err, ok, type Result } from "../../../../shared/result.ts";
import type { LinkFailure, TabletPresence } from "../../../../shared/views.ts";
import type { TabletLink, TabletMemory, TabletSource } from "../../../engine/ports.ts";
import type { BulkPipe } from "../../../mtp/pipe.ts";
import { parseQuirks, Quirks } from "../../../mtp/quirks.ts";
import { MtpSession } from "../../../mtp/session.ts";
import { WAITS } from "../../../mtp/waits.ts";
import { isWithoutUsb, openFailure, type UsbFailure, usbFailure } from "./failures.ts";
import { findMtp, type MtpPlace } from "./find.ts";
import { linkFailure, openMtpLink } from "./link.ts";
import { holderOf, interfacesFromSysfs } from "./linux.ts";
import { nativeUsb, type Usb, type UsbDevice, type UsbInterface } from "./native.ts";
import { claim } from "./pipe.ts";

/** How often the bus is looked at besides what the system tells: for systems that tell nothing, and for tablets that were locked or held. */
const POLL_MS = 2_000;
const HUB = 9;

/** A plugging-in of a tablet. */
interface Plugged {
  readonly handle: string;
  readonly bus: string;
  readonly address: number;
  readonly place: MtpPlace;
  readonly source: string;
  readonly manufacturer: string | null;
  readonly product: string | null;
  id: string;
  problem: LinkFailure | null;
  /** Locked, at the last opening: it is looked at again until it is not. */
  isLocked: boolean;
  isOpen: boolean;
  /** One at a time opens it, for whatever reason. */
  turn: Promise<unknown>;
}

/** Problems that may pass while the tablet stays plugged in. */
const PASSING: ReadonlySet<LinkFailure["type"]> = new Set([
  "busy",
  "no-permission",
  "held-by-system",
  "no-storage",
]);

/** A pipe that tells when it is closed. */
const watched = (pipe: BulkPipe, onClose: () => void): BulkPipe => ({
  packetBytes: pipe.packetBytes,
  write: (bytes, timeoutMs, signal) => pipe.write(bytes, timeoutMs, signal),
  read: (size, timeoutMs, signal) => pipe.read(size, timeoutMs, signal),
  close: () => pipe.close().finally(onClose),
});

/**
 * Tablets on the USB cable. A tablet is whatever has an MTP interface; who it is, its certificate says, never its serial number. The `usb` package is
 * loaded with the first question, so that commands without a cable need none; a machine without USB has no tablets.
 */
export class UsbCable implements TabletSource {
  readonly #load: () => Promise<Usb>;
  #usb: Promise<Usb> | null = null;
  /** Tablets by their handle; null: a device that is none. */
  readonly #plugged = new Map<string, Plugged | null>();
  readonly #pluggings = new Map<string, number>();
  readonly #quirks = new Map<string, Quirks>();
  readonly #memory: TabletMemory | null;
  readonly #watchers = new Set<(present: readonly TabletPresence[]) => void>();
  #looking: Promise<void> | null = null;
  #lookAgain = false;
  #told = "[]";
  #stop: (() => void) | null = null;

  /** `memory`: where is kept what was found out about tablets; without it, it ends with the process. */
  constructor(load: () => Promise<Usb> = nativeUsb, memory: TabletMemory | null = null) {
    this.#load = load;
    this.#memory = memory;
  }

  async #devices(): Promise<readonly UsbDevice[]> {
    this.#usb ??= this.#load();
    const usb = await this.#usb;
    try {
      return await usb.devices();
    } catch (error) {
      if (isWithoutUsb(error)) return [];
      usbFailure(error);
      return [];
    }
  }

  // ---------------------------------------------------------------- what is present

  /** Brings `#plugged` up to date. Called while it is at work, it looks once more. */
  #look(): Promise<void> {
    if (this.#looking !== null) {
      this.#lookAgain = true;
      return this.#looking;
    }
    this.#looking = (async () => {
      do {
        this.#lookAgain = false;
        await this.#lookOnce();
      } while (this.#lookAgain);
    })().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const devices = await this.#devices();
    const here = new Set(devices.map((device) => device.handle));
    for (const handle of this.#plugged.keys()) if (!here.has(handle)) this.#plugged.delete(handle);
    for (const device of devices) {
      const { handle } = device;
      if (this.#plugged.has(handle)) continue;
      const found = await this.#examine(device);
      if (found !== "not-yet") this.#plugged.set(handle, found);
    }
  }

  /** Copies all that must be known of a device before a transfer is pending on it. null: it is no tablet. */
  async #examine(device: UsbDevice): Promise<Plugged | null | "not-yet"> {
    if (device.deviceClass === HUB) return null;
    const { handle, bus, address, ports } = device;
    const interfaces = await this.#interfaces(device);
    if (interfaces === "not-yet") return "not-yet";
    const place = findMtp(interfaces.found);
    if (place === null) return null;
    const word = (read: () => string | null): string | null => {
      try {
        return read();
      } catch (error) {
        usbFailure(error);
        return null;
      }
    };
    return {
      handle,
      bus,
      address,
      place,
      source: `usb:${word(() => device.serialNumber) ?? `${bus}-${ports.join(".")}`}`,
      manufacturer: word(() => device.manufacturerName),
      product: word(() => device.productName),
      id: this.#newId(bus, address),
      problem: interfaces.failure === null ? null : openFailure(interfaces.failure, null),
      isLocked: false,
      isOpen: false,
      turn: Promise.resolve(),
    };
  }

  /** `not-yet`: the system has not come to the end of plugging in, or the device is gone again; the next look tells. */
  async #interfaces(
    device: UsbDevice,
  ): Promise<{ found: readonly UsbInterface[]; failure: UsbFailure | null } | "not-yet"> {
    try {
      return { found: device.configuration.interfaces, failure: null };
    } catch (error) {
      const failure = usbFailure(error);
      if (failure.type !== "no-permission") return "not-yet";
      const found = await interfacesFromSysfs(device.bus, device.ports);
      return found.length === 0 ? "not-yet" : { found, failure };
    }
  }

  /** Bus and address: the same in every process as long as the plug is in. Had before in this one, it gets a number. */
  #newId(bus: string, address: number): string {
    const id = `${bus}-${address}`;
    const times = (this.#pluggings.get(id) ?? 0) + 1;
    this.#pluggings.set(id, times);
    return times === 1 ? id : `${id}.${times}`;
  }

  #tablets(): readonly Plugged[] {
    return [...this.#plugged.values()].filter((one) => one !== null);
  }

  #present(): readonly TabletPresence[] {
    return this.#tablets().map(({ id, source, manufacturer, product, problem }) => ({
      ...{ id, source, manufacturer, product, problem },
    }));
  }

  // ---------------------------------------------------------------- opening

  /** Claims the tablet and works with its pipe. A tablet that is in the middle of another program's talk is reset, once. */
  async #withPipe<T>(
    tablet: Plugged,
    use: (pipe: BulkPipe) => Promise<Result<T, LinkFailure>>,
  ): Promise<Result<T, LinkFailure>> {
    const first = await this.#tryPipe(tablet, use);
    if (first.ok || first.error.type !== "lost-sync") return first;
    const reset = await this.#reset(tablet);
    return reset.ok ? this.#tryPipe(tablet, use) : first;
  }

  async #tryPipe<T>(
    tablet: Plugged,
    use: (pipe: BulkPipe) => Promise<Result<T, LinkFailure>>,
  ): Promise<Result<T, LinkFailure>> {
    const device = await this.#deviceOf(tablet);
    if (device === null) return err({ type: "unplugged" });
    const isPresent = async () => (await this.#deviceOf(tablet)) !== null;
    const pipe = await claim(device, tablet.place, isPresent);
    if (pipe.ok) {
      tablet.isOpen = true;
      const closed = () => {
        tablet.isOpen = false;
      };
      return use(watched(pipe.value, closed));
    }
    const holder = pipe.error.type === "busy" ? await holderOf(tablet.bus, tablet.address) : null;
    return err(openFailure(pipe.error, holder));
  }

  async #deviceOf(tablet: Plugged): Promise<UsbDevice | null> {
    return (await this.#devices()).find((one) => one.handle === tablet.handle) ?? null;
  }

  async #reset(tablet: Plugged): Promise<Result<void, UsbFailure>> {
    const device = await this.#deviceOf(tablet);
    if (device === null) return err({ type: "disconnected" });
    try {
      await device.open();
      await device.reset();
      await device.close();
      return ok(undefined);
    } catch (error) {
      return err(usbFailure(error));
    }
  }

  /** Waits for this tablet's turn. */
  #inTurn<T>(tablet: Plugged, work: () => Promise<T>): Promise<T> {
    const done = tablet.turn.then(work, work);
    tablet.turn = done;
    return done;
  }

  /** Why the tablet cannot be used now: it is claimed, asked for its files and let go. Not while it is open here. */
  #probe(tablet: Plugged): Promise<void> {
    return this.#inTurn(tablet, async () => {
      if (tablet.isOpen) return;
      const ready = await this.#withPipe(tablet, isReady);
      const failure: LinkFailure | null = ready.ok
        ? ready.value
          ? null
          : { type: "no-storage" }
        : ready.error;
      const waited = tablet.problem !== null || tablet.isLocked;
      tablet.problem = failure;
      tablet.isLocked = failure?.type === "no-storage";
      // Whoever was told that it cannot be used is told of it as of a new plugging-in.
      if (failure === null && waited) tablet.id = this.#newId(tablet.bus, tablet.address);
    });
  }

  // ---------------------------------------------------------------- the port

  async list(): Promise<readonly TabletPresence[]> {
    await this.#look();
    await Promise.all(this.#tablets().map((tablet) => this.#probe(tablet)));
    return this.#present();
  }

  watch(onChange: (present: readonly TabletPresence[]) => void): () => void {
    this.#watchers.add(onChange);
    onChange(this.#present());
    this.#stop ??= this.#listen();
    return () => {
      this.#watchers.delete(onChange);
      if (this.#watchers.size > 0) return;
      this.#stop?.();
      this.#stop = null;
      this.#told = "[]";
    };
  }

  #listen(): () => void {
    let isOver = false;
    let stopEvents = (): void => {};
    const look = () => {
      this.#lookAndTell().catch(bug);
    };
    this.#usb ??= this.#load();
    this.#usb
      .then((usb) => {
        if (!isOver) stopEvents = usb.onChange(look);
      })
      .catch(bug);
    const timer = setInterval(look, POLL_MS);
    look();
    return () => {
      isOver = true;
      clearInterval(timer);
      stopEvents();
    };
  }

  async #lookAndTell(): Promise<void> {
    await this.#look();
    const waiting = this.#tablets().filter(
      (one) => one.isLocked || (one.problem !== null && PASSING.has(one.problem.type)),
    );
    await Promise.all(waiting.map((tablet) => this.#probe(tablet)));
    const present = this.#present();
    const now = JSON.stringify(present);
    if (now === this.#told) return;
    this.#told = now;
    for (const onChange of [...this.#watchers]) onChange(present);
  }

  async open(id: string, outbox: string, signal: AbortSignal): Promise<Result<TabletLink, LinkFailure>> {
    await this.#look();
    const tablet = this.#tablets().find((one) => one.id === id);
    if (tablet === undefined) return err({ type: "unplugged" });
    return this.#inTurn(tablet, async () => {
      if (tablet.isOpen) return err({ type: "busy", holder: null });
      const link = await this.#withPipe(tablet, (pipe) =>
        openMtpLink(pipe, tablet.source, outbox, signal, this.#quirksOf(tablet), (failure) =>
          this.#ended(tablet, failure),
        ),
      );
      if (!link.ok) this.#ended(tablet, link.error);
      return link;
    });
  }

  /** Remembers a failure that may pass while the tablet stays plugged in: whoever watches looks at it again. */
  #ended(tablet: Plugged, failure: LinkFailure): void {
    if (!PASSING.has(failure.type)) return;
    tablet.isLocked = failure.type === "no-storage";
    if (!tablet.isLocked) tablet.problem = failure;
  }

  /** What was found out about a tablet, by its serial number: it outlives a plugging-in. */
  #quirksOf(tablet: Plugged): Quirks {
    const { source } = tablet;
    const known = this.#quirks.get(source);
    if (known !== undefined) return known;
    const kept = parseQuirks(this.#memory?.load(source) ?? null);
    const quirks = new Quirks(kept, (record) => this.#memory?.save(source, JSON.stringify(record)));
    this.#quirks.set(source, quirks);
    return quirks;
  }
}

/** Whether the tablet shows its files, by a session of its own. */
async function isReady(pipe: BulkPipe): Promise<Result<boolean, LinkFailure>> {
  const never = new AbortController().signal;
  try {
    const session = await MtpSession.open(pipe, never);
    if (!session.ok) return err(linkFailure(session.error, ""));
    const ready = await session.value.isReady(never);
    await session.value.close(AbortSignal.timeout(WAITS.goodbye));
    return ready.ok ? ready : err(linkFailure(ready.error, ""));
  } finally {
    await pipe.close();
  }
}

/** An exception is a bug, whoever called. */
function bug(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
