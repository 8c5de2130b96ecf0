import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cable } from "./cable.ts";
import { clock } from "./clock.ts";
import { crash } from "./crash.ts";
import { disk } from "./disk.ts";
import { lies } from "./lies.ts";
import { long } from "./long.ts";
import { power } from "./power.ts";
import { ROOT } from "./program.ts";
import { Random } from "./random.ts";
import type { Row, Torture } from "./row.ts";

/**
 * `npm run torture -- [NAME…] [--seed=WORD] [--share=0.1]`: does to the program what a bad day does, and prints what came of it. A promise
 * that did not hold ends it with exit code 1. The same seed does the same things.
 */
const tortures: Readonly<Record<string, Torture>> = { crash, power, disk, cable, lies, clock, long };

const option = (name: string, fallback: string): string =>
  process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? fallback;
const seed = option("seed", "sanaq");
const share = Number(option("share", "1"));
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("--"));
const unknown = wanted.filter((name) => !(name in tortures));
if (unknown.length > 0 || !(share > 0 && share <= 1)) {
  console.error(`npm run torture -- [${Object.keys(tortures).join("|")}]… [--seed=WORD] [--share=0…1]`);
  process.exit(2);
}

execFileSync("npm", ["run", "--silent", "build:cli"], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
const rows: Row[] = [];
for (const [name, torture] of Object.entries(tortures)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const folder = await mkdtemp(join(tmpdir(), `sanaq-torture-${name}-`));
  rows.push(...(await torture({ random: new Random(seed).part(name), share, folder })));
  await rm(folder, { recursive: true, force: true });
}

console.log(`\nseed ${seed}, share ${share}\n`);
console.log("| what was done | runs | faults that struck | promises broken | batches lost | notes |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const row of rows)
  console.log(
    `| ${row.torture} | ${row.runs} | ${row.faults} | ${row.findings.length} | ${row.lost} | ${row.notes} |`,
  );
const findings = rows.flatMap((row) => row.findings.map((finding) => `${row.torture}: ${finding}`));
for (const finding of findings.slice(0, 50)) console.log(`\n- ${finding}`);
if (findings.length > 50) console.log(`\n… ${findings.length - 50} more`);
process.exit(findings.length === 0 ? 0 : 1);
