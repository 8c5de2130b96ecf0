import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { NAMES } from "./all.ts";
import { runAlone } from "./alone.ts";
import { ROOT } from "./program.ts";
import { type Outcome, putInto, tableOf } from "./table.ts";

/**
 * `npm run torture -- [NAME…] [--seed=WORD] [--share=0.1] [--at-once=1] [--into=FILE]`: does to the program what a bad day does, and prints what came
 * of it. A promise that did not hold ends it with exit code 1. The same seed does the same things. `--into` puts the tables into
 * docs/reliability.md, in place of those of the same names. `--at-once`: so many of them side by side, each in a process of its own.
 */

const option = (name: string, fallback: string): string =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
const seed = option("seed", "sanaq");
const share = Number(option("share", "1"));
const atOnce = Number(option("at-once", "1"));
const into = option("into", "");
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const unknown = wanted.filter((name) => !(NAMES as readonly string[]).includes(name));
if (unknown.length > 0 || !(share > 0 && share <= 1) || !(atOnce >= 1)) {
  console.error(
    `npm run torture -- [${NAMES.join("|")}]… [--seed=WORD] [--share=0…1] [--at-once=1] [--into=FILE]`,
  );
  process.exit(2);
}

execFileSync("npm", ["run", "--silent", "build:cli"], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
const outcomes: Outcome[] = [];
const names = NAMES.filter((name) => wanted.length === 0 || wanted.includes(name)).values();
async function runTheRest(): Promise<void> {
  for (const name of names) {
    const outcome = await runAlone(name, seed, share);
    outcomes.push(outcome);
    console.log(`\n${tableOf(outcome)}`);
    if (into !== "") writeFileSync(into, putInto(readFileSync(into, "utf8"), outcome));
  }
}
await Promise.all(Array.from({ length: atOnce }, runTheRest));

const rows = outcomes.flatMap((outcome) => outcome.rows);
const findings = rows.flatMap((row) => row.findings.map((finding) => `${row.torture}: ${finding}`));
for (const finding of findings.slice(0, 50)) console.log(`\n- ${finding}`);
if (findings.length > 50) console.log(`\n… ${findings.length - 50} more`);
const runs = rows.reduce((sum, row) => sum + row.runs, 0);
const lost = rows.reduce((sum, row) => sum + row.lost, 0);
console.log(`\n${runs} runs, ${findings.length} promises broken, ${lost} batches lost`);
process.exit(findings.length === 0 ? 0 : 1);
