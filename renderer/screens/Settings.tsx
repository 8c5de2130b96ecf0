import { useRef, useState } from "react";
import { Said, type Say, useSay } from "../components/Said.tsx";
import { useWords } from "../i18n.ts";
import { useQuery, useSnapshot } from "../store.ts";
import { AboutPart } from "./settings/AboutPart.tsx";
import { BackupPart } from "./settings/BackupPart.tsx";
import { CampaignPart } from "./settings/CampaignPart.tsx";
import { CentrePart } from "./settings/CentrePart.tsx";
import { Guide, stepsOf } from "./settings/Guide.tsx";
import { PeoplePart } from "./settings/PeoplePart.tsx";
import { StationPart } from "./settings/StationPart.tsx";
import { WorkPart } from "./settings/WorkPart.tsx";

/** What an administrator sets: station, campaign, centre, people, and how the station works. Until all is set, step by step. */
export function Settings() {
  const { t } = useWords();
  const snapshot = useSnapshot();
  const [revision, setRevision] = useState(0);
  const raw = useSay();
  const said: Say = {
    ...raw,
    run: async (method, input, told) => {
      const done = await raw.run(method, input, told);
      setRevision((old) => old + 1);
      return done;
    },
  };
  const { value } = useQuery("settings", null, revision);
  const [all, showAll] = useState(false);
  // Once led, led to the end: the guide does not vanish under the hand that does its last step.
  const led = useRef(false);
  if (value !== null && stepsOf(value).some(({ done }) => !done)) led.current = true;
  const guided = led.current && !all;
  return (
    <section className="settings" aria-labelledby="settings-title">
      <header className="room-head">
        <h1 id="settings-title">{t("settings.title")}</h1>
        <Said said={said} />
      </header>
      {value !== null && guided && (
        <Guide view={value} said={said} name={snapshot.station.name} onAll={() => showAll(true)} />
      )}
      {value !== null && !guided && (
        <div className="settings-parts">
          <StationPart view={value} said={said} name={snapshot.station.name} />
          <CampaignPart view={value} said={said} />
          <CentrePart view={value} said={said} />
          <WorkPart view={value} said={said} />
          <PeoplePart view={value} said={said} />
          <BackupPart />
          <AboutPart view={value} />
        </div>
      )}
    </section>
  );
}
