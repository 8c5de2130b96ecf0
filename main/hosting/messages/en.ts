/** Words that every command line needs. This file names the keys; the other languages must have the same. */
export const en = {
  "help.json": "one JSON document on standard output and nothing else",
  "help.lang": "language of messages: kk, ru or en",
  "help.help": "show help",
  "help.version": "show the version",
  "help.title.usage": "Usage:",
  "help.title.arguments": "Arguments:",
  "help.title.options": "Options:",
  "help.title.commands": "Commands:",
  "help.title.global": "Options of every command:",
  "usage.no-command": "No command was given.",
  "usage.unknown-command": "There is no command “{word}”.",
  "usage.unknown-option": "There is no option “{word}” here.",
  "usage.missing-argument": "The argument {word} is missing.",
  "usage.option-needs-value": "The option {word} needs a value.",
  "usage.missing-option": "The option {word} is required.",
  "usage.too-many-arguments": "There are more arguments than this command takes.",
  "usage.bad-language": "The language is kk, ru or en, not “{word}”.",
  "usage.empty-value": "The value of {word} is empty.",
  "usage.no-file": "The file {path} cannot be read ({code}).",
  "usage.bad-choice": "{word} is none of the possible values.",
  "usage.see-help": "See {command}.",
  "passphrase.again": "Once more: ",
  "passphrase.differ": "The two passphrases differ; nothing was made.",
  "interrupt.stopping": "Stopping. Press Ctrl-C once more to end at once.",
  "output.failed":
    "The answer could not be written to standard output ({code}): what stands there is not whole.",
  "output.failed.do":
    "Make room where it goes and run the command again; what was said to be saved is saved.",
} as const;

export type HostingKey = keyof typeof en;
export type HostingMessages = Readonly<Record<HostingKey, string>>;
