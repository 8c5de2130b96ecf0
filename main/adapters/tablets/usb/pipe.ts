import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../../../shared/result.ts";
import type { BulkPipe, PipeFailure } from "../../../mtp/pipe.ts";
import { pipeFailure, type UsbFailure, usbFailure } from "./failures.ts";
import type { MtpPlace } from "./find.ts";
import type { UsbDevice } from "./native.ts";

/** A reset is asked for once; where it does not end the pending transfers, their own time does. */
const RESET_MS = 5_000;

/** Opens a device and claims its MTP interface. The device is closed again where that fails. */
export async function claim(device: UsbDevice, place: MtpPlace): Promise<Result<UsbPipe, UsbFailure>> {
  try {
    await device.open();
  } catch (error) {
    return err(usbFailure(error));
  }
  try {
    await device.claimInterface(place.interfaceNumber);
    return ok(new UsbPipe(device, place));
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
  /** Transfers under way. Until they have settled, nothing else may be asked of the device. */
  readonly #pending = new Set<Promise<unknown>>();
  #reset: Promise<void> | null = null;
  /** A transfer was cut off: what the tablet still wants to send belongs to nobody. */
  #isCutOff = false;
  #closed: Promise<void> | null = null;

  constructor(device: UsbDevice, place: MtpPlace) {
    this.#device = device;
    this.#place = place;
    this.packetBytes = place.packetBytes;
  }

  async write(bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Result<void, PipeFailure>> {
    const { bulkOut } = this.#place;
    const send = (data: Uint8Array) =>
      this.#transfer(() => this.#device.nativeTransferOut(bulkOut, timeoutMs, data), "out", signal);
    const sent = await send(bytes);
    if (!sent.ok) return sent;
    if (sent.value < 0) return err({ type: "stall" });
    if (sent.value < bytes.length) return err({ type: "failed", detail: "a transfer was cut short" });
    if (bytes.length % this.packetBytes !== 0) return ok(undefined);
    const ended = await send(new Uint8Array(0));
    return ended.ok ? ok(undefined) : ended;
  }

  async read(size: number, timeoutMs: number, signal: AbortSignal): Promise<Result<Uint8Array, PipeFailure>> {
    const { bulkIn } = this.#place;
    const read = await this.#transfer(
      () => this.#device.nativeTransferIn(bulkIn, timeoutMs, size),
      "in",
      signal,
    );
    if (!read.ok) return read;
    return read.value === null ? this.#stalled("in") : ok(read.value);
  }

  async #stalled(direction: "in" | "out"): Promise<Result<never, PipeFailure>> {
    const { bulkIn, bulkOut } = this.#place;
    // The halt is taken away for whoever comes next (USB 2.0, 9.4.5); this session is over all the same.
    if (this.#pending.size === 0)
      await quietly(() => this.#device.clearHalt(direction, direction === "in" ? bulkIn : bulkOut));
    return err({ type: "stall" });
  }

  /** Runs one transfer. A signal cuts it off by resetting the device, which is the only way. */
  async #transfer<T>(
    start: () => Promise<T>,
    direction: "in" | "out",
    signal: AbortSignal,
  ): Promise<Result<T, PipeFailure>> {
    if (signal.aborted) return err({ type: "cancelled" });
    if (this.#closed !== null || this.#reset !== null) return err({ type: "disconnected" });
    const cut = () => this.#cut();
    signal.addEventListener("abort", cut);
    try {
      const transfer = start();
      this.#pending.add(transfer);
      try {
        return ok(await transfer);
      } finally {
        this.#pending.delete(transfer);
      }
    } catch (error) {
      const failure = usbFailure(error);
      if (signal.aborted) return err({ type: "cancelled" });
      if (failure.type === "stall") return this.#stalled(direction);
      if (failure.type === "timeout") this.#isCutOff = true;
      return err(pipeFailure(failure));
    } finally {
      signal.removeEventListener("abort", cut);
    }
  }

  #cut(): void {
    this.#isCutOff = true;
    this.#reset ??= Promise.race([
      quietly(() => this.#device.reset()),
      sleep(RESET_MS, undefined, { ref: false }),
    ]);
  }

  /** Lets the device go. Where a transfer was cut off, or is still under way, the device is reset first: its next owner begins anew. */
  close(): Promise<void> {
    this.#closed ??= this.#letGo();
    return this.#closed;
  }

  async #letGo(): Promise<void> {
    if (this.#pending.size > 0 || this.#isCutOff) this.#cut();
    await this.#reset;
    await Promise.allSettled(this.#pending);
    await quietly(() => this.#device.releaseInterface(this.#place.interfaceNumber));
    await quietly(() => this.#device.close());
  }
}
