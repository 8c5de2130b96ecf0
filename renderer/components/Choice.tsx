import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";
import { useWords } from "../i18n.ts";
import { Icon } from "./icons.tsx";

export interface Option {
  readonly id: string;
  readonly name: string;
}

interface ChoiceProps {
  readonly label: string;
  readonly options: readonly Option[];
  readonly value: string | null;
  readonly onChange: (value: string | null) => void;
}

const ALL = "*";

/** One of several, or all of them. */
export function Choice({ label, options, value, onChange }: ChoiceProps) {
  const { t } = useWords();
  return (
    <Select
      className="choice"
      selectedKey={value ?? ALL}
      onSelectionChange={(key) => onChange(key === ALL || key === null ? null : String(key))}
      data-set={value === null ? undefined : ""}
    >
      <Label>{label}</Label>
      <Button className="choice-button">
        <SelectValue />
        <Icon name="down" size={16} />
      </Button>
      <Popover className="popover">
        <ListBox className="list" aria-label={label}>
          <ListBoxItem id={ALL} className="list-item" textValue={t("filter.all")}>
            {t("filter.all")}
          </ListBoxItem>
          {options.map((option) => (
            <ListBoxItem key={option.id} id={option.id} className="list-item" textValue={option.name}>
              {option.name}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
