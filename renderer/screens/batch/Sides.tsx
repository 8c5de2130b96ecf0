import type { ReactNode } from "react";
import type { BatchPage } from "../../../shared/ipc/views.ts";
import { Fact, Hash } from "../../components/Facts.tsx";
import { useWords } from "../../i18n.ts";

/** What three sides say of one batch: the tablet, the station, the centre. */

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

export function TabletSide({ page }: { readonly page: BatchPage }) {
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

export function StationSide({ page }: { readonly page: BatchPage }) {
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

export function CentreSide({ page }: { readonly page: BatchPage }) {
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
