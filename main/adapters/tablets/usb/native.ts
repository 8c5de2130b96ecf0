/**
 * The part of the `usb` package that is used, as an interface, so that tests can put other devices in its place. The native calls are used in place
 * of the WebUSB class above them: the class sets a timeout of a second where none is given, and throws from a timer where listening fails.
 */

export interface UsbEndpoint {
  readonly endpointNumber: number;
  readonly direction: string;
  readonly type: string;
  readonly packetSize: number;
}

export interface UsbInterface {
  readonly interfaceNumber: number;
  readonly alternates: readonly {
    readonly alternateSetting: number;
    readonly interfaceClass: number;
    readonly interfaceSubclass: number;
    readonly interfaceProtocol: number;
    readonly interfaceName?: string | null | undefined;
    readonly endpoints: readonly UsbEndpoint[];
  }[];
}

/**
 * A device. While a transfer is pending only `reset` and further transfers may be called: everything else, properties too, throws. Reading
 * `configuration` opens a closed device for a moment.
 */
export interface UsbDevice {
  /** The same for every object of one plugging-in. */
  readonly handle: string;
  readonly bus: string;
  readonly address: number;
  readonly ports: readonly number[];
  readonly deviceClass: number;
  readonly manufacturerName: string | null;
  readonly productName: string | null;
  readonly serialNumber: string | null;
  readonly configuration: { readonly interfaces: readonly UsbInterface[] };
  open(): Promise<void>;
  close(): Promise<void>;
  reset(): Promise<void>;
  claimInterface(number: number): Promise<void>;
  releaseInterface(number: number): Promise<void>;
  clearHalt(direction: "in" | "out", endpoint: number): Promise<void>;
  /** `timeout` in milliseconds, 0: at once. null: the endpoint is halted. */
  nativeTransferIn(endpoint: number, timeout: number, length: number): Promise<Uint8Array | null>;
  /** Value: bytes sent; negative: the endpoint is halted. */
  nativeTransferOut(endpoint: number, timeout: number, data: Uint8Array): Promise<number>;
}

export interface Usb {
  /** New objects at each call. */
  devices(): Promise<readonly UsbDevice[]>;
  /** Calls back after every plugging and unplugging that the system tells of; where it tells of none, never. Value: stop. */
  onChange(tell: () => void): () => void;
}

/**
 * Threads on which the package's runtime (tokio, which reads this variable when the package is loaded) hands transfers on. The waiting is done by
 * threads of another pool, so one is enough for ten tablets; with one a processor, they wake one another up at every transfer to find nothing to do.
 */
const USB_THREADS = "1";

/** Loads the package; only a process that needs a cable does. */
export async function nativeUsb(): Promise<Usb> {
  process.env.TOKIO_WORKER_THREADS ??= USB_THREADS;
  const { Emitter, nativeGetDevices } = await import("usb/index.js");
  return {
    devices: nativeGetDevices as unknown as () => Promise<readonly UsbDevice[]>,
    onChange: (tell) => {
      const emitter = new Emitter();
      // Where the system does not tell (no udev), the source's polling finds everything a little later.
      const listening = emitter.addAttach(tell).then(() => emitter.addDetach(tell));
      const done = listening.then(
        () => true,
        () => false,
      );
      return () => {
        done
          .then(async (heard) => {
            if (!heard) return;
            await emitter.removeAttach();
            await emitter.removeDetach();
          })
          .catch((error) => {
            queueMicrotask(() => {
              throw error;
            });
          });
      };
    },
  };
}
