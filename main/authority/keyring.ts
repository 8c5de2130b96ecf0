import { err, ok, type Result } from "../../shared/result.ts";
import { type SealLimits, seal, unseal } from "../adapters/keys/sealed.ts";
import { joinSecret, splitSecret } from "../adapters/keys/shares.ts";
import { type KeyPair, keyPairOf, newKeyPair } from "./signing.ts";

/** Keys of CAs: made, sealed under passphrases or split among officers, and opened again. */

export type PassphraseProblem =
  | { readonly type: "no-passphrase"; readonly key: string }
  | { readonly type: "empty-passphrase"; readonly key: string }
  | { readonly type: "passphrases-differ"; readonly key: string }
  | { readonly type: "cancelled" };

/** Where passphrases come from. `isNew`: a key is being made, so a person is asked twice. */
export type AskPassphrase = (key: string, isNew: boolean) => Promise<Result<string, PassphraseProblem>>;

export type KeyProblem =
  | PassphraseProblem
  | { readonly type: "wrong-passphrase"; readonly key: string }
  | { readonly type: "no-key"; readonly key: string }
  | { readonly type: "wrong-shares" };

/** How many of how many officers open the root's key. */
export interface Shares {
  readonly needed: number;
  readonly officers: number;
}

/** Name of an officer's share of the root's key. */
export const shareName = (officer: number): string => `root-share-${officer}`;

/** A key that was made, and what goes into `keys/` for it. */
export interface NewKey {
  readonly key: KeyPair;
  readonly sealed: ReadonlyMap<string, Uint8Array>;
}

/** Makes a key under one passphrase. */
export async function newSealedKey(
  name: string,
  ask: AskPassphrase,
  limits: SealLimits,
): Promise<Result<NewKey, PassphraseProblem>> {
  const passphrase = await ask(name, true);
  if (!passphrase.ok) return passphrase;
  const key = newKeyPair();
  return ok({ key, sealed: new Map([[name, seal(key.seed, passphrase.value, limits)]]) });
}

/** Makes the root's key, of which each officer gets a share under a passphrase of their own. */
export async function newSharedKey(
  { needed, officers }: Shares,
  ask: AskPassphrase,
  limits: SealLimits,
): Promise<Result<NewKey, PassphraseProblem>> {
  const key = newKeyPair();
  const { box, shares } = await splitSecret(key.seed, needed, officers);
  const sealed = new Map([["root", box]]);
  for (const [at, share] of shares.entries()) {
    const name = shareName(at + 1);
    const passphrase = await ask(name, true);
    if (!passphrase.ok) return passphrase;
    sealed.set(name, seal(share, passphrase.value, limits));
  }
  return ok({ key, sealed });
}

/** Reads a sealed key or share by its name; null: it is not at hand. */
export type ReadSealed = (name: string) => Promise<Uint8Array | null>;

async function openSealed(
  name: string,
  read: ReadSealed,
  ask: AskPassphrase,
): Promise<Result<Uint8Array, KeyProblem>> {
  const sealed = await read(name);
  if (sealed === null) return err({ type: "no-key", key: name });
  const passphrase = await ask(name, false);
  if (!passphrase.ok) return passphrase;
  const secret = unseal(sealed, passphrase.value);
  return secret === null ? err({ type: "wrong-passphrase", key: name }) : ok(secret);
}

/** Opens a key under one passphrase. */
export async function openKey(
  name: string,
  read: ReadSealed,
  ask: AskPassphrase,
): Promise<Result<KeyPair, KeyProblem>> {
  const seed = await openSealed(name, read, ask);
  return seed.ok ? ok(keyPairOf(seed.value)) : seed;
}

/**
 * Opens the root's key with as many shares as it needs, in the order of the officers. An officer whose passphrase is not given is passed
 * over; a wrong passphrase stops.
 */
export async function openSharedKey(
  { needed, officers }: Shares,
  read: ReadSealed,
  ask: AskPassphrase,
): Promise<Result<KeyPair, KeyProblem>> {
  const box = await read("root");
  if (box === null) return err({ type: "no-key", key: "root" });
  const shares: Uint8Array[] = [];
  let missing: KeyProblem = { type: "no-key", key: shareName(1) };
  for (let officer = 1; officer <= officers && shares.length < needed; officer++) {
    const share = await openSealed(shareName(officer), read, ask);
    if (share.ok) shares.push(share.value);
    else if (share.error.type === "no-key" || share.error.type === "no-passphrase") missing = share.error;
    else return share;
  }
  if (shares.length < needed) return err(missing);
  const seed = await joinSecret(box, shares);
  return seed === null ? err({ type: "wrong-shares" }) : ok(keyPairOf(seed));
}
