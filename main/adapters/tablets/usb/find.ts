import type { UsbInterface } from "./native.ts";

/** Where on a device MTP is spoken. */
export interface MtpPlace {
  readonly interfaceNumber: number;
  /** Endpoint numbers. */
  readonly bulkIn: number;
  readonly bulkOut: number;
  readonly packetBytes: number;
}

/**
 * The MTP interface of a device, with a bulk endpoint in each direction: Still Image (class 6, subclass 1, protocol 1), or a vendor's own with an
 * interrupt endpoint too and "MTP" in its name, as of older tablets. null: there is none. Only the first alternate setting counts: MTP has no other.
 */
export function findMtp(interfaces: readonly UsbInterface[]): MtpPlace | null {
  for (const { interfaceNumber, alternates } of interfaces) {
    const alternate = alternates.find((one) => one.alternateSetting === 0);
    if (alternate === undefined) continue;
    const { interfaceClass, interfaceSubclass, interfaceProtocol, interfaceName, endpoints } = alternate;
    const of = (type: string, direction: string) =>
      endpoints.find((one) => one.type === type && one.direction === direction);
    const bulkIn = of("bulk", "in");
    const bulkOut = of("bulk", "out");
    if (bulkIn === undefined || bulkOut === undefined) continue;
    const isStillImage = interfaceClass === 6 && interfaceSubclass === 1 && interfaceProtocol === 1;
    const isNamed =
      interfaceClass === 255 && of("interrupt", "in") !== undefined && /\bMTP\b/i.test(interfaceName ?? "");
    if (isStillImage || isNamed)
      return {
        interfaceNumber,
        bulkIn: bulkIn.endpointNumber,
        bulkOut: bulkOut.endpointNumber,
        packetBytes: bulkIn.packetSize,
      };
  }
  return null;
}
