import { useState } from "react";
import { Button, Checkbox } from "react-aria-components";
import { useWords } from "../i18n.ts";
import { useSnapshot } from "../store.ts";
import { Icon } from "./icons.tsx";
import { JobPanel, useJobOf } from "./Job.tsx";
import { Said, useSay } from "./Said.tsx";

/** The way without a network: a bag to another station, and one from it. While one is under way it stands here. */
export function Carry() {
  const words = useWords();
  const { t } = words;
  const { waitingBatches, waitingBytes } = useSnapshot().send;
  const job = useJobOf("export", "import");
  const said = useSay();
  const [again, setAgain] = useState(false);
  return (
    <section className="carry" aria-labelledby="carry-title">
      <h2 id="carry-title">{t("carry.title")}</h2>
      {job !== null ? (
        <JobPanel job={job} />
      ) : (
        <>
          <p>{t("carry.what")}</p>
          <p className="soft">
            {waitingBatches === 0
              ? t("carry.nothing")
              : t("carry.room", { bytes: words.bytes(waitingBytes) })}
          </p>
          <Checkbox className="check" isSelected={again} onChange={setAgain}>
            <span className="check-box" aria-hidden="true">
              <Icon name="check" size={14} />
            </span>
            {t("carry.again")}
          </Checkbox>
          <Said said={said} />
          <div className="part-actions">
            <Button className="button" onPress={() => void said.run("exportBag", { again }, () => null)}>
              <Icon name="carry" size={18} />
              {t("carry.export")}
            </Button>
            <Button className="button" onPress={() => void said.run("importBag", null, () => null)}>
              <Icon name="take" size={18} />
              {t("carry.import")}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}
