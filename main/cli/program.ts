import envPaths from "env-paths";
import packageJson from "../../package.json" with { type: "json" };
import { ok, type Result } from "../../shared/result.ts";
import type { Opening, StoreKeeping, StoreProblem } from "../compose.ts";
import type { Engine } from "../engine/api.ts";
import { type Centre, DiskError, type DiskFailure } from "../engine/ports.ts";
import type { BadAddress } from "../engine/ports-centre.ts";
import { chooseLanguage } from "../hosting/language.ts";
import { Output, type Stream } from "../hosting/output.ts";
import { makeAct, verifyAct } from "./commands/act.ts";
import { auditShow, auditVerify } from "./commands/audit.ts";
import { quarantineList, quarantineRetry, reconcile } from "./commands/books.ts";
import { exportBag, importBag } from "./commands/carry.ts";
import { backup, type KeepContext, restore } from "./commands/keep.ts";
import { report } from "./commands/report.ts";
import { init, loadCampaign, takeCertificate } from "./commands/setup.ts";
import { storeCheck } from "./commands/store.ts";
import { tablets, unload, watch } from "./commands/unload.ts";
import { upload } from "./commands/upload.ts";
import { type Context, printJson, type Reporter, stop, stopOn } from "./context.ts";
import { EXIT, type Exit } from "./exit.ts";
import { type Command, parse } from "./parse.ts";
import { progressOn } from "./progress.ts";
import { tellStore, toldText } from "./render/problem.ts";
import { wordsOf } from "./words.ts";

/** What the program stands on: the process in real life, streams and a fake engine in tests. */
export interface Host {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Opens the store of a folder. */
  readonly compose: (storeFolder: string, opening: Opening) => Promise<Result<Engine, StoreProblem>>;
  /** Works on a store that somebody else may own. */
  readonly keeping: StoreKeeping;
  readonly connect: (url: string) => Promise<Result<Centre, BadAddress>>;
  /** Calls back once when the person or the system asks the program to end. Value: stop listening. */
  readonly onInterrupt: (stop: () => void) => () => void;
}

/** Commands that do not own the store. */
type Keeping = Extract<Command, { readonly name: "backup" | "restore" }>;

const isKeeping = (command: Command): command is Keeping =>
  command.name === "backup" || command.name === "restore";

type Name = Command["name"];

/** Commands that begin with a new store. All others look at what a store holds: an empty one would answer that all is well. */
const MAKES_STORE: ReadonlySet<Name> = new Set<Name>([
  "init",
  "station certificate",
  "campaign load",
  "tablets",
  "unload",
  "watch",
  "import",
]);

/** Commands that ask for a campaign before anything else: where there is no store, none was loaded. */
const WANTS_CAMPAIGN: ReadonlySet<Name> = new Set<Name>(["reconcile", "upload", "quarantine retry"]);

/**
 * Commands that bring what they have begun to an orderly stop when they are interrupted. Any other ends at once, as the system would have
 * it: the store stands whatever is cut off.
 */
const STOPS_IN_ORDER: ReadonlySet<Name> = new Set<Name>([
  "unload",
  "watch",
  "upload",
  "export",
  "import",
  "report",
  "store check",
]);

/** Problems of a store that come from the command line and not from the disk. */
const NO_FAILURE: ReadonlySet<StoreProblem["type"]> = new Set<StoreProblem["type"]>([
  "no-store",
  "held-place",
]);

/** Runs one command on an open store. */
function execute(command: Exclude<Command, Keeping>, context: Context): Promise<Exit> {
  switch (command.name) {
    case "init":
      return init(context);
    case "station certificate":
      return takeCertificate(context, command.file);
    case "campaign load":
      return loadCampaign(context, command.folder);
    case "tablets":
      return tablets(context);
    case "unload":
      return unload(context, command.targets, command.receipts);
    case "watch":
      return watch(context, command.receipts);
    case "reconcile":
      return reconcile(context, command.device);
    case "upload":
      return upload(context, command);
    case "export":
      return exportBag(context, command);
    case "import":
      return importBag(context, command.folder);
    case "report":
      return report(context, command);
    case "store check":
      return storeCheck(context, command.depth);
    case "quarantine list":
      return quarantineList(context);
    case "quarantine retry":
      return quarantineRetry(context);
    case "audit show":
      return auditShow(context, command.format);
    case "audit verify":
      return auditVerify(context, command);
    case "act":
      return makeAct(context, command.device, command.out);
    case "act verify":
      return verifyAct(context, command.given);
  }
}

/** A signal that a person's wish to stop sets off. */
function interruption(
  host: Host,
  reporter: Reporter,
  isSaid: boolean,
): { signal: AbortSignal; ignore(): void } {
  const interrupted = new AbortController();
  const ignore = host.onInterrupt(() => {
    interrupted.abort();
    if (isSaid) reporter.err.stream.write(`${reporter.words.t("interrupt.stopping")}\n`);
  });
  return { signal: interrupted.signal, ignore };
}

/** Runs a command beside whoever owns the store. */
async function withoutStore(host: Host, store: string, command: Keeping, reporter: Reporter): Promise<Exit> {
  const { signal, ignore } = interruption(host, reporter, true);
  const progress = progressOn(reporter.err, reporter.words);
  const context: KeepContext = { ...reporter, keeping: host.keeping, store, progress, signal };
  try {
    return command.name === "backup"
      ? await backup(context, command.to)
      : await restore(context, command.folder);
  } finally {
    ignore();
    progress.clear();
  }
}

/** Opens the store, runs the command, closes the store, whatever happens. */
async function withStore(
  host: Host,
  folder: string,
  command: Exclude<Command, Keeping>,
  reporter: Reporter,
): Promise<Exit> {
  const opening = MAKES_STORE.has(command.name) ? "make" : "existing";
  const engine = await host.compose(folder, opening);
  if (!engine.ok) {
    if (engine.error.type === "no-store" && WANTS_CAMPAIGN.has(command.name))
      return stopOn(reporter, { type: "no-campaign" });
    const exit = NO_FAILURE.has(engine.error.type) ? EXIT.usage : EXIT.failed;
    return stop(reporter, engine.error, tellStore(engine.error, reporter.words), exit);
  }
  const { signal, ignore } = STOPS_IN_ORDER.has(command.name)
    ? interruption(host, reporter, command.name !== "watch")
    : { signal: new AbortController().signal, ignore: () => {} };
  const progress = progressOn(reporter.err, reporter.words);
  const context: Context = {
    ...reporter,
    engine: engine.value,
    connect: host.connect,
    progress,
    passphrase: host,
    signal,
  };
  let ended: Result<void, DiskFailure> = ok(undefined);
  let exit: Exit;
  try {
    exit = await executeOrTell(command, context);
  } finally {
    ignore();
    progress.clear();
    ended = engine.value.close();
  }
  if (ended.ok || exit === EXIT.failed) return exit;
  return stopOn({ ...reporter, json: false }, ended.error);
}

async function executeOrTell(command: Exclude<Command, Keeping>, context: Context): Promise<Exit> {
  try {
    return await execute(command, context);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return await stopOn({ ...context, json: context.json && context.out.drop() }, error.failure);
  }
}

/**
 * The whole program: reads the command line, runs the command, says how it went. Value: the exit code (docs/cli.md). Exceptions are
 * bugs and pass through.
 */
export async function run(host: Host): Promise<Exit> {
  const { args } = host;
  const words = wordsOf(chooseLanguage(args, host.env));
  const out = new Output(host.stdout);
  const err = new Output(host.stderr);
  const reporter: Reporter = { words, out, err, json: args.includes("--json") };
  const defaultStore = envPaths("sanaq-unload", { suffix: "" }).data;
  const parsed = parse(args, words, defaultStore, packageJson.version);
  const ended = async (exit: Exit): Promise<Exit> => {
    await out.flush();
    if (out.failed === null) return exit;
    const told = { what: words.t("output.failed", { code: out.failed }), todo: words.t("output.failed.do") };
    await err.line(toldText(told, words));
    return exit === EXIT.usage ? exit : EXIT.failed;
  };
  try {
    if (parsed.type === "run") {
      const { command, store } = parsed.command;
      return await ended(
        isKeeping(command)
          ? await withoutStore(host, store ?? defaultStore, command, reporter)
          : await withStore(host, store ?? defaultStore, command, reporter),
      );
    }
    if (parsed.type === "text") {
      if (reporter.json) await printJson(reporter, { [parsed.what]: parsed.text.trimEnd() });
      else await out.write(parsed.text);
      return await ended(EXIT.done);
    }
    const { key, word, help } = parsed;
    if (reporter.json)
      await printJson(reporter, { error: { type: "usage", message: words.t(key, { word }) } });
    await err.line(words.t(key, { word }));
    await err.line(words.t("usage.see-help", { command: help }));
    return await ended(EXIT.usage);
  } catch (error) {
    if (reporter.json && out.drop()) await printJson(reporter, { error: { type: "bug" } });
    throw error;
  } finally {
    await out.flush();
    await err.flush();
  }
}
