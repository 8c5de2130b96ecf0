import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findRuntime, missingLibraries } from "../../fixtures/windows/runtime.ts";

/**
 * `node test/desktop/run.ts REPORT.json [FILE...]`: the tests of the real windows, all files or those named. Where it may, it installs what a bare Debian lacks for them: a
 * screen in memory, and the libraries that Electron is linked with.
 */
const PACKAGES = [
  ...["xvfb", "libgtk-3-0", "libnss3", "libasound2", "libgbm1", "libxss1", "libatk-bridge2.0-0", "libcups2"],
  ...[
    "libdrm2",
    "libxkbcommon0",
    "libatspi2.0-0",
    "libxcomposite1",
    "libxdamage1",
    "libxrandr2",
    "poppler-utils",
  ],
];

const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

async function install(): Promise<void> {
  if (process.platform !== "linux") return;
  const runtime = await findRuntime();
  const lacks = !has("Xvfb") || (runtime !== null && (await missingLibraries(runtime)).length > 0);
  if (!lacks || process.getuid?.() !== 0 || !has("apt-get")) return;
  const apt = (...args: readonly string[]) =>
    execFileSync("apt-get", args, {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  apt("update", "-q");
  apt("install", "-y", "-q", "--no-install-recommends", ...PACKAGES);
}

await install();
const [report, ...files] = process.argv.slice(2);
const root = join(import.meta.dirname, "../..");
const vitest = join(root, "node_modules/vitest/vitest.mjs");
if (!existsSync(vitest)) throw new Error("run npm ci first");
const tests = spawnSync(
  process.execPath,
  [
    vitest,
    "run",
    "--config",
    join(import.meta.dirname, "vitest.config.ts"),
    "--reporter=default",
    ...(report === undefined ? [] : ["--reporter=json", `--outputFile.json=${report}`]),
    ...files,
  ],
  { cwd: root, stdio: "inherit" },
);
process.exit(tests.status ?? 1);
