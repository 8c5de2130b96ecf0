import type { DeviceId } from "../../shared/ids.ts";
import { isDeviceId } from "../../shared/ids.ts";
import type { UnloadTarget } from "../engine/api.ts";
import { REPORT_FORMATS, REPORT_KINDS, type ReportFormat, type ReportKind } from "../engine/ports-report.ts";
import { filled, hostProgram, oneOf, type Parsed, parseArguments, UsageError } from "../hosting/arguments.ts";
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
  | { readonly name: "store check"; readonly depth: "light" | "deep" }
  | { readonly name: "quarantine list" }
  | { readonly name: "quarantine retry" }
  | { readonly name: "audit show"; readonly format: "jsonl" | "csv" | null }
  | { readonly name: "audit verify"; readonly anchors: readonly string[]; readonly to: string | null }
  | { readonly name: "act"; readonly device: DeviceId; readonly out: string }
  | { readonly name: "act verify"; readonly given: string };

/** A command and the store that it works on; null: the default one. */
export interface Chosen {
  readonly command: Command;
  readonly store: string | null;
}

/** Reads a command line. Everything that a person may read is in the given words. */
export function parse(
  args: readonly string[],
  words: Words,
  defaultStore: string,
  version: string,
): Parsed<Chosen, CliKey> {
  const { t } = words;
  let chosen: Command | null = null;
  const targets: UnloadTarget[] = [];
  const anchors: string[] = [];

  const host = hostProgram<CliKey>(
    "sanaq-unload",
    "[--store DIR] [--json] [--lang kk|ru|en] COMMAND",
    words,
    { version, description: t("help.program"), exits: t("help.exit") },
  );
  const { program, add, group } = host;
  program.option("--store <DIR>", t("help.store", { folder: defaultStore }), filled("--store"));

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
      if (targets.length === 0) throw new UsageError<CliKey>("usage.no-target");
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
      if (device !== null && !isDeviceId(device)) throw new UsageError<CliKey>("usage.bad-device", device);
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
      if (!isDeviceId(device)) throw new UsageError<CliKey>("usage.bad-device", text);
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
  add(program, "report", "--by KIND --out FILE [--format csv|parquet]", "help.report")
    .requiredOption("--by <KIND>", t("help.report-by"), oneOf(REPORT_KINDS))
    .requiredOption("--out <FILE>", t("help.report-out"), filled("--out"))
    .option("--format <FORMAT>", t("help.report-format"), oneOf(REPORT_FORMATS))
    .action((options: { by: ReportKind; out: string; format?: ReportFormat }) => {
      chosen = { name: "report", by: options.by, format: options.format ?? "csv", out: options.out };
    });
  add(group("store", "help.store-group"), "check", "[--deep]", "help.store-check")
    .option("--deep", t("help.store-check-deep"))
    .action((options: { deep?: boolean }) => {
      chosen = { name: "store check", depth: options.deep === true ? "deep" : "light" };
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
        throw new UsageError<CliKey>("usage.bad-format", format);
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
        throw new UsageError<CliKey>("usage.act-needs");
      else {
        const device = tablet.toLowerCase();
        if (!isDeviceId(device)) throw new UsageError<CliKey>("usage.bad-device", tablet);
        chosen = { name: "act", device, out };
      }
    });

  return parseArguments(host, args, () =>
    chosen === null ? null : { command: chosen, store: program.opts<{ store?: string }>().store ?? null },
  );
}
