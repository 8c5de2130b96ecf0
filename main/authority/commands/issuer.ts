import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printJson } from "../../hosting/reporter.ts";
import { type Context, stopOn } from "../context.ts";
import { newSealedKey } from "../keyring.ts";
import { keysOf } from "../keys.ts";
import { issuerWith, makeCa, makeCrl } from "../signing.ts";
import { withFolder } from "./with-folder.ts";

/** `issuer`: a further oblast's issuer, under the intermediate where there is one, else under the root. */
export const issuer = (context: Context, oblast: string): Promise<Exit> =>
  withFolder(context, async (folder) => {
    const { register } = folder;
    const ca = { name: `issuer-${oblast}`, oblast };
    if (register.cas.has(ca.name)) return stopOn(context, { type: "has-issuer", oblast });
    const parent = register.cas.get("intermediate") ?? register.root;
    const above = await keysOf(folder, context).open(parent.name);
    if (!above.ok) return stopOn(context, above.error);
    const made = await newSealedKey(ca.name, context.ask, context.limits);
    if (!made.ok) return stopOn(context, made.error);
    const { key, sealed } = made.value;
    for (const [name, bytes] of sealed) await folder.keepSealed(name, bytes);
    const { id } = register.campaign;
    const campaign = { id, to: register.campaign.to };
    await folder.append([
      makeCa(campaign, { ...ca, parent: parent.name }, key, issuerWith(id, parent, above.value), folder.now),
      makeCrl(campaign, ca, key, 0, [], folder.now),
    ]);
    const fingerprint = register.cas.get(ca.name)?.certificate.fingerprint ?? "";
    if (context.json) await printJson(context, { name: ca.name, oblast, fingerprint });
    else await context.out.line(context.words.t("new.issuer", { ...ca, fingerprint }));
    return EXIT.done;
  });
