import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { UsbInterface } from "./native.ts";

/** What Linux tells of a device to whoever may not open it, and of who has it open. Elsewhere nothing is known. */

const SYSFS = "/sys/bus/usb/devices";

const text = async (...path: readonly string[]): Promise<string> =>
  (await readFile(join(...path), "utf8").catch(() => "")).trim();
const names = (path: string): Promise<readonly string[]> => readdir(path).catch(() => []);
const hex = (value: string): number => Number.parseInt(value, 16);

/** The interfaces of the device at these ports of a bus, read from sysfs; none where there is no sysfs. */
export async function interfacesFromSysfs(
  bus: string,
  ports: readonly number[],
): Promise<readonly UsbInterface[]> {
  const device = `${Number(bus)}-${ports.join(".")}`;
  const folders = (await names(join(SYSFS, device))).filter((name) => name.startsWith(`${device}:`));
  return Promise.all(
    folders.map(async (name) => {
      const folder = join(SYSFS, device, name);
      const endpoints = (await names(folder)).filter((one) => one.startsWith("ep_"));
      return {
        interfaceNumber: hex(await text(folder, "bInterfaceNumber")),
        alternates: [
          {
            alternateSetting: Number(await text(folder, "bAlternateSetting")),
            interfaceClass: hex(await text(folder, "bInterfaceClass")),
            interfaceSubclass: hex(await text(folder, "bInterfaceSubClass")),
            interfaceProtocol: hex(await text(folder, "bInterfaceProtocol")),
            interfaceName: await text(folder, "interface"),
            endpoints: await Promise.all(
              endpoints.map(async (one) => ({
                endpointNumber: hex(one.slice(3)) & 0x0f,
                direction: await text(folder, one, "direction"),
                type: (await text(folder, one, "type")).toLowerCase(),
                packetSize: hex(await text(folder, one, "wMaxPacketSize")),
              })),
            ),
          },
        ],
      };
    }),
  );
}

/** The name of another process of this user that has the device open; null where none can be seen. */
export async function holderOf(bus: string, address: number): Promise<string | null> {
  const three = (value: number) => String(value).padStart(3, "0");
  const node = `/dev/bus/usb/${three(Number(bus))}/${three(address)}`;
  for (const pid of await names("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    for (const fd of await names(`/proc/${pid}/fd`))
      if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")) === node)
        return (await text("/proc", pid, "comm")) || null;
  }
  return null;
}
