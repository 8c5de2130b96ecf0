import { Button } from "react-aria-components";
import type { Card as CardView } from "../../shared/ipc/views.ts";
import { useArea } from "../areas.ts";
import { useWords } from "../i18n.tsx";
import { call } from "../store.ts";
import {
  batchList,
  bySeriousness,
  concernSentence,
  headline,
  isAtWork,
  problemDo,
  tabletName,
  tone,
  whatToDo,
} from "./cardWords.ts";
import { DetailsButton } from "./Details.tsx";
import { StateMark } from "./icons.tsx";
import { TapPicture } from "./TapPicture.tsx";

/** One tablet on the table: who it is, what is happening, and only where needed what to do. */
export function Card({ card }: { readonly card: CardView }) {
  const words = useWords();
  const area = useArea(card.area);
  const name = tabletName(words, card);
  const mood = tone(card);
  return (
    <article
      className={`card tone-${mood}`}
      data-state={card.state}
      data-gone={card.state === "safe" && !card.connected ? "" : undefined}
      aria-label={words.t("card.said", { name, state: headline(words, card) })}
    >
      <header className="card-head">
        <h2>{name}</h2>
        <span className="soft">{area ?? card.product}</span>
      </header>
      <div className="card-state">
        <StateMark tone={mood} />
        <p className="card-headline">{headline(words, card)}</p>
      </div>
      <CardBody card={card} name={name} />
      <footer className="card-foot">
        <span className="soft small card-note">
          <Note card={card} />
        </span>
        <CardActions card={card} name={name} />
      </footer>
    </article>
  );
}

function CardBody({ card, name }: { readonly card: CardView; readonly name: string }) {
  const words = useWords();
  const { t } = words;
  switch (card.state) {
    case "safe":
      return <Totals card={card} />;
    case "interrupted":
      return (
        <>
          <Bar card={card} name={name} />
          <p className="card-do">{t("card.interrupted.do")}</p>
        </>
      );
    case "needs-person":
      return <Concerns card={card} />;
    case "cannot-use":
      return (
        <>
          {card.problem !== null && <p className="card-do">{problemDo(words, card.problem)}</p>}
          {card.problem?.type === "no-storage" && <TapPicture />}
        </>
      );
    case "found":
      return null;
    default:
      return <Bar card={card} name={name} />;
  }
}

/** Progress as length and as words. By bytes, which move evenly; by batches where there are none. */
function Bar({ card, name }: { readonly card: CardView; readonly name: string }) {
  const words = useWords();
  const { part, whole } = words.bytesOf(card.bytesDone, card.bytesTotal);
  const share =
    card.bytesTotal > 0
      ? card.bytesDone / card.bytesTotal
      : card.batchesTotal > 0
        ? card.batchesDone / card.batchesTotal
        : 0;
  const batches = words.t("card.batches", { done: card.batchesDone, total: card.batchesTotal });
  const percent = words.percent(share);
  const bytes = words.t("card.bytes", { part, whole });
  return (
    <div className="card-progress">
      <div
        className="bar"
        role="progressbar"
        aria-label={words.t("card.progress", { name })}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
        aria-valuetext={card.batchesTotal > 0 ? `${batches}, ${bytes}` : undefined}
      >
        <span className="bar-fill" style={{ width: `${(share * 100).toFixed(2)}%` }} />
      </div>
      <p className="card-figures">
        <span>{card.batchesTotal > 0 ? percent : "\u00a0"}</span>
        <span>{card.bytesTotal > 0 ? bytes : ""}</span>
      </p>
    </div>
  );
}

function Totals({ card }: { readonly card: CardView }) {
  const words = useWords();
  const totals = card.totals;
  if (totals === null) return null;
  const parts = [
    totals.staged > 0 || totals.alreadyStaged + totals.acknowledged === 0
      ? words.t("card.staged", { count: totals.staged })
      : null,
    totals.alreadyStaged > 0 ? words.t("card.before", { count: totals.alreadyStaged }) : null,
    totals.acknowledged > 0 ? words.t("card.confirmed", { count: totals.acknowledged }) : null,
  ].filter((part) => part !== null);
  return <p className="card-totals">{parts.join(" · ")}</p>;
}

/** At most two things, the gravest first, and one sentence of what to do. */
function Concerns({ card }: { readonly card: CardView }) {
  const words = useWords();
  const concerns = bySeriousness(card.concerns);
  const first = concerns[0];
  return (
    <div className="card-concerns">
      <ul>
        {concerns.slice(0, 2).map((concern) => (
          <li key={`${concern.kind}-${concern.reason}`}>
            {concernSentence(words, concern)}
            {batchList(words, concern) !== null && (
              <span className="soft nowrap"> ({batchList(words, concern)})</span>
            )}
          </li>
        ))}
      </ul>
      <p className="card-do">
        {first !== undefined
          ? whatToDo(words, first)
          : card.problem !== null
            ? problemDo(words, card.problem)
            : null}
      </p>
    </div>
  );
}

function Note({ card }: { readonly card: CardView }) {
  const words = useWords();
  if (card.state === "needs-person" && card.connected) return words.t("card.readover");
  if (card.state === "safe" && card.receipt) return words.t("card.receipt");
  if (isAtWork(card) && card.state !== "pulling" && card.ledger === null) return words.t("card.keep");
  if (card.ledger !== null && card.ledger.no !== null && card.ledger.made !== null)
    return words.t("card.ledger", { no: card.ledger.no, made: words.moment(card.ledger.made) });
  return null;
}

function CardActions({ card, name }: { readonly card: CardView; readonly name: string }) {
  const { t } = useWords();
  const id = card.id;
  if (isAtWork(card))
    return (
      <Button className="button button-plain" onPress={() => void call("stopTablet", { id })}>
        {t("card.stop")}
      </Button>
    );
  if (card.state === "safe") return null;
  return (
    <span className="card-actions">
      {card.state === "needs-person" && <DetailsButton card={card} name={name} />}
      {card.state === "found" && (
        <Button className="button button-main" onPress={() => void call("unloadTablet", { id })}>
          {t("card.unload")}
        </Button>
      )}
      {card.state === "needs-person" && card.connected && (
        <Button className="button" onPress={() => void call("unloadTablet", { id })}>
          {t("card.again")}
        </Button>
      )}
      {!card.connected && (
        <Button className="button" onPress={() => void call("clearCard", { id })}>
          {t("card.clear")}
        </Button>
      )}
    </span>
  );
}
