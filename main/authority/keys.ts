import { basename } from "node:path";
import { ok, type Result } from "../../shared/result.ts";
import { codeOf } from "../adapters/disk/errors.ts";
import { FileRefused, readFileWithin } from "../adapters/disk/regular.ts";
import type { Context } from "./context.ts";
import type { AuthorityFolder } from "./folder.ts";
import { type KeyProblem, openKey, openSharedKey, type ReadSealed, shareName } from "./keyring.ts";
import type { KeyPair } from "./signing.ts";

/** The keys that a command opens, each once. */
export interface Keys {
  open(ca: string): Promise<Result<KeyPair, KeyProblem>>;
}

const MAX_SHARE_BYTES = 4_096;

/** A share on an officer's carrier, named as in `keys/`; null: it is not on any. */
async function shareFrom(files: readonly string[], name: string): Promise<Uint8Array | null> {
  const file = files.find((one) => basename(one).replace(/\.sealed$/, "") === name);
  if (file === undefined) return null;
  try {
    return await readFileWithin(file, MAX_SHARE_BYTES);
  } catch (error) {
    if (error instanceof FileRefused) return null;
    if (codeOf(error) !== "ENOENT") throw error;
    return null;
  }
}

/** Opens keys of a folder; the root's shares may lie on carriers. */
export function keysOf(
  folder: AuthorityFolder,
  { ask, shareFiles }: Pick<Context, "ask" | "shareFiles">,
): Keys {
  const opened = new Map<string, KeyPair>();
  const read: ReadSealed = async (name) =>
    (name.startsWith(shareName(0).slice(0, -1)) ? await shareFrom(shareFiles, name) : null) ??
    (await folder.sealed(name));
  return {
    async open(ca) {
      const before = opened.get(ca);
      if (before !== undefined) return ok(before);
      const { shares } = folder.register;
      const key =
        ca === "root" && shares !== null
          ? await openSharedKey(shares, read, ask)
          : await openKey(ca, read, ask);
      if (key.ok) opened.set(ca, key.value);
      return key;
    },
  };
}
