import { Button } from "react-aria-components";
import type { DayCounts } from "../../shared/ipc/views.ts";
import { VERDICTS, type Verdict } from "../../shared/reasons.ts";
import { useWords } from "../i18n.ts";
import { useQuery, useSnapshot } from "../store.ts";
import { VerdictMark } from "./icons.tsx";

/** From the foot of a column to its top: what is done below, what needs a person above. */
const STACK: readonly Verdict[] = [
  "safe",
  "lost-in-vpn",
  "to-upload",
  "on-tablet-only",
  "conflict",
  "revoked",
  "refused",
  "damaged",
  "missing",
];

const sum = ({ counts }: DayCounts): number =>
  VERDICTS.reduce((total, verdict) => total + counts[verdict], 0);

/** The station over days: a column a day, stacked by verdict, what needs a person on top; a press shows that day's batches. */
export function Days({ onDay }: { readonly onDay: (day: string) => void }) {
  const words = useWords();
  const { t } = words;
  const { todayRevision } = useSnapshot().unload;
  const { value } = useQuery("days", { area: null }, todayRevision);
  const days = value ?? [];
  const highest = Math.max(1, ...days.map(sum));
  return (
    <section className="days" aria-labelledby="days-title">
      <header>
        <h2 id="days-title">{t("days.title")}</h2>
        <p className="soft">{value !== null && days.length === 0 ? t("days.empty") : t("days.hint")}</p>
      </header>
      <ol className="days-columns">
        {days.map((day) => (
          <li key={day.day}>
            <Button className="day" onPress={() => onDay(day.day)}>
              <span className="unseen">{sentence(words, day)}</span>
              <span className="day-total" aria-hidden="true">
                {words.number(sum(day))}
              </span>
              <span
                className="day-column"
                aria-hidden="true"
                style={{ height: `${((sum(day) / highest) * 100).toFixed(2)}%` }}
              >
                {[...STACK]
                  .reverse()
                  .map((verdict) =>
                    day.counts[verdict] === 0 ? null : (
                      <span
                        key={verdict}
                        className={`day-part part-${verdict}`}
                        style={{ flexGrow: day.counts[verdict] }}
                      />
                    ),
                  )}
              </span>
              <span className="day-name" aria-hidden="true">
                {words.dayMonth(day.day)}
              </span>
              <span className="day-open" aria-hidden="true">
                {(["missing", "conflict", "refused"] as const).map((verdict) =>
                  day.counts[verdict] === 0 ? null : (
                    <span key={verdict} className="day-mark">
                      <VerdictMark verdict={verdict} size={11} />
                      {words.number(day.counts[verdict])}
                    </span>
                  ),
                )}
              </span>
            </Button>
          </li>
        ))}
      </ol>
      <ul className="legend" aria-label={t("legend.label")}>
        {VERDICTS.map((verdict) => (
          <li key={verdict}>
            <span className={`legend-part part-${verdict}`} />
            <VerdictMark verdict={verdict} />
            {t(`verdict.${verdict}.name`)}
          </li>
        ))}
      </ul>
    </section>
  );
}

function sentence(words: ReturnType<typeof useWords>, day: DayCounts): string {
  const count = sum(day);
  const parts = VERDICTS.filter((verdict) => day.counts[verdict] > 0).map(
    (verdict) => `${words.t(`verdict.${verdict}.name`)} ${words.number(day.counts[verdict])}`,
  );
  return `${words.t("days.day", { day: words.date(day.day), count, shown: words.number(count) })}. ${parts.join(", ")}`;
}
