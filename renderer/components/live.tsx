import { useEffect, useRef, useState } from "react";
import type { Card } from "../../shared/ipc/views.ts";
import { useWords } from "../i18n.tsx";
import { useSnapshot } from "../store.ts";
import { headline, tabletName } from "./cardWords.ts";

/** States worth a word aloud; progress is not. */
const SPOKEN: ReadonlySet<Card["state"]> = new Set([
  "found",
  "safe",
  "needs-person",
  "interrupted",
  "cannot-use",
]);

/** One live region: says what changed on the table, once. */
export function Announcer() {
  const words = useWords();
  const { cards } = useSnapshot().unload;
  const before = useRef(new Map<string, Card["state"]>());
  const [said, say] = useState("");
  useEffect(() => {
    const news = cards.filter((card) => SPOKEN.has(card.state) && before.current.get(card.id) !== card.state);
    before.current = new Map(cards.map((card) => [card.id, card.state]));
    if (news.length === 0) return;
    say(
      news
        .map((card) => words.t("card.said", { name: tabletName(words, card), state: headline(words, card) }))
        .join(". "),
    );
  }, [cards, words]);
  return (
    <div className="unseen" role="status" aria-live="polite">
      {said}
    </div>
  );
}
