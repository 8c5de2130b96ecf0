import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { compose } from "../../main/compose.ts";
import { median, timed } from "./ratio.ts";

/**
 * Runs in the lab: tablet 0 has one batch of 64 MiB, tablet 1 has 200 of 200 KiB. Prints the medians as JSON. The other tools are timed as
 * processes, ours as an unloading by an engine that is open: their start is a few milliseconds of C, ours some seconds of an emulated V8.
 */

const ROUNDS = 3;
const run = promisify(execFile);
const top = process.env.SANAQ_LAB ?? "";
const tools = join(top, "tools/usr/bin");
const tablet = (command: string, number: number) => run("tablet", [command, String(number)]);

async function unloading(batches: number): Promise<number> {
  const folder = await mkdtemp("/tmp/store-");
  await cp(join(top, "store"), folder, { recursive: true });
  const engine = await compose({ storeFolder: folder });
  if (!engine.ok) throw new Error(JSON.stringify(engine.error));
  while ((await engine.value.tablets()).length === 0) await sleep(100);
  const options = { receipts: false, passphrase: null };
  const time = await timed(async () => {
    const report = await engine.value.unload(
      [{ type: "all" }],
      options,
      () => {},
      new AbortController().signal,
    );
    if (!report.ok || report.value.totals.staged !== batches) throw new Error(JSON.stringify(report));
  });
  engine.value.close();
  await rm(folder, { recursive: true });
  return time;
}

/** mtp-getfile of the large body. */
async function large(): Promise<{ ours: number; theirs: number }> {
  await tablet("plug", 0);
  const ours: number[] = [await unloading(1)];
  const { stdout } = await run("mtp-files", [], { maxBuffer: 1 << 24 });
  const id = /File ID: (\d+)\s+Filename: \S+\.age/.exec(stdout)?.[1];
  if (id === undefined) throw new Error(`mtp-files did not find the body: ${stdout}`);
  const theirs: number[] = [];
  ours.length = 0;
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push(await timed(() => run("mtp-getfile", [id, "/tmp/copy"])));
    ours.push(await unloading(1));
  }
  await tablet("unplug", 0);
  return { ours: median(ours), theirs: median(theirs) };
}

const PATIENCE = { maxBuffer: 1 << 24, timeout: 180_000, killSignal: "SIGKILL" } as const;
const OUTBOX = "Sanaq/outbox/batches";

/** Tools of Debian that copy a folder in one session. One that does not get on with the tablet is left out. */
const COPIERS: Readonly<Record<string, (into: string) => Promise<unknown>>> = {
  gphoto2: (into) =>
    run(join(tools, "gphoto2"), ["--get-all-files", "-f", `/store_00010001/${OUTBOX}`], {
      cwd: into,
      ...PATIENCE,
    }),
  "aft-mtp-cli": (into) => run(join(tools, "aft-mtp-cli"), [`get ${OUTBOX}`], { cwd: into, ...PATIENCE }),
};

/** Wall time of one tool's copying; null where it fails or leaves something out. */
async function copying(copy: (into: string) => Promise<unknown>): Promise<number | null> {
  const into = await mkdtemp("/tmp/copy-");
  try {
    const time = await timed(() => copy(into));
    const { stdout } = await run("find", [into, "-name", "*.age"]);
    return stdout.trim().split("\n").length === 200 ? time : null;
  } catch (error) {
    console.log(`left out: ${String(error)}`);
    await tablet("unplug", 1);
    await tablet("plug", 1);
    await sleep(2_000);
    return null;
  } finally {
    await rm(into, { recursive: true });
  }
}

async function many(): Promise<{ ours: number; theirs: Readonly<Record<string, number>> }> {
  await tablet("plug", 1);
  await unloading(200);
  const ours: number[] = [];
  const theirs = new Map(Object.keys(COPIERS).map((name) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, copy] of Object.entries(COPIERS)) {
      if (!theirs.has(name)) continue;
      const time = await copying(copy);
      if (time === null) theirs.delete(name);
      else theirs.get(name)?.push(time);
    }
    ours.push(await unloading(200));
  }
  return {
    ours: median(ours),
    theirs: Object.fromEntries([...theirs].map(([name, times]) => [name, median(times)])),
  };
}

const result = { large: await large(), many: await many() };
console.log(`RESULT ${JSON.stringify(result)}`);
