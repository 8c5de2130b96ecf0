import { useState } from "react";
import { Button } from "react-aria-components";
import type { SettingsView } from "../../../shared/ipc/views.ts";
import { Icon } from "../../components/icons.tsx";
import { useWords } from "../../i18n.ts";
import { CampaignPart } from "./CampaignPart.tsx";
import { CentrePart } from "./CentrePart.tsx";
import type { PartProps } from "./Part.tsx";
import { PeoplePart } from "./PeoplePart.tsx";
import { StationPart } from "./StationPart.tsx";

type Step = "campaign" | "key" | "certificate" | "centre" | "people";

/** What a station needs before it can work wholly, in the order in which it is easiest. */
export const stepsOf = (view: SettingsView): readonly { readonly step: Step; readonly done: boolean }[] => [
  { step: "campaign", done: view.campaign !== null },
  { step: "key", done: view.station !== null },
  { step: "certificate", done: view.station !== null && view.station.certificate !== null },
  { step: "centre", done: view.centre !== null },
  { step: "people", done: view.people.length > 1 },
];

interface GuideProps extends PartProps {
  readonly name: string | null;
  readonly onAll: () => void;
}

/** The first start, step by step; every step can be left for later and come back to. */
export function Guide({ view, said, name, onAll }: GuideProps) {
  const { t } = useWords();
  const steps = stepsOf(view);
  const [chosen, choose] = useState<Step | null>(null);
  const next = steps.find(({ done }) => !done)?.step ?? null;
  const current = chosen ?? next;
  const done = steps.filter((step) => step.done).length;
  return (
    <div className="guide">
      <nav className="guide-nav" aria-labelledby="guide-title">
        <h2 id="guide-title">{t("setup.steps")}</h2>
        <p className="soft" role="status">
          {next === null ? t("setup.done") : t("setup.count", { done, total: steps.length })}
        </p>
        <ol>
          {steps.map(({ step, done }, index) => (
            <li key={step}>
              <Button
                className="guide-step"
                aria-current={step === current ? "step" : undefined}
                data-done={done ? "" : undefined}
                onPress={() => choose(step)}
              >
                <span className="guide-mark">{done ? <Icon name="check" size={18} /> : index + 1}</span>
                <span>
                  {t(`setup.step.${step}`)}
                  {done && <span className="unseen">{t("say.done")}</span>}
                </span>
              </Button>
            </li>
          ))}
        </ol>
        <Button className={next === null ? "button button-main" : "button button-plain"} onPress={onAll}>
          {t("setup.all")}
        </Button>
      </nav>
      <div className="guide-part">
        {current === "campaign" && <CampaignPart view={view} said={said} />}
        {(current === "key" || current === "certificate") && (
          <StationPart view={view} said={said} name={name} />
        )}
        {current === "centre" && <CentrePart view={view} said={said} />}
        {current === "people" && <PeoplePart view={view} said={said} />}
        {chosen !== null && next !== null && chosen !== next && (
          <Button className="button guide-next" onPress={() => choose(null)}>
            {t(`setup.step.${next}`)}
            <Icon name="right" size={18} />
          </Button>
        )}
      </div>
    </div>
  );
}
