import { join } from "node:path";
import { makeFolder, syncFolderIfOffered, writeBytes } from "../../adapters/disk/durable.ts";
import { codeOf } from "../../adapters/disk/errors.ts";
import { FileRefused, readFileWithin } from "../../adapters/disk/regular.ts";
import { pemText } from "../../formats/issuing.ts";
import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printJson, warn } from "../../hosting/reporter.ts";
import { type Context, stopOn } from "../context.ts";
import { isTaken } from "../folder.ts";
import { LIST_WARNING } from "../policy.ts";
import { judgePublished } from "../published.ts";
import type { Register } from "../register.ts";
import { stationRoster } from "../roster.ts";
import { withFolder } from "./with-folder.ts";

/** The files that stations load, campaign.json last: a folder without it is not taken for whole. */
function* filesOf(register: Register, head: unknown): Generator<readonly [string, Uint8Array]> {
  yield ["root.pem", Buffer.from(pemText(register.root.der, "CERTIFICATE"))];
  for (const { ca, crl } of register.crls.values()) yield [`${ca}.crl`, Buffer.from(crl, "base64")];
  yield ["roster.csv", Buffer.from(stationRoster(register))];
  yield ["authority-head.json", Buffer.from(`${JSON.stringify(head)}\n`)];
  yield ["campaign.json", Buffer.from(register.json)];
}

async function writeChanged(path: string, bytes: Uint8Array): Promise<void> {
  const is = await readFileWithin(path, bytes.length).catch((error) => {
    if (codeOf(error) !== "ENOENT" && !(error instanceof FileRefused)) throw error;
    return null;
  });
  // Not for its user alone: stations of all users load it.
  if (is === null || !is.equals(bytes)) await writeBytes(path, bytes, 0o644);
}

/** Lists that end soon, or have ended, by the CA's name. */
export const endingLists = (register: Register, now: number): readonly string[] =>
  [...register.crls.values()].filter(({ nextUpdate }) => nextUpdate < now + LIST_WARNING).map(({ ca }) => ca);

/** `campaign write DIR`: what stations load. DIR is new, or holds this campaign with lists that are not newer. */
export const campaignWrite = (
  context: Context,
  command: { readonly folder: string; readonly published: string | null },
): Promise<Exit> =>
  withFolder(context, async (folder) => {
    const { register } = folder;
    const published = [command.published, (await isTaken(command.folder)) ? command.folder : null];
    for (const path of published) {
      if (path === null) continue;
      const judged = await judgePublished(register, path);
      if (!judged.ok) return stopOn(context, judged.error);
    }
    const crls = Object.fromEntries([...register.crls.values()].map(({ ca, number }) => [ca, number]));
    await folder.append([{ act: "written", crls }]);
    await makeFolder(command.folder, syncFolderIfOffered);
    for (const [name, bytes] of filesOf(register, folder.head))
      await writeChanged(join(command.folder, name), bytes);
    await syncFolderIfOffered(command.folder);
    const ending = endingLists(register, folder.now);
    for (const ca of ending) await warn(context, context.words.t("crl.ends-soon", { ca }));
    const { id } = register.campaign;
    if (context.json) await printJson(context, { campaign: id, crls, log: folder.head });
    else {
      await context.out.line(context.words.t("campaign.written", { campaign: id, folder: command.folder }));
      const { no, hash } = folder.head;
      await context.out.line(`  ${context.words.t("log.head", { no: String(no), hash })}`);
    }
    return ending.length > 0 ? EXIT.needsPerson : EXIT.done;
  });
