import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { TodayLine } from "../../shared/ipc/views.ts";
import { useAreaName } from "../areas.ts";
import { ActButtons } from "../components/ActButtons.tsx";
import { Card } from "../components/Card.tsx";
import { tabletName } from "../components/cardWords.ts";
import { Icon, StateMark } from "../components/icons.tsx";
import { PassphraseDialog } from "../components/PassphraseDialog.tsx";
import { Said, type Say, useSay } from "../components/Said.tsx";
import { useWords } from "../i18n.ts";
import { useQuery, useSnapshot } from "../store.ts";

/** The table with its cables: one card a tablet, each in its place. */
export function Unload() {
  const words = useWords();
  const { unload, station } = useSnapshot();
  const said = useSay();
  const keyAsked = unload.receipts && unload.key === "closed";
  return (
    <section className="unload" aria-labelledby="unload-title">
      <header className="room-head">
        <h1 id="unload-title">{words.t("unload.title")}</h1>
        <TodayFigures said={said} />
        <span className="room-space" />
        <Said said={said} />
        <Button className="button" onPress={() => void said.run("unloadFolder", null, () => null)}>
          <Icon name="folder" size={18} />
          {words.t("unload.folder")}
        </Button>
      </header>
      {keyAsked && (
        <div className="banner banner-call">
          <span>{words.t("unload.key.closed")}</span>
          <PassphraseDialog />
        </div>
      )}
      {station.campaign === null ? (
        <Empty title={words.t("unload.no-campaign")} text={words.t("unload.no-campaign.do")} />
      ) : unload.cards.length === 0 ? (
        <Empty
          title={words.t("unload.empty")}
          text={words.t(unload.automatic ? "unload.empty.automatic" : "unload.empty.manual")}
        />
      ) : (
        <div className="table">
          {unload.cards.map((card) => (
            <Card key={card.slot} card={card} said={said} />
          ))}
        </div>
      )}
    </section>
  );
}

function Empty({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className="empty">
      <svg viewBox="0 0 200 120" width="240" height="144" aria-hidden="true">
        <rect className="empty-tablet" x="118" y="14" width="62" height="92" rx="9" />
        <rect className="empty-screen" x="126" y="24" width="46" height="68" rx="3" />
        <path className="empty-cable" d="M20 60h38m60 0H98" />
        <path className="empty-plug" d="M58 50h14v20H58zM72 54h8v12h-8z" />
        <path className="empty-socket" d="M98 50v20" />
      </svg>
      <h2>{title}</h2>
      <p className="soft">{text}</p>
    </div>
  );
}

interface SaidProps {
  readonly said: Say;
}

function TodayFigures({ said }: SaidProps) {
  const words = useWords();
  const { today, todayRevision } = useSnapshot().unload;
  return (
    <DialogTrigger>
      <Button className="today">
        <span className="today-word">{words.t("unload.today")}</span>
        <Figure value={today.tablets} word={words.t("unload.today.tablets", { count: today.tablets })} />
        <Figure value={today.batches} word={words.t("unload.today.batches", { count: today.batches })} />
        {today.needYou > 0 && (
          <span className="today-need">
            <StateMark tone="call" size={18} />
            <Figure value={today.needYou} word={words.t("unload.today.need", { count: today.needYou })} />
          </span>
        )}
        <Icon name="down" size={16} />
      </Button>
      <Popover className="popover popover-wide" placement="bottom start">
        <Dialog className="today-list" aria-label={words.t("unload.today.list")}>
          <TodayList revision={todayRevision} said={said} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function Figure({ value, word }: { readonly value: number; readonly word: string }) {
  const words = useWords();
  return (
    <span className="figure">
      <b>{words.number(value)}</b> {word}
    </span>
  );
}

function TodayList({ revision, said }: SaidProps & { readonly revision: number }) {
  const words = useWords();
  const area = useAreaName();
  const { value } = useQuery("today", null, revision);
  const lines: readonly TodayLine[] = value ?? [];
  return (
    <>
      {value !== null && lines.length === 0 && <p className="soft">{words.t("unload.today.empty")}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <ol tabIndex={0} aria-label={words.t("unload.today.list")}>
        {lines.map((line) => (
          <li key={line.no}>
            <StateMark tone={line.calm ? "calm" : "call"} size={18} />
            <span className="soft">{words.clock(line.at)}</span>
            <b>{tabletName(words, line)}</b>
            <span className="soft">{line.area === null ? "" : area(line.area)}</span>
            <span>{words.t("card.staged", { count: line.totals.staged + line.totals.alreadyStaged })}</span>
            <ActButtons device={line.device} name={tabletName(words, line)} said={said} />
          </li>
        ))}
      </ol>
    </>
  );
}
