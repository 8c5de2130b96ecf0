import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Stream } from "./output.ts";

/** Where a passphrase may come from. */
export interface PassphraseSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stderr: Stream;
}

/** Asks on the terminal without showing what is typed. null: interrupted (Ctrl-C) or the input ended. */
function ask(source: PassphraseSource, prompt: string): Promise<string | null> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  source.stderr.write(prompt);
  const reader = createInterface({ input: source.stdin, output: silent, terminal: true, historySize: 0 });
  return new Promise((resolve) => {
    const answer = (text: string | null) => {
      resolve(text);
      reader.close();
      source.stderr.write("\n");
    };
    reader.once("line", answer);
    reader.once("SIGINT", () => answer(null));
    reader.once("close", () => resolve(null));
  });
}

export type Passphrase =
  | { readonly type: "given"; readonly text: string }
  | { readonly type: "cancelled" }
  | { readonly type: "differ" };

/**
 * The passphrase of SANAQ_PASSPHRASE, else asked for on a terminal once for every prompt (which must agree), else the empty one.
 */
export async function readPassphrase(
  source: PassphraseSource,
  prompts: readonly string[],
): Promise<Passphrase> {
  const fromEnv = source.env.SANAQ_PASSPHRASE;
  if (fromEnv !== undefined) return { type: "given", text: fromEnv };
  if (source.stdin.isTTY !== true) return { type: "given", text: "" };
  let first: string | null = null;
  for (const prompt of prompts) {
    const text = await ask(source, prompt);
    if (text === null) return { type: "cancelled" };
    if (first !== null && first !== text) return { type: "differ" };
    first = text;
  }
  return { type: "given", text: first ?? "" };
}
