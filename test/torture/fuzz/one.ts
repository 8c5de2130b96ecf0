import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestCampaign } from "../../../fixtures/campaign.ts";
import { fuzzOne, type Told } from "../fuzz.ts";
import { targets } from "./targets.ts";

/** The process of one fuzzed reader: see fuzz.ts. */
const [name, runs, seed] = process.argv.slice(2) as [string, string, string];
const scratch = await mkdtemp(join(tmpdir(), "sanaq-fuzz-"));
const target = (await targets(await TestCampaign.create({ seed: "torture" }), scratch)).find(
  (one) => one.name === name,
);
if (target === undefined) throw new Error(`nothing is called ${name}`);
const { findings, ...fuzzed } = await fuzzOne(target, Number(runs), Number(seed));
await rm(scratch, { recursive: true, force: true });
const said: string[] = [];
for (const [at, { input, problem }] of findings.entries()) {
  const file = join(await mkdtemp(join(tmpdir(), "sanaq-found-")), `${name}-${at + 1}.bin`);
  await writeFile(file, input);
  said.push(`${problem}: ${file}`);
}
globalThis.gc?.();
const { heapUsed, external } = process.memoryUsage();
const told: Told = { ...fuzzed, findings: said, held: heapUsed + external };
process.send?.(told, () => process.exit(0));
