import { Button, Tooltip, TooltipTrigger } from "react-aria-components";
import type { Card as CardView } from "../../shared/ipc/views.ts";
import { useArea } from "../areas.ts";
import { useWords } from "../i18n.ts";
import { ActButtons } from "./ActButtons.tsx";
import {
  bySeriousness,
  concernDo,
  concernSentence,
  headline,
  isAtWork,
  pictureOf,
  problemDoShort,
  problemName,
  tabletName,
  tabletTitle,
  tone,
} from "./cardWords.ts";
import { DetailsButton } from "./Details.tsx";
import { Icon, StateMark } from "./icons.tsx";
import type { Say } from "./Said.tsx";
import { TapPicture } from "./TapPicture.tsx";

/** One tablet on the table: who it is, what is happening, and only where needed what to do. Always of one size. */
export function Card({ card, said }: { readonly card: CardView; readonly said: Say }) {
  const words = useWords();
  const area = useArea(card.area);
  const name = tabletName(words, card);
  const [before, number, after] = tabletTitle(words, card);
  const mood = tone(card);
  return (
    <article
      className={`card tone-${mood}`}
      data-state={card.state}
      data-gone={card.state === "safe" && !card.connected ? "" : undefined}
      aria-label={words.t("card.said", { name, state: headline(words, card) })}
    >
      <header className="card-head">
        <h2>
          {before}
          <b>{number}</b>
          {after}
        </h2>
        <span className="soft small" title={area ?? undefined}>
          {area}
        </span>
      </header>
      <div className="card-state">
        <StateMark tone={mood} />
        <div>
          <p className="card-headline">{headline(words, card)}</p>
          {card.state === "needs-person" && card.connected && (
            <p className="card-aside small">{words.t("card.readover")}</p>
          )}
        </div>
      </div>
      <div className="card-body">
        <CardBody card={card} name={name} />
      </div>
      <footer className="card-foot">
        <span className="soft small card-note">
          <Note card={card} />
        </span>
        <CardActions card={card} name={name} said={said} />
      </footer>
    </article>
  );
}

function CardBody({ card, name }: { readonly card: CardView; readonly name: string }) {
  const { t } = useWords();
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
      return <Concern card={card} />;
    case "cannot-use":
      return <Obstacle card={card} />;
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
  return (
    <ul className="card-totals">
      {parts.map((part) => (
        <li key={part}>{part}</li>
      ))}
      {card.concerns.map((concern) => (
        <li key={concern.kind} className="soft">
          {concernSentence(words, concern)}
        </li>
      ))}
    </ul>
  );
}

/** The gravest thing in one sentence, and one sentence of what to do; the rest is in the details. */
function Concern({ card }: { readonly card: CardView }) {
  const words = useWords();
  const first = bySeriousness(card.concerns)[0];
  if (first !== undefined)
    return (
      <>
        <p>{concernSentence(words, first)}</p>
        <p className="card-do">{concernDo(words, first)}</p>
      </>
    );
  return card.problem === null ? null : (
    <>
      <p>{problemName(words, card.problem)}</p>
      <Obstacle card={card} />
    </>
  );
}

function Obstacle({ card }: { readonly card: CardView }) {
  const words = useWords();
  if (card.problem === null) return null;
  const picture = pictureOf(card.problem);
  if (picture !== null) return <TapPicture kind={picture} />;
  return <p className="card-do">{problemDoShort(words, card.problem)}</p>;
}

function Note({ card }: { readonly card: CardView }) {
  const words = useWords();
  if (["needs-person", "cannot-use", "interrupted"].includes(card.state)) return null;
  if (card.state === "safe" && card.receipt) return words.t("card.receipt");
  if (isAtWork(card) && card.ledger === null) return words.t("card.keep");
  if (card.ledger !== null && card.ledger.no !== null && card.ledger.made !== null)
    return words.t("card.ledger", { no: card.ledger.no, made: words.moment(card.ledger.made) });
  return null;
}

interface ActionProps {
  readonly card: CardView;
  readonly name: string;
  readonly said: Say;
}

/** What a person may do with the tablet now. An act is offered where all is calm; a tablet that needs a person has it in today's list. */
function CardActions({ card, name, said }: ActionProps) {
  const { t } = useWords();
  const { id, state, connected } = card;
  const label = (action: string) => `${action}: ${name}`;
  const run = (method: "unloadTablet" | "stopTablet" | "clearCard") =>
    void said.run(method, { id }, () => null);
  if (isAtWork(card))
    return (
      <Button
        className="button button-plain"
        aria-label={label(t("card.stop"))}
        onPress={() => run("stopTablet")}
      >
        {t("card.stop")}
      </Button>
    );
  const isOpen = state === "needs-person" || state === "cannot-use";
  return (
    <span className="card-actions">
      {isOpen && <DetailsButton card={card} name={name} />}
      {state === "safe" && card.totals !== null && (
        <ActButtons device={card.device} name={name} said={said} />
      )}
      {state === "found" && (
        <Button
          className="button button-main"
          aria-label={label(t("card.unload"))}
          onPress={() => run("unloadTablet")}
        >
          {t("card.unload")}
        </Button>
      )}
      {isOpen && connected && (
        <Button className="button" aria-label={label(t("card.again"))} onPress={() => run("unloadTablet")}>
          {t("card.again")}
        </Button>
      )}
      {!connected && (
        <TooltipTrigger delay={500}>
          <Button
            className={state === "safe" ? "button card-clear" : "button"}
            aria-label={label(t("card.clear"))}
            onPress={() => run("clearCard")}
          >
            {state === "safe" ? <Icon name="close" size={18} /> : t("card.clear")}
          </Button>
          <Tooltip className="tooltip">{t("card.clear")}</Tooltip>
        </TooltipTrigger>
      )}
    </span>
  );
}
