import { Button } from "react-aria-components";
import { Icon } from "../../components/icons.tsx";
import { JobPanel, useJobOf } from "../../components/Job.tsx";
import { Said, useSay } from "../../components/Said.tsx";
import { useWords } from "../../i18n.ts";
import { Part } from "./Part.tsx";

/** A copy of the store; while it is being made it stands here. */
export function BackupPart() {
  const { t } = useWords();
  const job = useJobOf("backup");
  const said = useSay();
  return (
    <Part title={t("settings.backup")}>
      {job !== null ? (
        <JobPanel job={job} />
      ) : (
        <>
          <p className="soft">{t("settings.backup.what")}</p>
          <Said said={said} />
          <div className="part-actions">
            <Button className="button" onPress={() => void said.run("backup", null, () => null)}>
              <Icon name="drive" size={18} />
              {t("settings.backup.make")}
            </Button>
          </div>
        </>
      )}
    </Part>
  );
}
