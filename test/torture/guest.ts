import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { TEST_ASSETS } from "../../fixtures/test-assets.ts";
import { aftermath } from "./aftermath.ts";
import { type Bench, prepare } from "./bench.ts";
import { canMount, copyImage, makeImage, mountImage, removeLeft, unmount } from "./mounts.ts";
import { type Ended, ROOT } from "./program.ts";
import { Guest, type Machine } from "./qemu.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";
import {
  backupScene,
  countSteps,
  exportScene,
  importScene,
  type Places,
  type Scene,
  unloadScene,
} from "./scenes.ts";

/**
 * A whole computer whose plug is pulled: the program runs in the lab's guest, its store on a disk of the guest's. At a step that the
 * program itself tells over the serial line, QEMU is killed. What the guest had only in memory is gone; its disk is read after, here.
 */

const USB_LAB = join(TEST_ASSETS, "usb-lab/usb-lab");
const CACHE = process.env.USB_LAB_CACHE ?? join(homedir(), ".cache/usb-lab");
const HERE = join(import.meta.dirname, "guest");
/** The kernel's own modules that the lab's guest lacks, in the order in which they need each other. */
const MODULES = [
  "drivers/block/virtio_blk",
  "crypto/crc32c_generic",
  "lib/crc16",
  "fs/mbcache",
  "fs/jbd2/jbd2",
  "fs/ext4/ext4",
];
/** Below this share one scene has to do: each needs a guest that is started from its beginning. */
const FEW = 0.1;
const BOOT_LIMIT_MS = 600_000;
const RUN_LIMIT_MS = 300_000;
/** The guest's kernel begins to write back by itself after so many hundredths of a second, looking as often: at once, or never in time. */
const WRITE_BACK = ["1 1", "10 20", "500 3000"];
const IN_GUEST: Places = { disk: "/disk", away: "/away" };

const shell = (command: string): void => {
  execFileSync("bash", ["-euo", "pipefail", "-c", command], { stdio: ["ignore", "ignore", "pipe"] });
};

/** The lab's guest, with our first process and the modules that disks need. */
async function makeInitrd(folder: string): Promise<string> {
  const over = join(folder, "over");
  const kernel = join(folder, "kernel");
  await mkdir(join(over, "modules"), { recursive: true });
  await mkdir(kernel);
  shell(`for deb in ${CACHE}/debs/linux-image-*.deb; do dpkg-deb -x "$deb" ${kernel}; done`);
  const version = (await readFile(join(CACHE, "guest/version"), "utf8")).trim();
  for (const [at, module] of MODULES.entries())
    await copyFile(
      join(kernel, "lib/modules", version, "kernel", `${module}.ko`),
      join(over, "modules", `${at}-${module.split("/").at(-1)}.ko`),
    );
  await copyFile(join(HERE, "init"), join(over, "guest-init"));
  const initrd = join(folder, "initrd");
  shell(
    `cd ${over} && chmod 755 guest-init && find . | busybox cpio -o -H newc 2>/dev/null | cat ${CACHE}/guest/root.cpio - > ${initrd}`,
  );
  await removeLeft(kernel);
  return initrd;
}

/** A disk with node, the built program and what it does not have built in. */
async function makeProgramDisk(folder: string): Promise<string> {
  const files = join(folder, "program");
  const sqlite = "node_modules/better-sqlite3";
  await mkdir(join(files, sqlite, "prebuilds"), { recursive: true });
  await copyFile(process.execPath, join(files, "node"));
  await cp(join(ROOT, "dist/cli"), join(files, "dist/cli"), { recursive: true });
  await copyFile(join(import.meta.dirname, "crash-points.mjs"), join(files, "crash-points.mjs"));
  for (const part of ["package.json", "lib", "prebuilds/linux-x64.node"])
    await cp(join(ROOT, sqlite, part), join(files, sqlite, part), { recursive: true });
  const image = join(folder, "program.img");
  await writeFile(image, "");
  await truncate(image, 256 * 1_048_576);
  shell(`chmod 755 ${files}/node && mkfs.ext4 -q -F -d ${files} ${image}`);
  await removeLeft(files);
  return image;
}

/** A scene in a guest that was kept right before its first step. */
interface Kept {
  readonly scene: Scene;
  readonly machine: Machine;
  readonly file: string;
  readonly steps: number;
}

const commandOf = (scene: Scene): string =>
  `SANAQ_FAULT=report SANAQ_FAULT_REPORT=/dev/ttyS0 SANAQ_FAULT_START=/go SANAQ_PASSPHRASE=torture \\
  /program/node --import /program/crash-points.mjs /program/dist/cli/sanaq-unload.mjs --lang en ${scene.args(IN_GUEST).join(" ")} >/out 2>/err
`;

async function keepScene(
  folder: string,
  scene: Scene,
  base: Omit<Machine, "disks">,
  program: string,
): Promise<Kept> {
  const counting = join(folder, "count");
  await mkdir(counting, { recursive: true });
  const steps = await countSteps(scene, { disk: counting, away: counting });
  await removeLeft(counting);
  const at = { disk: join(folder, "disk"), away: join(folder, "away") };
  const images = { disk: `${at.disk}.img`, away: `${at.away}.img` };
  for (const place of ["disk", "away"] as const) {
    makeImage(images[place], "ext4");
    mountImage(images[place], at[place]);
  }
  await scene.lay(at);
  await writeFile(join(at.away, "command"), commandOf(scene));
  unmount(at.disk);
  unmount(at.away);
  const machine: Machine = { ...base, disks: [program, images.disk, images.away] };
  const guest = new Guest(machine, join(folder, "control"));
  const said: string[] = [];
  try {
    for (;;) {
      const line = await guest.line(BOOT_LIMIT_MS);
      if (line?.startsWith("guest: ready")) break;
      if (line === null) throw new Error(`the guest ended: ${said.join("\n")}`);
      said.push(line);
    }
    const file = join(folder, "kept");
    await guest.keep(file);
    return { scene, machine, file, steps };
  } finally {
    await guest.kill();
  }
}

/** Runs a kept guest until it tells the step, or, with a step it never reaches, until it has told its report. Then the plug is pulled. */
async function runUntil(
  kept: Kept,
  machine: Machine,
  control: string,
  step: number,
  random: Random,
): Promise<Ended> {
  const guest = new Guest(machine, control, kept.file);
  try {
    await guest.goesOn();
    guest.say(random.pick(WRITE_BACK));
    let exit: number | null = null;
    let out = "";
    for (;;) {
      const line = await guest.line(RUN_LIMIT_MS);
      if (line === null) throw new Error("the guest ended by itself");
      if (line === `step ${step}` || line.startsWith("guest: told")) return { exit, out, err: "" };
      const ended = /^guest: ended (\d+)/.exec(line);
      if (ended !== null) exit = Number(ended[1]);
      else if (exit !== null) out = Buffer.from(line, "base64").toString("utf8");
    }
  } finally {
    await guest.kill();
  }
}

async function oneRun(kept: Kept, folder: string, step: number, random: Random) {
  const { scene } = kept;
  const at = { disk: join(folder, "disk"), away: join(folder, "away") };
  const images = { disk: `${at.disk}.img`, away: `${at.away}.img` };
  await mkdir(folder, { recursive: true });
  const [program, disk, away] = kept.machine.disks;
  copyImage(disk, images.disk);
  copyImage(away, images.away);
  const ended = await runUntil(
    kept,
    { ...kept.machine, disks: [program, images.disk, images.away] },
    join(folder, "control"),
    step,
    random,
  );
  mountImage(images.disk, at.disk);
  mountImage(images.away, at.away);
  try {
    return { struck: ended.exit === null, ...(await aftermath(scene, at, ended)) };
  } finally {
    unmount(at.disk);
    unmount(at.away);
    await removeLeft(folder);
  }
}

async function killed(plan: Plan, kept: Kept, runs: number): Promise<Row> {
  const torture = `the guest's plug pulled: ${kept.scene.name}`;
  const findings: string[] = [];
  let faults = 0;
  let lost = 0;
  for (let run = 0; run < runs; run++) {
    const random = plan.random.part(`${kept.scene.name} ${run}`);
    const step = 1 + random.below(Math.ceil(kept.steps * 1.15));
    const what = `${kept.scene.name} ${run}, step ${step} of ${kept.steps}`;
    try {
      const result = await oneRun(kept, join(plan.folder, "run"), step, random);
      if (result.struck) faults++;
      lost += result.lost;
      findings.push(...result.problems.map((problem) => `${what}: ${problem}`));
    } catch (error) {
      findings.push(`${what}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  return {
    torture,
    runs,
    faults,
    findings,
    lost,
    notes: `${kept.steps} steps; the others had told their report first`,
  };
}

const scenesOf = (bench: Bench): readonly (readonly [Scene, number])[] => [
  [unloadScene(bench), 110],
  [importScene(bench), 50],
  [exportScene(bench), 30],
  [backupScene(bench), 20],
];

/** At the full share: 210 guests killed. */
export async function guest(plan: Plan): Promise<readonly Row[]> {
  if (!existsSync(USB_LAB) || !canMount(plan.folder))
    return [
      {
        torture: "the guest's plug pulled",
        runs: 0,
        faults: 0,
        findings: [],
        lost: 0,
        notes: "not run: needs the USB lab, Linux, root and loop devices",
      },
    ];
  execFileSync(USB_LAB, ["up-check"], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const bench = await prepare(join(plan.folder, "bench"));
  const initrd = await makeInitrd(plan.folder);
  const program = await makeProgramDisk(plan.folder);
  const rows: Row[] = [];
  const scenes = scenesOf(bench);
  for (const [scene, full] of plan.share < FEW ? scenes.slice(0, 1) : scenes) {
    const folder = join(plan.folder, scene.name);
    const kept = await keepScene(folder, scene, { kernel: join(CACHE, "guest/vmlinuz"), initrd }, program);
    rows.push(await killed(plan, kept, runsOf(plan, full)));
    await removeLeft(folder);
  }
  return rows;
}
