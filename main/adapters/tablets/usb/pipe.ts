import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../../../shared/result.ts";
import type { BulkPipe, PipeFailure } from "../../../mtp/pipe.ts";
import { pipeFailure, type UsbFailure, usbFailure } from "./failures.ts";
import type { MtpPlace } from "./find.ts";
import type { UsbDevice } from "./native.ts";

/** A transfer that is not wanted any more has so long to end by itself; then the device is reset. */
const GRACE_MS = 2_000;
/** A reset takes less; where the platform has none, the transfers' own time ends them. */
const RESET_MS = 5_000;
/** After a fault the system needs a moment to see that the plug is out. */
const LOOKS = 8;
const LOOK_MS = 150;
/** What a tablet still sends of an answer that was cut off is read away, until nothing comes for a while, for so long at most. */
const QUIET_MS = 200;
const DRAIN_MS = 3_000;
const DRAIN_BYTES = 1_048_576;

/** Opens a device and claims its MTP interface. The device is closed again where that fails. `isPresent`: whether it is still on the bus. */
export async function claim(
  device: UsbDevice,
  place: MtpPlace,
  isPresent: () => Promise<boolean>,
): Promise<Result<UsbPipe, UsbFailure>> {
  try {
    await device.open();
  } catch (error) {
    return err(usbFailure(error));
  }
  try {
    await device.claimInterface(place.interfaceNumber);
    return ok(new UsbPipe(device, place, isPresent));
  } catch (error) {
    await quietly(() => device.close());
    return err(usbFailure(error));
  }
}

/** Letting go of a device that may be gone: what USB says to that changes nothing any more. A bug is still thrown. */
async function quietly(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    usbFailure(error);
  }
}

/** The bulk endpoints of a claimed interface. */
export class UsbPipe implements BulkPipe {
  readonly packetBytes: number;
  readonly #device: UsbDevice;
  readonly #place: MtpPlace;
  readonly #isPresent: () => Promise<boolean>;
  /** Transfers under way. Until they have settled, nothing else may be asked of the device. */
  readonly #pending = new Set<Promise<unknown>>();
  #reset: Promise<unknown> | null = null;
  /** An answer was cut off: the tablet may still want to send the rest of it. */
  #isCutOff = false;
  #isGone = false;
  #closed: Promise<void> | null = null;

  constructor(device: UsbDevice, place: MtpPlace, isPresent: () => Promise<boolean>) {
    this.#device = device;
    this.#place = place;
    this.#isPresent = isPresent;
    this.packetBytes = place.packetBytes;
  }

  async write(bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Result<void, PipeFailure>> {
    const { bulkOut } = this.#place;
    const send = (data: Uint8Array) =>
      this.#transfer(() => this.#device.nativeTransferOut(bulkOut, timeoutMs, data), signal);
    const sent = await send(bytes);
    if (!sent.ok) return sent;
    if (sent.value < 0) return this.#failed({ type: "stall" });
    if (sent.value < bytes.length) return err({ type: "failed", detail: "a transfer was cut short" });
    if (bytes.length % this.packetBytes !== 0) return ok(undefined);
    const ended = await send(new Uint8Array(0));
    return ended.ok ? ok(undefined) : ended;
  }

  async read(size: number, timeoutMs: number, signal: AbortSignal): Promise<Result<Uint8Array, PipeFailure>> {
    const { bulkIn } = this.#place;
    const read = await this.#transfer(() => this.#device.nativeTransferIn(bulkIn, timeoutMs, size), signal);
    if (!read.ok) return read;
    return read.value === null ? this.#failed({ type: "stall" }) : ok(read.value);
  }

  /** Runs one transfer. A signal lets it end by itself for a while, then cuts it off by resetting the device, which is the only way. */
  async #transfer<T>(start: () => Promise<T>, signal: AbortSignal): Promise<Result<T, PipeFailure>> {
    if (signal.aborted) {
      this.#isCutOff = true;
      return err({ type: "cancelled" });
    }
    if (this.#closed !== null || this.#reset !== null) return err({ type: "disconnected" });
    let grace: NodeJS.Timeout | undefined;
    const onAbort = () => {
      grace = setTimeout(() => this.#resetDevice(), GRACE_MS);
    };
    signal.addEventListener("abort", onAbort);
    const transfer = start();
    this.#pending.add(transfer);
    try {
      const value = await transfer;
      if (!signal.aborted) return ok(value);
      this.#isCutOff = true;
      return err({ type: "cancelled" });
    } catch (error) {
      this.#pending.delete(transfer);
      const failure = usbFailure(error);
      return signal.aborted ? err({ type: "cancelled" }) : await this.#failed(failure);
    } finally {
      this.#pending.delete(transfer);
      clearTimeout(grace);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** What a failed transfer means. A plug that is being pulled shows itself as a fault or a halt before it is gone. */
  async #failed(failure: UsbFailure): Promise<Result<never, PipeFailure>> {
    if (failure.type === "disconnected") this.#isGone = true;
    if (failure.type === "timeout") this.#isCutOff = true;
    if (failure.type !== "fault" && failure.type !== "stall") return err(pipeFailure(failure));
    for (let look = 0; look < LOOKS; look++) {
      if (!(await this.#isPresent())) {
        this.#isGone = true;
        return err({ type: "disconnected" });
      }
      await sleep(LOOK_MS);
    }
    if (failure.type === "stall" && this.#pending.size === 0) await this.#clearHalt();
    return err(pipeFailure(failure));
  }

  /** Takes halts away for whoever comes next (USB 2.0, 9.4.5); the session is over all the same. */
  async #clearHalt(): Promise<void> {
    const { bulkIn, bulkOut } = this.#place;
    await quietly(() => this.#device.clearHalt("in", bulkIn));
    await quietly(() => this.#device.clearHalt("out", bulkOut));
  }

  #resetDevice(): void {
    const reset = quietly(() => this.#device.reset());
    this.#reset ??= Promise.race([reset, sleep(RESET_MS, undefined, { ref: false })]);
  }

  /** Lets the device go. It is not left in the middle of an answer: the rest is read away, or, where nothing else helps, the device is reset. */
  close(): Promise<void> {
    this.#closed ??= this.#letGo();
    return this.#closed;
  }

  async #letGo(): Promise<void> {
    if (this.#pending.size > 0) {
      const ended = Promise.allSettled(this.#pending).then(() => true);
      if (!(await Promise.race([ended, sleep(GRACE_MS, false, { ref: false })]))) this.#resetDevice();
      this.#isCutOff = true;
    }
    await this.#reset;
    await Promise.allSettled(this.#pending);
    if (this.#isCutOff && !this.#isGone && this.#reset === null) await this.#drain();
    await quietly(() => this.#device.releaseInterface(this.#place.interfaceNumber));
    await quietly(() => this.#device.close());
  }

  async #drain(): Promise<void> {
    const { bulkIn } = this.#place;
    const end = Date.now() + DRAIN_MS;
    try {
      while (Date.now() < end) await this.#device.nativeTransferIn(bulkIn, QUIET_MS, DRAIN_BYTES);
    } catch (error) {
      // Quiet, or gone: both are the end.
      usbFailure(error);
    }
  }
}
