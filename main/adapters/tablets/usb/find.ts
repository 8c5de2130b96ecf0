import type { UsbInterface } from "./native.ts";

/** Where on a device MTP is spoken. */
export interface MtpPlace {
  readonly interfaceNumber: number;
  /** Endpoint numbers. */
  readonly bulkIn: number;
  readonly bulkOut: number;
  readonly packetBytes: number;
}

/** Names under which vendors announce MTP in a class of their own: "MTP", "Media Transfer", "SAMSUNG_Android". */
const NAMES = /MTP|Media Transfer|Android/i;
/** The subclass of ADB, which speaks over an interface of the vendor's class too. */
const ADB_SUBCLASS = 0x42;

type Alternate = UsbInterface["alternates"][number];

const isStillImage = ({ interfaceClass, interfaceSubclass, interfaceProtocol }: Alternate): boolean =>
  interfaceClass === 6 && interfaceSubclass === 1 && interfaceProtocol === 1;

const isNamed = ({ interfaceClass, interfaceSubclass, interfaceName, endpoints }: Alternate): boolean =>
  interfaceClass === 255 &&
  interfaceSubclass !== ADB_SUBCLASS &&
  endpoints.some((one) => one.type === "interrupt" && one.direction === "in") &&
  NAMES.test(interfaceName ?? "");

/**
 * The MTP interface of a device, with a bulk endpoint in each direction: Still Image (class 6, subclass 1, protocol 1), or else a vendor's own with an
 * interrupt endpoint too and a name that says so. It may have any number and stand beside others. null: there is none. Only the first alternate
 * setting counts.
 */
export function findMtp(interfaces: readonly UsbInterface[]): MtpPlace | null {
  for (const fits of [isStillImage, isNamed])
    for (const { interfaceNumber, alternates } of interfaces) {
      const alternate = alternates.find((one) => one.alternateSetting === 0);
      if (alternate === undefined || !fits(alternate)) continue;
      const bulk = (direction: string) =>
        alternate.endpoints.find((one) => one.type === "bulk" && one.direction === direction);
      const bulkIn = bulk("in");
      const bulkOut = bulk("out");
      if (bulkIn === undefined || bulkOut === undefined) continue;
      return {
        interfaceNumber,
        bulkIn: bulkIn.endpointNumber,
        bulkOut: bulkOut.endpointNumber,
        packetBytes: bulkIn.packetSize,
      };
    }
  return null;
}
