import { Command as Commander, CommanderError, type Help } from "commander";
import type { DeviceId } from "../../shared/ids.ts";
import { isDeviceId } from "../../shared/ids.ts";
import type { UnloadTarget } from "../engine/api.ts";
import { REPORT_FORMATS, REPORT_KINDS, type ReportFormat, type ReportKind } from "../engine/ports-report.ts";
import { languageOption } from "./language.ts";
import type { CliKey } from "./messages/en.ts";
import type { Words } from "./words.ts";

/** What one command line asks for (docs/cli.md). */
export type Command =
  | { readonly name: "init" }
  | { readonly name: "station certificate"; readonly file: string }
  | { readonly name: "campaign load"; readonly folder: string }
  | { readonly name: "tablets" }
  | { readonly name: "unload"; readonly targets: readonly UnloadTarget[]; readonly receipts: boolean }
  | { readonly name: "watch"; readonly receipts: boolean }
  | { readonly name: "reconcile"; readonly device: DeviceId | null }
  | { readonly name: "upload"; readonly to: string; readonly again: boolean }
  | {
      readonly name: "export";
      readonly to: string;
      readonly devices: readonly DeviceId[];
      readonly again: boolean;
    }
  | { readonly name: "import"; readonly folder: string }
  | { readonly name: "backup"; readonly to: string }
  | { readonly name: "restore"; readonly folder: string }
  | {
      readonly name: "report";
      readonly by: ReportKind;
      readonly format: ReportFormat;
      readonly out: string;
    }
  | { readonly name: "quarantine list" }
  | { readonly name: "quarantine retry" }
  | { readonly name: "audit show"; readonly format: "jsonl" | "csv" | null }
  | { readonly name: "audit verify"; readonly anchors: readonly string[]; readonly to: string | null }
  | { readonly name: "act"; readonly device: DeviceId; readonly out: string }
  | { readonly name: "act verify"; readonly given: string };

export type Parsed =
  | { readonly type: "run"; readonly command: Command; readonly store: string | null }
  /** Help or the version: to be printed, and nothing else to be done. */
  | { readonly type: "text"; readonly what: "help" | "version"; readonly text: string }
  /** `word`: the part of the command line that is wrong. `help`: the command line that explains. */
  | { readonly type: "usage"; readonly key: CliKey; readonly word: string; readonly help: string };

class UsageError extends Error {
  readonly key: CliKey;
  readonly word: string;
  constructor(key: CliKey, word = "") {
    super(key);
    this.key = key;
    this.word = word;
  }
}

const KEYS: Readonly<Record<string, CliKey>> = {
  "commander.help": "usage.no-command",
  "commander.unknownCommand": "usage.unknown-command",
  "commander.unknownOption": "usage.unknown-option",
  "commander.missingArgument": "usage.missing-argument",
  "commander.optionMissingArgument": "usage.option-needs-value",
  "commander.missingMandatoryOptionValue": "usage.missing-option",
  "commander.excessArguments": "usage.too-many-arguments",
};

/** Name of a command with those above it but the program's: `campaign load`. */
const pathOf = (command: Commander): string =>
  command.parent === null ? "" : `${pathOf(command.parent)} ${command.name()}`.trim();

const leaves = (command: Commander): Commander[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

function filled(option: string): (value: string) => string {
  return (value) => {
    if (value === "") throw new UsageError("usage.empty-value", option);
    return value;
  };
}

/** Reads a command line. Everything that a person may read is in the given words. */
export function parse(args: readonly string[], words: Words, defaultStore: string, version: string): Parsed {
  const { t } = words;
  let chosen: Command | null = null;
  let text = "";
  const targets: UnloadTarget[] = [];
  const anchors: string[] = [];

  const titles: Readonly<Record<string, string>> = {
    "Usage:": t("help.title.usage"),
    "Arguments:": t("help.title.arguments"),
    "Options:": t("help.title.options"),
    "Commands:": t("help.title.commands"),
    "Global Options:": t("help.title.global"),
  };
  const help: Partial<Help> = {
    showGlobalOptions: true,
    styleTitle: (title) => titles[title] ?? title,
    visibleCommands: (command) => (command.commands.length === 0 ? [] : leaves(command)),
    subcommandTerm: (command) =>
      [pathOf(command), ...command.registeredArguments.map((one) => one.name())].join(" "),
    commandUsage: (command) =>
      ["sanaq-unload", pathOf(command), command.usage().replace(/^\[options\]$/, "")]
        .filter(Boolean)
        .join(" "),
    subcommandDescription: (command) => command.description(),
  };

  const program = new Commander("sanaq-unload");
  program
    .exitOverride()
    .configureOutput({
      writeOut: (part) => {
        text += part;
      },
      writeErr: () => {},
      outputError: () => {},
    })
    .configureHelp(help)
    .helpCommand(false)
    .helpOption("-h, --help", t("help.help"))
    .version(version, "-V, --version", t("help.version"))
    .usage("[--store DIR] [--json] [--lang kk|ru|en] COMMAND")
    .description(t("help.program"))
    .option("--store <DIR>", t("help.store", { folder: defaultStore }), filled("--store"))
    .option("--json", t("help.json"))
    .option("--lang <LANG>", t("help.lang"))
    .addHelpText("after", () => `\n${t("help.exit")}`);

  const add = (parent: Commander, name: string, usage: string, description: CliKey): Commander =>
    parent.command(name).usage(usage).description(t(description));
  const group = (name: string, description: CliKey): Commander =>
    add(program, name, "COMMAND", description).helpCommand(false);

  add(program, "init", "", "help.init").action(() => {
    chosen = { name: "init" };
  });
  add(group("station", "help.station"), "certificate", "FILE", "help.station-certificate")
    .argument("<FILE>")
    .action((file: string) => {
      chosen = { name: "station certificate", file };
    });
  add(group("campaign", "help.campaign"), "load", "DIR", "help.campaign-load")
    .argument("<DIR>")
    .action((folder: string) => {
      chosen = { name: "campaign load", folder };
    });
  add(program, "tablets", "", "help.tablets").action(() => {
    chosen = { name: "tablets" };
  });
  add(program, "unload", "(--all | --tablet ID | --from DIR)... [--receipts]", "help.unload")
    .option("--all", t("help.unload-all"))
    .option("--tablet <ID>", t("help.unload-tablet"), (id) => {
      targets.push({ type: "tablet", id: filled("--tablet")(id) });
    })
    .option("--from <DIR>", t("help.unload-from"), (path) => {
      targets.push({ type: "folder", path: filled("--from")(path) });
    })
    .option("--receipts", t("help.receipts"))
    .action((options: { all?: boolean; receipts?: boolean }) => {
      if (options.all === true) targets.unshift({ type: "all" });
      if (targets.length === 0) throw new UsageError("usage.no-target");
      chosen = { name: "unload", targets, receipts: options.receipts === true };
    });
  add(program, "watch", "[--receipts]", "help.watch")
    .option("--receipts", t("help.receipts"))
    .action((options: { receipts?: boolean }) => {
      chosen = { name: "watch", receipts: options.receipts === true };
    });
  add(program, "reconcile", "[--device ID]", "help.reconcile")
    .option("--device <ID>", t("help.reconcile-device"))
    .action((options: { device?: string }) => {
      const device = options.device?.toLowerCase() ?? null;
      if (device !== null && !isDeviceId(device)) throw new UsageError("usage.bad-device", device);
      chosen = { name: "reconcile", device };
    });
  add(program, "upload", "--to POSTGRES_URL [--again]", "help.upload")
    .requiredOption("--to <POSTGRES_URL>", t("help.upload-to"))
    .option("--again", t("help.upload-again"))
    .action((options: { to: string; again?: boolean }) => {
      chosen = { name: "upload", to: options.to, again: options.again === true };
    });
  const devices: DeviceId[] = [];
  add(program, "export", "--to DIR [--device ID]... [--again]", "help.export")
    .requiredOption("--to <DIR>", t("help.export-to"), filled("--to"))
    .option("--device <ID>", t("help.export-device"), (text) => {
      const device = text.toLowerCase();
      if (!isDeviceId(device)) throw new UsageError("usage.bad-device", text);
      devices.push(device);
    })
    .option("--again", t("help.export-again"))
    .action((options: { to: string; again?: boolean }) => {
      chosen = { name: "export", to: options.to, devices, again: options.again === true };
    });
  add(program, "import", "DIR", "help.import")
    .argument("<DIR>")
    .action((folder: string) => {
      chosen = { name: "import", folder: filled("DIR")(folder) };
    });
  add(program, "backup", "--to DIR", "help.backup")
    .requiredOption("--to <DIR>", t("help.backup-to"), filled("--to"))
    .action((options: { to: string }) => {
      chosen = { name: "backup", to: options.to };
    });
  add(program, "restore", "DIR", "help.restore")
    .argument("<DIR>")
    .action((folder: string) => {
      chosen = { name: "restore", folder: filled("DIR")(folder) };
    });
  const oneOf =
    <T extends string>(words: readonly T[]) =>
    (text: string): T => {
      const found = words.find((word) => word === text);
      if (found === undefined) throw new UsageError("usage.bad-choice", text);
      return found;
    };
  add(program, "report", "--by KIND --out FILE [--format csv|parquet]", "help.report")
    .requiredOption("--by <KIND>", t("help.report-by"), oneOf(REPORT_KINDS))
    .requiredOption("--out <FILE>", t("help.report-out"), filled("--out"))
    .option("--format <FORMAT>", t("help.report-format"), oneOf(REPORT_FORMATS))
    .action((options: { by: ReportKind; out: string; format?: ReportFormat }) => {
      chosen = { name: "report", by: options.by, format: options.format ?? "csv", out: options.out };
    });
  const quarantine = group("quarantine", "help.quarantine");
  add(quarantine, "list", "", "help.quarantine-list").action(() => {
    chosen = { name: "quarantine list" };
  });
  add(quarantine, "retry", "", "help.quarantine-retry").action(() => {
    chosen = { name: "quarantine retry" };
  });
  const audit = group("audit", "help.audit");
  add(audit, "show", "[--format jsonl|csv]", "help.audit-show")
    .option("--format <FORMAT>", t("help.audit-format"))
    .action((options: { format?: string }) => {
      const { format = null } = options;
      if (format !== null && format !== "jsonl" && format !== "csv")
        throw new UsageError("usage.bad-format", format);
      chosen = { name: "audit show", format };
    });
  add(audit, "verify", "[--anchor FILE]... [--to POSTGRES_URL]", "help.audit-verify")
    .option("--anchor <FILE>", t("help.audit-anchor"), (path) => {
      anchors.push(filled("--anchor")(path));
    })
    .option("--to <POSTGRES_URL>", t("help.audit-to"), filled("--to"))
    .action((options: { to?: string }) => {
      chosen = { name: "audit verify", anchors, to: options.to ?? null };
    });
  add(program, "act", "(--tablet ID --out FILE.pdf | --verify CODE-or-FILE)", "help.act")
    .option("--tablet <ID>", t("help.act-tablet"), filled("--tablet"))
    .option("--out <FILE>", t("help.act-out"), filled("--out"))
    .option("--verify <CODE-or-FILE>", t("help.act-verify"), filled("--verify"))
    .action((options: { tablet?: string; out?: string; verify?: string }) => {
      const { tablet, out, verify } = options;
      if (verify !== undefined && tablet === undefined && out === undefined)
        chosen = { name: "act verify", given: verify };
      else if (verify !== undefined || tablet === undefined || out === undefined)
        throw new UsageError("usage.act-needs");
      else {
        const device = tablet.toLowerCase();
        if (!isDeviceId(device)) throw new UsageError("usage.bad-device", tablet);
        chosen = { name: "act", device, out };
      }
    });

  const usage = (key: CliKey, word: string): Parsed => {
    const named = args.find((arg) => program.commands.some((command) => command.name() === arg));
    const path = key === "usage.unknown-command" ? "" : (named ?? "");
    return { type: "usage", key, word, help: ["sanaq-unload", path, "--help"].filter(Boolean).join(" ") };
  };
  const language = languageOption(args);
  if (language !== null && !["kk", "ru", "en"].includes(language))
    return usage("usage.bad-language", language);
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof UsageError) return usage(error.key, error.word);
    if (!(error instanceof CommanderError)) throw error;
    const key = KEYS[error.code];
    if (key === undefined)
      return { type: "text", what: error.code === "commander.version" ? "version" : "help", text };
    return usage(key, /'([^']*)'/.exec(error.message)?.[1] ?? "");
  }
  const { store } = program.opts<{ store?: string }>();
  return chosen === null
    ? usage("usage.no-command", "")
    : { type: "run", command: chosen, store: store ?? null };
}
