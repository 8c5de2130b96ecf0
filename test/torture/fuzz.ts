import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
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
const MEMORY_LIMIT = 256 * 1_048_576;

const threadMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** What an input broke; null: nothing. */
export async function broken(target: Target, input: Uint8Array): Promise<string | null> {
  const began = threadMs();
  try {
    await target.run(input);
  } catch (error) {
    return `threw ${error instanceof Error ? error.message : error}`;
  }
  const took = threadMs() - began;
  return took > LIMIT_MS ? `took ${Math.round(took)} ms` : null;
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

/** At the full share: some 900,000 inputs. */
export async function fuzz(plan: Plan): Promise<readonly Row[]> {
  const campaign = await TestCampaign.create({ seed: "torture" });
  const scratch = join(plan.folder, "scratch");
  await mkdir(scratch);
  const rows: Row[] = [];
  for (const target of await targets(campaign, scratch)) {
    const runs = runsOf(plan, target.runs);
    const fuzzed = await fuzzOne(target, runs, plan.random.part(target.name).below(2 ** 31));
    const said: string[] = [];
    for (const [at, { input, problem }] of fuzzed.findings.entries()) {
      const folder = await mkdtemp(join(tmpdir(), "sanaq-fuzz-"));
      const file = join(folder, `${target.name}-${at + 1}.bin`);
      await writeFile(file, input);
      said.push(`${problem}: ${file}`);
    }
    globalThis.gc?.();
    const memory = process.memoryUsage.rss();
    if (memory > MEMORY_LIMIT) said.push(`memory ${Math.round(memory / 1_048_576)} MiB`);
    rows.push({
      torture: `fuzzed, guided by coverage: ${target.name}`,
      runs,
      faults: runs,
      findings: said,
      lost: 0,
      notes: `${fuzzed.kept} inputs kept; ${fuzzed.functions} functions, ${Math.round(fuzzed.characters / 1_000)} thousand characters of code met; ${Math.round(memory / 1_048_576)} MiB`,
    });
  }
  return rows;
}
