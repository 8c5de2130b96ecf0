import { resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { codeOf } from "../adapters/disk/errors.ts";
import type { SealLimits } from "../adapters/keys/sealed.ts";
import { EXIT, type Exit } from "../hosting/exit.ts";
import { chooseLanguage } from "../hosting/language.ts";
import { Output } from "../hosting/output.ts";
import type { ProcessHost } from "../hosting/process.ts";
import { printJson, type Reporter, toldText } from "../hosting/reporter.ts";
import { campaignWrite } from "./commands/campaign.ts";
import { renewCrls } from "./commands/crl.ts";
import { issue } from "./commands/issue.ts";
import { issuer } from "./commands/issuer.ts";
import { list } from "./commands/list.ts";
import { newCampaign } from "./commands/new.ts";
import { revoke } from "./commands/revoke.ts";
import { handedTablets, issueTablets } from "./commands/tablets.ts";
import { verify } from "./commands/verify.ts";
import { type Context, stopOn } from "./context.ts";
import { type Chosen, type Command, parse } from "./parse.ts";
import { askPassphrases, readPassphraseFile } from "./passphrases.ts";
import { type Key, type Words, wordsOf } from "./words.ts";

/** What the program stands on: the process in real life, streams in tests. */
export interface Host extends Pick<ProcessHost, "args" | "env" | "onInterrupt"> {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: ConstructorParameters<typeof Output>[0];
  readonly stderr: ConstructorParameters<typeof Output>[0];
  /** What opening a sealed key costs. No command has an option for it. */
  readonly limits: SealLimits;
  readonly clock: () => Date;
}

const DEFAULT_FOLDER = "sanaq-authority";

function execute(command: Command, context: Context): Promise<Exit> {
  switch (command.name) {
    case "new":
      return newCampaign(context, command.options);
    case "issuer":
      return issuer(context, command.oblast);
    case "station issue":
      return issue(context, { role: "station", ...command });
    case "central issue":
      return issue(context, { role: "central", oblast: "centre", ...command });
    case "tablet issue":
      return issueTablets(context, command);
    case "tablet handed":
      return handedTablets(context, command.run);
    case "revoke":
      return revoke(context, command);
    case "crl":
      return renewCrls(context, command);
    case "campaign write":
      return campaignWrite(context, command);
    case "list":
      return list(context, command);
    case "verify":
      return verify(context);
  }
}

async function runChosen(
  host: Host,
  { command, folder, passphraseFile, shares }: Chosen,
  reporter: Reporter<Key> & { readonly words: Words },
): Promise<Exit> {
  const file = passphraseFile === null ? null : await readPassphraseFile(passphraseFile);
  if (file !== null && !file.ok) return stopOn(reporter, file.error);
  const { t } = reporter.words;
  const interrupted = new AbortController();
  const ignore = host.onInterrupt(() => {
    interrupted.abort();
    host.stderr.write(`${t("interrupt.stopping")}\n`);
  });
  const ask = askPassphrases(host, file === null ? null : file.value, {
    first: (key) => t("passphrase.key", { key }),
    again: t("passphrase.again"),
  });
  const path = resolve(folder ?? DEFAULT_FOLDER);
  const { limits, clock } = host;
  try {
    return await execute(command, {
      ...reporter,
      folder: path,
      ask,
      shareFiles: shares,
      limits,
      clock,
      signal: interrupted.signal,
    });
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    const { path: at } = error as { path?: unknown };
    return await stopOn(
      { ...reporter, json: reporter.json && reporter.out.drop() },
      { type: "disk", code, path: typeof at === "string" ? at : path },
    );
  } finally {
    ignore();
  }
}

/** The whole program: reads the command line, runs the command, says how it went. Exceptions are bugs and pass through. */
export async function run(host: Host): Promise<Exit> {
  const { args } = host;
  const words = wordsOf(chooseLanguage(args, host.env));
  const out = new Output(host.stdout);
  const err = new Output(host.stderr);
  const reporter = { words, out, err, json: args.includes("--json") };
  const ended = async (exit: Exit): Promise<Exit> => {
    await out.flush();
    if (out.failed === null) return exit;
    const told = { what: words.t("output.failed", { code: out.failed }), todo: words.t("output.failed.do") };
    await err.line(toldText(told, words));
    return exit === EXIT.usage ? exit : EXIT.failed;
  };
  try {
    const parsed = parse(args, words, packageJson.version);
    if (parsed.type === "run") return await ended(await runChosen(host, parsed.command, reporter));
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
