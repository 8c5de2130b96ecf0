import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { prepare } from "./bench.ts";
import { checkReceipts, checkStore, lostOf, stagedNames } from "./checks.ts";
import { canMount, cutPower, flushAll, makeImage, mountImage, unmount, writeBack } from "./mounts.ts";
import { runProgram } from "./program.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/**
 * The power goes: whatever was not made durable is lost, or reached the disk in any order. The store lies on an ext4 in a file; at a
 * chosen step the process dies, some files are written back by chance, and the file as it then is becomes the disk after the power
 * came back.
 */

const IMAGE_MEGABYTES = 96;

async function someFiles(folder: string, random: Random): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter(() => random.below(3) === 0);
}

/** At the full share: 400 cuts. */
export async function power(plan: Plan): Promise<readonly Row[]> {
  const torture = "power gone at a step of an unloading";
  if (!canMount(plan.folder))
    return [
      {
        torture,
        runs: 0,
        faults: 0,
        findings: [],
        lost: 0,
        notes: "not run: needs Linux, root and loop devices",
      },
    ];
  const bench = await prepare(join(plan.folder, "bench"));
  const runs = runsOf(plan, 400);
  const findings: string[] = [];
  let faults = 0;
  let lost = 0;
  let steps = 150;
  for (let at = 0; at < runs; at++) {
    const random = plan.random.part(`cut ${at}`);
    const folder = join(plan.folder, `run-${at}`);
    const outbox = join(folder, "outbox");
    const image = join(folder, "disk.img");
    const disk = join(folder, "disk");
    await mkdir(folder, { recursive: true });
    await cp(bench.outbox, outbox, { recursive: true });
    makeImage(image, IMAGE_MEGABYTES);
    mountImage(image, disk);
    await cp(bench.freshStore, join(disk, "store"), { recursive: true });
    flushAll(disk);
    const args = ["--store", join(disk, "store"), "--json", "unload", "--from", outbox, "--receipts"];
    // One in four is let run to its end: what it reported must outlive a cut right after.
    const step = 1 + random.below(Math.ceil(steps * 1.33));
    const fault = step > steps ? "count" : `${random.pick(["kill-before", "kill-after"])}:${step}`;
    const report = join(folder, "steps");
    const ended = await runProgram(args, fault, { SANAQ_FAULT_REPORT: report });
    if (fault === "count") steps = Number(await readFile(report, "utf8"));
    if (ended.exit === null) faults++;
    for (const path of await someFiles(disk, random)) writeBack(path);
    cutPower(image, join(folder, "after.img"));
    unmount(disk);
    mountImage(join(folder, "after.img"), disk);
    const store = join(disk, "store");
    const problems = [...(await checkStore(store)), ...(await checkReceipts(outbox, store))];
    const gone = lostOf(ended.out, store);
    problems.push(...gone.map((name) => `reported as staged, and not there: ${name}`));
    lost += gone.length;
    const again = await runProgram(args, null);
    if (again.exit !== 1) problems.push(`run again: exit ${again.exit} ${again.err.slice(-300)}`);
    problems.push(...(await checkStore(store)));
    if (stagedNames(store).size !== bench.good) problems.push("not all is staged in the end");
    findings.push(...problems.map((problem) => `cut ${at}, ${fault}: ${problem}`));
    unmount(disk);
    await rm(folder, { recursive: true, force: true });
  }
  return [
    { torture, runs, faults, findings, lost, notes: "ext4 on a file; un-synced writes lost or in any order" },
  ];
}
