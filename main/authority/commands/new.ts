import { dirname, resolve } from "node:path";
import { err, ok, type Result } from "../../../shared/result.ts";
import { sha256 } from "../../formats/sha256.ts";
import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printJson } from "../../hosting/reporter.ts";
import { type Answers, judgeAnswers } from "../answers.ts";
import { type Context, type Problem, stopOn } from "../context.ts";
import { AuthorityFolder, foundFolder, isTaken } from "../folder.ts";
import { found } from "../founding.ts";
import { readBounded } from "../new-file.ts";
import type { NewOptions } from "../parse.ts";

const MAX_ANSWER_BYTES = 64 * 1_048_576;
const HEX = /^[0-9a-fA-F]{64}$/;

/** A file of answers as JSON; options of the command line stand above it. */
async function answersOf({ answers, given }: NewOptions): Promise<Result<Record<string, unknown>, Problem>> {
  if (answers === null) return ok({ ...given });
  const file = await readBounded(answers, MAX_ANSWER_BYTES);
  if (!file.ok) return file;
  try {
    const value: unknown = JSON.parse(file.value.toString("utf8"));
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SyntaxError();
    return ok({ ...value, ...given });
  } catch {
    return err({ type: "not-answers", path: answers });
  }
}

/** A questionnaire's definition is named by its SHA-256, or by its file, from which the SHA-256 is taken. */
async function schemasOf(given: unknown, from: string): Promise<Result<unknown, Problem>> {
  if (!Array.isArray(given)) return ok(given);
  const schemas: unknown[] = [];
  for (const one of given) {
    if (typeof one !== "string" || HEX.test(one)) schemas.push(one);
    else {
      const file = await readBounded(resolve(from, one), MAX_ANSWER_BYTES);
      if (!file.ok) return file;
      schemas.push(sha256(file.value));
    }
  }
  return ok(schemas);
}

/** `new`: founds a campaign in a folder that is not there yet. */
export async function newCampaign(context: Context, options: NewOptions): Promise<Exit> {
  const { folder, clock, words } = context;
  if (await isTaken(folder)) return stopOn(context, { type: "exists", path: folder });
  const answers = await answersOf(options);
  if (!answers.ok) return stopOn(context, answers.error);
  const from = options.answers === null ? "." : dirname(resolve(options.answers));
  const schemas = await schemasOf(answers.value.schemas, from);
  if (!schemas.ok) return stopOn(context, schemas.error);
  const { Encrypter } = await import("age-encryption");
  const isRecipient = (text: string): boolean => {
    try {
      new Encrypter().addRecipient(text);
      return true;
    } catch {
      return false;
    }
  };
  const now = Math.floor(clock().getTime() / 1000);
  const given: Partial<Answers> = { ...answers.value, schemas: schemas.value } as Partial<Answers>;
  const founding = judgeAnswers(given, isRecipient, now);
  if (!founding.ok) return stopOn(context, founding.error);
  const founded = await found(founding.value, context.ask, context.limits, now);
  if (!founded.ok) return stopOn(context, founded.error);
  const head = await foundFolder(folder, founded.value.acts, founded.value.sealed, clock);

  const opened = await AuthorityFolder.open(folder, clock);
  if (!opened.ok) return stopOn(context, opened.error);
  const { register } = opened.value;
  const issuers = [...register.cas.values()]
    .filter((ca) => ca.oblast !== null)
    .map(({ name, oblast, certificate }) => ({ name, oblast, fingerprint: certificate.fingerprint }));
  const root = register.root.certificate.fingerprint;
  await opened.value.close();
  const report = { campaign: founding.value.id, root, issuers, log: head };
  if (context.json) await printJson(context, report);
  else {
    const { t } = words;
    await context.out.line(t("new.done", { campaign: report.campaign, folder }));
    await context.out.line(`  ${t("new.root", { fingerprint: root })}`);
    for (const one of issuers) await context.out.line(`  ${t("new.issuer", one)}`);
    await context.out.line(`  ${t("log.head", { no: String(head.no), hash: head.hash })}`);
  }
  return EXIT.done;
}
