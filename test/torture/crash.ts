import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres.ts";
import { Audit } from "../../main/adapters/store/audit.ts";
import { first } from "../../main/adapters/store/migrations/0001-first.ts";
import { KNOWN_VERSION } from "../../main/adapters/store/open.ts";
import { ask } from "../integration/postgres.ts";
import { type Bench, prepare } from "./bench.ts";
import { checkReceipts, checkStore, lostOf, stagedNames } from "./checks.ts";
import { type Ended, runProgram } from "./program.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/**
 * A station that dies, or whose disk fails, at any step of a command. The step is chosen by number, not by time, so the same seed
 * meets the same moment.
 */

/** One command, from the state it begins with to what must be true after it was repeated. */
interface Scene {
  readonly name: string;
  /** Puts everything the command needs into `folder`. */
  lay(folder: string): Promise<void>;
  args(folder: string): readonly string[];
  /** Exit codes of a run that nothing befell. */
  readonly exits: readonly number[];
  /** What must hold right after the fault. */
  afterFault(folder: string, ended: Ended): Promise<readonly string[]>;
  /** What must hold after the command was run once more to its end. */
  afterRepeat(folder: string): Promise<readonly string[]>;
}

const store = (folder: string): string => join(folder, "store");

const unloadScene = (bench: Bench): Scene => ({
  name: "unload with a receipt",
  async lay(folder) {
    await cp(bench.freshStore, store(folder), { recursive: true });
    await cp(bench.outbox, join(folder, "outbox"), { recursive: true });
  },
  args: (folder) => [
    "--store",
    store(folder),
    "--json",
    "unload",
    "--from",
    join(folder, "outbox"),
    "--receipts",
  ],
  exits: [1],
  afterFault: (folder) => checkReceipts(join(folder, "outbox"), store(folder)),
  async afterRepeat(folder) {
    const problems = [...(await checkReceipts(join(folder, "outbox"), store(folder)))];
    const staged = stagedNames(store(folder)).size;
    if (staged !== bench.good) problems.push(`${staged} of ${bench.good} are staged in the end`);
    return problems;
  },
});

function uploadScene(bench: Bench, server: PostgresServer): Scene {
  const urls = new Map<string, string>();
  let made = 0;
  const url = (folder: string): string => urls.get(folder) ?? "";
  const atCentre = (folder: string) =>
    ask<{ whole: boolean }>(
      url(folder),
      `SELECT b.length = (SELECT coalesce(sum(length(c.body)), 0) FROM unnest(b.chunks) AS wanted(digest)
         JOIN chunks c ON c.device = b.device AND c.digest = wanted.digest) AS whole FROM batches b`,
    );
  return {
    name: "upload",
    async lay(folder) {
      await cp(bench.stagedStore, store(folder), { recursive: true });
      urls.set(folder, await server.createDatabase(`torture_${++made}`));
    },
    args: (folder) => ["--store", store(folder), "--json", "upload", "--to", url(folder)],
    exits: [0],
    async afterFault() {
      return [];
    },
    async afterRepeat(folder) {
      const rows = await atCentre(folder);
      const problems = rows.filter((row) => !row.whole).map(() => "a batch at the centre lacks bytes");
      if (rows.length !== bench.good)
        problems.push(`${rows.length} of ${bench.good} are at the centre in the end`);
      return problems;
    },
  };
}

const exportScene = (bench: Bench): Scene => ({
  name: "export",
  lay: (folder) => cp(bench.stagedStore, store(folder), { recursive: true }),
  args: (folder) => ["--store", store(folder), "--json", "export", "--to", join(folder, "bag")],
  exits: [0],
  async afterFault() {
    return [];
  },
  async afterRepeat(folder) {
    const other = join(folder, "other");
    await cp(bench.otherStore, other, { recursive: true });
    const taken = await runProgram(["--store", other, "--json", "import", join(folder, "bag")], null);
    // 1: the batch that was refused at the first station is a gap at the second.
    const problems =
      taken.exit === 1 ? [] : [`the bag is not taken: exit ${taken.exit} ${taken.out.slice(0, 400)}`];
    const staged = stagedNames(other).size;
    return staged === bench.good ? problems : [...problems, `${staged} of ${bench.good} arrived`];
  },
});

const importScene = (bench: Bench): Scene => ({
  name: "import",
  async lay(folder) {
    await cp(bench.otherStore, store(folder), { recursive: true });
    await cp(bench.bag, join(folder, "bag"), { recursive: true });
  },
  args: (folder) => ["--store", store(folder), "--json", "import", join(folder, "bag")],
  exits: [1],
  async afterFault() {
    return [];
  },
  async afterRepeat(folder) {
    const staged = stagedNames(store(folder)).size;
    return staged === bench.good ? [] : [`${staged} of ${bench.good} are staged in the end`];
  },
});

/** A backup that died is thrown away and made anew; what counts is that half of one is never taken for a whole. */
const backupScene = (bench: Bench): Scene => ({
  name: "backup",
  lay: (folder) => cp(bench.stagedStore, store(folder), { recursive: true }),
  args: (folder) => ["--store", store(folder), "--json", "backup", "--to", join(folder, "backup")],
  exits: [0],
  async afterFault(folder, ended) {
    if (ended.exit === 0) return [];
    const restored = join(folder, "half");
    const taken = await runProgram(["--store", restored, "--json", "restore", join(folder, "backup")], null);
    await rm(join(folder, "backup"), { recursive: true, force: true });
    if (taken.exit !== 0) return [];
    const staged = stagedNames(restored).size;
    return staged === bench.good ? [] : [`half a backup was restored: ${staged} of ${bench.good}`];
  },
  async afterRepeat(folder) {
    const restored = join(folder, "restored");
    const taken = await runProgram(["--store", restored, "--json", "restore", join(folder, "backup")], null);
    if (taken.exit !== 0)
      return [`the backup is not restored: exit ${taken.exit} ${taken.out.slice(0, 300)}`];
    const problems = await checkStore(restored);
    const staged = stagedNames(restored).size;
    return staged === bench.good ? problems : [...problems, `${staged} of ${bench.good} were restored`];
  },
});

/** A store of the first version, as a station may have it that was never updated. */
const migrationScene = (bench: Bench): Scene => ({
  name: "migration",
  async lay(folder) {
    await mkdir(store(folder), { recursive: true, mode: 0o700 });
    const db = new Database(join(store(folder), "store.db"));
    db.pragma("journal_mode = WAL");
    db.exec(first);
    db.prepare("INSERT INTO facts (name, value) VALUES ('store', ?)").run("0123456789abcdef".repeat(2));
    new Audit(db, () => new Date()).append({ type: "store-created", data: {} });
    db.pragma("user_version = 1");
    db.close();
  },
  args: (folder) => ["--store", store(folder), "--json", "campaign", "load", bench.campaignFolder],
  exits: [0],
  async afterFault() {
    return [];
  },
  async afterRepeat(folder) {
    const db = new Database(join(store(folder), "store.db"), { readonly: true });
    const version = db.pragma("user_version", { simple: true });
    db.close();
    return version === KNOWN_VERSION ? [] : [`version ${version} in the end`];
  },
});

/** Number of steps of a run that nothing befalls. */
async function countSteps(scene: Scene, folder: string): Promise<number> {
  await scene.lay(folder);
  const report = join(folder, "steps");
  const ended = await runProgram(scene.args(folder), "count", { SANAQ_FAULT_REPORT: report });
  if (!scene.exits.includes(ended.exit ?? -1))
    throw new Error(`${scene.name}: exit ${ended.exit}\n${ended.out}\n${ended.err}`);
  return Number(await readFile(report, "utf8"));
}

function chooseFault(random: Random, steps: number): string {
  const kind = random.pick(["kill-before", "kill-after", "kill-before", "kill-after", "EIO", "ENOSPC"]);
  const at = 1 + random.below(steps);
  return kind === "ENOSPC" && random.below(2) === 0 ? `${kind}:${at}+` : `${kind}:${at}`;
}

interface RunResult {
  readonly struck: boolean;
  readonly problems: readonly string[];
  readonly lost: number;
}

async function oneRun(scene: Scene, folder: string, fault: string): Promise<RunResult> {
  await mkdir(folder, { recursive: true });
  await scene.lay(folder);
  const ended = await runProgram(scene.args(folder), fault);
  const problems: string[] = [];
  const killed = ended.exit === null;
  const struck = killed || fault.startsWith("E");
  if (!killed && ended.exit !== 3 && !scene.exits.includes(ended.exit ?? -1))
    problems.push(`exit ${ended.exit}: ${ended.err.slice(-300)}`);
  if (!killed) {
    try {
      JSON.parse(ended.out);
    } catch {
      problems.push(`no JSON document: ${ended.out.slice(0, 100)} ${ended.err.slice(-300)}`);
    }
  }
  problems.push(...(await checkStore(store(folder))), ...(await scene.afterFault(folder, ended)));
  const lost = lostOf(ended.out, store(folder));
  problems.push(...lost.map((name) => `reported as staged, and not there: ${name}`));
  const again = await runProgram(scene.args(folder), null);
  if (!scene.exits.includes(again.exit ?? -1))
    problems.push(`run again: exit ${again.exit}: ${again.out.slice(0, 300)} ${again.err.slice(-300)}`);
  problems.push(...(await checkStore(store(folder))), ...(await scene.afterRepeat(folder)));
  await rm(folder, { recursive: true, force: true });
  return { struck, problems, lost: lost.length };
}

async function torment(scene: Scene, plan: Plan, runs: number): Promise<Row> {
  const random = plan.random.part(scene.name);
  const counting = join(plan.folder, "count");
  await mkdir(counting, { recursive: true });
  const steps = await countSteps(scene, counting);
  await rm(counting, { recursive: true });
  const faults = Array.from({ length: runs }, () => chooseFault(random, steps));
  const findings: string[] = [];
  let struck = 0;
  let lost = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < faults.length; at = next++) {
      const fault = faults[at] ?? "";
      const result = await oneRun(scene, join(plan.folder, `${scene.name.split(" ")[0]}-${at}`), fault);
      if (result.struck) struck++;
      lost += result.lost;
      findings.push(...result.problems.map((problem) => `${fault}: ${problem}`));
    }
  };
  await Promise.all([work(), work()]);
  return {
    torture: `killed, disk failing or full at a step: ${scene.name}`,
    runs,
    faults: struck,
    findings,
    lost,
    notes: `${steps} steps to choose from`,
  };
}

/** 2,000 runs at the full share, over all commands that write. */
export async function crash(plan: Plan): Promise<readonly Row[]> {
  const bench = await prepare(join(plan.folder, "bench"));
  const server = await startPostgres();
  try {
    const rows: Row[] = [];
    const scenes = [
      unloadScene(bench),
      uploadScene(bench, server),
      exportScene(bench),
      importScene(bench),
      backupScene(bench),
      migrationScene(bench),
    ];
    for (const scene of scenes)
      rows.push(await torment(scene, plan, runsOf(plan, Math.ceil(2_000 / scenes.length))));
    return rows;
  } finally {
    await server.stop();
  }
}
