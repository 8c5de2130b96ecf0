import { describe, expect, it } from "vitest";
import { otherBytes } from "../../fixtures/tablet/lies.ts";
import { memoryStorage } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet, type TabletOptions } from "../../fixtures/tablet/tablet.ts";
import { SimulatedUsb } from "../../fixtures/tablet/usb.ts";
import { plain, SILENCE } from "../../fixtures/tablet/wire.ts";
import { openStore } from "../../main/adapters/store/open.ts";
import { UsbCable } from "../../main/adapters/tablets/usb/source.ts";
import type { TabletLink, TabletMemory } from "../../main/engine/ports.ts";
import { OPERATION } from "../../main/mtp/codes.ts";
import { parseQuirks, Quirks } from "../../main/mtp/quirks.ts";
import type { TabletPresence } from "../../shared/views.ts";
import { Desk, must } from "./desk.ts";

/** The USB cable's own adapter, on a simulated bus that has the manners of the real package. The lab runs the same on a real one. */

const OUTBOX = "/Sanaq/outbox";
const MIB = 1_048_576;
const never = new AbortController().signal;

function tabletOf(options: TabletOptions = {}): SimulatedTablet {
  const big = Buffer.alloc(20 * MIB, 7);
  const windows = function* () {
    for (let at = 0; at < big.length; at += MIB) yield big.subarray(at, at + MIB);
  };
  return new SimulatedTablet(
    memoryStorage([
      { path: "ledger.cose", length: 3, windows: () => [Buffer.from("abc")] },
      { path: "batches/big.age", length: big.length, windows },
    ]),
    options,
  );
}

async function bus(...tablets: readonly SimulatedTablet[]): Promise<{ usb: SimulatedUsb; cable: UsbCable }> {
  const usb = new SimulatedUsb();
  for (const tablet of tablets) usb.plug(tablet);
  return { usb, cable: new UsbCable(async () => usb) };
}

async function onlyOne(cable: UsbCable): Promise<TabletPresence> {
  const [one, ...others] = await cable.list();
  if (one === undefined || others.length > 0) throw new Error("not one tablet is present");
  return one;
}

async function openOnly(cable: UsbCable): Promise<TabletLink> {
  return must(await cable.open((await onlyOne(cable)).id, OUTBOX, never));
}

/** Waits until those who are told of presences have been told of one like this. */
function presences(cable: UsbCable) {
  let last: readonly TabletPresence[] = [];
  const looks = new Set<() => void>();
  const stop = cable.watch((present) => {
    last = present;
    for (const look of [...looks]) look();
  });
  const until = (wanted: (present: readonly TabletPresence[]) => boolean) =>
    new Promise<readonly TabletPresence[]>((resolve) => {
      const look = () => {
        if (!wanted(last)) return;
        looks.delete(look);
        resolve(last);
      };
      looks.add(look);
      look();
    });
  return { until, [Symbol.dispose]: stop };
}

describe("a tablet on the bus", () => {
  it("is listed with its names, opened, read and let go", async () => {
    const tablet = tabletOf({ serial: "R52", manufacturer: "Maker", product: "Slate" });
    const { cable } = await bus(tablet);
    expect(await onlyOne(cable)).toEqual({
      id: "001-2",
      source: "usb:R52",
      manufacturer: "Maker",
      product: "Slate",
      problem: null,
    });
    expect(tablet.isOpen).toBe(false);
    const link = await openOnly(cable);
    expect(must(await link.list("", never)).map((one) => one.name)).toEqual(["ledger.cose", "batches"]);
    must(await link.list("batches", never));
    expect(must(await link.read("batches/big.age", 0, () => true, never))).toBe(20 * MIB);
    await link.close();
    expect(tablet.isOpen).toBe(false);
  });

  it("of a class of its own is known by the name of its interface", async () => {
    const usb = new SimulatedUsb();
    usb.plug(tabletOf({ serial: "OLD" }), { interface: { name: "MTP" } });
    usb.plug(tabletOf({ serial: "PRINTER" }), { interface: { name: "Printing" } });
    const cable = new UsbCable(async () => usb);
    expect((await onlyOne(cable)).source).toBe("usb:OLD");
  });

  it("is two where two have one serial", async () => {
    const { cable } = await bus(tabletOf({ serial: "SAME" }), tabletOf({ serial: "SAME" }));
    const [one, other] = await cable.list();
    expect([one?.source, other?.source]).toEqual(["usb:SAME", "usb:SAME"]);
    expect(one?.id).not.toBe(other?.id);
  });

  it("that is plugged in again is another presence", async () => {
    const tablet = tabletOf();
    const { usb, cable } = await bus(tablet);
    const { id } = await onlyOne(cable);
    tablet.pull();
    expect(await cable.list()).toEqual([]);
    expect(await cable.open(id, OUTBOX, never)).toEqual({ ok: false, error: { type: "unplugged" } });
    usb.plug(tablet);
    expect((await onlyOne(cable)).id).not.toBe(id);
  });

  it("that is open is not touched by a listing, and cannot be opened twice", async () => {
    const tablet = tabletOf();
    const { cable } = await bus(tablet);
    const link = await openOnly(cable);
    const reading = (async () => {
      must(await link.list("", never));
      must(await link.list("batches", never));
      return link.read("batches/big.age", 0, async () => (await cable.list()).length === 1, never);
    })();
    const { id } = await onlyOne(cable);
    expect(await cable.open(id, OUTBOX, never)).toEqual({ ok: false, error: { type: "busy", holder: null } });
    expect(must(await reading)).toBe(20 * MIB);
    await link.close();
    await (await openOnly(cable)).close();
  });
});

describe("a tablet that cannot be used", () => {
  it.each([
    ["no-permission", { type: "no-permission" }],
    ["busy", { type: "busy", holder: null }],
    ["driver", { type: "held-by-system" }],
  ] as const)("because of %s says so, on listing and on opening", async (access, failure) => {
    const usb = new SimulatedUsb();
    usb.plug(tabletOf(), { access, interface: "still-image" });
    const cable = new UsbCable(async () => usb);
    const present = await cable.list();
    // Without permission only Linux tells what a device is, and this one is on no Linux bus.
    if (access === "no-permission") return expect(present).toEqual([]);
    expect(present.map((one) => one.problem)).toEqual([failure]);
    expect(await cable.open(present[0]?.id ?? "", OUTBOX, never)).toEqual({ ok: false, error: failure });
  });

  it("because it is locked is told as a new one when it has been unlocked", async () => {
    const tablet = tabletOf({ locked: true });
    const { cable } = await bus(tablet);
    using told = presences(cable);
    const [locked] = await told.until((present) => present.length === 1);
    expect(await cable.open(locked?.id ?? "", OUTBOX, never)).toEqual({
      ok: false,
      error: { type: "no-storage" },
    });
    tablet.state.locked = false;
    const [unlocked] = await told.until((present) => present[0]?.id !== locked?.id);
    expect(unlocked?.problem).toBeNull();
    await must(await cable.open(unlocked?.id ?? "", OUTBOX, never)).close();
  });

  it("because another program had it is told as a new one when that lets go", async () => {
    const tablet = tabletOf();
    const usb = new SimulatedUsb();
    usb.plug(tablet, { access: "busy" });
    const cable = new UsbCable(async () => usb);
    using told = presences(cable);
    const [held] = await told.until((present) => present.length === 1);
    await cable.open(held?.id ?? "", OUTBOX, never);
    await told.until((present) => present[0]?.problem?.type === "busy");
    usb.allow(tablet, "free");
    const [free] = await told.until((present) => present[0]?.problem === null);
    expect(free?.id).not.toBe(held?.id);
  });
});

describe("what was found out about a tablet", () => {
  const silent: TabletOptions = { serial: "R52NQUIRK" };

  /** Reads the big file once. Value: how that ended, and the operations that were asked for. */
  async function reading(memory: TabletMemory): Promise<{ end: string; asked: readonly number[] }> {
    const tablet = tabletOf(silent);
    const asked: number[] = [];
    tablet.lie = (command, honest) => {
      if (command.operation === OPERATION.getPartialObject64) return SILENCE;
      if (command.operation === OPERATION.getPartialObject) asked.push(command.operation);
      return honest;
    };
    const usb = new SimulatedUsb();
    usb.plug(tablet);
    const cable = new UsbCable(async () => usb, memory);
    const link = await openOnly(cable);
    must(await link.list("", never));
    must(await link.list("batches", never));
    const read = await link.read("batches/big.age", 0, () => false, never);
    await link.close();
    return { end: read.ok ? "read" : read.error.type, asked };
  }

  it("is kept by the store and used by the next process", async () => {
    await using desk = await Desk.open();
    const open = async () => must(await openStore(desk.store, () => new Date()));
    let store = await open();
    expect(await reading(store.tablets)).toEqual({ end: "not-answering", asked: [] });
    store.close();
    store = await open();
    const { end, asked } = await reading(store.tablets);
    expect([end, asked.length > 0]).toEqual(["read", true]);
    store.close();
  });

  it("may be anything: what is no record is as if nothing had been kept", () => {
    for (const text of [null, "", "{", "null", "7", '{"avoid":["x",{}],"hangs":[[1,2],["a"],["b",3]]}'])
      expect(new Quirks(parseQuirks(text)).avoids(OPERATION.getPartialObject64)).toBe(false);
    const record = parseQuirks('{"avoid":[38337],"hangs":[[1,2],["a"],["b",3]]}');
    expect(record).toEqual({ avoid: [38_337], works: [], suspects: [], hangs: [["b", 3]] });
  });
});

describe("plugging and unplugging", () => {
  it("is told to whoever watches, and to nobody after that", async () => {
    const tablet = tabletOf();
    const { usb, cable } = await bus();
    {
      using told = presences(cable);
      usb.plug(tablet);
      await told.until((present) => present.length === 1);
      tablet.pull();
      await told.until((present) => present.length === 0);
    }
    usb.plug(tablet);
    expect(await cable.list()).toHaveLength(1);
  });

  it("is found a little later where the system does not tell", async () => {
    const tablet = tabletOf();
    const { usb, cable } = await bus();
    using told = presences(cable);
    usb.plug(tablet, { silent: true });
    await told.until((present) => present.length === 1);
    tablet.pull();
    await told.until((present) => present.length === 0);
  });

  it("of nothing at all is no crash on a machine without USB", async () => {
    const devices = () =>
      Promise.reject(
        Object.assign(new Error("getDevices error: /sys/bus/usb/devices/ not found (errno 2)"), {
          code: "GenericFailure",
        }),
      );
    const cable = new UsbCable(async () => ({ devices, onChange: () => () => {} }));
    expect(await cable.list()).toEqual([]);
  });
});

describe("a talk that was cut off", () => {
  it("by pulling the plug in the middle of a transfer is unplugged", async () => {
    const tablet = tabletOf();
    const { cable } = await bus(tablet);
    const link = await openOnly(cable);
    must(await link.list("", never));
    must(await link.list("batches", never));
    tablet.after({ body: 5 * MIB }, "unplug");
    expect(await link.read("batches/big.age", 0, () => true, never)).toEqual({
      ok: false,
      error: { type: "unplugged" },
    });
    await link.close();
  });

  it("by a stop lets the tablet go in good order: the next one opens it at once", async () => {
    const tablet = tabletOf({ bytesPerSecond: 20 * MIB });
    const { cable } = await bus(tablet);
    const link = await openOnly(cable);
    must(await link.list("", never));
    must(await link.list("batches", never));
    const stop = new AbortController();
    const read = link.read(
      "batches/big.age",
      0,
      () => {
        stop.abort();
        return true;
      },
      stop.signal,
    );
    expect(await read).toEqual({ ok: false, error: { type: "cancelled" } });
    await link.close();
    const again = await openOnly(cable);
    expect(must(await again.list("", never))).toHaveLength(2);
    await again.close();
  });

  it("while the tablet was asleep is over when it wakes up", async () => {
    const tablet = tabletOf({ hurry: 200 });
    const { cable } = await bus(tablet);
    const link = await openOnly(cable);
    must(await link.list("", never));
    must(await link.list("batches", never));
    tablet.after({ body: 5 * MIB }, "freeze");
    expect(await link.read("batches/big.age", 0, () => true, never)).toEqual({
      ok: false,
      error: { type: "not-answering" },
    });
    await link.close();
    expect((await onlyOne(cable)).problem).toEqual({ type: "not-answering" });
    tablet.thaw();
    expect((await onlyOne(cable)).problem).toBeNull();
    await (await openOnly(cable)).close();
  });

  it("by another program is listened to until the tablet is quiet", async () => {
    const tablet = tabletOf({ hurry: 20 });
    const { cable } = await bus(tablet);
    let times = 0;
    tablet.lie = ({ operation }, honest) =>
      operation === OPERATION.openSession && times++ === 0
        ? [
            plain(Buffer.alloc(3 * MIB, 0x33)),
            plain(Buffer.from("0c0000000300012044000000", "hex")),
            ...honest,
          ]
        : null;
    await (await openOnly(cable)).close();
    tablet.lie = otherBytes(OPERATION.openSession, Buffer.alloc(700, 1));
    expect((await onlyOne(cable)).problem?.type).toBe("lost-sync");
  });
});
