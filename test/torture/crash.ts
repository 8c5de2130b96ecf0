import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startPostgres } from "../../fixtures/postgres/server.ts";
import { aftermath } from "./aftermath.ts";
import { prepare } from "./bench.ts";
import { runProgram } from "./program.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";
import {
  backupScene,
  countSteps,
  exportScene,
  importScene,
  migrationScene,
  receiptScene,
  type Scene,
  unloadScene,
  uploadScene,
} from "./scenes.ts";

/**
 * A station that dies, or whose disk fails, at any step of a command. The step is chosen by number, not by time, so the same seed
 * meets the same moment.
 */

const KINDS = {
  killed: (random: Random, at: number) => `${random.pick(["kill-before", "kill-after"])}:${at}`,
  "disk failing or full": (random: Random, at: number) =>
    random.pick([`EIO:${at}`, `ENOSPC:${at}`, `ENOSPC:${at}+`]),
} as const;

export interface RunResult {
  readonly struck: boolean;
  readonly problems: readonly string[];
  readonly lost: number;
}

/** Lays the scene, lets the fault strike, checks, repeats the command, checks. `disk`, `away`: see scenes.ts. */
export async function oneRun(
  scene: Scene,
  folder: string,
  fault: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const at = { disk: folder, away: folder };
  await mkdir(folder, { recursive: true });
  await scene.lay(at);
  const ended = await runProgram(scene.args(at), fault, env);
  const problems: string[] = [];
  const killed = ended.exit === null;
  const struck = killed || fault.startsWith("E") || fault === "slowly";
  if (!killed && ended.exit !== 3 && !scene.exits.includes(ended.exit ?? -1))
    problems.push(`exit ${ended.exit}: ${ended.err.slice(-300)}`);
  if (!killed) {
    try {
      JSON.parse(ended.out);
    } catch {
      problems.push(`no JSON document: ${ended.out.slice(0, 100)} ${ended.err.slice(-300)}`);
    }
  }
  const after = await aftermath(scene, at, ended);
  await rm(folder, { recursive: true, force: true });
  return { struck, problems: [...problems, ...after.problems], lost: after.lost };
}

async function torment(scene: Scene, kind: keyof typeof KINDS, plan: Plan, runs: number): Promise<Row> {
  const torture = `${kind} at a step: ${scene.name}`;
  const random = plan.random.part(torture);
  const counting = join(plan.folder, "count");
  await mkdir(counting, { recursive: true });
  const steps = await countSteps(scene, { disk: counting, away: counting });
  await rm(counting, { recursive: true });
  const faults = Array.from({ length: runs }, () => KINDS[kind](random, 1 + random.below(steps)));
  const findings: string[] = [];
  let struck = 0;
  let lost = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < faults.length; at = next++) {
      const fault = faults[at] ?? "";
      const result = await oneRun(scene, join(plan.folder, `${scene.name}-${at}`), fault);
      if (result.struck) struck++;
      lost += result.lost;
      findings.push(...result.problems.map((problem) => `${fault}: ${problem}`));
    }
  };
  await Promise.all([work(), work()]);
  return { torture, runs, faults: struck, findings, lost, notes: `${steps} steps to choose from` };
}

/** At the full share: 2,000 kills over all commands that write, and 700 disks that fail or are full. */
export async function crash(plan: Plan): Promise<readonly Row[]> {
  const bench = await prepare(join(plan.folder, "bench"));
  const server = await startPostgres();
  try {
    const rows: Row[] = [];
    const scenes = [
      unloadScene(bench),
      receiptScene(bench),
      uploadScene(bench, server),
      exportScene(bench),
      importScene(bench),
      backupScene(bench),
      migrationScene(bench),
    ];
    for (const [kind, full] of [
      ["killed", 2_000],
      ["disk failing or full", 700],
    ] as const)
      for (const scene of scenes)
        rows.push(await torment(scene, kind, plan, runsOf(plan, Math.ceil(full / scenes.length))));
    return rows;
  } finally {
    await server.stop();
  }
}
