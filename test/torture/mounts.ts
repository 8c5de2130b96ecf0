import { execFileSync } from "node:child_process";
import { mkdirSync, rmdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";

/** File systems made for one run. They need Linux, root, and loop devices. */

const call = (program: string, ...args: readonly string[]): void => {
  execFileSync(program, args, { stdio: ["ignore", "ignore", "pipe"] });
};

/** File systems that lie in a file, with the least size that their tools make, in MiB. */
const SIZES = { ext4: 96, xfs: 320, btrfs: 192 } as const;

export type FileSystem = keyof typeof SIZES;

const MAKE: Readonly<Record<FileSystem, readonly [string, ...string[]]>> = {
  ext4: ["mkfs.ext4", "-q", "-F"],
  xfs: ["mkfs.xfs", "-q", "-f"],
  btrfs: ["mkfs.btrfs", "-q", "-f", "--mixed"],
};

/** Whether file systems of this kind can be made and mounted here. */
export function canMake(folder: string, system: FileSystem): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const image = `${folder}/probe-${system}.img`;
  try {
    makeImage(image, system);
    mountImage(image, `${folder}/probe`);
    unmount(`${folder}/probe`);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(image, { force: true });
  }
}

/** Whether file systems can be mounted at all. */
export const canMount = (folder: string): boolean => canMake(folder, "ext4");

/** An empty file system in a file. */
export function makeImage(image: string, system: FileSystem): void {
  writeFileSync(image, "");
  truncateSync(image, SIZES[system] * 1_048_576);
  const [program, ...args] = MAKE[system];
  call(program, ...args, image);
}

/** Mounts an image; after a copy of a mounted one, its journal is replayed, as when the power comes back. */
export function mountImage(image: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  call("mount", "-o", "loop,noatime", image, folder);
}

/** A file system in memory that holds so many bytes and no more. */
export function mountSmall(folder: string, bytes: number): void {
  mkdirSync(folder, { recursive: true });
  call("mount", "-t", "tmpfs", "-o", `size=${Math.ceil(bytes / 4096) * 4096}`, "sanaq", folder);
}

/** Changes a mounted file system: `size=…`, `ro`. */
export const remount = (folder: string, option: string): void =>
  call("mount", "-o", `remount,${option}`, folder);

/** Runs a step of cleaning up. A failure is said, and decides nothing: what was tested stands already. */
function tidy(what: string, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    console.error(`cleaning up: ${what}: ${String(error).split("\n")[0]}`);
    return false;
  }
}

/**
 * Takes a file system away. What was not written back stays unwritten only in copies of the image made before. One that is still in use
 * by somebody (EBUSY) is written back and detached: its folder is free at once, and the rest follows when the last user lets go.
 */
export function unmount(folder: string): void {
  const isGone = tidy(`unmount ${folder}`, () => call("umount", folder));
  if (!isGone) {
    tidy(`write back ${folder}`, () => flushAll(folder));
    tidy(`detach ${folder}`, () => call("umount", "-l", folder));
  }
  tidy(`remove ${folder}`, () => rmdirSync(folder));
}

/** Removes what a run has left, as far as the system allows; a file system that is still mounted below may hold its folder. */
export async function removeLeft(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch((error) => {
    console.error(`cleaning up: remove ${folder}: ${error.code}`);
  });
}

/** Copies an image as it is at this moment: of a mounted one, what a disk would hold if the power went now. */
export const copyImage = (image: string, copy: string): void => call("cp", "--sparse=always", image, copy);

/** Lets one file reach the disk, as the system may at any time and in any order. */
export const writeBack = (path: string): void => call("sync", "-d", path);

/**
 * The same for some of a file's bytes alone: torn, where the rest does not follow. Without xfs_io (xfsprogs) the whole file is written back.
 *
 * @param bytes - whole pages of 4096
 */
export function writeBackRange(path: string, from: number, bytes: number): void {
  try {
    call("xfs_io", "-c", `sync_range -w ${from} ${bytes}`, "-c", `sync_range -a ${from} ${bytes}`, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    writeBack(path);
  }
}

/** Makes everything on a file system durable. */
export const flushAll = (folder: string): void => call("sync", "-f", folder);
