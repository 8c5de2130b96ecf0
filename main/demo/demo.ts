import { mkdir, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acknowledgeAll } from "../../fixtures/acknowledge.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { SimulatedCable } from "../../fixtures/tablet/cable.ts";
import { DiskFolder } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import type { DeviceId } from "../../shared/ids.ts";
import type { Language } from "../../shared/messages/index.ts";
import type { TabletReport } from "../../shared/views.ts";
import { EXIT } from "../cli/exit.ts";
import { table } from "../cli/render/tables.ts";
import { heading } from "../cli/render/text.ts";
import { Output } from "../hosting/output.ts";
import { CommandLine } from "./command-line.ts";
import { DEMO_WORDS, type DemoWords } from "./messages.ts";
import { NAMES, ROLES, type Role, storageOf } from "./roles.ts";
import { makeScene, type Scene } from "./scene.ts";
import { layOut, must, prepareStation, pulledAfter } from "./station.ts";

/** The demo as a list of steps. Each runs the real program; only the cable, its tablets and the keys are made up. */

/** Slow enough to be watched, fast enough not to be waited for. */
const BYTES_PER_SECOND = 12_000_000;

const say = new Output(process.stdout);

async function step(text: string): Promise<void> {
  await say.line(`\n${heading(`▸ ${text}`, say)}`);
  await say.flush();
}

/** The tablets of the scene at the end of a cable. */
function tabletsIn(folder: string): Readonly<Record<Role, SimulatedTablet>> {
  const one = (role: Role) =>
    new SimulatedTablet(new DiskFolder(storageOf(folder, role)), {
      serial: "R52N80DEMO",
      bytesPerSecond: BYTES_PER_SECOND,
    });
  return { clean: one("clean"), troubled: one("troubled"), pulled: one("pulled") };
}

/** `watch` while the three are plugged in, and one comes out and back. Value: the last report of each tablet. */
async function unloadAtTheTable(
  program: CommandLine,
  cable: SimulatedCable,
  tablets: Readonly<Record<Role, SimulatedTablet>>,
  scene: Scene,
  words: DemoWords,
): Promise<ReadonlyMap<string, TabletReport>> {
  const last = new Map<string, TabletReport>();
  tablets.pulled.after({ body: pulledAfter(scene) }, "unplug");
  for (const role of ROLES) cable.plug(tablets[role]);
  await program.run(["watch", "--receipts"], (report) => {
    if (report.device !== null) last.set(report.device, report);
    if (report.failure?.type === "unplugged" && !cable.isPlugged(tablets.pulled)) {
      void step(words.pulled).then(() => cable.plug(tablets.pulled));
      return;
    }
    const finished = ROLES.every((role) => last.get(scene[role].device)?.failure === null);
    if (finished) program.interrupt();
  });
  return last;
}

async function resultTable(
  program: CommandLine,
  scene: Scene,
  reports: ReadonlyMap<string, TabletReport>,
  words: DemoWords,
): Promise<string> {
  const engine = await program.engine();
  try {
    const rows = ROLES.map((role) => {
      const { device } = scene[role];
      const batches = [...must(engine.reconcile(device as DeviceId))];
      const report = reports.get(device);
      const count = (wanted: (line: (typeof batches)[number]) => boolean) =>
        String(batches.filter(wanted).length);
      return [
        NAMES[role],
        words[role === "pulled" ? "plugged" : role],
        count((one) => one.station === "staged"),
        count((one) => one.centre === "accepted"),
        String(report?.batches.filter((one) => one.outcome === "acknowledged").length ?? 0),
        count((one) => one.station === "quarantined"),
        count((one) => one.verdict === "missing"),
        count((one) => one.verdict === "conflict"),
      ];
    });
    return table(Object.values(words.columns), rows);
  } finally {
    engine.close();
  }
}

/** What must have come out; the demo is no demo of success where it did not. */
function unexpected(scene: Scene, reports: ReadonlyMap<string, TabletReport>): string | null {
  const reasons = (role: Role) =>
    reports
      .get(scene[role].device)
      ?.batches.flatMap((one) => (one.reason === null ? [] : [`${one.seq} ${one.reason}`]))
      .join(", ");
  if (reasons("clean") !== "") return `clean: ${reasons("clean")}`;
  if (reasons("pulled") !== "") return `pulled: ${reasons("pulled")}`;
  const troubled = reasons("troubled");
  return troubled === "3 conflict, 7 signature-invalid" ? null : `troubled: ${troubled}`;
}

async function waitForInterrupt(): Promise<void> {
  await new Promise<void>((resolve) => {
    const alive = setInterval(() => {}, 60_000);
    process.once("SIGINT", () => {
      clearInterval(alive);
      resolve();
    });
  });
}

async function play(
  language: Language,
  folder: string,
  postgres: PostgresServer,
  keep: boolean,
): Promise<number> {
  const words = DEMO_WORDS[language];
  const url = await postgres.createDatabase("census");
  const scene = await makeScene(folder);
  await layOut(folder, scene);
  const tablets = tabletsIn(folder);
  const cable = new SimulatedCable();
  const program = new CommandLine(folder, language, cable);

  await step(words.station);
  const engine = await program.engine();
  await prepareStation(engine, scene);
  engine.close();
  await step(words.yesterday);
  await program.run(["unload", "--from", scene.card]);
  await step(words.table);
  const reports = await unloadAtTheTable(program, cable, tablets, scene, words);
  await step(words.send);
  const sent = await program.run(["upload", "--to", url]);
  await step(words.confirm);
  await acknowledgeAll(url, scene.campaign);
  const confirmed = await program.run(["upload", "--to", url]);
  await step(words.compare);
  await program.run(["reconcile"]);
  await step(words.act);
  const actFile = join(folder, `act-${NAMES.troubled}.pdf`);
  const act = await program.run(["act", "--tablet", scene.troubled.device, "--out", actFile]);
  await step(words.log);
  const verified = await program.run(["audit", "verify", "--to", url]);

  await step(words.result);
  await say.line(await resultTable(program, scene, reports, words));
  await step(words.where);
  await say.line(
    table(
      [],
      [
        [words.store, program.store],
        [words.campaign, scene.campaignFolder],
        [words.tablets, join(folder, "tablets")],
        [words.actFile, actFile],
      ],
    ),
  );
  await say.line(`\n${words.further}`);
  await say.line(
    `  npm run --silent sanaq-unload -- --store ${quoted(program.store)} --lang ${language} reconcile`,
  );
  await say.line(
    `  npm run --silent sanaq-unload -- --store ${quoted(program.store)} --lang ${language} audit show`,
  );
  const ends = { upload: sent, confirmations: confirmed, act, "audit verify": verified };
  const wrong = Object.entries(ends).filter(([, exit]) => exit !== EXIT.done);
  const problem = unexpected(scene, reports) ?? (wrong.length === 0 ? null : JSON.stringify(wrong));
  if (problem !== null) await say.line(`\n${words.unexpected(problem)}`);
  await say.line(`\n${keep ? words.running(url) : words.keep}`);
  await say.flush();
  if (keep) await waitForInterrupt();
  return problem === null ? EXIT.done : EXIT.failed;
}

/** A new folder, or the one that was asked for; null where something lies in it already. */
async function folderFor(wanted: string | null): Promise<string | null> {
  if (wanted === null) return mkdtemp(join(tmpdir(), "sanaq-demo-"));
  await mkdir(wanted, { recursive: true });
  return (await readdir(wanted)).length === 0 ? wanted : null;
}

/** A path as a shell takes it in one piece. */
const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/**
 * Plays the whole demo in a folder that stays: the one given, where nothing is yet, or a new one. Value: 0, or 3 where something came out
 * otherwise than it should.
 */
export async function runDemo(language: Language, keep: boolean, wanted: string | null): Promise<number> {
  const words = DEMO_WORDS[language];
  await say.line(`${heading(words.title, say)}\n${words.notReal}`);
  const folder = await folderFor(wanted);
  if (folder === null) {
    await say.line(words.notEmpty(wanted ?? ""));
    await say.flush();
    return EXIT.usage;
  }
  await step(words.centre);
  const postgres = await startPostgres();
  try {
    return await play(language, folder, postgres, keep);
  } finally {
    await postgres.stop();
  }
}
