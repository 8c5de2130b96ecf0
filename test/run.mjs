// `npm test`: types, lint, unit, contract and integration tests, and, where the shelf beside the project is present, the USB lab and the
// Electron windows. Ends with one line of counts. `npm test -- unit` runs only the stages named.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const shelf = join(import.meta.dirname, "../../shared");
const results = mkdtempSync(join(tmpdir(), "sanaq-test-"));

const vitest = (name, config, ...more) => ({
  name,
  report: join(results, `${name}.json`),
  command: [
    "vitest",
    "run",
    "--config",
    config,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${join(results, `${name}.json`)}`,
    ...more,
  ],
});

const stages = [
  { name: "types", command: ["npm", "run", "--silent", "types"] },
  { name: "lint", command: ["npm", "run", "--silent", "lint"] },
  vitest("unit", "vitest.config.ts"),
  { name: "build", command: ["npm", "run", "--silent", "build"] },
  ...(existsSync(join(shelf, "usb-lab/usb-lab")) && existsSync("test/usb/run.ts")
    ? [
        {
          name: "usb",
          again: true,
          report: join(results, "usb.json"),
          command: ["node", "test/usb/run.ts", join(results, "usb.json")],
        },
      ]
    : []),
  ...(existsSync(join(shelf, "electron-dist/get")) && existsSync("test/desktop/run.ts")
    ? [
        {
          name: "desktop",
          again: true,
          report: join(results, "desktop.json"),
          command: ["node", "test/desktop/run.ts", join(results, "desktop.json")],
        },
      ]
    : []),
];

// A slice of the torture, the same at every run; `npm run torture` does all of it.
stages.push({
  name: "torture",
  command: ["node", "test/torture/main.ts", "--share=0.03", "--at-once=2"],
});

const run = (command) =>
  new Promise((resolve, reject) => {
    const [program, ...args] = command;
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });

const wanted = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const stage of stages) {
  if (wanted.length > 0 && !wanted.includes(stage.name)) continue;
  console.log(`\n--- ${stage.name}`);
  let code = await run(stage.command);
  // An emulated computer and real windows have clocks of their own, which a busy machine disturbs: what fails there twice has failed.
  if (code !== 0 && stage.again === true) {
    console.log(`--- ${stage.name}: failed, once more`);
    code = await run(stage.command);
  }
  const counts = { passed: 0, failed: 0, skipped: 0 };
  if (stage.report !== undefined && existsSync(stage.report)) {
    const report = JSON.parse(readFileSync(stage.report, "utf8"));
    counts.passed = report.numPassedTests;
    counts.failed = report.numFailedTests;
    counts.skipped = report.numPendingTests + report.numTodoTests;
  } else if (code === 0) counts.passed = 1;
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  console.log(
    `--- ${stage.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
  );
  for (const key of Object.keys(total)) total[key] += counts[key];
}
rmSync(results, { recursive: true, force: true });
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
