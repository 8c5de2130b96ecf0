import type { BatchEvent, BatchPage } from "../../../shared/ipc/views.ts";
import { useWords, type Words } from "../../i18n.ts";

/** What happened to a batch, by whose clock, and what proves it. */
export function Timeline({ page }: { readonly page: BatchPage }) {
  const { t } = useWords();
  return (
    <section>
      <h2>{t("batch.timeline")}</h2>
      <ol className="timeline">
        {page.events.map((event) => (
          <li
            key={`${event.kind}-${event.tabletTime}-${event.stationTime}-${event.centreTime}-${event.proof?.text}`}
            data-kind={event.kind}
          >
            <TimelineEvent event={event} />
          </li>
        ))}
      </ol>
    </section>
  );
}

const times = (words: Words, event: BatchEvent): readonly { readonly at: string; readonly clock: string }[] =>
  (
    [
      [event.tabletTime, "clock.tablet"],
      [event.stationTime, "clock.station"],
      [event.centreTime, "clock.centre"],
    ] as const
  ).flatMap(([at, clock]) => (at === null ? [] : [{ at: words.fullMoment(at), clock: words.t(clock) }]));

function TimelineEvent({ event }: { readonly event: BatchEvent }) {
  const words = useWords();
  return (
    <>
      <b>{words.t(`event.${event.kind}`)}</b>
      {times(words, event).map(({ at, clock }) => (
        <span key={clock}>
          {at} <span className="soft small">{clock}</span>
        </span>
      ))}
      {event.proof !== null && (
        <span className="soft small">
          <span className="unseen">{words.t("batch.proof")}: </span>
          {words.t(`proof.${event.proof.kind}`, { text: event.proof.text })}
        </span>
      )}
    </>
  );
}
