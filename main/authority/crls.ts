import { err, ok, type Result } from "../../shared/result.ts";
import type { Problem } from "./context.ts";
import type { AuthorityFolder } from "./folder.ts";
import type { Keys } from "./keys.ts";
import type { Act, CrlMade } from "./log.ts";
import { LONGEST_LIST } from "./policy.ts";
import type { Ca } from "./register.ts";
import { makeCrl } from "./signing.ts";

/**
 * Makes a CA's next list from what the log and the given acts have revoked. The number is one above the last in the log.
 *
 * @param also - serials that are revoked with the same lines of the log
 */
export async function nextCrl(
  folder: AuthorityFolder,
  keys: Keys,
  ca: Ca,
  also: readonly string[],
  isLarge: boolean,
): Promise<Result<CrlMade, Problem>> {
  const { register, now } = folder;
  const revoked = [...register.revokedOf(ca), ...also.map((serial) => ({ serial, at: now }))];
  if (revoked.length > LONGEST_LIST && !isLarge)
    return err({ type: "list-too-long", ca: ca.name, entries: revoked.length });
  const key = await keys.open(ca.name);
  if (!key.ok) return key;
  const { id, to } = register.campaign;
  const last = register.crls.get(ca.name)?.number ?? 0;
  return ok(makeCrl({ id, to }, ca, key.value, last, revoked, now));
}

/** What a list says, for people and scripts. */
export const crlReport = ({ ca, number, nextUpdate, entries }: CrlMade) => ({
  issuer: ca,
  number,
  nextUpdate: new Date(nextUpdate * 1000).toISOString(),
  entries,
});

/** The lists among acts. */
export const listsOf = (acts: readonly Act[]): readonly CrlMade[] => acts.filter((act) => act.act === "crl");
