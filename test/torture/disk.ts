import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { prepare } from "./bench.ts";
import { checkStore, lostOf, stagedNames } from "./checks.ts";
import { canMount, mountSmall, remount, removeLeft, unmount } from "./mounts.ts";
import { runProgram } from "./program.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/** A disk that is really full at one point or another, or read-only: said plainly, nothing lost, and it goes on when there is room. */

const MIB = 1_048_576;
/** The store keeps this much free for its journal, and the outbox holds some 4 MB. */
const FROM = 1 * MIB;
const TO = 72 * MIB;

/** At the full share: 200 disks of different sizes, and 20 that turn read-only. */
export async function disk(plan: Plan): Promise<readonly Row[]> {
  const torture = "a disk too small";
  if (!canMount(plan.folder))
    return [{ torture, runs: 0, faults: 0, findings: [], lost: 0, notes: "not run: needs Linux and root" }];
  const bench = await prepare(join(plan.folder, "bench"));
  const small = runsOf(plan, 200);
  const readOnly = runsOf(plan, 20);
  const rows = { small: [] as string[], readOnly: [] as string[] };
  let full = 0;
  let refused = 0;
  let lost = 0;
  for (let at = 0; at < small + readOnly; at++) {
    const isSmall = at < small;
    const random = plan.random.part(`disk ${at}`);
    const mount = join(plan.folder, "disk");
    const store = join(mount, "store");
    const args = ["--store", store, "--json", "unload", "--from", bench.outbox];
    const size = isSmall ? FROM + random.below(TO - FROM) : 200 * MIB;
    await mkdir(mount, { recursive: true });
    mountSmall(mount, size);
    await cp(bench.freshStore, store, { recursive: true });
    if (!isSmall) remount(mount, "ro");
    const ended = await runProgram(args, null);
    const findings = isSmall ? rows.small : rows.readOnly;
    const say = (problem: string) => findings.push(`${isSmall ? `${size} bytes` : "read-only"}: ${problem}`);
    if (ended.exit === 3) isSmall ? full++ : refused++;
    else if (!isSmall || ended.exit !== 1) say(`exit ${ended.exit} ${ended.err.slice(-300)}`);
    if (ended.exit === 3 && !/disk|space/i.test(ended.err + ended.out))
      say(`no word about the disk: ${ended.err}`);
    const gone = isSmall ? lostOf(ended.out, store) : [];
    lost += gone.length;
    for (const name of gone) say(`reported as staged, and not there: ${name}`);
    remount(mount, isSmall ? `size=${200 * MIB}` : "rw");
    for (const problem of await checkStore(store)) say(problem);
    const again = await runProgram(args, null);
    if (again.exit !== 1) say(`with room again: exit ${again.exit} ${again.err.slice(-300)}`);
    for (const problem of await checkStore(store)) say(problem);
    if (stagedNames(store).size !== bench.good) say("not all is staged in the end");
    unmount(mount);
    await removeLeft(mount);
  }
  const none = { lost: 0, notes: "" };
  return [
    { torture, runs: small, faults: full, findings: rows.small, ...none, lost },
    {
      torture: "a disk that is read-only",
      runs: readOnly,
      faults: refused,
      findings: rows.readOnly,
      ...none,
    },
  ];
}
