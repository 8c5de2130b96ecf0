import { useState } from "react";
import { Button, Form } from "react-aria-components";
import { Field } from "../components/Field.tsx";
import { Emblem, LanguageSwitch } from "../components/Frame.tsx";
import { Said, useSay } from "../components/Said.tsx";
import { useWords } from "../i18n.ts";

const PIN = /^\d{6,12}$/;

/** The first start: the language, and the administrator who sets up the rest. */
export function SetUp() {
  const { t } = useWords();
  const said = useSay();
  const [name, setName] = useState("");
  const [pin, setPin] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const nameError = tried && name.trim() === "" ? t("settings.people.name.bad") : null;
  const pinError = tried && !PIN.test(pin) ? t("settings.people.pin.bad") : null;
  const againError = tried && pin !== again ? t("setup.pin.differs") : null;
  const submit = () => {
    setTried(true);
    if (name.trim() === "" || !PIN.test(pin) || pin !== again) return;
    void said.run("firstAdministrator", { name: name.trim(), pin }, () => null);
  };
  return (
    <div className="lock">
      <header className="lock-head">
        <Emblem size={44} />
        <b>{t("app.name")}</b>
        <span className="top-space" />
        <LanguageSwitch />
      </header>
      <main className="lock-body">
        <Form
          className="setup"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <h1>{t("setup.title")}</h1>
          <p className="soft">{t("setup.intro")}</p>
          <Field label={t("setup.name")} value={name} onChange={setName} error={nameError} autoFocus />
          <Field
            label={t("setup.pin")}
            type="password"
            inputMode="numeric"
            value={pin}
            onChange={setPin}
            error={pinError}
          />
          <Field
            label={t("setup.pin.again")}
            type="password"
            inputMode="numeric"
            value={again}
            onChange={setAgain}
            error={againError}
          />
          <Said said={said} />
          <Button type="submit" className="button button-main button-large">
            {t("setup.begin")}
          </Button>
        </Form>
      </main>
    </div>
  );
}
