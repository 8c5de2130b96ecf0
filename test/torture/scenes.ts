import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { PostgresServer } from "../../fixtures/postgres/server.ts";
import { Audit } from "../../main/adapters/store/audit.ts";
import { first } from "../../main/adapters/store/migrations/0001-first.ts";
import { KNOWN_VERSION } from "../../main/adapters/store/open.ts";
import { ask } from "../integration/postgres.ts";
import type { Bench } from "./bench.ts";
import { checkReceipts, checkStore, stagedNames } from "./checks.ts";
import { type Ended, runProgram } from "./program.ts";

/** Where a scene plays: two folders, which may be one. */
export interface Places {
  /** What the fault befalls: the store, and what is written beside it. */
  readonly disk: string;
  /** What it does not: tablets and carriers that are read from. */
  readonly away: string;
}

/** One command, from the state it begins with to what must be true after it was repeated. */
export interface Scene {
  readonly name: string;
  /** Puts everything the command needs into its place. */
  lay(at: Places): Promise<void>;
  args(at: Places): readonly string[];
  /** Exit codes of a run that nothing befell. */
  readonly exits: readonly number[];
  /** What must hold right after the fault, beside what must hold of every store. */
  afterFault(at: Places, ended: Ended): Promise<readonly string[]>;
  /** What must hold after the command was run once more to its end. */
  afterRepeat(at: Places): Promise<readonly string[]>;
}

export const storeAt = (at: Places): string => join(at.disk, "store");
const outboxAt = (at: Places): string => join(at.away, "outbox");
const argsAt = (at: Places, ...args: readonly string[]) => ["--store", storeAt(at), "--json", ...args];
const nothing = async (): Promise<readonly string[]> => [];

function staged(store: string, bench: Bench): readonly string[] {
  const { size } = stagedNames(store);
  return size === bench.good
    ? []
    : [`${size} of ${bench.good} are staged in ${store.split("/").at(-1)} in the end`];
}

export const unloadScene = (bench: Bench): Scene => ({
  name: "unload",
  async lay(at) {
    await cp(bench.freshStore, storeAt(at), { recursive: true });
    await cp(bench.outbox, outboxAt(at), { recursive: true });
  },
  args: (at) => argsAt(at, "unload", "--from", outboxAt(at), "--receipts"),
  exits: [1],
  afterFault: (at) => checkReceipts(outboxAt(at), storeAt(at)),
  async afterRepeat(at) {
    return [...(await checkReceipts(outboxAt(at), storeAt(at))), ...staged(storeAt(at), bench)];
  },
});

/** Everything is staged already: nearly every step is one of writing a receipt. */
export const receiptScene = (bench: Bench): Scene => ({
  ...unloadScene(bench),
  name: "receipt",
  async lay(at) {
    await cp(bench.stagedStore, storeAt(at), { recursive: true });
    await cp(bench.outbox, outboxAt(at), { recursive: true });
  },
});

export function uploadScene(bench: Bench, server: PostgresServer): Scene {
  const urls = new Map<string, string>();
  let made = 0;
  const url = (at: Places): string => urls.get(at.disk) ?? "";
  const atCentre = (at: Places) =>
    ask<{ whole: boolean }>(
      url(at),
      `SELECT b.length = (SELECT coalesce(sum(length(c.body)), 0) FROM unnest(b.chunks) AS wanted(digest)
         JOIN chunks c ON c.device = b.device AND c.digest = wanted.digest) AS whole FROM batches b`,
    );
  return {
    name: "upload",
    async lay(at) {
      await cp(bench.stagedStore, storeAt(at), { recursive: true });
      urls.set(at.disk, await server.createDatabase(`torture_${++made}`));
    },
    args: (at) => argsAt(at, "upload", "--to", url(at)),
    exits: [0],
    afterFault: nothing,
    async afterRepeat(at) {
      const rows = await atCentre(at);
      const problems = rows.filter((row) => !row.whole).map(() => "a batch at the centre lacks bytes");
      if (rows.length !== bench.good)
        problems.push(`${rows.length} of ${bench.good} are at the centre in the end`);
      return problems;
    },
  };
}

/** A bag that is said to be whole is taken by another station. */
export function exportScene(bench: Bench): Scene {
  const bag = (at: Places) => join(at.disk, "bag");
  const taken = async (at: Places): Promise<readonly string[]> => {
    const other = join(at.away, "other");
    await cp(bench.otherStore, other, { recursive: true });
    const imported = await runProgram(["--store", other, "--json", "import", bag(at)], null);
    // 1: the batch that was refused at the first station is a gap at the second.
    const problems =
      imported.exit === 1
        ? []
        : [`the bag is not taken: exit ${imported.exit} ${imported.out.slice(0, 400)}`];
    problems.push(...staged(other, bench));
    await rm(other, { recursive: true });
    return problems;
  };
  return {
    name: "export",
    lay: (at) => cp(bench.stagedStore, storeAt(at), { recursive: true }),
    args: (at) => argsAt(at, "export", "--to", bag(at)),
    exits: [0],
    afterFault: async (at, ended) => (ended.exit === 0 ? taken(at) : []),
    afterRepeat: taken,
  };
}

export const importScene = (bench: Bench): Scene => ({
  name: "import",
  async lay(at) {
    await cp(bench.otherStore, storeAt(at), { recursive: true });
    await cp(bench.bag, join(at.away, "bag"), { recursive: true });
  },
  args: (at) => argsAt(at, "import", join(at.away, "bag")),
  exits: [1],
  afterFault: nothing,
  afterRepeat: async (at) => staged(storeAt(at), bench),
});

/** A backup that died is thrown away and made anew; what counts is that half of one is never taken for a whole. */
export function backupScene(bench: Bench): Scene {
  const backup = (at: Places) => join(at.disk, "backup");
  const restore = async (at: Places, name: string) => {
    const restored = join(at.away, name);
    const taken = await runProgram(["--store", restored, "--json", "restore", backup(at)], null);
    return { restored, taken };
  };
  return {
    name: "backup",
    lay: (at) => cp(bench.stagedStore, storeAt(at), { recursive: true }),
    args: (at) => argsAt(at, "backup", "--to", backup(at)),
    exits: [0],
    async afterFault(at, ended) {
      const { restored, taken } = await restore(at, "half");
      await rm(backup(at), { recursive: true, force: true });
      if (taken.exit === 0) return staged(restored, bench);
      return ended.exit === 0 ? [`a finished backup is not restored: ${taken.out.slice(0, 300)}`] : [];
    },
    async afterRepeat(at) {
      const { restored, taken } = await restore(at, "restored");
      if (taken.exit !== 0)
        return [`the backup is not restored: exit ${taken.exit} ${taken.out.slice(0, 300)}`];
      return [...(await checkStore(restored)), ...staged(restored, bench)];
    },
  };
}

/** A store of the first version, as a station may have it that was never updated. */
export const migrationScene = (bench: Bench): Scene => ({
  name: "migration",
  async lay(at) {
    await mkdir(storeAt(at), { recursive: true, mode: 0o700 });
    const db = new Database(join(storeAt(at), "store.db"));
    db.pragma("journal_mode = WAL");
    db.exec(first);
    db.prepare("INSERT INTO facts (name, value) VALUES ('store', ?)").run("0123456789abcdef".repeat(2));
    new Audit(db, () => new Date()).append({ type: "store-created", data: {} });
    db.pragma("user_version = 1");
    db.close();
  },
  args: (at) => argsAt(at, "campaign", "load", bench.campaignFolder),
  exits: [0],
  afterFault: nothing,
  async afterRepeat(at) {
    const db = new Database(join(storeAt(at), "store.db"), { readonly: true });
    const version = db.pragma("user_version", { simple: true });
    db.close();
    return version === KNOWN_VERSION ? [] : [`version ${version} in the end`];
  },
});

/** Number of steps by which a run that nothing befalls changes the disk. */
export async function countSteps(scene: Scene, at: Places): Promise<number> {
  await scene.lay(at);
  const report = join(at.away, "steps");
  const ended = await runProgram(scene.args(at), "count", { SANAQ_FAULT_REPORT: report });
  if (!scene.exits.includes(ended.exit ?? -1))
    throw new Error(`${scene.name}: exit ${ended.exit}\n${ended.out}\n${ended.err}`);
  return Number(await readFile(report, "utf8"));
}
