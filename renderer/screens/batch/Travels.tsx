import type { BatchPage } from "../../../shared/ipc/views.ts";
import { Fact } from "../../components/Facts.tsx";
import { useWords } from "../../i18n.ts";

/** Who carried it here, and who has it from here. */
export function Travels({ page }: { readonly page: BatchPage }) {
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
