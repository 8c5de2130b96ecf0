// `npm test`: types, lint, unit, contract and integration tests; where the test assets are at hand, the USB lab and the
// Electron windows; a slice of the torture. `npm test -- unit` runs only the stages named. The last line counts the tests.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { TEST_ASSETS } from "../fixtures/test-assets.ts";
import { countResults, countSums, failedFiles, NOTHING, plus, resultsByFile } from "./report.ts";

const root = join(import.meta.dirname, "..");
const reports = mkdtempSync(join(tmpdir(), "sanaq-test-"));
const reportOf = (name) => join(reports, `${name}.json`);

/** More failed files than this are not the work of a busy machine: they are not run again. */
const MOST_FILES_AGAIN = 6;

const npm = (script) => ["npm", "run", "--silent", script];
const vitest = (config) => (report, files) => [
  "vitest",
  "run",
  ...["--config", config],
  ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
  ...(files.length > 0 ? ["--no-file-parallelism", ...files] : []),
];

/**
 * A stage is either one command or a run of vitest (`tests`) whose failed files can be run again alone. `needs` names the test asset
 * without which the stage is skipped; `again` marks a command that is tried twice.
 */
const stages = [
  { name: "types", command: npm("types") },
  { name: "lint", command: npm("lint") },
  { name: "unit", tests: vitest("vitest.config.ts") },
  { name: "build", command: npm("build") },
  { name: "places", again: true, command: ["node", "test/places/run.ts"] },
  {
    name: "usb",
    needs: "usb-lab/usb-lab",
    again: true,
    report: reportOf("usb"),
    command: ["node", "test/usb/run.ts", reportOf("usb")],
  },
  {
    name: "desktop",
    needs: "electron-dist/get",
    tests: (report, files) => ["node", "test/desktop/run.ts", report, ...files],
  },
  // A slice of the torture, the same in every run; `npm run torture` does all of it.
  { name: "torture", command: ["node", "test/torture/main.ts", "--share=0.03", "--at-once=2"] },
];

const run = ([program, ...args]) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });

/** Tests that failed beside others and passed alone. They are named at the end: each of them has something to fix. */
const passedAlone = [];

/** Runs the tests of a stage. Files that failed run once more, alone, because a busy machine disturbs real windows and servers. */
async function runTests(stage) {
  const code = await run(stage.tests(reportOf(stage.name), []));
  const first = resultsByFile(reportOf(stage.name));
  if (first === null) return countSums(stage.name, undefined, code);
  const outcome = countResults(stage.name, first);
  const files = failedFiles(first);
  if (code === 0 || files.length > MOST_FILES_AGAIN) return outcome;
  // A run that fails without a failed file met an error outside of any test. It cannot tell which file, so all run again.
  console.log(
    `--- ${stage.name}: failed, once more alone: ${files.length === 0 ? "all files" : files.join(" ")}`,
  );
  const again = reportOf(`${stage.name}-again`);
  const secondCode = await run(stage.tests(again, files));
  const second = resultsByFile(again);
  if (second === null) return plus(outcome, countSums(stage.name, undefined, secondCode));
  if (secondCode === 0) passedAlone.push(...outcome.failures);
  const both = countResults(stage.name, new Map([...first, ...second]));
  return secondCode !== 0 && both.failed === 0
    ? plus(both, countSums(stage.name, undefined, secondCode))
    : both;
}

/** Runs a stage that is one command. */
async function runCommand(stage) {
  let code = await run(stage.command);
  if (code !== 0 && stage.again === true) {
    console.log(`--- ${stage.name}: failed, once more`);
    code = await run(stage.command);
  }
  return countSums(stage.name, stage.report, code);
}

const print = ({ stage, file, title, message }) =>
  console.log(
    `  ${stage}: ${file === "" ? "" : `${relative(root, file)}: `}${title}\n${message.replace(/^/gm, "    ")}`,
  );

const wanted = process.argv.slice(2);
const names = stages.map((stage) => stage.name);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`There is no stage ${unknown.join(", ")}. The stages are: ${names.join(", ")}.`);
  process.exit(2);
}
let total = NOTHING;
const skipped = [];
for (const stage of stages) {
  if (wanted.length > 0 && !wanted.includes(stage.name)) continue;
  const asset = stage.needs === undefined ? null : join(TEST_ASSETS, stage.needs);
  if (asset !== null && !existsSync(asset)) {
    skipped.push(
      `SKIPPED: the whole stage ${stage.name}, because ${asset} is missing (SANAQ_TEST_ASSETS names another place).`,
    );
    continue;
  }
  console.log(`\n--- ${stage.name}`);
  const outcome = await (stage.tests === undefined ? runCommand(stage) : runTests(stage));
  console.log(
    `--- ${stage.name}: ${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped`,
  );
  total = plus(total, outcome);
}
rmSync(reports, { recursive: true, force: true });
if (passedAlone.length > 0) console.log("\nFailed beside others and passed alone:");
for (const failure of passedAlone) print(failure);
if (total.failures.length > 0) console.log("\nFailed:");
for (const failure of total.failures) print(failure);
for (const line of skipped) console.log(`\n${line}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
