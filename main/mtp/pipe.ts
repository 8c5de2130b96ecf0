import type { Result } from "../../shared/result.ts";

/** Why bytes did not pass. After any of them but `cancelled` before the start, the state of the other side is unknown. */
export type PipeFailure =
  /** The device is gone. */
  | { readonly type: "disconnected" }
  /** Nothing came, or nothing was taken, in time. What had arrived is lost. */
  | { readonly type: "timeout" }
  /** The endpoint is halted (USB 2.0, 8.4.5). */
  | { readonly type: "stall" }
  | { readonly type: "cancelled" }
  | { readonly type: "failed"; readonly detail: string };

/**
 * The two bulk endpoints of a Still Image interface, and nothing else: the narrowest place at which a tablet can be replaced by a simulated one.
 * One call at a time in each direction.
 */
export interface BulkPipe {
  /** Bytes of one packet, 512 at high speed. */
  readonly packetBytes: number;
  /** Sends one transfer; a transfer that is a multiple of the packet size is followed by an empty packet. */
  write(bytes: Uint8Array, timeoutMs: number, signal: AbortSignal): Promise<Result<void, PipeFailure>>;
  /**
   * Receives up to `size` bytes, a multiple of the packet size; less where a short packet ends the transfer, nothing for an empty packet. The
   * bytes are the caller's.
   */
  read(size: number, timeoutMs: number, signal: AbortSignal): Promise<Result<Uint8Array, PipeFailure>>;
  /** Lets the device go, whatever state it is in. */
  close(): Promise<void>;
}
