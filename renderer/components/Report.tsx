import { useState } from "react";
import { Button, Label, Radio, RadioGroup } from "react-aria-components";
import { REPORT_FORMATS, REPORT_KINDS } from "../../shared/ipc/jobs.ts";
import { useWords } from "../i18n.ts";
import { FormDialog } from "./FormDialog.tsx";
import { Icon } from "./icons.tsx";
import type { Say } from "./Said.tsx";

type Kind = (typeof REPORT_KINDS)[number];
type Format = (typeof REPORT_FORMATS)[number];

/** Asks for a report's lines and file; it is written as long work. */
export function ReportDialog({ said }: { readonly said: Say }) {
  const { t } = useWords();
  const [by, setBy] = useState<Kind>("day");
  const [format, setFormat] = useState<Format>("csv");
  return (
    <FormDialog
      opener={
        <Button className="button">
          <Icon name="table" size={18} />
          {t("report.save")}
        </Button>
      }
      title={t("report.title")}
      action={t("report.save")}
      onSubmit={(close) => {
        close();
        void said.run("saveReport", { by, format }, () => null);
      }}
    >
      <RadioGroup className="choices" value={by} onChange={(value) => setBy(value as Kind)}>
        <Label className="label">{t("report.by")}</Label>
        {REPORT_KINDS.map((kind) => (
          <Radio key={kind} value={kind} className="radio">
            <span className="radio-mark" aria-hidden="true" />
            {t(`report.by.${kind}`)}
          </Radio>
        ))}
      </RadioGroup>
      <RadioGroup className="choices" value={format} onChange={(value) => setFormat(value as Format)}>
        <Label className="label">{t("report.format")}</Label>
        {REPORT_FORMATS.map((one) => (
          <Radio key={one} value={one} className="radio">
            <span className="radio-mark" aria-hidden="true" />
            {t(`report.format.${one}`)}
          </Radio>
        ))}
      </RadioGroup>
    </FormDialog>
  );
}
