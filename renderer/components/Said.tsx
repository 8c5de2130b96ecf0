import { useCallback, useMemo, useState } from "react";
import type { Input, Method, Output, Problem } from "../../shared/ipc/contract.ts";
import { centreKey } from "../../shared/messages/index.ts";
import { useWords, type Words } from "../i18n.ts";
import { call } from "../store.ts";

export interface Say {
  readonly text: string;
  readonly bad: boolean;
  /** Calls, and says how it went: `told` makes the words of success; null says nothing. */
  run<M extends Method>(
    method: M,
    input: Input<M>,
    told?: (value: Output<M>) => string | null,
  ): Promise<boolean>;
}

const SHARED = {
  "no-campaign": "misuse.no-campaign.what",
  "no-station": "misuse.no-station.what",
  "no-station-certificate": "misuse.no-station-certificate.what",
  "station-exists": "misuse.station-exists.what",
  "no-unloading": "misuse.no-unloading.what",
  "wrong-passphrase": "misuse.wrong-passphrase.what",
  "bad-certificate": "misuse.bad-certificate.what",
  "bad-campaign": "misuse.bad-campaign.what",
  unreachable: "centre.unreachable.what",
  busy: "centre.busy.what",
  refused: "centre.refused.what",
  "wrong-schema": "centre.wrong-schema.what",
  "body-changed": "centre.body-changed.what",
  disk: "failure.disk.what",
  cancelled: "failure.cancelled.what",
} as const;

/** A refusal in words. */
export function problemSentence(words: Words, problem: Problem): string {
  const { type } = problem;
  if (type === "tls") return words.t(`${centreKey(type, problem.values)}.what`, problem.values);
  if (type in SHARED) return words.t(SHARED[type as keyof typeof SHARED], problem.values);
  return words.t(`say.${type as Exclude<Problem["type"], keyof typeof SHARED | "tls">}`, problem.values);
}

/** Words for a file that a person saved; none where the dialog was closed. */
export const savedAs =
  (words: Words) =>
  (value: { readonly name: string } | null): string | null =>
    value === null ? null : words.t("common.saved", { name: value.name });

/** What the last call came to. */
export function useSay(): Say {
  const words = useWords();
  const [said, setSaid] = useState({ text: "", bad: false });
  const run = useCallback(
    async <M extends Method>(method: M, input: Input<M>, told?: (value: Output<M>) => string | null) => {
      setSaid({ text: "", bad: false });
      const answer = await call(method, input);
      if (answer.ok)
        setSaid({ text: told === undefined ? words.t("say.done") : (told(answer.value) ?? ""), bad: false });
      else setSaid({ text: problemSentence(words, answer.error), bad: true });
      return answer.ok;
    },
    [words],
  );
  return useMemo(() => ({ ...said, run }), [said, run]);
}

export function Said({ said }: { readonly said: Say }) {
  return (
    <span className={said.bad ? "said said-bad" : "said"} role={said.bad ? "alert" : "status"}>
      {said.text}
    </span>
  );
}
