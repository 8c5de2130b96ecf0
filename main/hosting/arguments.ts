import { Command as Commander, CommanderError, type Help } from "commander";
import type { MessageKey } from "../../shared/messages/index.ts";
import { languageOption } from "./language.ts";
import type { HostingKey } from "./messages/en.ts";
import type { Words } from "./words.ts";

/** Reading a command line: what every program of this project does the same way. Everything that a person may read is in words. */

/** A command line that cannot be run. `key`: the message; `word`: the part that is wrong. */
export class UsageError<Key extends string> extends Error {
  readonly key: Key;
  readonly word: string;
  constructor(key: Key, word = "") {
    super(key);
    this.key = key;
    this.word = word;
  }
}

export type Parsed<Chosen, Key extends string> =
  | { readonly type: "run"; readonly command: Chosen }
  /** Help or the version: to be printed, and nothing else to be done. */
  | { readonly type: "text"; readonly what: "help" | "version"; readonly text: string }
  /** `word`: the part of the command line that is wrong. `help`: the command line that explains. */
  | { readonly type: "usage"; readonly key: Key; readonly word: string; readonly help: string };

const KEYS: Readonly<Record<string, HostingKey>> = {
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

/** Takes an option's or argument's value unless it is empty. */
export function filled(option: string): (value: string) => string {
  return (value) => {
    if (value === "") throw new UsageError<HostingKey>("usage.empty-value", option);
    return value;
  };
}

/** Takes one of several words. */
export const oneOf =
  <T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new UsageError<HostingKey>("usage.bad-choice", text);
    return found;
  };

/** A program before its commands are added. */
export interface HostProgram<Key extends string> {
  readonly program: Commander;
  /** Adds a command; `description`: the key of its message. */
  readonly add: (parent: Commander, name: string, usage: string, description: Key) => Commander;
  readonly group: (name: string, description: Key) => Commander;
  /** What commander printed: help, or the version. */
  readonly printed: () => string;
}

/** Makes a program with help, version and language in the given words. `exits`: the text on exit codes. */
export function hostProgram<Key extends string>(
  name: string,
  usage: string,
  words: Words<Key | HostingKey | MessageKey>,
  about: { readonly version: string; readonly description: string; readonly exits: string },
): HostProgram<Key> {
  const { t } = words;
  let text = "";
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
      [name, pathOf(command), command.usage().replace(/^\[options\]$/, "")].filter(Boolean).join(" "),
    subcommandDescription: (command) => command.description(),
  };
  const program = new Commander(name);
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
    .version(about.version, "-V, --version", t("help.version"))
    .usage(usage)
    .description(about.description)
    .option("--json", t("help.json"))
    .option("--lang <LANG>", t("help.lang"))
    .addHelpText("after", () => `\n${about.exits}`);
  const add = (parent: Commander, command: string, line: string, description: Key): Commander =>
    parent.command(command).usage(line).description(t(description));
  return {
    program,
    add,
    group: (command, description) => add(program, command, "COMMAND", description).helpCommand(false),
    printed: () => text,
  };
}

/** Reads the arguments. `chosen`: what the actions of the commands have set; null where none ran. */
export function parseArguments<Chosen, Key extends string>(
  host: HostProgram<Key>,
  args: readonly string[],
  chosen: () => Chosen | null,
): Parsed<Chosen, Key | HostingKey> {
  const { program } = host;
  const usage = (key: Key | HostingKey, word: string): Parsed<Chosen, Key | HostingKey> => {
    const named = args.find((arg) => program.commands.some((command) => command.name() === arg));
    const path = key === "usage.unknown-command" ? "" : (named ?? "");
    return { type: "usage", key, word, help: [program.name(), path, "--help"].filter(Boolean).join(" ") };
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
    if (key === undefined) {
      const what = error.code === "commander.version" ? "version" : "help";
      return { type: "text", what, text: host.printed() };
    }
    return usage(key, /'([^']*)'/.exec(error.message)?.[1] ?? "");
  }
  const command = chosen();
  return command === null ? usage("usage.no-command", "") : { type: "run", command };
}
