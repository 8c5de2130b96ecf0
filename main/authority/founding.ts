import { ok, type Result } from "../../shared/result.ts";
import type { SealLimits } from "../adapters/keys/sealed.ts";
import type { Founding } from "./answers.ts";
import {
  type AskPassphrase,
  type NewKey,
  newSealedKey,
  newSharedKey,
  type PassphraseProblem,
} from "./keyring.ts";
import type { Act } from "./log.ts";
import { CENTRE_OBLAST } from "./policy.ts";
import { issuerWith, makeCa, makeCrl, type NewCa } from "./signing.ts";

/** The CAs of a new campaign, parents first. */
export function casOf({
  oblasts,
  intermediate,
}: Pick<Founding, "oblasts" | "intermediate">): readonly NewCa[] {
  const parent = intermediate ? "intermediate" : "root";
  return [
    { name: "root", oblast: null, parent: null },
    ...(intermediate ? [{ name: "intermediate", oblast: null, parent: "root" }] : []),
    { name: "centre", oblast: CENTRE_OBLAST, parent },
    ...oblasts.map((oblast) => ({ name: `issuer-${oblast}`, oblast, parent })),
  ];
}

export interface Founded {
  readonly acts: readonly Act[];
  readonly sealed: ReadonlyMap<string, Uint8Array>;
}

/** Makes keys, certificates and first lists of a new campaign. */
export async function found(
  founding: Founding,
  ask: AskPassphrase,
  limits: SealLimits,
  now: number,
): Promise<Result<Founded, PassphraseProblem>> {
  const { json, shares } = founding;
  const acts: Act[] = [{ act: "founded", campaign: json, shares }];
  const sealed = new Map<string, Uint8Array>();
  const keys = new Map<string, { readonly ca: NewCa; readonly made: NewKey }>();
  for (const ca of casOf(founding)) {
    const made =
      ca.parent === null && shares !== null
        ? await newSharedKey(shares, ask, limits)
        : await newSealedKey(ca.name, ask, limits);
    if (!made.ok) return made;
    for (const [name, bytes] of made.value.sealed) sealed.set(name, bytes);
    keys.set(ca.name, { ca, made: made.value });
    const above = ca.parent === null ? undefined : keys.get(ca.parent);
    const parent = above === undefined ? null : issuerWith(founding.id, above.ca, above.made.key);
    acts.push(makeCa(founding, ca, made.value.key, parent, now));
  }
  for (const { ca, made } of keys.values()) acts.push(makeCrl(founding, ca, made.key, 0, [], now));
  return ok({ acts, sealed });
}
