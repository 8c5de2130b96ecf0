// Loaded before the program (node --import): counts every step by which it changes the disk, and does what SANAQ_FAULT says at one of them.
//
//   SANAQ_FAULT=count              at the end, writes the number of steps to SANAQ_FAULT_REPORT
//   SANAQ_FAULT=report             writes "step 17" to SANAQ_FAULT_REPORT before step 17; step 1 waits until SANAQ_FAULT_START can be read
//   SANAQ_FAULT=kill-before:17     SIGKILL in place of step 17
//   SANAQ_FAULT=kill-after:17      SIGKILL right after step 17
//   SANAQ_FAULT=EIO:17             step 17 fails with this error, once; ENOSPC:17+ makes it and every later one fail
//
// SANAQ_SLOW_MS=40 makes every step wait up to 40 ms first, whatever else is due.
//
// A step is a file opened for writing, written, truncated, synced, renamed, linked or removed, a folder made, or a statement of SQLite run.
import { openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import fsPromises from "node:fs/promises";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [kind, where] = (process.env.SANAQ_FAULT ?? "count").split(":");
const at = Number.parseInt(where ?? "0", 10);
const isForGood = where?.endsWith("+") === true;
const isError = /^E[A-Z]+$/.test(kind);
let steps = 0;
const reports = kind === "report" ? openSync(process.env.SANAQ_FAULT_REPORT, "a") : -1;

const die = () => process.kill(process.pid, "SIGKILL");

const errorOf = (call) =>
  Object.assign(new Error(`${kind}: injected at step ${steps}, ${call}`), {
    code: kind,
    errno: -5,
    syscall: call,
  });

/** Counts one step and does what is due before it. Value: whether to die after it. */
function step(call, fail) {
  steps++;
  if (kind === "report") {
    if (steps === 1) readFileSync(process.env.SANAQ_FAULT_START);
    writeSync(reports, `step ${steps}\n`);
  }
  const isDue = steps === at || (isForGood && steps > at);
  if (!isDue) return false;
  if (kind === "kill-before") die();
  if (isError) fail(errorOf(call));
  return kind === "kill-after";
}

const throwIt = (error) => {
  throw error;
};

const slow = Number(process.env.SANAQ_SLOW_MS ?? 0);
const slowness = () => Math.floor(Math.random() * slow);

const asyncStep = (call, work) =>
  async function (...args) {
    if (slow > 0) await sleep(slowness());
    const dies = step(call, throwIt);
    const value = await work.apply(this, args);
    if (dies) die();
    return value;
  };

for (const call of ["rename", "link", "rm", "mkdir", "copyFile"])
  fsPromises[call] = asyncStep(call, fsPromises[call]);

const READS = new Set(["r", undefined]);
const open = fsPromises.open;
fsPromises.open = async (path, flags, mode) => {
  const reads = READS.has(flags) || flags === 0 || typeof flags === "number";
  return reads ? open(path, flags, mode) : asyncStep("open", open)(path, flags, mode);
};
const probe = await open(process.execPath, "r");
const handle = Object.getPrototypeOf(probe);
await probe.close();
for (const call of ["write", "writeFile", "sync", "datasync", "truncate"])
  handle[call] = asyncStep(call, handle[call]);
syncBuiltinESMExports();

const require = createRequire(join(process.cwd(), "package.json"));
const Database = require("better-sqlite3");
const memory = new Database(":memory:");
const statement = Object.getPrototypeOf(memory.prepare("SELECT 1"));
memory.close();
const sqliteError = (error) => {
  const code = kind === "ENOSPC" ? "SQLITE_FULL" : "SQLITE_IOERR_FSYNC";
  throw new Database.SqliteError(error.message, code);
};
const run = statement.run;
statement.run = function (...args) {
  if (slow > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, slowness());
  const dies = step("sqlite", sqliteError);
  const value = run.apply(this, args);
  if (dies) die();
  return value;
};

if (kind === "count") process.on("exit", () => writeFileSync(process.env.SANAQ_FAULT_REPORT, String(steps)));
