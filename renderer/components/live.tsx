import { useEffect, useRef, useState } from "react";
import type { Card } from "../../shared/ipc/views.ts";
import { useWords } from "../i18n.ts";
import { useSnapshot } from "../store.ts";
import { headline, tabletName } from "./cardWords.ts";
import { chime, type Tune } from "./sound.ts";

/** States worth a word aloud; progress is not. */
const SPOKEN: ReadonlySet<Card["state"]> = new Set([
  "found",
  "safe",
  "needs-person",
  "interrupted",
  "cannot-use",
]);

/** The tune that a change of a card is worth; the card and the live region say the same in words. */
const tuneOf = (state: Card["state"]): Tune | null =>
  state === "safe" ? "done" : state === "found" ? null : "call";

/** One live region, and a tone where the station is set so: tells once what changed on the table, also behind the lock. */
export function Announcer() {
  const words = useWords();
  const { cards, sound } = useSnapshot().unload;
  const before = useRef<ReadonlyMap<string, Card["state"]> | null>(null);
  const [said, say] = useState("");
  useEffect(() => {
    const known = before.current;
    before.current = new Map(cards.map((card) => [card.id, card.state]));
    // What lay on the table when the window opened is no news.
    if (known === null) return;
    const news = cards.filter((card) => SPOKEN.has(card.state) && known.get(card.id) !== card.state);
    if (news.length === 0) return;
    say(
      news
        .map((card) => words.t("card.said", { name: tabletName(words, card), state: headline(words, card) }))
        .join(". "),
    );
    const tunes = news.map((card) => tuneOf(card.state));
    const tune = tunes.includes("call") ? "call" : tunes.includes("done") ? "done" : null;
    if (sound && tune !== null) chime(tune);
  }, [cards, words, sound]);
  return (
    <div className="unseen" role="status" aria-live="polite">
      {said}
    </div>
  );
}
