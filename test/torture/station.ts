import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { METHODS } from "../../shared/ipc/methods.ts";
import { ROLES, type Role } from "../../shared/ipc/views.ts";
import { Office, PIN } from "../integration/office.ts";
import { ask } from "../integration/postgres.ts";
import { type Bench, must, prepare } from "./bench.ts";
import { checkStore, stagedNames } from "./checks.ts";
import { type Ended, runProgram } from "./program.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/** Somebody at the workstation: with the store's files in his hands, with another campaign, with a second program, with a page of his own. */

const ZEROS = "0".repeat(64);

type Attack = (random: Random, folder: string) => Promise<readonly string[]>;

async function attacked(plan: Plan, torture: string, full: number, attack: Attack): Promise<Row> {
  const runs = runsOf(plan, full);
  const findings: string[] = [];
  for (let at = 0; at < runs; at++) {
    const folder = join(plan.folder, "attack");
    await mkdir(folder);
    try {
      const problems = await attack(plan.random.part(`${torture} ${at}`), folder);
      findings.push(...problems.map((problem) => `${at}: ${problem}`));
    } catch (error) {
      findings.push(`${at}: ${error instanceof Error ? error.stack : error}`);
    }
    await rm(folder, { recursive: true });
  }
  return { torture, runs, faults: runs, findings, lost: 0, notes: "" };
}

/** A document and one of the exit codes of docs/cli.md: no bug, whatever was met. */
function inOrder(ended: Ended, ...exits: readonly number[]): readonly string[] {
  if (ended.exit === null || !exits.includes(ended.exit))
    return [
      `exit ${ended.exit}, not ${exits.join(" or ")}: ${ended.out.slice(0, 200)} ${ended.err.slice(-400)}`,
    ];
  try {
    JSON.parse(ended.out);
    return [];
  } catch {
    return [`no JSON document: ${ended.out.slice(0, 100)}`];
  }
}

async function flipOneBit(file: string, random: Random): Promise<void> {
  const bytes = await readFile(file);
  const at = random.below(bytes.length);
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at);
  await writeFile(file, bytes);
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** One bit of a staged body or manifest: that batch is neither sent nor carried, and all others are. */
function changedFile(bench: Bench, server: PostgresServer): Attack {
  let databases = 0;
  return async (random, folder) => {
    const store = join(folder, "store");
    await cp(bench.stagedStore, store, { recursive: true });
    const file = random.pick(await filesIn(join(store, "bodies")));
    await flipOneBit(file, random);
    const problems: string[] = [];
    const carried = await runProgram(
      ["--store", store, "--json", "export", "--to", join(folder, "bag")],
      null,
    );
    problems.push(...inOrder(carried, 1, 3).map((problem) => `export: ${problem}`));
    const other = join(folder, "other");
    await cp(bench.otherStore, other, { recursive: true });
    const imported = await runProgram(["--store", other, "--json", "import", join(folder, "bag")], null);
    problems.push(...inOrder(imported, 1, 3).map((problem) => `import: ${problem}`));
    if (stagedNames(other).size !== bench.good - 1)
      problems.push(`${stagedNames(other).size} of ${bench.good} were carried`);
    const url = await server.createDatabase(`station_${++databases}`);
    const sent = await runProgram(["--store", store, "--json", "upload", "--to", url], null);
    problems.push(...inOrder(sent, 1, 3).map((problem) => `upload: ${problem}`));
    const rows = await ask<{ seq: number }>(url, "SELECT seq FROM batches");
    if (rows.length !== bench.good - 1) problems.push(`${rows.length} of ${bench.good} are at the centre`);
    return [...problems, ...(await checkStore(other))].map(
      (problem) => `${file.split("/").at(-1)}: ${problem}`,
    );
  };
}

const CHANGES = {
  "a word of a line": "UPDATE audit SET data = replace(data, '1', '2') || ' ' WHERE no = ?",
  "a moment": "UPDATE audit SET at = '2021-01-01T00:00:00.000Z' WHERE no = ?",
  "a type": "UPDATE audit SET type = 'locked!' WHERE no = ?",
  "a hash": `UPDATE audit SET hash = '${ZEROS}' WHERE no = ?`,
  "a line taken out": "DELETE FROM audit WHERE no = ?",
  "a line doubled":
    "INSERT INTO audit SELECT (SELECT max(no) + 1 FROM audit), at, type, data, prev, hash FROM audit WHERE no = ?",
} as const;

/** The audit log edited past the program, its guards taken away first: `audit verify` says so. */
const changedLog =
  (bench: Bench): Attack =>
  async (random, folder) => {
    const store = join(folder, "store");
    await cp(bench.stagedStore, store, { recursive: true });
    const db = new Database(join(store, "store.db"));
    const triggers = db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
    }[];
    for (const { name } of triggers) db.exec(`DROP TRIGGER "${name}"`);
    const { last } = db.prepare("SELECT max(no) AS last FROM audit").get() as { last: number };
    const change = random.pick(Object.keys(CHANGES) as (keyof typeof CHANGES)[]);
    // The last line may be cut off by whoever has all files: that is what heads outside are for (docs/audit.md).
    const no = 1 + random.below(last - 1);
    db.prepare(CHANGES[change]).run(no);
    db.close();
    const verified = await runProgram(["--store", store, "--json", "audit", "verify"], null);
    return inOrder(verified, 1).map((problem) => `${change}, line ${no}: ${problem}`);
  };

/** One bit anywhere in the database or beside it: every command ends in order, and what it calls staged is there. */
const changedDatabase =
  (bench: Bench): Attack =>
  async (random, folder) => {
    const store = join(folder, "store");
    await cp(bench.stagedStore, store, { recursive: true });
    for (let times = 1 + random.below(8); times > 0; times--)
      await flipOneBit(join(store, "store.db"), random);
    const problems: string[] = [];
    for (const args of [["reconcile"], ["audit", "verify"], ["unload", "--from", bench.outbox]])
      problems.push(
        ...inOrder(await runProgram(["--store", store, "--json", ...args], null), 0, 1, 2, 3).map(
          (problem) => `${args.join(" ")}: ${problem}`,
        ),
      );
    return problems;
  };

/** The campaign's folder swapped for one with another root: what its tablets bring is no batch of this campaign, and the log has the change. */
async function swappedCampaign(bench: Bench, other: TestCampaign): Promise<Attack> {
  const foreign = new TabletBuilder(other, await other.tablet("foreign"));
  await foreign.addMany(2);
  return async (_, folder) => {
    const store = join(folder, "store");
    await cp(bench.stagedStore, store, { recursive: true });
    const outbox = await foreign.write(join(folder, "outbox"));
    const at = ["--store", store, "--json"];
    const before = await runProgram([...at, "unload", "--from", outbox], null);
    const problems = [...inOrder(before, 1)];
    if (stagedNames(store).size !== bench.good) problems.push("a tablet of another root was believed");
    const campaign = await other.write(join(folder, "campaign"));
    const loaded = await runProgram([...at, "campaign", "load", campaign], null);
    problems.push(...inOrder(loaded, 0, 1));
    if (!/root/i.test(loaded.out + loaded.err)) problems.push(`nothing is said of the root: ${loaded.out}`);
    const old = await runProgram([...at, "unload", "--from", bench.outbox], null);
    problems.push(...inOrder(old, 1), ...(await checkStore(store)));
    if (!(await must([...at, "audit", "show"])).includes("campaign-loaded")) problems.push("not in the log");
    return problems;
  };
}

/** A store that a later version has changed: refused, and not a byte of it changed. */
const downgraded =
  (bench: Bench): Attack =>
  async (random, folder) => {
    const store = join(folder, "store");
    await cp(bench.stagedStore, store, { recursive: true });
    const db = new Database(join(store, "store.db"));
    db.pragma(`user_version = ${100 + random.below(1_000_000)}`);
    db.pragma("journal_mode = DELETE");
    db.close();
    const before = await readFile(join(store, "store.db"));
    const command = random.pick([
      ["unload", "--from", bench.outbox],
      ["reconcile"],
      ["export", "--to", join(folder, "bag")],
    ]);
    const ended = await runProgram(["--store", store, "--json", ...command], null);
    const same = (await readFile(join(store, "store.db"))).equals(before);
    return [...inOrder(ended, 2, 3), ...(same ? [] : ["the store was changed"])];
  };

/** Programs on one store at once: one has it, the others are told who, and nothing is staged twice. */
const together =
  (bench: Bench): Attack =>
  async (_, folder) => {
    const store = join(folder, "store");
    await cp(bench.freshStore, store, { recursive: true });
    const args = ["--store", store, "--json", "unload", "--from", bench.outbox];
    const ended = await Promise.all([0, 1, 2].map(() => runProgram(args, null)));
    const problems = ended.flatMap((one) => inOrder(one, 1, 3));
    if (!ended.some((one) => one.exit === 1)) problems.push("nobody had the store");
    if (stagedNames(store).size !== bench.good) problems.push(`${stagedNames(store).size} are staged`);
    return [...problems, ...(await checkStore(store))];
  };

/** Every file is its user's alone, whatever the process's mask is and however open the folder was. */
const privateFiles =
  (bench: Bench): Attack =>
  async (random, folder) => {
    const store = join(folder, "store");
    await cp(bench.freshStore, store, { recursive: true });
    await chmod(store, random.pick([0o777, 0o755, 0o750]));
    const old = process.umask(0);
    try {
      await runProgram(["--store", store, "--json", "unload", "--from", bench.outbox], null);
    } finally {
      process.umask(old);
    }
    const problems: string[] = [];
    for (const path of [store, ...(await filesIn(store))]) {
      const { mode } = await stat(path);
      if ((mode & 0o077) !== 0)
        problems.push(`${path.slice(folder.length)} is ${(mode & 0o777).toString(8)}`);
    }
    return problems;
  };

const INPUTS: readonly unknown[] = [
  null,
  undefined,
  0,
  "x",
  [],
  {},
  { __proto__: null, pin: "314159" },
  { name: "x", pin: PIN, roles: ["administrator"] },
  { person: 1, pin: "000000" },
  { id: "../../x" },
  { device: "a".repeat(32) },
  { device: "a".repeat(32), chain: "b".repeat(32), seq: -1 },
  { filter: {}, sort: {}, offset: -1, limit: 1e9 },
  { text: "x".repeat(300_000) },
  { name: "automatic", value: 1n },
  new Map([["pin", PIN]]),
];

/** A page that calls every method with anything, at the lock and as each role: an answer or a refusal, never an exception. */
const strangeCalls =
  (calls: number): Attack =>
  async (random) => {
    await using office = await Office.open();
    const problems: string[] = [];
    await office.call("firstAdministrator", { name: "A", pin: PIN });
    const people = new Map<Role, number>();
    for (const role of ROLES) people.set(role, await office.person(role, [role]));
    await office.call("lock", null);
    for (let at = 0; at < calls; at++) {
      if (random.below(20) === 0) {
        await office.ask("lock", null);
        const role = random.pick(ROLES);
        if (random.below(3) > 0)
          await office.ask("unlock", { person: people.get(role) ?? 0, pin: PIN } as never);
      }
      const method = random.pick(METHODS.filter((one) => one !== "removePerson" && one !== "changePin"));
      const input = random.pick(INPUTS);
      try {
        const answer = await office.ask(method, input as never);
        if (answer.ok && answer.value === undefined) problems.push(`${method}: an answer without a value`);
      } catch (error) {
        // A dialog that nobody expected was opened for a call that may be made: no fault of the desk's.
        if (error instanceof Error && error.message.startsWith("nobody expected a dialog")) continue;
        problems.push(`${method}: threw ${error instanceof Error ? error.stack : error}`);
      }
    }
    return problems;
  };

/** At the full share: some 700 attacks, and 5,000 calls of a page. */
export async function station(plan: Plan): Promise<readonly Row[]> {
  const bench = await prepare(join(plan.folder, "bench"));
  const server = await startPostgres();
  const other = await TestCampaign.create({ seed: "another root" });
  try {
    return [
      await attacked(plan, "one bit of a staged file changed", 150, changedFile(bench, server)),
      await attacked(plan, "the audit log edited", 150, changedLog(bench)),
      await attacked(plan, "bits of the database changed", 150, changedDatabase(bench)),
      await attacked(
        plan,
        "the campaign swapped for one of another root",
        20,
        await swappedCampaign(bench, other),
      ),
      await attacked(plan, "a store of a later version", 50, downgraded(bench)),
      await attacked(plan, "three programs on one store at once", 100, together(bench)),
      await attacked(plan, "files that others could read", 50, privateFiles(bench)),
      await attacked(plan, "a page that calls anything, a hundred times", 50, strangeCalls(100)),
    ];
  } finally {
    await server.stop();
  }
}
