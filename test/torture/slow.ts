import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startPostgres } from "../../fixtures/postgres/server.ts";
import { type Bench, prepare } from "./bench.ts";
import { checkStore, stagedNames } from "./checks.ts";
import { oneRun, type RunResult } from "./crash.ts";
import { ROOT, runScript } from "./program.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";
import {
  backupScene,
  countSteps,
  exportScene,
  importScene,
  receiptScene,
  type Scene,
  unloadScene,
  uploadScene,
} from "./scenes.ts";

/** A disk on which every step takes its time: what ran one after the other by luck no longer does, and waits for tablets go on meanwhile. */

/** Longest wait before a step, in milliseconds: of a worn disk, and of one that is about to fail. */
const SLOW = [20, 60, 150];
/** They wait more than they work. */
const AT_ONCE = 6;
const CABLE_PROGRAM = join(ROOT, "test/integration/unload-process.ts");

async function overTheCable(
  bench: Bench,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<RunResult> {
  const store = join(folder, "store");
  await mkdir(folder, { recursive: true });
  await cp(bench.freshStore, store, { recursive: true });
  await cp(bench.outbox, join(folder, "tablet/Sanaq/outbox"), { recursive: true });
  const ended = await runScript(CABLE_PROGRAM, [store, "cable", join(folder, "tablet")], "slowly", env);
  const problems = ended.exit === 0 ? [] : [`exit ${ended.exit}: ${ended.err.slice(-300)}`];
  problems.push(...(await checkStore(store)));
  const staged = stagedNames(store).size;
  if (staged !== bench.good) problems.push(`${staged} of ${bench.good} are staged`);
  await rm(folder, { recursive: true });
  return { struck: true, problems, lost: 0 };
}

interface Job {
  readonly what: string;
  run(folder: string): Promise<RunResult>;
}

async function all(plan: Plan, torture: string, jobs: readonly Job[]): Promise<Row> {
  const findings: string[] = [];
  let faults = 0;
  let lost = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < jobs.length; at = next++) {
      const job = jobs[at];
      if (job === undefined) return;
      const result = await job.run(join(plan.folder, `run-${at}`));
      if (result.struck) faults++;
      lost += result.lost;
      findings.push(...result.problems.map((problem) => `${job.what}: ${problem}`));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return {
    torture,
    runs: jobs.length,
    faults,
    findings,
    lost,
    notes: `each step waits up to ${SLOW.join(", ")} ms`,
  };
}

const envOf = (random: Random) => ({ SANAQ_SLOW_MS: String(random.pick(SLOW)) });

/** At the full share: 120 commands on a slow disk, 30 unloadings over the cable onto one, and 200 kills on one. */
export async function slow(plan: Plan): Promise<readonly Row[]> {
  const bench = await prepare(join(plan.folder, "bench"));
  const server = await startPostgres();
  try {
    const scenes = [
      unloadScene(bench),
      receiptScene(bench),
      uploadScene(bench, server),
      exportScene(bench),
      importScene(bench),
      backupScene(bench),
    ];
    const steps = new Map<Scene, number>();
    for (const scene of scenes) {
      const folder = join(plan.folder, "count");
      await mkdir(folder, { recursive: true });
      steps.set(scene, await countSteps(scene, { disk: folder, away: folder }));
      await rm(folder, { recursive: true });
    }
    const jobs = (
      name: string,
      full: number,
      faultOf: (random: Random, scene: Scene) => string,
    ): readonly Job[] =>
      Array.from({ length: runsOf(plan, full) }, (_, at) => {
        const random = plan.random.part(`${name} ${at}`);
        const scene = random.pick(scenes);
        const fault = faultOf(random, scene);
        const env = envOf(random);
        const what = `${scene.name}, ${fault}, ${env.SANAQ_SLOW_MS} ms`;
        return { what, run: (folder) => oneRun(scene, folder, fault, env) };
      });
    return [
      await all(
        plan,
        "a slow disk, to the end",
        jobs("slow", 120, () => "slowly"),
      ),
      await all(
        plan,
        "a slow disk, unloading over the cable",
        Array.from({ length: runsOf(plan, 30) }, (_, at) => {
          const env = envOf(plan.random.part(`cable ${at}`));
          return { what: `${env.SANAQ_SLOW_MS} ms`, run: (folder) => overTheCable(bench, folder, env) };
        }),
      ),
      await all(
        plan,
        "killed at a step on a slow disk",
        jobs("killed", 200, (random, scene) => {
          const kind = random.pick(["kill-before", "kill-after"]);
          return `${kind}:${1 + random.below(steps.get(scene) ?? 1)}`;
        }),
      ),
    ];
  } finally {
    await server.stop();
  }
}
