import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleFor, root, usbLab } from "./bundle.ts";
import { prepare } from "./prepare.ts";

/**
 * `node test/usb/run.ts REPORT.json [KIND...]`: the tests of in-lab.ts inside the USB lab that lies beside the project, once for each kind of tablet it has.
 * The lab fetches what it needs from Debian's packages. The counts of all runs go to REPORT.json; ends with 1 where a test failed. SANAQ_TESTS is a pattern of the tests to run.
 */

const TIMEOUT_SECONDS = 540;

interface Counts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

/** The guest came to no end. */
const NOTHING_REPORTED: Counts = {
  numPassedTests: 0,
  numFailedTests: 1,
  numPendingTests: 0,
  numTodoTests: 0,
};

const run = (command: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });

/** The tablets of one kind, in the order that in-lab.ts knows them by. */
const DEVICES: Readonly<Record<string, readonly (readonly [tablet: string, settings: string])[]>> = {
  "gadget-mtp": [
    ["thirty", "serial=THIRTY"],
    ["twin", "serial=SAME"],
    ["other", "serial=SAME"],
    ["sealed", "serial=SEALED,ro"],
    ["old", "serial=OLD,class=255/255/0"],
    ["frozen", "serial=FROZEN"],
  ],
  "qemu-mtp": [
    ["thirty", "serial=THIRTY"],
    ["twin", "serial=SAME"],
    ["other", "serial=OTHER"],
    ["sealed", "serial=SEALED,ro"],
  ],
};

async function boot(
  kind: string,
  program: string,
  top: string,
  folders: Readonly<Record<string, string>>,
): Promise<Counts> {
  const scratch = join(top, kind);
  const options: string[] = [];
  for (const [name, settings] of DEVICES[kind] ?? []) {
    const folder = join(scratch, name);
    await cp(folders[name] ?? "", folder, { recursive: true });
    options.push("--device", `${kind},${settings},unplugged`, "--tablet", folder);
  }
  const report = join(top, `${kind}.json`);
  const reporters = [
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...["--test-reporter=./test/usb/reporter.mjs", `--test-reporter-destination=${report}`],
  ];
  const pattern = process.env.SANAQ_TESTS;
  if (pattern !== undefined) reporters.push(`--test-name-pattern=${pattern}`);
  const code = await run(usbLab, [
    "run",
    ...["--timeout", String(TIMEOUT_SECONDS), "--mount", root, "--mount", top],
    ...["--env", `SANAQ_LAB=${top}`, "--env", `SANAQ_KIND=${kind}`],
    ...options,
    ...["--", "node", ...reporters, program],
  ]);
  const counts = await readFile(report, "utf8").then(
    (text) => (text === "" ? NOTHING_REPORTED : (JSON.parse(text) as Counts)),
    () => NOTHING_REPORTED,
  );
  return code === 0 || counts.numFailedTests > 0 ? counts : { ...counts, numFailedTests: 1 };
}

const [report, ...only] = process.argv.slice(2);
const top = await mkdtemp(join(tmpdir(), "sanaq-lab-"));
try {
  if ((await run(usbLab, ["up-check"])) !== 0) throw new Error("the USB lab cannot be set up");
  // The command line that runs in the lab is the built one, of the same source as the store that is prepared here.
  if ((await run("npm", ["run", "--silent", "build"])) !== 0) throw new Error("the program cannot be built");
  const [folders, program] = await Promise.all([
    prepare(top),
    bundleFor("test/usb/in-lab.ts"),
    bundleFor("test/usb/engine-host-in-node.ts"),
  ]);
  const kinds = Object.keys(DEVICES).filter((kind) => only.length === 0 || only.includes(kind));
  const all: Counts[] = [];
  for (const kind of kinds) all.push(await boot(kind, program, top, folders));
  const sum = (key: keyof Counts) => all.reduce((total, one) => total + one[key], 0);
  const total: Counts = {
    numPassedTests: sum("numPassedTests"),
    numFailedTests: sum("numFailedTests"),
    numPendingTests: sum("numPendingTests"),
    numTodoTests: sum("numTodoTests"),
  };
  if (report !== undefined) await writeFile(report, JSON.stringify(total));
  process.exitCode = total.numFailedTests === 0 && total.numPassedTests > 0 ? 0 : 1;
} finally {
  await rm(top, { recursive: true, force: true });
}
