import { PROBLEMS, type Problem } from "../../shared/ipc/contract.ts";
import { err } from "../../shared/result.ts";

/** Failures of the engine and of the desk as the windows get them: the word, and the values that its message needs. */

const LONGEST = 400;

/** A failure as one of the contract's problems. Its fields become values; the words are in the catalogues. */
export function problemOf(failure: { readonly type: string }): Problem {
  const type = PROBLEMS.find((word) => word === failure.type);
  if (type === undefined) throw new Error(`no problem of the contract: ${failure.type}`);
  const values: Record<string, string | number | null> = {};
  for (const [name, value] of Object.entries(failure as Record<string, unknown>)) {
    if (name === "type") continue;
    if (value === null || typeof value === "number") values[name] = value;
    else if (typeof value === "string") values[name] = value.slice(0, LONGEST);
  }
  return { type, values };
}

export const refuse = (type: Problem["type"], values: Problem["values"] = {}) => err({ type, values });
