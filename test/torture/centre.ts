import { chmod, chown, cp, mkdir, mkdtemp, stat, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { TlsAuthority, type TlsPair } from "../../fixtures/tls.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import { PATIENCE } from "../../main/adapters/centre/link.ts";
import type { Engine } from "../../main/engine/api.ts";
import type { Centre } from "../../main/engine/ports.ts";
import { uploadStaged } from "../../main/engine/upload.ts";
import { Flapping } from "../integration/flapping.ts";
import { ask } from "../integration/postgres.ts";
import { contentOf, openStation, type Station } from "../integration/station.ts";
import { type Blow, badLine } from "./centre-line.ts";
import { checkStore } from "./checks.ts";
import { canMount, mountSmall, remount, removeLeft, unmount } from "./mounts.ts";
import type { Random } from "./random.ts";
import { type Plan, type Row, runsOf } from "./row.ts";

/**
 * A real centre on its bad days. After each: what the station believes to be there is there, whole; then it sends once more, and everything
 * is there once.
 */

const MIB = 1_048_576;
const SECOND = 1_000;
const SIZES = [900, 901, 1_500, 300_000, MIB, 2_600_000];
/** About what goes over the line in one sending. */
const BYTES = SIZES.reduce((sum, size) => sum + size, 30_000);
/** The longest silence that the station bears here, in milliseconds. */
const STALL = 400;
/** For a server that takes its time to come back. */
const PATIENT = Array.from({ length: 120 }, () => 500);
const never = new AbortController().signal;

/** A station that has staged a tablet, made once and copied. */
interface Ready {
  readonly plan: Plan;
  readonly campaignFolder: string;
  readonly stagedStore: string;
  readonly server: PostgresServer;
}

/** One run: what is done to the line or the server, and what the station then says. */
interface Run {
  /** The database's URL as its owner has it. */
  readonly owner: string;
  readonly random: Random;
  /** A folder of its own. */
  readonly folder: string;
  /** Sends what is staged. */
  send(url: string, bears?: Bears): Promise<Sent>;
}

/** What the station bears, in milliseconds: a silence, and the pauses after which it tries again. */
interface Bears {
  readonly stall?: number;
  readonly pauses?: readonly number[];
}

/** What came of a sending; an error: nothing could be begun. */
type Sent = Awaited<ReturnType<Engine["upload"]>>;

/** Value: how often the fault struck, and what was not as it should be meanwhile. */
type Fault = (run: Run) => Promise<{ readonly struck: number; readonly findings: readonly string[] }>;

function centreAt(url: string, stall: number = PATIENCE.stall): Centre {
  const centre = postgresCentre(url, { ...PATIENCE, stall });
  if (!centre.ok) throw new Error("bad url");
  return centre.value;
}

const adminOf = (owner: string): string => Object.assign(new URL(owner), { pathname: "/postgres" }).href;
const databaseOf = (url: string): string => new URL(url).pathname.slice(1);

/** A server that died syncs all it has before it answers again: only the database of one run is to be there. */
const drop = (owner: string) => ask(adminOf(owner), `DROP DATABASE ${databaseOf(owner)} WITH (FORCE)`);

async function send(station: Station, url: string, bears: Bears = {}): Promise<Sent> {
  const centre = centreAt(url, bears.stall);
  try {
    return await station.engine.upload(centre, () => {}, never, { pauses: bears.pauses ?? PATIENT });
  } finally {
    await centre.close();
  }
}

/** What the station holds for answered, and the centre lacks. */
async function lostAt(owner: string, station: Station): Promise<readonly string[]> {
  const tables = await ask(owner, "SELECT FROM pg_tables WHERE tablename = 'batches'");
  const rows =
    tables.length === 0
      ? []
      : await ask<{ name: string }>(
          owner,
          `SELECT concat_ws(' ', encode(b.chain, 'hex'), b.seq) AS name FROM batches b
             WHERE b.length = (SELECT coalesce(sum(octet_length(c.body)), 0) FROM unnest(b.chunks) d
               JOIN chunks c ON c.device = b.device AND c.digest = d AND c.digest = sha256(c.body))`,
        );
  const there = new Set(rows.map(({ name }) => name));
  return [...station.store.reconcile(null)]
    .filter(({ verdict }) => verdict === "safe")
    .map(({ chain, seq }) => `${chain} ${seq}`)
    .filter((name) => !there.has(name));
}

/** Everything went, and no batch contradicts another. */
const isAll = (sent: Sent): boolean =>
  sent.ok && sent.value.failed === 0 && sent.value.conflicts === 0 && sent.value.problem === null;

/** The one thing that stopped a sending; null: nothing did. */
const problemOf = (sent: Sent) => (sent.ok ? sent.value.problem : sent.error);

async function torment(
  ready: Ready,
  torture: string,
  full: number,
  fault: Fault,
  notes: string,
): Promise<Row> {
  const runs = runsOf(ready.plan, full);
  const findings: string[] = [];
  let faults = 0;
  let lost = 0;
  for (let at = 0; at < runs; at++) {
    const say = (problem: string) => findings.push(`run ${at}: ${problem}`);
    const folder = join(ready.plan.folder, "run");
    await mkdir(folder, { recursive: true });
    await cp(ready.stagedStore, join(folder, "store"), { recursive: true });
    const owner = await ready.server.createDatabase(`torture_${torture.replaceAll(/[^a-z]/g, "_")}_${at}`);
    const station = await openStation(join(folder, "store"), ready.campaignFolder);
    try {
      const { struck, findings: met } = await fault({
        owner,
        random: ready.plan.random.part(`${torture} ${at}`),
        folder,
        send: (url, bears) => send(station, url, bears),
      });
      faults += struck;
      for (const problem of met) say(problem);
      const gone = await lostAt(owner, station);
      lost += gone.length;
      for (const name of gone) say(`answered for, and not at the centre: ${name}`);
      const again = await send(station, owner);
      if (!isAll(again)) say(`sent again: ${JSON.stringify(again)}`);
      for (const name of await lostAt(owner, station)) say(`not at the centre in the end: ${name}`);
      const safe = [...station.store.reconcile(null)].filter(({ verdict }) => verdict === "safe").length;
      if (safe !== SIZES.length) say(`${safe} of ${SIZES.length} are safe in the end`);
      const [count] = await ask<{ n: number }>(owner, "SELECT count(*)::int AS n FROM batches");
      if (count?.n !== SIZES.length) say(`${count?.n} rows at the centre for ${SIZES.length} batches`);
    } catch (error) {
      say(String(error instanceof Error ? error.stack : error));
    } finally {
      station.close();
    }
    for (const problem of await checkStore(join(folder, "store"))) say(problem);
    await removeLeft(folder);
    await drop(owner);
  }
  return { torture, runs, faults, findings, lost, notes };
}

const blows = (random: Random, most: number, what: () => Blow["what"]): readonly Blow[] =>
  Array.from({ length: 1 + random.below(most) }, () => ({
    // Near the front, where the questions and small batches are, as often as anywhere.
    after: random.below(random.below(2) === 0 ? BYTES : 12_000),
    what: what(),
  }));

async function overLine(
  run: Run,
  on: readonly Blow[],
  delay?: () => number,
): Promise<{ readonly struck: number; readonly findings: readonly string[] }> {
  const line = await badLine(run.owner, on, delay);
  try {
    const sent = await run.send(line.url, { stall: STALL });
    const findings = isAll(sent) ? [] : [JSON.stringify(sent)];
    return { struck: line.struck(), findings };
  } finally {
    await line.close();
  }
}

/** The server dies, or is restarted, when so many bytes went to it. */
const serverEnds =
  (server: PostgresServer): Fault =>
  async (run) => {
    let over: Promise<void> | null = null;
    const end = run.random.pick([
      async () => {
        await server.crash();
        await server.resume();
      },
      () => server.restart(),
    ]);
    const [first] = blows(run.random, 1, () => () => {
      over = end();
    });
    if (first === undefined) throw new Error("no blow");
    const met = await overLine(run, [first]);
    await over;
    return met;
  };

/** The server's database lies on a disk of its own, on which there is room for a part. */
const fullDisk =
  (server: PostgresServer): Fault =>
  async ({ owner, random, send }) => {
    // The server's own user must reach it.
    const place = await mkdtemp(join(tmpdir(), "sanaq-disk-"));
    await chmod(place, 0o755);
    const disk = join(place, "disk");
    const postgres = adminOf(owner);
    const database = databaseOf(owner);
    mountSmall(disk, 64 * MIB);
    const { uid, gid } = await stat(`/proc/${await server.processId()}`);
    await chown(disk, uid, gid);
    try {
      // Names and paths made here; none of these statements takes parameters.
      await ask(postgres, `CREATE TABLESPACE small LOCATION '${disk}'`);
      await ask(postgres, `ALTER DATABASE ${database} SET TABLESPACE small`);
      const { blocks, bfree, bsize } = await statfs(disk);
      remount(disk, `size=${(blocks - bfree) * bsize + Math.floor((random.below(1_000) / 1_000) * 4 * MIB)}`);
      const centre = centreAt(owner);
      await centre.close();
      const full = await send(owner, { pauses: [20, 20] });
      const problem = problemOf(full);
      const isSaid = problem?.type === "busy" && problem.code === "53100";
      remount(disk, `size=${200 * MIB}`);
      const gone = problem === null || isSaid ? [] : [JSON.stringify(full)];
      await ask(postgres, `ALTER DATABASE ${database} SET TABLESPACE pg_default`);
      await ask(postgres, "DROP TABLESPACE small");
      return { struck: isSaid ? 1 : 0, findings: gone };
    } finally {
      unmount(disk);
      await removeLeft(place);
    }
  };

/** Servers that a station must not believe. */
async function wrongServers(ready: Ready): Promise<{ fault: Fault; stop(): Promise<void> }> {
  const [ours, strange] = await Promise.all([TlsAuthority.create("Centre"), TlsAuthority.create("Somebody")]);
  const serve = (pair: TlsPair) =>
    startPostgres(["ssl=on", "ssl_cert_file=FILES/server.crt", "ssl_key_file=FILES/server.key"], {
      "server.crt": pair.certificate,
      "server.key": pair.key,
    });
  const elsewhere = await serve(await ours.server(["centre.example"]));
  const expired = await serve(await ours.server(["127.0.0.1"], { from: -9, to: -1 }));
  const foreign = await serve(await strange.server(["127.0.0.1"]));
  const root = join(ready.plan.folder, "root.pem");
  await writeFile(root, ours.certificate);
  let made = 0;
  return {
    async fault({ random, owner, send }) {
      const server = random.pick([elsewhere, expired, foreign, ready.server]);
      const url =
        server === ready.server ? owner : await server.createDatabase(`wrong_${(++made).toString()}`);
      const address = new URL(url);
      address.searchParams.set("sslmode", "verify-full");
      address.searchParams.set("sslrootcert", root);
      const sent = await send(address.href);
      const findings = problemOf(sent)?.type === "tls" ? [] : [`believed: ${JSON.stringify(sent)}`];
      const tables = await ask(url, "SELECT FROM pg_tables WHERE tablename = 'batches'");
      if (tables.length > 0) findings.push("something was done at a wrong server");
      return { struck: 1, findings };
    },
    async stop() {
      for (const server of [elsewhere, expired, foreign]) await server.stop();
    },
  };
}

/** A day and a night by a virtual clock, with a sending every quarter of an hour. */
async function flappingDays(ready: Ready, full: number): Promise<Row> {
  const torture = "24 hours of a centre that comes and goes";
  const runs = runsOf(ready.plan, full);
  const findings: string[] = [];
  const met = { lost: 0, unreached: 0 };
  let lost = 0;
  for (let at = 0; at < runs; at++) {
    const random = ready.plan.random.part(`${torture} ${at}`);
    const campaign = await TestCampaign.create({ seed: "torture" });
    const folder = join(ready.plan.folder, "day");
    await mkdir(folder, { recursive: true });
    const owner = await ready.server.createDatabase(`day_${at}`);
    const real = centreAt(owner);
    const opened = await real.open(never);
    if (!opened.ok) throw new Error(opened.error.type);
    const station = await openStation(join(folder, "store"), ready.campaignFolder);
    const line = new Flapping(real, () => random.below(2 ** 32) / 2 ** 32);
    const wait = async (ms: number) => {
      line.now += ms;
    };
    const sendTo = (centre: Centre) =>
      uploadStaged({
        store: station.store,
        centre,
        clearance: () => "send",
        contentOf,
        onProgress: () => {},
        signal: never,
        wait,
      });
    let batches = 0;
    for (let hour = 0; hour < 24; hour++) {
      const tablet = new TabletBuilder(campaign, await campaign.tablet(`0${500 + hour}`));
      for (const bodyBytes of [900, 901, 902]) await tablet.add({ bodyBytes });
      batches += 3;
      await station.unload([tablet], folder);
      while (line.now < (hour + 1) * 3_600 * SECOND) {
        await sendTo(line.centre());
        const gone = await lostAt(owner, station);
        lost += gone.length;
        findings.push(...gone.map((name) => `day ${at}, hour ${hour}: answered for, and not there: ${name}`));
        await wait(15 * 60 * SECOND);
      }
    }
    const last = await sendTo(real);
    if (!last.ok || last.value.failed > 0 || last.value.problem !== null)
      findings.push(`day ${at}: ${JSON.stringify(last)}`);
    const [count] = await ask<{ n: number }>(owner, "SELECT count(*)::int AS n FROM batches");
    if (count?.n !== batches) findings.push(`day ${at}: ${count?.n} of ${batches} at the centre`);
    met.lost += line.lost;
    met.unreached += line.unreached;
    await real.close();
    station.close();
    findings.push(...(await checkStore(join(folder, "store"))).map((problem) => `day ${at}: ${problem}`));
    await removeLeft(folder);
    await drop(owner);
  }
  return {
    torture,
    runs,
    faults: met.lost + met.unreached,
    findings,
    lost,
    notes: `${met.unreached} calls met no centre, ${met.lost} answers were lost on their way`,
  };
}

/** At the full share: some 400 sendings and 10 days. */
export async function centre(plan: Plan): Promise<readonly Row[]> {
  const campaign = await TestCampaign.create({ seed: "torture" });
  const tablet = new TabletBuilder(campaign, await campaign.tablet("0417"));
  for (const bodyBytes of SIZES) await tablet.add({ bodyBytes });
  const campaignFolder = await campaign.write(join(plan.folder, "campaign"));
  const stagedStore = join(plan.folder, "staged");
  const station = await openStation(stagedStore, campaignFolder);
  await station.unload([tablet], plan.folder);
  station.close();
  const server = await startPostgres();
  const ready: Ready = { plan, campaignFolder, stagedStore, server };
  const wrong = await wrongServers(ready);
  try {
    const rows = [
      await torment(
        ready,
        "the line cut at a random byte",
        120,
        (run) =>
          overLine(
            run,
            blows(run.random, 5, () => "cut"),
          ),
        "up to five times in one sending",
      ),
      await torment(
        ready,
        "answers lost from a random byte on",
        100,
        (run) =>
          overLine(
            run,
            blows(run.random, 3, () => "mute"),
          ),
        "up to three times in one sending; what was committed stays",
      ),
      await torment(ready, "the server dies or is restarted", 60, serverEnds(server), "at a random byte"),
      await torment(
        ready,
        "a slow line",
        30,
        (run) => {
          const most = run.random.pick([20, 80, 200]);
          return overLine(
            run,
            blows(run.random, 1, () => "cut"),
            () => run.random.below(most),
          );
        },
        "each piece waits up to 20, 80 or 200 ms, and it is cut once",
      ),
      await torment(
        ready,
        "a server that must not be believed",
        40,
        wrong.fault,
        "another host's, an expired or a stranger's certificate, none",
      ),
    ];
    if (canMount(plan.folder))
      rows.push(
        await torment(ready, "the centre's disk full", 40, fullDisk(server), "a real one; room for a part"),
      );
    rows.push(await flappingDays(ready, 10));
    return rows;
  } finally {
    await wrong.stop();
    await server.stop();
  }
}
