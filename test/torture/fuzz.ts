import { fork } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { Coverage } from "./fuzz/coverage.ts";
import { Dice, mutate } from "./fuzz/mutate.ts";
import { type Target, targets } from "./fuzz/targets.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/**
 * Coverage-guided fuzzing of every reader: an input that runs through something new is kept and changed further. V8 itself counts what
 * was run through. Inputs that break a promise are written to a folder, to be made tests of (fuzz/found).
 */

/** Inputs between two looks at the counts: a look costs more than an input. */
const BATCH = 16;
/** Half of the inputs are made from these: what was met last is where more may lie behind. */
const NEWEST = 8;
/** Processor time that one input may cost. */
const LIMIT_MS = 1_000;
/**
 * By so much one input may raise the highest memory of the process, in KiB. The process as a whole is no measure here: counting what was run
 * through takes more than any reader. The program's own is measured by `lies` and `long`.
 */
const GROWTH_LIMIT_KIB = 64 * 1_024;

const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** What an input broke; null: nothing. */
export async function broken(target: Target, input: Uint8Array): Promise<string | null> {
  const began = threadMs();
  const { maxRSS } = process.resourceUsage();
  try {
    await target.run(input);
  } catch (error) {
    return `threw ${error instanceof Error ? error.message : error}`;
  }
  const took = threadMs() - began;
  if (took > LIMIT_MS) return `took ${Math.round(took)} ms`;
  const grown = process.resourceUsage().maxRSS - maxRSS;
  return grown > GROWTH_LIMIT_KIB ? `took ${Math.round(grown / 1_024)} MiB` : null;
}

export interface Fuzzed {
  readonly findings: readonly { readonly input: Uint8Array; readonly problem: string }[];
  /** Inputs that were kept because they ran through something new, the seeds included. */
  readonly kept: number;
  /** Functions that were called, and characters of code that were run through. */
  readonly functions: number;
  readonly characters: number;
}

/** Fuzzes one reader with so many inputs. The same seed makes the same inputs. `code`: files whose code guides; see Coverage. */
export async function fuzzOne(target: Target, runs: number, seed: number, code?: RegExp): Promise<Fuzzed> {
  const dice = new Dice(seed);
  const corpus: Uint8Array[] = [...target.seeds];
  const findings: { input: Uint8Array; problem: string }[] = [];
  const coverage = new Coverage(code);
  const problems = new Set<string>();
  const run = async (input: Uint8Array): Promise<void> => {
    const problem = await broken(target, input);
    if (problem === null || problems.has(problem)) return;
    problems.add(problem);
    findings.push({ input, problem });
  };
  await coverage.start();
  for (const input of target.seeds) await run(input);
  await coverage.add();
  for (let done = 0; done < runs; done += BATCH) {
    const inputs = Array.from({ length: Math.min(BATCH, runs - done) }, () =>
      mutate(
        dice.pick(dice.below(2) === 0 ? corpus : corpus.slice(-NEWEST)),
        corpus,
        target.words,
        target.limit,
        dice,
      ),
    );
    for (const input of inputs) await run(input);
    if (!(await coverage.isNew())) continue;
    for (const input of inputs) {
      await run(input);
      if (await coverage.add()) corpus.push(input);
    }
  }
  const met = coverage.size;
  await coverage.stop();
  return { findings, kept: corpus.length, ...met };
}

const FOUND = join(import.meta.dirname, "fuzz/found");

/** Inputs that once broke something, by the target's name. */
export async function foundInputs(): Promise<
  readonly { readonly target: string; readonly input: Uint8Array }[]
> {
  const names = await readdir(FOUND).catch(() => []);
  return Promise.all(
    names
      .filter((name) => name.endsWith(".bin"))
      .map(async (name) => ({
        target: name.replace(/-\d+\.bin$/, ""),
        input: await readFile(join(FOUND, name)),
      })),
  );
}

/** What one reader's process tells. */
export interface Told extends Omit<Fuzzed, "findings"> {
  readonly findings: readonly string[];
  /** Bytes that JavaScript still holds after the last input. */
  readonly held: number;
}

/** One reader in a process of its own: what it makes others keep in memory is nobody's but its own. */
function fuzzAlone(name: string, runs: number, seed: number): Promise<Told> {
  return new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, "fuzz/one.ts");
    const child = fork(script, [name, String(runs), String(seed)], { execArgv: ["--expose-gc"] });
    let told: Told | null = null;
    child.on("message", (message) => {
      told = message as Told;
    });
    child.on("error", reject);
    child.on("close", (exit) => {
      if (told === null) reject(new Error(`${name} ended with ${exit} and without a result`));
      else resolve(told);
    });
  });
}

/** At the full share: some 900,000 inputs. */
export async function fuzz(plan: Plan): Promise<readonly Row[]> {
  const campaign = await TestCampaign.create({ seed: "torture" });
  const rows: Row[] = [];
  for (const target of await targets(campaign, plan.folder)) {
    const runs = runsOf(plan, target.runs);
    const told = await fuzzAlone(target.name, runs, plan.random.part(target.name).below(2 ** 31));
    rows.push({
      torture: `fuzzed, guided by coverage: ${target.name}`,
      runs,
      faults: runs,
      findings: told.findings,
      lost: 0,
      notes: `${told.kept} inputs kept; ${told.functions} functions, ${Math.round(told.characters / 1_000)} thousand characters of code met; ${Math.round(told.held / 1_048_576)} MiB held after`,
    });
  }
  return rows;
}
