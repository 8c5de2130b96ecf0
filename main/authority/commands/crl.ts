import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printJson, warn } from "../../hosting/reporter.ts";
import { type Context, stopOn } from "../context.ts";
import { crlReport, nextCrl } from "../crls.ts";
import { keysOf } from "../keys.ts";
import type { CrlMade } from "../log.ts";
import { judgePublished } from "../published.ts";
import { endingLists } from "./campaign.ts";
import { crlValues } from "./revoke.ts";
import { withFolder } from "./with-folder.ts";

/**
 * `crl`: renews the lists of the issuers and the centre, or of one CA. The lists of root and intermediate outlive the campaign and are
 * renewed by name only, so that the root stays in its safe.
 */
export const renewCrls = (
  context: Context,
  command: { readonly ca: string | null; readonly published: string | null; readonly large: boolean },
): Promise<Exit> =>
  withFolder(context, async (folder) => {
    const { register } = folder;
    if (command.ca !== null && !register.cas.has(command.ca))
      return stopOn(context, { type: "unknown-ca", ca: command.ca });
    if (command.published !== null) {
      const judged = await judgePublished(register, command.published);
      if (!judged.ok) return stopOn(context, judged.error);
    }
    const meant = [...register.cas.values()].filter((ca) =>
      command.ca === null ? ca.oblast !== null && !register.revoked.has(ca.serial) : ca.name === command.ca,
    );
    const keys = keysOf(folder, context);
    const lists: CrlMade[] = [];
    for (const ca of meant) {
      const list = await nextCrl(folder, keys, ca, [], command.large);
      if (!list.ok) return stopOn(context, list.error);
      lists.push(list.value);
    }
    await folder.append(lists);
    const crls = lists.map(crlReport);
    const ending = endingLists(register, folder.now);
    for (const ca of ending) await warn(context, context.words.t("crl.ends-soon", { ca }));
    if (context.json) await printJson(context, { crls });
    else {
      const { t } = context.words;
      for (const crl of crls) await context.out.line(t("crl.done", crlValues(context, crl)));
      await context.out.line(t("crl.hand-out"));
    }
    return ending.length > 0 ? EXIT.needsPerson : EXIT.done;
  });
