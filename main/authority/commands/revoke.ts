import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printJson } from "../../hosting/reporter.ts";
import { type Context, stopOn } from "../context.ts";
import { crlReport, nextCrl } from "../crls.ts";
import { keysOf } from "../keys.ts";
import type { CrlMade, RevocationReason, Revoked } from "../log.ts";
import type { Ca, Register } from "../register.ts";
import { withFolder } from "./with-folder.ts";

/** The certificate that a person means, and the CA on whose list it belongs. */
interface Target {
  readonly name: string;
  readonly serial: string;
  readonly ca: Ca;
}

/** By a holder's id, a CA's name or a serial number. */
function targetOf(register: Register, word: string, isSerial: boolean): Target | undefined {
  const leaf = isSerial ? register.leafOfSerial(word) : register.leafOf(word);
  const ca = leaf === undefined ? undefined : register.cas.get(leaf.ca);
  if (leaf !== undefined && ca !== undefined) return { name: leaf.id, serial: leaf.serial, ca };
  const own = [...register.cas.values()].find((one) => (isSerial ? one.serial : one.name) === word);
  const parent = own?.parent === null || own === undefined ? undefined : register.cas.get(own.parent);
  return own === undefined || parent === undefined
    ? undefined
    : { name: own.name, serial: own.serial, ca: parent };
}

/** `revoke`: the revocations and the new lists are lines of the log that become durable together. */
export const revoke = (
  context: Context,
  command: {
    readonly ids: readonly string[];
    readonly serials: readonly string[];
    readonly reason: RevocationReason;
  },
): Promise<Exit> =>
  withFolder(context, async (folder) => {
    const { register } = folder;
    const targets = new Map<string, Target>();
    for (const [word, isSerial] of [
      ...command.ids.map((id) => [id, false] as const),
      ...command.serials.map((serial) => [serial, true] as const),
    ]) {
      const target = targetOf(register, word, isSerial);
      if (target === undefined) return stopOn(context, { type: "unknown-certificate", id: word });
      if (!register.revoked.has(target.serial)) targets.set(target.serial, target);
    }
    const keys = keysOf(folder, context);
    const lists: CrlMade[] = [];
    for (const ca of new Set([...targets.values()].map((one) => one.ca))) {
      const also = [...targets.values()].filter((one) => one.ca === ca).map((one) => one.serial);
      // A lost tablet is revoked however long the list becomes.
      const list = await nextCrl(folder, keys, ca, also, true);
      if (!list.ok) return stopOn(context, list.error);
      lists.push(list.value);
    }
    const revoked: Revoked[] = [...targets.values()].map(({ serial, ca }) => ({
      act: "revoked",
      ca: ca.name,
      serial,
      reason: command.reason,
    }));
    await folder.append([...revoked, ...lists]);
    await folder.writeRoster();
    const names = [...targets.values()].map(({ name }) => name);
    const crls = lists.map(crlReport);
    if (context.json) await printJson(context, { revoked: names, crls });
    else {
      const { t } = context.words;
      for (const name of names) await context.out.line(t("revoke.done", { name }));
      if (names.length === 0) await context.out.line(t("revoke.nothing"));
      for (const crl of crls) await context.out.line(`  ${t("crl.done", crlValues(context, crl))}`);
      if (crls.length > 0) await context.out.line(t("crl.hand-out"));
    }
    return EXIT.done;
  });

/** Values of the message on a list. */
export const crlValues = ({ words }: Pick<Context, "words">, crl: ReturnType<typeof crlReport>) => ({
  ca: crl.issuer,
  number: String(crl.number),
  nextUpdate: words.moment(crl.nextUpdate),
  entries: crl.entries,
});
