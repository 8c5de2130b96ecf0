import { describe, expect, it } from "vitest";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { list, u32 } from "../../fixtures/tablet/encode.ts";
import { otherData } from "../../fixtures/tablet/lies.ts";
import { MemoryFolder, memoryStorage } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet, type TabletOptions } from "../../fixtures/tablet/tablet.ts";
import {
  CONTAINER,
  type Command,
  HEADER_BYTES,
  header,
  type Lie,
  plain,
  type Transfer,
} from "../../fixtures/tablet/wire.ts";
import { findMtp } from "../../main/adapters/tablets/usb/find.ts";
import { OPERATION, RESPONSE, ROOT } from "../../main/mtp/codes.ts";
import { decodeObjectInfo, encodeText, parseDateTime } from "../../main/mtp/dataset.ts";
import type { TabletReport } from "../../shared/views.ts";
import { Desk, outcomes } from "./desk.ts";

/** Tablets that keep to MTP 1.1 in ways of their own. Each is unloaded, or it is said plainly why not. */

const MIB = 1_048_576;
const BODIES = [300, MIB - 12, MIB, 2 * MIB + 77] as const;
const ALL = BODIES.map((_, at) => `${at + 1} staged`);

/** Unloads one tablet of these manners, with four batches; `beside`: folders that its storage had before. */
async function unloading(
  lie: Lie | null,
  options: TabletOptions = {},
  beside: readonly string[] = [],
): Promise<TabletReport> {
  await using desk = await Desk.open();
  const builder = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0417"));
  for (const bodyBytes of BODIES) await builder.add({ bodyBytes });
  const storage = new MemoryFolder("");
  for (const path of [...beside, "/Sanaq/outbox"]) storage.folder(path);
  for (const file of builder.files()) storage.put(`/Sanaq/outbox/${file.path}`, file);
  const tablet = new SimulatedTablet(storage, options);
  tablet.lie = lie;
  desk.cable.plug(tablet);
  return await desk.unloadOneOnCable();
}

const answerOf = (command: Command, code: number): Transfer =>
  plain(header(12, CONTAINER.response, code, command.transaction));

/** Refuses what `refuses` says with one code. */
const refusing =
  (code: number, refuses: (command: Command) => boolean): Lie =>
  (command) =>
    refuses(command) ? [answerOf(command, code)] : null;

const bytesOf = async (transfer: Transfer): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of transfer.windows()) pieces.push(Uint8Array.from(piece));
  return Buffer.concat(pieces);
};

describe("a data phase of unknown length (0xffffffff in its header) ends with a short packet", () => {
  const unknownLength: Lie = async (_, honest) => {
    const [first, ...rest] = honest;
    if (first === undefined || rest.length === 0) return honest;
    const bytes = await bytesOf(first);
    bytes.writeUInt32LE(0xffffffff, 0);
    return [plain(bytes), ...rest];
  };
  it.each<[string, TabletOptions]>([
    ["with its header before the data", {}],
    ["with its header in a transfer of its own", { splitHeader: true }],
    [
      "of whole objects, with its header in a transfer of its own",
      { splitHeader: true, operations: "whole" },
    ],
  ])("%s", async (_, options) => {
    const report = await unloading(unknownLength, options);
    expect([outcomes(report), report.findings, report.failure]).toEqual([ALL, [], null]);
  });
});

describe("a folder is what lies in it, once", () => {
  it("though the tablet lists it in itself, and an object twice", async () => {
    const twice: Lie = async (command, honest) => {
      const [first, ...rest] = honest;
      const parent = command.params[2] ?? ROOT;
      if (command.operation !== OPERATION.getObjectHandles || first === undefined || parent === ROOT)
        return honest;
      const bytes = await bytesOf(first);
      const handles = Array.from({ length: bytes.readUInt32LE(12) }, (_, at) =>
        bytes.subarray(16 + at * 4, 20 + at * 4),
      );
      const said = otherData(command.operation, list([u32(parent), ...handles, ...handles.slice(0, 1)]));
      return (await said(command, [first, ...rest])) ?? honest;
    };
    for (const propertyLists of [true, false]) {
      const report = await unloading(twice, { propertyLists });
      expect([outcomes(report), report.findings, report.failure]).toEqual([ALL, [], null]);
    }
  });
});

describe("a tablet that is busy with something else", () => {
  /** Says Device_Busy `times` before each operation of these. */
  const busy = (times: number, ...operations: readonly number[]): Lie => {
    const said = new Map<string, number>();
    return (command) => {
      if (!operations.includes(command.operation)) return null;
      const key = `${command.operation} ${command.params}`;
      const before = said.get(key) ?? 0;
      said.set(key, before + 1);
      return before < times ? [answerOf(command, RESPONSE.deviceBusy)] : null;
    };
  };

  it("is asked again after a while", async () => {
    const { openSession, getStorageIds, getPartialObject64 } = OPERATION;
    const report = await unloading(busy(1, openSession, getStorageIds, getPartialObject64));
    expect([outcomes(report), report.failure]).toEqual([ALL, null]);
  });

  it("and stays so is said to be busy", async () => {
    const report = await unloading(busy(1_000, OPERATION.getStorageIds));
    expect(report.failure).toEqual({ type: "busy", holder: null });
  });
});

describe("a tablet that does not show everything to everybody", () => {
  it("is unloaded where it keeps another program's folder to itself", async () => {
    const report = await unloading(
      async (command, honest) => {
        const [info] = honest;
        if (command.operation !== OPERATION.getObjectInfo || info === undefined) return honest;
        const told = decodeObjectInfo((await bytesOf(info)).subarray(HEADER_BYTES));
        const isHidden = told.ok && told.value.name === "Android";
        return isHidden ? [answerOf(command, RESPONSE.accessDenied)] : honest;
      },
      {},
      ["/Android/data"],
    );
    expect([outcomes(report), report.failure]).toEqual([ALL, null]);
  });

  it.each(["getStorageIds", "getObjectHandles"] as const)(
    "is locked where it denies access to its storages (%s)",
    async (operation) => {
      const denied = refusing(RESPONSE.accessDenied, (command) => command.operation === OPERATION[operation]);
      expect((await unloading(denied)).failure).toEqual({ type: "no-storage" });
    },
  );
});

it("a tablet in a session that somebody else began counts transactions otherwise: that is lost sync", async () => {
  const other = refusing(
    RESPONSE.invalidTransaction,
    (command) => command.operation === OPERATION.getStorageIds,
  );
  const report = await unloading(other, { sessionOpen: true });
  expect(report.failure).toMatchObject({ type: "lost-sync" });
});

describe("the tablet's clock (DateTime: YYYYMMDDThhmmss.s, then Z, ±hhmm or nothing)", () => {
  it.each([
    ["20211020T120000.0Z", "2021-10-20T12:00:00Z"],
    ["20211020T170000+0500", "2021-10-20T12:00:00Z"],
    ["20211020T170000.000+0500", "2021-10-20T12:00:00Z"],
    ["20211019T233000.5-1230", "2021-10-20T12:00:00Z"],
  ])("%s", (text, time) => {
    expect(parseDateTime(text)).toBe(Date.parse(time));
  });

  it.each([
    ["is of no use", otherData(OPERATION.getDevicePropValue, encodeText("20261324T999999"))],
    [
      "is kept to itself",
      refusing(RESPONSE.accessDenied, (one) => one.operation === OPERATION.getDevicePropValue),
    ],
  ])("that %s stops nothing", async (_, lie) => {
    const report = await unloading(lie, { clock: 0 });
    expect([outcomes(report), report.findings, report.failure]).toEqual([ALL, [], null]);
  });
});

describe("the interface that speaks MTP", () => {
  const place = (interfaceClass: number, isImage: boolean, name: string | null, events: boolean) =>
    findMtp([
      {
        interfaceNumber: 3,
        alternates: [
          {
            alternateSetting: 0,
            interfaceClass,
            interfaceSubclass: isImage ? 1 : 255,
            interfaceProtocol: isImage ? 1 : 0,
            interfaceName: name,
            endpoints: [
              { endpointNumber: 1, direction: "in", type: "bulk", packetSize: 512 },
              { endpointNumber: 2, direction: "out", type: "bulk", packetSize: 512 },
              ...(events
                ? [{ endpointNumber: 3, direction: "in", type: "interrupt", packetSize: 28 } as const]
                : []),
            ],
          },
        ],
      },
    ]);

  it("is Still Image with bulk in and out, with or without events", () => {
    for (const events of [true, false])
      expect(place(6, true, null, events)).toEqual({
        interfaceNumber: 3,
        bulkIn: 1,
        bulkOut: 2,
        packetBytes: 512,
      });
  });

  it("or a vendor's own that says so and has events too", () => {
    expect(place(255, false, "MTP", true)).not.toBeNull();
    expect(place(255, false, "MTP", false)).toBeNull();
    expect(place(255, false, "ADB Interface", true)).toBeNull();
    for (const name of ["Media Transfer", "SAMSUNG_Android", "Android MTP"])
      expect(place(255, false, name, true), name).not.toBeNull();
  });
});

it("the interface of Still Image is taken, wherever it stands and whatever the others call themselves", () => {
  const alternate = (interfaceClass: number, interfaceSubclass: number, interfaceName: string) => ({
    ...{ alternateSetting: 0, interfaceClass, interfaceSubclass, interfaceProtocol: 1, interfaceName },
    endpoints: [
      { endpointNumber: 1, direction: "in", type: "bulk", packetSize: 512 },
      { endpointNumber: 2, direction: "out", type: "bulk", packetSize: 512 },
      { endpointNumber: 3, direction: "in", type: "interrupt", packetSize: 28 },
    ],
  });
  const adb = { interfaceNumber: 0, alternates: [alternate(255, 0x42, "Android ADB")] };
  const named = { interfaceNumber: 1, alternates: [alternate(255, 255, "Android")] };
  const image = { interfaceNumber: 7, alternates: [alternate(6, 1, "")] };
  expect(findMtp([adb, named, image])?.interfaceNumber).toBe(7);
  expect(findMtp([adb, named])?.interfaceNumber).toBe(1);
  expect(findMtp([adb])).toBeNull();
});

it("an outbox on the second storage is found where the first does not open", async () => {
  await using desk = await Desk.open();
  const builder = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0417"));
  await builder.add({ bodyBytes: 400 });
  const tablet = new SimulatedTablet([new MemoryFolder(""), memoryStorage(builder.files())]);
  tablet.lie = refusing(
    RESPONSE.storeNotAvailable,
    (command) => command.operation === OPERATION.getObjectHandles && command.params[0] === 0x10001,
  );
  desk.cable.plug(tablet);
  expect(outcomes(await desk.unloadOneOnCable())).toEqual(["1 staged"]);
});
