import { useMemo } from "react";
import { Button, Input, Label, SearchField, ToggleButton } from "react-aria-components";
import type { BatchFilter } from "../../../shared/ipc/views.ts";
import { REASONS, TABLET_STATES, VERDICTS } from "../../../shared/reasons.ts";
import { useAreaName } from "../../areas.ts";
import { Choice } from "../../components/Choice.tsx";
import { Icon, VerdictMark } from "../../components/icons.tsx";
import { useWords } from "../../i18n.ts";
import { useQuery } from "../../store.ts";
import { isNarrowed } from "./filter.ts";

interface FilterProps {
  readonly filter: BatchFilter;
  readonly onChange: (part: Partial<BatchFilter>) => void;
}

/** What narrows the table, but for the verdicts. */
export function Filters({ filter, onChange, onClear }: FilterProps & { readonly onClear: () => void }) {
  const words = useWords();
  const { t } = words;
  const areaName = useAreaName();
  const facets = useQuery("facets", null);
  const areas = useMemo(
    () =>
      (facets.value?.areas ?? [])
        .map((id) => ({ id, name: areaName(id) }))
        .sort((a, b) => words.compare(a.name, b.name)),
    [facets.value, areaName, words],
  );
  const reasons = REASONS.map((id) => ({ id, name: t(`reason.${id}.name`) })).sort((a, b) =>
    words.compare(a.name, b.name),
  );
  const states = TABLET_STATES.map((id) => ({ id, name: t(`tablet-state.${id}`) }));
  const days = [...(facets.value?.days ?? [])].reverse().map((id) => ({ id, name: words.date(id) }));
  const isSet = isNarrowed(filter);
  return (
    <div className="filters" role="search" aria-label={t("filter.label")}>
      <SearchField className="search" value={filter.text} onChange={(text) => onChange({ text })}>
        <Label>{t("filter.text")}</Label>
        <span className="search-box">
          <Icon name="search" size={16} />
          <Input placeholder={t("filter.text.hint")} />
        </span>
      </SearchField>
      <Choice
        label={t("filter.area")}
        options={areas}
        value={filter.area}
        onChange={(area) => onChange({ area })}
      />
      <Choice
        label={t("filter.state")}
        options={states}
        value={filter.state}
        onChange={(state) => onChange({ state: state as BatchFilter["state"] })}
      />
      <Choice
        label={t("filter.reason")}
        options={reasons}
        value={filter.reason}
        onChange={(reason) => onChange({ reason: reason as BatchFilter["reason"] })}
      />
      <Choice
        label={t("filter.day")}
        options={days}
        value={filter.day}
        onChange={(day) => onChange({ day })}
      />
      <Button className="button button-plain filters-clear" isDisabled={!isSet} onPress={onClear}>
        {t("filter.clear")}
      </Button>
    </div>
  );
}

/** The verdicts with their counts: a filter and the legend of the shapes at once. */
export function Verdicts({ filter, onChange }: FilterProps) {
  const words = useWords();
  const counts = useQuery("verdictCounts", { filter: { ...filter, verdict: null } });
  return (
    <div className="verdicts" role="group" aria-label={words.t("filter.verdict")}>
      {VERDICTS.map((verdict) => (
        <ToggleButton
          key={verdict}
          className="verdict"
          isSelected={filter.verdict === verdict}
          onChange={(chosen) => onChange({ verdict: chosen ? verdict : null })}
        >
          <VerdictMark verdict={verdict} size={18} />
          <span className="verdict-words">
            <b>{counts.value === null ? "\u2007" : words.number(counts.value[verdict])}</b>
            <span>{words.t(`verdict.${verdict}.name`)}</span>
          </span>
        </ToggleButton>
      ))}
    </div>
  );
}
