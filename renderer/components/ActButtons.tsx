import { Button, Tooltip, TooltipTrigger } from "react-aria-components";
import { NO_DEVICE } from "../../shared/ipc/views.ts";
import { useWords } from "../i18n.ts";
import { Icon } from "./icons.tsx";
import { type Say, savedAs } from "./Said.tsx";

interface ActProps {
  readonly device: string | null;
  /** What the tablet is called. */
  readonly name: string;
  readonly said: Say;
}

/** A tablet's hand-over act: on paper, or as a file. */
export function ActButtons({ device, name, said }: ActProps) {
  const words = useWords();
  const { t } = words;
  if (device === null || device === NO_DEVICE) return null;
  const print = () =>
    void said.run("printAct", { device }, ({ printed }) => (printed ? t("act.printed") : null));
  const save = () => void said.run("saveAct", { device }, savedAs(words));
  return (
    <span className="act">
      <TooltipTrigger delay={500}>
        <Button
          className="button act-print"
          aria-label={`${t("act.short")}. ${t("act.print")}: ${name}`}
          onPress={print}
        >
          <Icon name="print" size={18} />
          <span className="act-word">{t("act.short")}</span>
        </Button>
        <Tooltip className="tooltip">{t("act.print")}</Tooltip>
      </TooltipTrigger>
      <TooltipTrigger delay={500}>
        <Button
          className="button act-save"
          aria-label={`${t("act.file")}. ${t("act.save")}: ${name}`}
          onPress={save}
        >
          {t("act.file")}
        </Button>
        <Tooltip className="tooltip">{t("act.save")}</Tooltip>
      </TooltipTrigger>
    </span>
  );
}
