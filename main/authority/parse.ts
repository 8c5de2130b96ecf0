import type { MessageKey } from "../../shared/messages/index.ts";
import { filled, hostProgram, oneOf, type Parsed, parseArguments, UsageError } from "../hosting/arguments.ts";
import type { Role } from "../rules/trust.ts";
import { OBLAST } from "./answers.ts";
import { REASONS, type RevocationReason } from "./log.ts";
import type { AuthorityKey } from "./messages/en.ts";
import type { Words } from "./words.ts";

/** What one command line of `sanaq-authority` asks for (docs/authority.md). */

export const ROLES = ["tablet", "station", "central"] as const satisfies readonly Role[];
export const STATES = ["valid", "revoked", "expired"] as const;

/** Options of `new`; the same as the fields of a file of answers. */
export interface NewOptions {
  readonly answers: string | null;
  readonly given: Readonly<Record<string, unknown>>;
}

export type Command =
  | { readonly name: "new"; readonly options: NewOptions }
  | { readonly name: "issuer"; readonly oblast: string }
  | {
      readonly name: "station issue";
      readonly file: string;
      readonly oblast: string;
      readonly out: string | null;
    }
  | { readonly name: "central issue"; readonly file: string; readonly out: string | null }
  | {
      readonly name: "tablet issue";
      readonly out: string;
      readonly requests: string | null;
      readonly devices: string | null;
      readonly makeKeys: boolean;
      readonly oblast: string | null;
    }
  | { readonly name: "tablet handed"; readonly run: string }
  | {
      readonly name: "revoke";
      readonly ids: readonly string[];
      readonly serials: readonly string[];
      readonly reason: RevocationReason;
    }
  | {
      readonly name: "crl";
      readonly ca: string | null;
      readonly published: string | null;
      readonly large: boolean;
    }
  | { readonly name: "campaign write"; readonly folder: string; readonly published: string | null }
  | {
      readonly name: "list";
      readonly role: Role | null;
      readonly state: (typeof STATES)[number] | null;
      readonly oblast: string | null;
    }
  | { readonly name: "verify" };

export interface Chosen {
  readonly command: Command;
  readonly folder: string | null;
  readonly passphraseFile: string | null;
  readonly shares: readonly string[];
}

const HEX = /^[0-9a-f]+$/i;

function oblastOf(text: string): string {
  if (!OBLAST.test(text)) throw new UsageError<AuthorityKey>("usage.bad-oblast", text);
  return text;
}

/** Reads a command line. Everything that a person may read is in the given words. */
export function parse(
  args: readonly string[],
  words: Words,
  version: string,
): Parsed<Chosen, AuthorityKey | MessageKey> {
  const { t } = words;
  let chosen: Command | null = null;
  const shares: string[] = [];
  const host = hostProgram<AuthorityKey>(
    "sanaq-authority",
    "[--dir DIR] [--json] [--lang kk|ru|en] COMMAND",
    words,
    { version, description: t("help.program"), exits: t("help.exit") },
  );
  const { program, add, group } = host;
  const collect = (into: string[], option: string) => (text: string) => {
    into.push(filled(option)(text));
  };
  program
    .option("--dir <DIR>", t("help.dir"), filled("--dir"))
    .option("--passphrase-file <FILE>", t("help.passphrase-file"), filled("--passphrase-file"))
    .option("--share <FILE>", t("help.share"), collect(shares, "--share"));

  const lists = {
    oblasts: [] as string[],
    central: [] as string[],
    department: [] as string[],
    forms: [] as string[],
    schemas: [] as string[],
  };
  add(program, "new", "(--answers FILE | --id ID --from TIME …)", "help.new")
    .option("--answers <FILE>", t("help.new-answers"), filled("--answers"))
    .option("--id <ID>", t("help.new-id"))
    .option("--name-kk <TEXT>", t("help.new-name"))
    .option("--name-ru <TEXT>", t("help.new-name"))
    .option("--name-en <TEXT>", t("help.new-name"))
    .option("--from <TIME>", t("help.new-from"))
    .option("--to <TIME>", t("help.new-to"))
    .option("--oblast <KATO>", t("help.new-oblast"), collect(lists.oblasts, "--oblast"))
    .option("--intermediate", t("help.new-intermediate"))
    .option("--central <AGE>", t("help.new-central"), collect(lists.central, "--central"))
    .option("--department <AGE>", t("help.new-department"), collect(lists.department, "--department"))
    .option("--form <CODE>", t("help.new-form"), collect(lists.forms, "--form"))
    .option("--schema <FILE-or-HEX>", t("help.new-schema"), collect(lists.schemas, "--schema"))
    .option("--outbox <PATH>", t("help.new-outbox"))
    .option("--grace <DAYS>", t("help.new-grace"))
    .option("--arc <OID>", t("help.new-arc"))
    .option("--shares <MofN>", t("help.new-shares"))
    .action((options: Record<string, string | boolean | undefined>) => {
      const { nameKk, nameRu, nameEn, grace } = options;
      const names = { kk: nameKk, ru: nameRu, en: nameEn };
      const given = {
        id: options.id,
        name: nameKk === undefined && nameRu === undefined && nameEn === undefined ? undefined : names,
        from: options.from,
        to: options.to,
        intermediate: options.intermediate,
        outbox: options.outbox,
        graceDays: grace === undefined ? undefined : Number(grace),
        roleArc: options.arc,
        shares: options.shares,
        ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)),
      };
      chosen = {
        name: "new",
        options: {
          answers: typeof options.answers === "string" ? options.answers : null,
          given: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
        },
      };
    });
  add(program, "issuer", "--oblast N", "help.issuer")
    .requiredOption("--oblast <KATO>", t("help.oblast"), oblastOf)
    .action((options: { oblast: string }) => {
      chosen = { name: "issuer", oblast: options.oblast };
    });
  add(group("station", "help.station"), "issue", "FILE --oblast N [--out FILE]", "help.station-issue")
    .argument("<FILE>")
    .requiredOption("--oblast <KATO>", t("help.oblast"), oblastOf)
    .option("--out <FILE>", t("help.out-file"), filled("--out"))
    .action((file: string, options: { oblast: string; out?: string }) => {
      chosen = { name: "station issue", file, oblast: options.oblast, out: options.out ?? null };
    });
  add(group("central", "help.central"), "issue", "FILE [--out FILE]", "help.central-issue")
    .argument("<FILE>")
    .option("--out <FILE>", t("help.out-file"), filled("--out"))
    .action((file: string, options: { out?: string }) => {
      chosen = { name: "central issue", file, out: options.out ?? null };
    });
  const tablet = group("tablet", "help.tablet");
  add(
    tablet,
    "issue",
    "--out DIR (--requests DIR [--devices CSV] | --devices CSV --make-keys)",
    "help.tablet-issue",
  )
    .requiredOption("--out <DIR>", t("help.tablet-out"), filled("--out"))
    .option("--requests <DIR>", t("help.tablet-requests"), filled("--requests"))
    .option("--devices <CSV>", t("help.tablet-devices"), filled("--devices"))
    .option("--make-keys", t("help.tablet-make-keys"))
    .option("--oblast <KATO>", t("help.oblast"), oblastOf)
    .action(
      (options: {
        out: string;
        requests?: string;
        devices?: string;
        makeKeys?: boolean;
        oblast?: string;
      }) => {
        const { out, requests = null, devices = null, makeKeys = false, oblast = null } = options;
        if (makeKeys ? requests !== null || devices === null : requests === null)
          throw new UsageError<AuthorityKey>("usage.tablet-needs");
        chosen = { name: "tablet issue", out, requests, devices, makeKeys, oblast };
      },
    );
  add(tablet, "handed", "RUN", "help.tablet-handed")
    .argument("<RUN>")
    .action((run: string) => {
      chosen = { name: "tablet handed", run };
    });
  const serials: string[] = [];
  add(program, "revoke", "(ID… | --serial HEX…) --reason WORD", "help.revoke")
    .argument("[ID...]")
    .option("--serial <HEX>", t("help.revoke-serial"), (text) => {
      if (!HEX.test(text)) throw new UsageError<AuthorityKey>("usage.bad-serial", text);
      serials.push(text.toLowerCase());
    })
    .requiredOption("--reason <WORD>", t("help.revoke-reason"), oneOf(REASONS))
    .action((given: readonly string[], options: { reason: RevocationReason }) => {
      const ids = given.map((one) => one.toLowerCase());
      if (ids.length + serials.length === 0)
        throw new UsageError<AuthorityKey>("usage.missing-argument", "ID");
      chosen = { name: "revoke", ids, serials, reason: options.reason };
    });
  add(program, "crl", "[--ca NAME] [--published DIR] [--large]", "help.crl")
    .option("--ca <NAME>", t("help.crl-ca"), filled("--ca"))
    .option("--published <DIR>", t("help.published"), filled("--published"))
    .option("--large", t("help.crl-large"))
    .action((options: { ca?: string; published?: string; large?: boolean }) => {
      const { ca = null, published = null, large = false } = options;
      chosen = { name: "crl", ca, published, large };
    });
  add(group("campaign", "help.campaign"), "write", "DIR [--published DIR]", "help.campaign-write")
    .argument("<DIR>")
    .option("--published <DIR>", t("help.published"), filled("--published"))
    .action((folder: string, options: { published?: string }) => {
      chosen = {
        name: "campaign write",
        folder: filled("DIR")(folder),
        published: options.published ?? null,
      };
    });
  add(program, "list", "[--role R] [--state S] [--oblast N]", "help.list")
    .option("--role <ROLE>", t("help.list-role"), oneOf(ROLES))
    .option("--state <STATE>", t("help.list-state"), oneOf(STATES))
    .option("--oblast <KATO>", t("help.oblast"), oblastOf)
    .action((options: { role?: Role; state?: (typeof STATES)[number]; oblast?: string }) => {
      const { role = null, state = null, oblast = null } = options;
      chosen = { name: "list", role, state, oblast };
    });
  add(program, "verify", "", "help.verify").action(() => {
    chosen = { name: "verify" };
  });

  return parseArguments(host, args, () => {
    if (chosen === null) return null;
    const { dir, passphraseFile } = program.opts<{ dir?: string; passphraseFile?: string }>();
    return { command: chosen, folder: dir ?? null, passphraseFile: passphraseFile ?? null, shares };
  });
}
