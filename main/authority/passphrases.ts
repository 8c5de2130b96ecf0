import { err, ok, type Result } from "../../shared/result.ts";
import { codeOf } from "../adapters/disk/errors.ts";
import { openFile } from "../adapters/disk/regular.ts";
import { type PassphraseSource, readPassphrase } from "../hosting/passphrase.ts";
import type { AskPassphrase } from "./keyring.ts";

/** Passphrases of the authority's keys: a file, the environment, or a person at a terminal. */

const MAX_FILE_BYTES = 65_536;
/** A line of a passphrase file that is for one key: `issuer-270000000: the passphrase`. */
const NAMED = /^((?:root|intermediate|centre|root-share-\d{1,3}|issuer-\d{9})): (.*)$/;

export type PassphraseFileProblem =
  | { readonly type: "no-file"; readonly path: string; readonly code: string }
  | { readonly type: "open-to-others"; readonly path: string };

/** Passphrases by the key's name; `*` is for every key that is not named. */
export type PassphraseFile = ReadonlyMap<string, string>;

/** Reads a passphrase file. One that others may read is refused. */
export async function readPassphraseFile(
  path: string,
): Promise<Result<PassphraseFile, PassphraseFileProblem>> {
  try {
    const { handle: file, size } = await openFile(path);
    try {
      const { mode } = await file.stat();
      if (process.platform !== "win32" && (mode & 0o077) !== 0) return err({ type: "open-to-others", path });
      if (size > MAX_FILE_BYTES) return err({ type: "no-file", path, code: "EFBIG" });
      const found = new Map<string, string>();
      for (const line of (await file.readFile("utf8")).split(/\r?\n/)) {
        const named = NAMED.exec(line);
        if (named !== null) found.set(named[1] ?? "", named[2] ?? "");
        else if (line !== "") found.set("*", line);
      }
      return ok(found);
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return err({ type: "no-file", path, code });
  }
}

/** Words of the prompts. */
export interface Prompts {
  readonly first: (key: string) => string;
  readonly again: string;
}

/**
 * Asks for passphrases, each once. SANAQ_PASSPHRASE serves the first key that is asked for and no other, so that two keys never get
 * one passphrase by accident.
 */
export function askPassphrases(
  source: PassphraseSource,
  file: PassphraseFile | null,
  prompts: Prompts,
): AskPassphrase {
  const known = new Map<string, string>();
  const { SANAQ_PASSPHRASE: fromEnv, ...env } = source.env;
  let served: string | null = null;
  return async (key, isNew) => {
    const before = known.get(key);
    if (before !== undefined) return ok(before);
    const given = file?.get(key) ?? file?.get("*");
    let text: string;
    if (given !== undefined) text = given;
    else if (file === null && fromEnv !== undefined && served === null) {
      served = key;
      text = fromEnv;
    } else if (source.stdin.isTTY !== true) return err({ type: "no-passphrase", key });
    else {
      const asked = [prompts.first(key), ...(isNew ? [prompts.again] : [])];
      const typed = await readPassphrase({ ...source, env }, asked);
      if (typed.type === "cancelled") return err({ type: "cancelled" });
      if (typed.type === "differ") return err({ type: "passphrases-differ", key });
      text = typed.text;
    }
    if (text === "") return err({ type: "empty-passphrase", key });
    known.set(key, text);
    return ok(text);
  };
}
