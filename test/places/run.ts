import { spawnSync } from "node:child_process";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

/**
 * `node test/places/run.ts`: the demo from a checkout in a place that other users cannot enter, with blanks and Cyrillic letters in its path and a
 * temporary folder of its own; as root also as a plain user. Ends with 1 where one of them fails.
 */

const root = join(import.meta.dirname, "../..");
/** Longest run of one demo, in milliseconds. */
const DEMO_MS = 180_000;
/** What a clone does not have, or has by `npm ci`. */
const NOT_CLONED: ReadonlySet<string> = new Set([".git", "node_modules", "dist", "release", "pictures"]);

/** A user without rights that every Unix has. */
const NOBODY = 65_534;

/** Copies the checkout. The packages are linked, file by file, so that they really lie in the new place. */
async function cloneTo(folder: string): Promise<void> {
  for (const name of await readdir(root))
    if (!NOT_CLONED.has(name)) await cp(join(root, name), join(folder, name), { recursive: true });
  const packages = ["node_modules", join(folder, "node_modules")] as const;
  const linked = spawnSync("cp", ["-al", ...packages], { cwd: root, stdio: "ignore" });
  if (linked.status === 0) return;
  await rm(packages[1], { recursive: true, force: true });
  await cp(join(root, packages[0]), packages[1], { recursive: true, verbatimSymlinks: true });
}

function demo(what: string, folder: string, temporary: string, user: number | null): boolean {
  const node = join(folder, "node_modules/.bin/node");
  const ran = spawnSync(node, ["main/demo/main.ts", "--lang", "ru"], {
    cwd: folder,
    env: { ...process.env, TMPDIR: temporary, HOME: temporary },
    encoding: "utf8",
    timeout: DEMO_MS,
    ...(user === null ? {} : { uid: user, gid: user }),
  });
  const isGood = ran.status === 0;
  console.log(`${isGood ? "passed" : "FAILED"}: the demo ${what}`);
  if (!isGood) console.log(`${ran.error ?? ""}\n${ran.stdout}\n${ran.stderr}`);
  return isGood;
}

const top = await mkdtemp(join(tmpdir(), "sanaq-places-"));
try {
  const home = join(top, "жеке қалта (private)");
  const clone = join(home, "клон проекта");
  const temporary = join(home, "tmp");
  await mkdir(home, { mode: 0o700 });
  for (const folder of [clone, temporary]) await mkdir(folder, { mode: 0o700 });
  await cloneTo(clone);
  const results = [demo("in a private folder with an odd name", clone, temporary, null)];
  if (process.getuid?.() === 0) {
    for (const folder of [top, home, clone]) await chmod(folder, 0o755);
    const own = join(home, "tmp of nobody");
    await mkdir(own, { mode: 0o700 });
    await chown(own, NOBODY, NOBODY);
    const reachable = ((await stat(tmpdir())).mode & 0o001) !== 0;
    if (reachable) results.push(demo("as a plain user", clone, own, NOBODY));
    else console.log("skipped: the demo as a plain user, because TMPDIR is closed to others");
  }
  process.exitCode = results.every((one) => one) ? 0 : 1;
} finally {
  await rm(top, { recursive: true, force: true }).catch((error) =>
    console.error(`left behind: ${top} (${error.code})`),
  );
}
