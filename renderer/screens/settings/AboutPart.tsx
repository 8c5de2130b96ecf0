import { Breakable } from "../../components/Breakable.tsx";
import { Fact } from "../../components/Facts.tsx";
import { useWords } from "../../i18n.ts";
import { Part, type PartProps } from "./Part.tsx";

/** Which program this is, and where its store lies. */
export function AboutPart({ view }: Pick<PartProps, "view">) {
  const { t } = useWords();
  return (
    <Part title={t("settings.about")}>
      <dl className="facts">
        <Fact name={t("settings.version")}>{view.version}</Fact>
        <Fact name={t("settings.store")}>
          <Breakable text={view.storeFolder} />
        </Fact>
      </dl>
    </Part>
  );
}
