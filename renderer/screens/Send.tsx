import { useCallback, useMemo, useState } from "react";
import { Button, Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import type { QueueRow, SendView } from "../../shared/ipc/views.ts";
import { centreKey } from "../../shared/messages/index.ts";
import { useAreaName } from "../areas.ts";
import { Carry } from "../components/Carry.tsx";
import { shortName, tabletName } from "../components/cardWords.ts";
import { type Column, Grid } from "../components/Grid.tsx";
import { Icon, StateMark, type Tone, VerdictMark } from "../components/icons.tsx";
import { Said, useSay } from "../components/Said.tsx";
import { useSecondsTo } from "../components/useSecondsTo.ts";
import { useWords, type Words } from "../i18n.ts";
import { call, useSnapshot } from "../store.ts";

/** What waits for the centre, how fast it goes, and apart from it what will not go by itself. */
export function Send() {
  const { t } = useWords();
  const { send, centre } = useSnapshot();
  const [tab, setTab] = useState("waiting");
  return (
    <section className="send" aria-labelledby="send-title">
      <header className="room-head">
        <h1 id="send-title">{t("send.title")}</h1>
      </header>
      <div className="ways">
        {centre.state === "unset" ? (
          <div className="stage tone-call">
            <div className="stage-head">
              <StateMark tone="call" size={48} />
              <div>
                <p className="stage-headline">{t("send.no-centre")}</p>
                <p>{t("send.no-centre.do")}</p>
              </div>
            </div>
          </div>
        ) : (
          <Stage send={send} />
        )}
        <Carry />
      </div>
      {(send.heldForCrl > 0 || send.revoked > 0) && (
        <ul className="held" aria-label={t("send.failures")}>
          {send.heldForCrl > 0 && (
            <li>
              <StateMark tone="call" size={20} />
              {t("send.crl", { count: send.heldForCrl })}. {t("finding.crl-stale.do")}
            </li>
          )}
          {send.revoked > 0 && (
            <li>
              <StateMark tone="stop" size={20} />
              {t("send.revoked", { count: send.revoked })}
            </li>
          )}
        </ul>
      )}
      <Tabs className="tabs" selectedKey={tab} onSelectionChange={(key) => setTab(String(key))}>
        <TabList className="tab-list" aria-label={t("send.queue")}>
          <Tab id="waiting" className="tab">
            {t("send.queue")}
          </Tab>
          <Tab id="conflicts" className="tab">
            {send.conflicts > 0 && <VerdictMark verdict="conflict" />}
            {send.conflicts > 0 ? t("send.conflicts.count", { count: send.conflicts }) : t("send.conflicts")}
          </Tab>
        </TabList>
        <TabPanel id="waiting" className="tab-panel">
          <Queue list="waiting" revision={send.waitingBatches} />
        </TabPanel>
        <TabPanel id="conflicts" className="tab-panel">
          {send.conflicts > 0 && <p className="send-note">{t("send.conflicts.what")}</p>}
          <Queue list="conflicts" revision={send.conflicts} />
        </TabPanel>
      </Tabs>
    </section>
  );
}

function tone(send: SendView): Tone {
  if (send.state === "sending") return "work";
  if (send.state === "waiting" || send.failure !== null) return "call";
  if (send.waitingBatches > 0) return "quiet";
  return send.conflicts > 0 ? "call" : "calm";
}

function headline(words: Words, send: SendView): string {
  if (send.state === "sending") return words.t("send.sending");
  if (send.state === "waiting" && send.failure?.type === "unreachable") return words.t("send.wait");
  if (send.failure !== null) return failureSentence(words, send.failure);
  if (send.state === "paused") return words.t("send.paused");
  if (send.waitingBatches > 0) return words.t("send.idle");
  return send.conflicts > 0 ? words.t("send.conflicted", { count: send.conflicts }) : words.t("send.all");
}

const failureSentence = (words: Words, { type, values }: NonNullable<SendView["failure"]>): string =>
  words.t(`${centreKey(type, values)}.what`, values);

function Stage({ send }: { readonly send: SendView }) {
  const words = useWords();
  const { t } = words;
  const wait = useSecondsTo(send.nextTryAt);
  const said = useSay();
  const mood = tone(send);
  const share = send.totalBytes === 0 ? 0 : send.doneBytes / send.totalBytes;
  const { part, whole } = words.bytesOf(send.doneBytes, send.totalBytes);
  const bytes = t("card.bytes", { part, whole });
  const code = send.failure?.values.code ?? null;
  return (
    <div className={`stage tone-${mood}`}>
      <div className="stage-head">
        <StateMark tone={mood} size={48} />
        <div role="status">
          <p className="stage-headline">{headline(words, send)}</p>
          {send.waitingBatches > 0 && (
            <p>
              <b>{words.number(send.waitingBatches)}</b> {t("send.waiting", { count: send.waitingBatches })} ·{" "}
              {words.bytes(send.waitingBytes)}
            </p>
          )}
        </div>
        <span className="room-space" />
        <Said said={said} />
        {send.state === "sending" ? (
          <Button
            className="button button-large"
            onPress={() => void said.run("pauseSending", null, () => null)}
          >
            <Icon name="pause" />
            {t("send.pause")}
          </Button>
        ) : (
          send.waitingBatches > 0 && (
            <Button
              className="button button-main button-large"
              onPress={() => void said.run("startSending", null, () => null)}
            >
              <Icon name={send.state === "paused" ? "play" : "send"} />
              {t(send.state === "paused" ? "send.go" : "send.start")}
            </Button>
          )
        )}
      </div>
      {send.state !== "idle" && (
        <div className="card-progress">
          <div
            className="bar bar-large"
            role="progressbar"
            aria-label={t("send.progress")}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={Math.floor(share * 100)}
            aria-valuetext={bytes}
          >
            <span className="bar-fill" style={{ width: `${(share * 100).toFixed(2)}%` }} />
          </div>
          <p className="card-figures">
            <span>{t("card.batches", { done: send.doneBatches, total: send.totalBatches })}</span>
            <span>{bytes}</span>
            {send.state === "sending" && (
              <>
                <span>{t("send.speed", { bytes: words.bytes(send.bytesPerSecond) })}</span>
                <b>
                  {send.secondsLeft === null
                    ? "\u00a0"
                    : t("send.left", { time: words.duration(send.secondsLeft) })}
                </b>
              </>
            )}
          </p>
        </div>
      )}
      {send.state === "waiting" && (
        <p>
          {t("send.next", { time: words.duration(wait), tries: send.tries })} {t("send.lost")}
        </p>
      )}
      {send.state !== "sending" && (send.lastFinished !== null || code !== null) && (
        <p className="soft small">
          {send.lastFinished !== null && t("send.finished", { at: words.moment(send.lastFinished) })}
          {code !== null && <code> {code}</code>}
        </p>
      )}
    </div>
  );
}

function Queue({ list, revision }: { readonly list: "waiting" | "conflicts"; readonly revision: number }) {
  const words = useWords();
  const { t } = words;
  const areaName = useAreaName();
  const load = useCallback(
    async (offset: number, limit: number) => {
      const answer = await call("queue", { list, offset, limit });
      return answer.ok ? answer.value : null;
    },
    [list],
  );
  const columns = useMemo((): readonly Column<QueueRow, never>[] => {
    const name = (row: QueueRow) => shortName(words, row);
    const area = (row: QueueRow) => (row.area === null ? "–" : areaName(row.area));
    return [
      {
        id: "tablet",
        title: t("column.tablet"),
        width: "minmax(6rem, 1fr)",
        cell: (row) => <b>{name(row)}</b>,
        text: name,
      },
      {
        id: "batch",
        title: t("column.batch"),
        width: "5rem",
        end: true,
        cell: (row) => row.seq,
        text: (row) => String(row.seq),
      },
      { id: "area", title: t("column.area"), width: "minmax(8rem, 2fr)", cell: area, text: area },
      {
        id: "staged",
        title: t("column.staged"),
        width: "minmax(10rem, 2fr)",
        cell: (row) => words.moment(row.stagedAt),
        text: (row) => row.stagedAt,
      },
      {
        id: "bytes",
        title: t("column.bytes"),
        width: "7rem",
        end: true,
        cell: (row) => words.bytes(row.bytes),
        text: (row) => String(row.bytes),
      },
    ];
  }, [words, t, areaName]);
  return (
    <Grid
      label={t(list === "waiting" ? "send.queue" : "send.conflicts")}
      listKey={`${list}-${revision}`}
      load={load}
      columns={columns}
      rowLabel={(row) => `${tabletName(words, row)}, ${row.seq}`}
      empty={t(list === "waiting" ? "send.queue.none" : "send.conflicts.none")}
    />
  );
}
