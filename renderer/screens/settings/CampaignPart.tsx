import { useContext } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../../components/icons.tsx";
import { useWords } from "../../i18n.ts";
import { AreasContext } from "../../store.ts";
import { Part, type PartProps } from "./Part.tsx";

/** The campaign with its revocation lists, and the names of its districts. */
export function CampaignPart({ view, said }: PartProps) {
  const words = useWords();
  const { t } = words;
  const areas = useContext(AreasContext);
  const { campaign } = view;
  return (
    <Part title={t("settings.campaign")}>
      {campaign === null ? (
        <p>{t("settings.campaign.none")}</p>
      ) : (
        <>
          <p>
            <b>{campaign.name[words.language]}</b> <code className="soft">{campaign.id}</code>
          </p>
          <p className="soft">
            {t("settings.campaign.dates", { from: words.date(campaign.from), to: words.date(campaign.to) })}
          </p>
          <h3>{t("settings.crls")}</h3>
          <ul>
            {campaign.crls.map((crl) => (
              <li key={`${crl.issuer}-${crl.number}`}>
                {crl.nextUpdate === null
                  ? t("settings.crl.open", { issuer: crl.issuer, number: crl.number ?? "–" })
                  : t("settings.crl", {
                      issuer: crl.issuer,
                      number: crl.number ?? "–",
                      next: words.date(crl.nextUpdate),
                    })}
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="part-actions">
        <Button
          className={campaign === null ? "button button-main" : "button"}
          onPress={() => void said.run("loadCampaign", null)}
        >
          <Icon name="folder" size={18} />
          {t("settings.campaign.load")}
        </Button>
      </div>
      <h3>{t("settings.areas")}</h3>
      <p className="soft">{t("settings.areas.count", { count: areas.size })}</p>
      <div className="part-actions">
        <Button className="button" onPress={() => void said.run("loadAreaNames", null)}>
          {t("settings.areas.load")}
        </Button>
      </div>
    </Part>
  );
}
