import { useCallback, useMemo, useState } from "react";
import type { Input, Method, Output, Problem } from "../../shared/ipc/contract.ts";
import { useWords, type Words } from "../i18n.ts";
import { problemWords } from "../problemWords.ts";
import { call } from "../store.ts";
import { PassphraseDialog } from "./PassphraseDialog.tsx";

export interface Say {
  readonly text: string;
  readonly problem: Problem | null;
  /** Calls, and says how it went: `told` makes the words of success; null says nothing. */
  run<M extends Method>(
    method: M,
    input: Input<M>,
    told?: (value: Output<M>) => string | null,
  ): Promise<boolean>;
  /** Unsays it. */
  clear(): void;
}

/** Words for a file that a person saved; none where the dialog was closed. */
export const savedAs =
  (words: Words) =>
  (value: { readonly name: string } | null): string | null =>
    value === null ? null : words.t("common.saved", { name: value.name });

type Held = Pick<Say, "text" | "problem">;
const NOTHING: Held = { text: "", problem: null };

/** What the last call came to. */
export function useSay(): Say {
  const words = useWords();
  const [said, setSaid] = useState(NOTHING);
  const clear = useCallback(() => setSaid(NOTHING), []);
  const run = useCallback(
    async <M extends Method>(method: M, input: Input<M>, told?: (value: Output<M>) => string | null) => {
      setSaid(NOTHING);
      const answer = await call(method, input);
      if (answer.ok)
        setSaid({
          text: told === undefined ? words.t("say.done") : (told(answer.value) ?? ""),
          problem: null,
        });
      else setSaid({ text: "", problem: answer.error });
      return answer.ok;
    },
    [words],
  );
  return useMemo(() => ({ ...said, run, clear }), [said, run, clear]);
}

/** What was done, or what happened and what to do; where the station's key is closed, the way to open it. */
export function Said({ said }: { readonly said: Say }) {
  const words = useWords();
  const { text, problem } = said;
  if (problem === null)
    return (
      <span className="said" role="status">
        {text}
      </span>
    );
  const { what, todo } = problemWords(words, problem);
  return (
    <span className="said said-bad" role="alert">
      <span>
        {what} {todo !== null && <b>{todo}</b>}
      </span>
      {problem.type === "key-closed" && <PassphraseDialog onOpen={said.clear} />}
    </span>
  );
}
