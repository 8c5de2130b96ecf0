import { mkdir, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { aftermath } from "./aftermath.ts";
import { type Bench, prepare } from "./bench.ts";
import {
  canMake,
  copyImage,
  type FileSystem,
  flushAll,
  makeImage,
  mountImage,
  removeLeft,
  unmount,
  writeBack,
  writeBackRange,
} from "./mounts.ts";
import { runProgram } from "./program.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";
import { backupScene, countSteps, exportScene, importScene, type Scene, unloadScene } from "./scenes.ts";

/**
 * The power goes: whatever was not made durable is lost, or reached the disk in any order. The store lies on a file system in a file; at
 * a chosen step the process dies, some files are written back by chance, some of them torn, and the file as it then is becomes the disk
 * after the power came back.
 */

const PAGE_BYTES = 4_096;

async function someFiles(folder: string, random: Random): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter(() => random.below(3) === 0);
}

/** What the system may do at any moment with what nobody asked it to make durable: some files whole, and of others some pages in a row. */
async function writeBackByChance(folder: string, random: Random): Promise<void> {
  const whole: string[] = [];
  for (const path of await someFiles(folder, random)) {
    const pages = Math.ceil((await stat(path)).size / PAGE_BYTES);
    if (pages < 2 || random.below(2) === 0) {
      whole.push(path);
      continue;
    }
    const from = random.below(pages);
    writeBackRange(path, from * PAGE_BYTES, (1 + random.below(pages - from)) * PAGE_BYTES);
  }
  // The journal that these write takes the torn ones' sizes along.
  for (const path of whole) writeBack(path);
}

interface Cut {
  readonly struck: boolean;
  readonly problems: readonly string[];
  readonly lost: number;
}

/** One cut. The fault `count`: the command is let run to its end, and what it reported must outlive a cut right after. */
async function oneCut(
  scene: Scene,
  folder: string,
  empty: string,
  fault: string,
  random: Random,
): Promise<Cut> {
  const image = join(folder, "disk.img");
  const at = { disk: join(folder, "disk"), away: folder };
  const mount = () => mountImage(image, at.disk);
  await mkdir(folder, { recursive: true });
  copyImage(empty, image);
  mount();
  try {
    await scene.lay(at);
    flushAll(at.disk);
    const ended = await runProgram(scene.args(at), fault, { SANAQ_FAULT_REPORT: join(folder, "steps") });
    await writeBackByChance(at.disk, random);
    copyImage(image, `${image}.after`);
    unmount(at.disk);
    await rename(`${image}.after`, image);
    mount();
    return { struck: ended.exit === null, ...(await aftermath(scene, at, ended)) };
  } finally {
    unmount(at.disk);
    await removeLeft(folder);
  }
}

async function cuts(plan: Plan, bench: Bench, system: FileSystem, full: number): Promise<Row> {
  const torture = `power gone at a step of unload, export, import or backup: ${system}`;
  if (!canMake(plan.folder, system))
    return {
      torture,
      runs: 0,
      faults: 0,
      findings: [],
      lost: 0,
      notes: "not run: cannot be made and mounted here",
    };
  const empty = join(plan.folder, `${system}.img`);
  makeImage(empty, system);
  const scenes = [
    unloadScene(bench),
    unloadScene(bench),
    exportScene(bench),
    importScene(bench),
    backupScene(bench),
  ];
  const steps = new Map<string, number>();
  const findings: string[] = [];
  const runs = runsOf(plan, full);
  let faults = 0;
  let lost = 0;
  for (let run = 0; run < runs; run++) {
    const random = plan.random.part(`${system} ${run}`);
    const scene = random.pick(scenes);
    const folder = join(plan.folder, `run-${run}`);
    if (!steps.has(scene.name)) {
      await mkdir(folder, { recursive: true });
      steps.set(scene.name, await countSteps(scene, { disk: folder, away: folder }));
      await removeLeft(folder);
    }
    const count = steps.get(scene.name) ?? 1;
    // One in four is let run to its end.
    const step = 1 + random.below(Math.ceil(count * 1.33));
    const fault = step > count ? "count" : `${random.pick(["kill-before", "kill-after"])}:${step}`;
    const cut = await oneCut(scene, folder, empty, fault, random);
    if (cut.struck) faults++;
    lost += cut.lost;
    findings.push(...cut.problems.map((problem) => `cut ${run}, ${scene.name}, ${fault}: ${problem}`));
  }
  return {
    torture,
    runs,
    faults,
    findings,
    lost,
    notes: "un-synced writes lost, torn or in any order; the rest ran to its end first",
  };
}

/** At the full share: 400 cuts on ext4, 100 on xfs, 100 on btrfs. */
export async function power(plan: Plan): Promise<readonly Row[]> {
  const bench = await prepare(join(plan.folder, "bench"));
  return [
    await cuts(plan, bench, "ext4", 400),
    await cuts(plan, bench, "xfs", 100),
    await cuts(plan, bench, "btrfs", 100),
  ];
}
