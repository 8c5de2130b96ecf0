import { Button } from "react-aria-components";
import type { BatchKey, BatchPage, CertificateView } from "../../shared/ipc/views.ts";
import { useArea } from "../areas.ts";
import { CertificateFacts } from "../components/Certificate.tsx";
import { batchTitle } from "../components/cardWords.ts";
import { Icon, VerdictMark } from "../components/icons.tsx";
import { Sequence } from "../components/Sequence.tsx";
import { useWords } from "../i18n.ts";
import { useQuery, useSnapshot } from "../store.ts";
import { CentreSide, StationSide, TabletSide } from "./batch/Sides.tsx";
import { Timeline } from "./batch/Timeline.tsx";
import { Travels } from "./batch/Travels.tsx";

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

function Certificates({ certificates }: { readonly certificates: readonly CertificateView[] }) {
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
