import { Input, Label, NumberField, Switch } from "react-aria-components";
import { useWords } from "../../i18n.ts";
import { Part, type PartProps } from "./Part.tsx";

/** How the station works. */
export function WorkPart({ view, said }: PartProps) {
  const { t } = useWords();
  const flags = ["automatic", "receipts", "sound"] as const;
  return (
    <Part title={t("settings.work")}>
      {flags.map((name) => (
        <Switch
          key={name}
          className="switch"
          isSelected={view[name]}
          onChange={(value) => void said.run("setOption", { name, value })}
        >
          <span className="switch-track" aria-hidden="true" />
          {t(`settings.${name}`)}
        </Switch>
      ))}
      <NumberField
        className="field idle"
        minValue={1}
        maxValue={120}
        value={view.idleMinutes}
        onChange={(value) => void said.run("setOption", { name: "idleMinutes", value })}
      >
        <Label>{t("settings.idle")}</Label>
        <Input />
      </NumberField>
    </Part>
  );
}
