import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SimulatedCable } from "../../fixtures/tablet/cable.ts";
import { DiskFolder } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet, type TabletOptions } from "../../fixtures/tablet/tablet.ts";
import { FolderSource } from "../../main/adapters/tablets/folder/folder.ts";
import type { TabletLink } from "../../main/engine/ports.ts";
import { must } from "../integration/desk.ts";

/** What the engine relies on, whatever a tablet is behind: the same promises over a folder and over MTP of every kind. */

const MIB = 1_048_576;
const OUTBOX = "/Sanaq/outbox";
const never = new AbortController().signal;

/** Bytes of which no two MiB are alike. */
const pattern = (size: number): Buffer =>
  Buffer.from(
    Uint32Array.from({ length: Math.ceil(size / 4) }, (_, at) => Math.imul(at, 2_654_435_761)).buffer,
  ).subarray(0, size);

async function cableLink(storage: string, options: TabletOptions): Promise<TabletLink> {
  const cable = new SimulatedCable();
  const id = cable.plug(new SimulatedTablet(new DiskFolder(storage), options));
  return must(await cable.open(id, OUTBOX, never));
}

const kinds: Readonly<Record<string, (storage: string) => Promise<TabletLink>>> = {
  "a folder": async (storage) => must(await new FolderSource().open(join(storage, OUTBOX))),
  "MTP with 64-bit offsets": (storage) => cableLink(storage, {}),
  "MTP with 32-bit offsets": (storage) => cableLink(storage, { operations: "partial" }),
  "MTP with whole objects only": (storage) => cableLink(storage, { operations: "whole" }),
  "MTP without lists of properties": (storage) => cableLink(storage, { propertyLists: false }),
  "MTP with short parts": (storage) => cableLink(storage, { partialBytes: 100_000 }),
  "MTP with headers apart": (storage) => cableLink(storage, { splitHeader: true }),
  "MTP without empty packets": (storage) => cableLink(storage, { emptyPackets: false }),
  "MTP without empty packets, whole objects": (storage) =>
    cableLink(storage, { emptyPackets: false, operations: "whole" }),
  "MTP with a session left open": (storage) =>
    cableLink(storage, { sessionOpen: true, infoWithoutSession: false }),
};

async function readAll(link: TabletLink, path: string, offset = 0): Promise<Buffer> {
  const windows: Buffer[] = [];
  const handed = must(
    await link.read(
      path,
      offset,
      (window) => {
        windows.push(Buffer.from(window));
        return true;
      },
      never,
    ),
  );
  const bytes = Buffer.concat(windows);
  expect(handed).toBe(bytes.length);
  for (const window of windows.slice(0, -1)) expect(window.length).toBe(MIB);
  return bytes;
}

describe.each(Object.entries(kinds))("%s", (_, connect) => {
  let storage = "";
  let outbox = "";
  let link: TabletLink;
  const put = async (path: string, bytes: Uint8Array): Promise<void> => {
    await mkdir(join(outbox, path, ".."), { recursive: true });
    await writeFile(join(outbox, path), bytes);
  };
  beforeEach(async () => {
    storage = await mkdtemp(join(tmpdir(), "sanaq-link-"));
    outbox = join(storage, OUTBOX);
    await mkdir(join(outbox, "batches"), { recursive: true });
    link = await connect(storage);
  });
  afterEach(async () => {
    await link.close();
    await rm(storage, { recursive: true });
  });

  it("lists names, kinds and sizes, and nothing for a folder that is not there", async () => {
    await put("ledger.cose", pattern(700));
    await put("batches/one.age", pattern(2 * MIB));
    await put("batches/empty.cose", pattern(0));
    await put("batches/қосымша деректер.txt", pattern(5));
    const sorted = async (folder: "" | "batches" | "receipts") =>
      must(await link.list(folder, never)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(await sorted("")).toEqual([
      { name: "batches", kind: "folder", size: 0 },
      { name: "ledger.cose", kind: "file", size: 700 },
    ]);
    expect(await sorted("batches")).toEqual([
      { name: "empty.cose", kind: "file", size: 0 },
      { name: "one.age", kind: "file", size: 2 * MIB },
      { name: "қосымша деректер.txt", kind: "file", size: 5 },
    ]);
    expect(await sorted("receipts")).toEqual([]);
  });

  it.each([0, 1, 499, 500, 511, 512, 513, 65_536, MIB - 12, MIB - 1, MIB, MIB + 1, 3 * MIB + 500, 5 * MIB])(
    "hands over %i bytes as they lie there",
    async (size) => {
      const bytes = pattern(size);
      await put("batches/a.age", bytes);
      must(await link.list("", never));
      must(await link.list("batches", never));
      expect((await readAll(link, "batches/a.age")).equals(bytes)).toBe(true);
    },
  );

  it("goes on from any MiB", async () => {
    const bytes = pattern(4 * MIB + 77);
    await put("batches/a.age", bytes);
    must(await link.list("", never));
    must(await link.list("batches", never));
    for (const mib of [1, 3, 4])
      expect((await readAll(link, "batches/a.age", mib * MIB)).equals(bytes.subarray(mib * MIB))).toBe(true);
  });

  it("stops when it is told to, and reads another file after that", async () => {
    await put("batches/a.age", pattern(6 * MIB));
    await put("batches/b.cose", pattern(3_000));
    must(await link.list("", never));
    must(await link.list("batches", never));
    let windows = 0;
    const handed = must(await link.read("batches/a.age", 0, () => ++windows < 2, never));
    expect([windows, handed]).toEqual([2, 2 * MIB]);
    expect((await readAll(link, "batches/b.cose")).equals(pattern(3_000))).toBe(true);
  });

  it("leaves a window alone until it has been worked on", async () => {
    const bytes = pattern(4 * MIB);
    await put("batches/a.age", bytes);
    must(await link.list("", never));
    must(await link.list("batches", never));
    let at = 0;
    let same = true;
    const read = await link.read(
      "batches/a.age",
      0,
      async (window) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        same &&= bytes.subarray(at, at + window.length).equals(window);
        at += window.length;
        return true;
      },
      never,
    );
    expect([read.ok, same, at]).toEqual([true, true, 4 * MIB]);
  });

  it("says of a file that has gone or shrunk that it changed, and goes on with others", async () => {
    for (const name of ["gone", "short", "stays"]) await put(`batches/${name}.age`, pattern(2 * MIB));
    must(await link.list("", never));
    must(await link.list("batches", never));
    await rm(join(outbox, "batches/gone.age"));
    const gone = await link.read("batches/gone.age", 0, () => true, never);
    expect(gone).toEqual({ ok: false, error: { type: "changed", path: "batches/gone.age" } });
    await truncate(join(outbox, "batches/short.age"), MIB + 5);
    const handed: number[] = [];
    const short = await link.read("batches/short.age", 0, (window) => handed.push(window.length) > 0, never);
    // A folder is not listed again: it hands over what is there now. Over MTP the listed size counts.
    if (short.ok) expect(handed).toEqual([MIB, 5]);
    else expect(short.error).toEqual({ type: "changed", path: "batches/short.age" });
    expect((await readAll(link, "batches/stays.age")).equals(pattern(2 * MIB))).toBe(true);
  });

  it("is cancelled", async () => {
    await put("batches/a.age", pattern(8 * MIB));
    must(await link.list("", never));
    must(await link.list("batches", never));
    const stop = new AbortController();
    const read = await link.read(
      "batches/a.age",
      0,
      () => {
        stop.abort();
        return true;
      },
      stop.signal,
    );
    expect(read).toEqual({ ok: false, error: { type: "cancelled" } });
  });

  it("writes a receipt that was not there, and reads it back", async () => {
    must(await link.list("", never));
    must(await link.writeReceipt("a.cose", pattern(1_500), never));
    must(await link.writeReceipt("b.cose", pattern(512 - 12), never));
    expect((await readdir(join(outbox, "receipts"))).sort()).toEqual(["a.cose", "b.cose"]);
    expect((await readFile(join(outbox, "receipts/a.cose"))).equals(pattern(1_500))).toBe(true);
    expect(must(await link.list("receipts", never))).toHaveLength(2);
  });

  it("never writes over a file", async () => {
    await put("receipts/a.cose", pattern(10));
    must(await link.list("", never));
    expect(await link.writeReceipt("a.cose", pattern(20), never)).toEqual({
      ok: false,
      error: { type: "exists" },
    });
    expect((await readFile(join(outbox, "receipts/a.cose"))).length).toBe(10);
  });
});
