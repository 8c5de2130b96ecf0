import { useState } from "react";
import { Button, Form } from "react-aria-components";
import { CertificateFacts } from "../../components/Certificate.tsx";
import { Hash } from "../../components/Facts.tsx";
import { Field } from "../../components/Field.tsx";
import { Icon } from "../../components/icons.tsx";
import { useWords } from "../../i18n.ts";
import { Part, type PartProps } from "./Part.tsx";

/** The station itself: its name, its key, its certificate. */
export function StationPart({ view, said, name }: PartProps & { readonly name: string | null }) {
  const { t } = useWords();
  const [passphrase, setPassphrase] = useState("");
  const [label, setLabel] = useState(name ?? "");
  const saved = (value: { readonly name: string } | null) =>
    value === null ? null : t("common.saved", { name: value.name });
  return (
    <Part title={t("settings.station")}>
      <Form
        className="line"
        onSubmit={(event) => {
          event.preventDefault();
          if (label.trim() !== "") void said.run("setOption", { name: "stationName", value: label.trim() });
        }}
      >
        <Field label={t("settings.station.name")} value={label} onChange={setLabel} />
        <Button type="submit" className="button" isDisabled={label.trim() === "" || label === name}>
          {t("settings.save")}
        </Button>
      </Form>
      {view.station === null ? (
        <Form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void said.run("createStation", { passphrase }).then(() => setPassphrase(""));
          }}
        >
          <p>{t("settings.station.none")}</p>
          <Field
            label={t("settings.station.passphrase")}
            hint={t("settings.station.passphrase.hint")}
            type="password"
            value={passphrase}
            onChange={setPassphrase}
          />
          <Button type="submit" className="button button-main">
            {t("settings.station.make")}
          </Button>
        </Form>
      ) : (
        <>
          <dl className="facts">
            <div>
              <dt>{t("settings.station.id")}</dt>
              <dd>
                <Hash value={view.station.id} />
              </dd>
            </div>
          </dl>
          {view.station.certificate === null ? (
            <p className="soft">
              {t("settings.certificate")}: {t("settings.certificate.none")}
            </p>
          ) : (
            <CertificateFacts certificate={view.station.certificate} />
          )}
          <div className="part-actions">
            <Button className="button" onPress={() => void said.run("saveRequest", null, saved)}>
              <Icon name="save" size={18} />
              {t("settings.request.save")}
            </Button>
            <Button
              className={view.station.certificate === null ? "button button-main" : "button"}
              onPress={() => void said.run("takeCertificate", null)}
            >
              {t("settings.certificate.take")}
            </Button>
          </div>
        </>
      )}
    </Part>
  );
}
