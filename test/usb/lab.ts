import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { appendFile, cp, mkdtemp, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { compose } from "../../main/compose.ts";
import type { Engine } from "../../main/engine/api.ts";
import type { TabletProgress, TabletReport } from "../../shared/views.ts";
import type { LabPlan, MadeTablet } from "./prepare.ts";

/** What a test inside the lab needs: the cable by hand, the engine on the real USB, and a look into the store. */

const run = promisify(execFile);
const SEEN_MS = 60_000;
const top = process.env.SANAQ_LAB ?? "";
const plan = JSON.parse(readFileSync(join(top, "plan.json"), "utf8")) as LabPlan;

/** Moves the cable: `plug`, `unplug`, `freeze`, `thaw`. Resolves when it is done. */
export async function tablet(command: string, number: number): Promise<void> {
  await run("tablet", [command, String(number)]);
}

/** Moves a QEMU tablet with a serial number that another one has: the lab's own command tells tablets apart by it. */
export async function qemuTwin(
  command: "device_add" | "device_del",
  number: number,
  serial: string,
): Promise<void> {
  const facts = await readFile(`/lab/device/${number}`, "utf8");
  const rootdir = /^rootdir=(\S+)$/m.exec(facts)?.[1];
  const id = `twin${number}`;
  const device = { driver: "usb-mtp", id, bus: "xhci.0", serial, rootdir, desc: "storage" };
  const line = { execute: command, arguments: command === "device_add" ? device : { id } };
  await appendFile("/run/lab/qmp", `${JSON.stringify(line)}\n`);
}

/** Waits until the engine sees so many tablets on the cable. */
export async function seen(engine: Engine, count: number): Promise<void> {
  const end = Date.now() + SEEN_MS;
  while ((await engine.tablets()).length !== count) {
    if (Date.now() > end) throw new Error(`not ${count} tablets on the cable`);
    await sleep(100);
  }
}

/** Plugs tablets in, and waits until the engine sees as many on the cable: the kernel is done a little before the bus lists them. */
export async function plugged(engine: Engine, ...numbers: readonly number[]): Promise<void> {
  await Promise.all(numbers.map((number) => tablet("plug", number)));
  await seen(engine, numbers.length);
}

export function made(name: string): MadeTablet {
  const found = plan.tablets[name];
  if (found === undefined) throw new Error(`no tablet ${name} was made`);
  return found;
}

/** A copy of the station's store in the guest's memory. */
export async function newStore(): Promise<string> {
  const folder = await mkdtemp("/tmp/store-");
  await cp(plan.store, folder, { recursive: true });
  return folder;
}

/** The engine as every host has it, on the real cable. */
export async function openEngine(store: string): Promise<Engine & Disposable> {
  const engine = await compose({ storeFolder: store });
  if (!engine.ok) throw new Error(JSON.stringify(engine.error));
  return { ...engine.value, [Symbol.dispose]: () => engine.value.close() };
}

/** Unloads everything on the cable. */
export async function unloadAll(
  engine: Engine,
  options: { readonly receipts?: boolean; readonly onProgress?: (progress: TabletProgress) => void } = {},
): Promise<readonly TabletReport[]> {
  const report = await engine.unload(
    [{ type: "all" }],
    { receipts: options.receipts ?? false, passphrase: "" },
    options.onProgress ?? (() => {}),
    new AbortController().signal,
  );
  if (!report.ok) throw new Error(JSON.stringify(report.error));
  return report.value.tablets;
}

export async function unloadOne(...args: Parameters<typeof unloadAll>): Promise<TabletReport> {
  const [report, ...others] = await unloadAll(...args);
  assert.ok(report !== undefined && others.length === 0, "one tablet is on the cable");
  return report;
}

/** Bytes of the bodies that are staged or on their way in. */
export async function keptBytes(store: string): Promise<number> {
  let bytes = 0;
  for (const folder of ["spool", "bodies"])
    for (const name of await readdir(join(store, folder), { recursive: true })) {
      const found = await stat(join(store, folder, name));
      if (found.isFile()) bytes += found.size;
    }
  return bytes;
}

/** The bodies in the store are those that the tablet was made with, no more and no fewer. */
export async function assertUnloaded(store: string, name: string): Promise<void> {
  const { device, bodies } = made(name);
  const folder = join(store, "bodies", device);
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".age")).sort();
  const wanted = Object.entries(bodies).filter(([, body]) => body !== null);
  assert.equal(files.length, wanted.length, "as many bodies as batches");
  for (const [seq, body] of wanted) {
    const file = files.find((one) => one.includes(seq.padStart(8, "0")));
    assert.ok(file !== undefined && body !== null, `the body of batch ${seq}`);
    const sha256 = createHash("sha256");
    await pipeline(createReadStream(join(folder, file)), sha256);
    assert.equal(sha256.digest("hex"), body.sha256, `the bytes of batch ${seq}`);
  }
}

/** `seq outcome`, in order, with the reason where there is one. */
export const outcomes = (report: TabletReport): readonly string[] =>
  report.batches.map(
    ({ seq, outcome, reason }) => `${seq} ${outcome}${reason === null ? "" : ` (${reason})`}`,
  );
