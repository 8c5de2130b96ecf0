import type { LinkFailure } from "../../../../shared/views.ts";
import type { PipeFailure } from "../../../mtp/pipe.ts";

/**
 * What the errors of the `usb` package mean. They all have the code GenericFailure and differ in their text alone, which comes from nusb (its
 * error.rs and transfer errors) and from the operating system; so this is the only file that looks at it. Checked with usb 3.1.0.
 */

export type UsbFailure =
  /** The device is gone, or this object of it is. */
  | { readonly type: "disconnected" }
  | { readonly type: "timeout" }
  | { readonly type: "stall" }
  /** The wire failed: noise, or a plug that is just being pulled. */
  | { readonly type: "fault" }
  /** Another program has the interface. */
  | { readonly type: "busy" }
  /** The system gave the device to a driver that does not let go. */
  | { readonly type: "held-by-system" }
  | { readonly type: "no-permission" }
  /** The platform cannot do this. */
  | { readonly type: "unsupported" }
  | { readonly type: "failed"; readonly detail: string };

const WORDS: readonly (readonly [RegExp, Exclude<UsbFailure["type"], "failed">])[] = [
  // A transfer whose time is over is cancelled by nusb.
  [/: Cancelled\b|transfer was cancelled/, "timeout"],
  [/: Stall\b|endpoint stalled/, "stall"],
  [/: Fault\b|hardware fault or protocol violation/, "fault"],
  [
    /: Disconnected\b|device disconnected|endpoint not found|device not found|interface not found|errno 19\b|errno 108\b|invalid state/,
    "disconnected",
  ],
  // Windows: "Device driver is …, not WinUSB or USBCCGP"; macOS: kIOReturnExclusiveAccess.
  [/driver is|incompatible driver|not WinUSB|exclusive access|e00002c5/i, "held-by-system"],
  [/permission denied|access denied|not permitted|errno 13\b|errno 1\b/i, "no-permission"],
  [/is busy|in use|already claimed|errno 16\b/i, "busy"],
  [/not supported|unsupported|not implemented/i, "unsupported"],
];

/** Classifies what a call of the `usb` package threw. Anything that did not come from there is a bug and is thrown on. */
export function usbFailure(error: unknown): UsbFailure {
  if (!(error instanceof Error) || (error as NodeJS.ErrnoException).code !== "GenericFailure") throw error;
  const { message } = error;
  const found = WORDS.find(([words]) => words.test(message));
  return found === undefined ? { type: "failed", detail: message } : { type: found[1] };
}

/** The same for a transfer. */
export function pipeFailure(failure: UsbFailure): PipeFailure {
  switch (failure.type) {
    case "disconnected":
    case "timeout":
    case "stall":
    case "failed":
      return failure;
    default:
      return { type: "failed", detail: failure.type };
  }
}

/** Why a device cannot be opened. `holder`: who has it, where that is known. */
export function openFailure(failure: UsbFailure, holder: string | null): LinkFailure {
  switch (failure.type) {
    case "disconnected":
      return { type: "unplugged" };
    case "timeout":
      return { type: "not-answering" };
    case "busy":
      return { type: "busy", holder };
    case "held-by-system":
    case "no-permission":
      return { type: failure.type };
    case "unsupported":
      return { type: "held-by-system" };
    case "stall":
    case "fault":
      return { type: "lost-sync", detail: failure.type };
    case "failed":
      return { type: "lost-sync", detail: failure.detail };
  }
}

/** Whether listing devices failed only because this machine has no USB. */
export const isWithoutUsb = (error: unknown): boolean =>
  error instanceof Error && /\/sys\/bus\/usb\/devices\/ not found|errno 2\b/.test(error.message);
