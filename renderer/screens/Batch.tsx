import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import type { BatchEvent, BatchKey, BatchPage, CertificateView } from "../../shared/ipc/views.ts";
import { useArea } from "../areas.ts";
import { batchTitle } from "../components/cardWords.ts";
import { Icon, VerdictMark } from "../components/icons.tsx";
import { Sequence } from "../components/Sequence.tsx";
import { useCopy } from "../components/useCopy.ts";
import { useWords, type Words } from "../i18n.ts";
import { useQuery, useSnapshot } from "../store.ts";

interface BatchProps {
  readonly batch: BatchKey;
  readonly onOpen: (batch: BatchKey) => void;
  readonly onBack: () => void;
}

/** One batch: what three sides say of it, what happened and what proves it. */
export function BatchScreen({ batch, onOpen, onBack }: BatchProps) {
  const words = useWords();
  const { t } = words;
  const { todayRevision } = useSnapshot().unload;
  const { value, loading } = useQuery("batch", batch, todayRevision);
  const sequence = useQuery("sequence", { device: batch.device }, todayRevision);
  const step = (seq: number | null) => () => seq !== null && onOpen({ ...batch, seq });
  return (
    <section className="batch" aria-labelledby="batch-title">
      <nav className="batch-nav">
        <Button className="button button-plain" autoFocus onPress={onBack}>
          <Icon name="left" size={18} />
          {t("batch.back")}
        </Button>
        <span className="room-space" />
        <Button
          className="button"
          aria-label={t("batch.previous")}
          isDisabled={value?.previous === null}
          onPress={step(value?.previous ?? null)}
        >
          <Icon name="left" size={18} />
        </Button>
        <Button
          className="button"
          aria-label={t("batch.next")}
          isDisabled={value?.next === null}
          onPress={step(value?.next ?? null)}
        >
          <Icon name="right" size={18} />
        </Button>
      </nav>
      {value === null ? (
        <p className="batch-gone soft">{loading ? t("common.loading") : t("batch.gone")}</p>
      ) : (
        <>
          <BatchHead page={value} />
          {sequence.value !== null && <Sequence view={sequence.value} current={batch} onOpen={onOpen} />}
          <div className="sides">
            <TabletSide page={value} />
            <StationSide page={value} />
            <CentreSide page={value} />
          </div>
          <div className="batch-lower">
            <Timeline page={value} />
            <div className="batch-aside">
              <Travels page={value} />
              <Certificates certificates={value.certificates} />
            </div>
          </div>
        </>
      )}
    </section>
  );
}

function BatchHead({ page }: { readonly page: BatchPage }) {
  const words = useWords();
  const { t } = words;
  const { row } = page;
  const area = useArea(row.area);
  return (
    <header className="batch-head">
      <VerdictMark verdict={row.verdict} size={40} />
      <div>
        <h1 id="batch-title">{batchTitle(words, row)}</h1>
        <p>
          <b className={`verdict-${row.verdict}`}>{t(`verdict.${row.verdict}.name`)}</b>
          <span className="soft"> · {area}</span>
        </p>
        <p>{t(`verdict.${row.verdict}.what`)}</p>
        {row.reason !== null && <p>{t(`reason.${row.reason}.what`)}</p>}
        {row.verdict !== "safe" && <p className="card-do">{t(`verdict.${row.verdict}.do`)}</p>}
      </div>
    </header>
  );
}

function Side({
  title,
  nothing,
  children,
}: {
  readonly title: string;
  readonly nothing: string | null;
  readonly children: ReactNode;
}) {
  return (
    <section className="side">
      <h2>{title}</h2>
      {nothing === null ? <dl className="facts">{children}</dl> : <p className="soft">{nothing}</p>}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A digest, shortened for the eye, copied whole. */
export function Hash({ value }: { readonly value: string }) {
  const { t } = useWords();
  const [copied, copy] = useCopy();
  return (
    <span className="hash">
      <code>
        {value.slice(0, 12)}…{value.slice(-6)}
      </code>
      <Button
        className="hash-copy"
        aria-label={`${t("common.copy")} ${value.slice(0, 12)}`}
        onPress={() => copy(value)}
      >
        <Icon name={copied ? "check" : "copy"} size={14} />
      </Button>
      <span className="unseen" role="status">
        {copied && t("common.copied")}
      </span>
    </span>
  );
}

function TabletSide({ page }: { readonly page: BatchPage }) {
  const words = useWords();
  const { t } = words;
  const { row, ledger, manifest } = page;
  return (
    <Side
      title={t("batch.tablet")}
      nothing={ledger === null && manifest === null ? t("batch.nothing.tablet") : null}
    >
      {row.tablet !== null && <Fact name={t("fact.state")}>{t(`tablet-state.${row.tablet}`)}</Fact>}
      {row.synced !== null && <Fact name={t("fact.mark")}>{words.fullMoment(row.synced)}</Fact>}
      {ledger !== null && (
        <>
          <Fact name={t("fact.ledger")}>
            {t("fact.ledger.value", {
              no: ledger.no,
              made: ledger.made === null ? "" : words.moment(ledger.made),
            })}
          </Fact>
          <Fact name={t("fact.found")}>{t(ledger.found ? "fact.found.yes" : "fact.found.no")}</Fact>
          <Fact name={t("fact.size")}>{words.bytes(ledger.length)}</Fact>
        </>
      )}
      {manifest !== null && (
        <>
          {manifest.made !== null && <Fact name={t("fact.made")}>{words.fullMoment(manifest.made)}</Fact>}
          <Fact name={t("fact.forms")}>
            <ul>
              {manifest.forms.map(({ form, records }) => (
                <li key={form}>
                  {form}: {words.number(records)}
                </li>
              ))}
            </ul>
          </Fact>
        </>
      )}
      <Fact name={t("fact.chain")}>
        <Hash value={row.chain} />
      </Fact>
    </Side>
  );
}

function StationSide({ page }: { readonly page: BatchPage }) {
  const words = useWords();
  const { t } = words;
  const { row, station, manifest } = page;
  return (
    <Side title={t("batch.station")} nothing={station === null ? t("batch.nothing.station") : null}>
      {row.station !== null && <Fact name={t("fact.state")}>{t(`station-state.${row.station}`)}</Fact>}
      {row.reason !== null && <Fact name={t("fact.reason")}>{t(`reason.${row.reason}.name`)}</Fact>}
      {station !== null && (
        <>
          <Fact name={t("fact.at")}>{words.fullMoment(station.at)}</Fact>
          <Fact name={t("fact.source")}>{station.source}</Fact>
          {row.bytes !== null && <Fact name={t("fact.size")}>{words.bytes(row.bytes)}</Fact>}
          {station.receiptNo !== null && (
            <Fact name={t("fact.receipt")}>{t("fact.receipt.value", { no: station.receiptNo })}</Fact>
          )}
        </>
      )}
      {manifest !== null && (
        <>
          <Fact name={t("fact.recipients")}>
            {t("fact.recipients.value", { count: manifest.recipients })}
          </Fact>
          <Fact name={t("fact.schema")}>
            <Hash value={manifest.schema} />
          </Fact>
          <Fact name={t("fact.manifest")}>
            <Hash value={manifest.digest} />
          </Fact>
          {manifest.prev !== null && (
            <Fact name={t("fact.prev")}>
              <Hash value={manifest.prev} />
            </Fact>
          )}
        </>
      )}
    </Side>
  );
}

function CentreSide({ page }: { readonly page: BatchPage }) {
  const words = useWords();
  const { t } = words;
  const { row } = page;
  return (
    <Side title={t("batch.centre")} nothing={row.centre === null ? t("batch.nothing.centre") : null}>
      {row.centre !== null && <Fact name={t("fact.state")}>{t(`centre-state.${row.centre}`)}</Fact>}
      {row.answeredAt !== null && <Fact name={t("fact.at")}>{words.fullMoment(row.answeredAt)}</Fact>}
    </Side>
  );
}

function Timeline({ page }: { readonly page: BatchPage }) {
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

/** Who carried it here, and who has it from here. */
function Travels({ page }: { readonly page: BatchPage }) {
  const words = useWords();
  const { t } = words;
  const { carriedBy, bags, stations } = page.travels;
  const station = (id: string) => id.slice(0, 8);
  if (carriedBy === null && bags.length === 0 && stations.length === 0) return null;
  return (
    <section>
      <h2>{t("travels.title")}</h2>
      <dl className="facts">
        {carriedBy !== null && (
          <Fact name={t("travels.by")}>{t("travels.station", { station: station(carriedBy) })}</Fact>
        )}
        {bags.map(({ no, at }) => (
          <Fact key={no} name={t("travels.bag")}>
            {t("travels.bag.value", { no, at: words.moment(at) })}
          </Fact>
        ))}
        {stations.map(({ station: id, status, reason, at }) => (
          <Fact key={id} name={t(`travels.${status}`)}>
            {at === null
              ? t("travels.station", { station: station(id) })
              : t(reason === null ? "travels.answer" : "travels.reason", {
                  station: station(id),
                  at: words.moment(at),
                  reason: reason === null ? "" : t(`reason.${reason}.name`),
                })}
          </Fact>
        ))}
      </dl>
    </section>
  );
}

export function Certificates({ certificates }: { readonly certificates: readonly CertificateView[] }) {
  const { t } = useWords();
  if (certificates.length === 0) return null;
  return (
    <section>
      <h2>{t("batch.certificates")}</h2>
      {certificates.map((certificate) => (
        <CertificateFacts key={`${certificate.role}-${certificate.serial}`} certificate={certificate} />
      ))}
    </section>
  );
}

export function CertificateFacts({ certificate }: { readonly certificate: CertificateView }) {
  const words = useWords();
  const { t } = words;
  return (
    <div className="certificate">
      <h3>
        {t(`certificate.${certificate.role}`)} · {certificate.name}
      </h3>
      <dl className="facts">
        <Fact name={t("fact.serial")}>
          <Hash value={certificate.serial} />
        </Fact>
        <Fact name={t("fact.issuer")}>{certificate.issuer}</Fact>
        <Fact name={t("fact.validity")}>
          {t("fact.validity.value", { from: words.date(certificate.from), to: words.date(certificate.to) })}
        </Fact>
      </dl>
    </div>
  );
}
