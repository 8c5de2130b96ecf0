import { useState } from "react";
import { Button } from "react-aria-components";
import { useWords } from "../i18n.ts";
import { call } from "../store.ts";
import { Field } from "./Field.tsx";
import { FormDialog } from "./FormDialog.tsx";

/** Asks for the passphrase that opens the station's key; it is kept in the engine's memory alone. */
export function PassphraseDialog({ onOpen }: { readonly onOpen?: () => void }) {
  const { t } = useWords();
  const [passphrase, setPassphrase] = useState("");
  const [wrong, setWrong] = useState(false);
  const submit = async (close: () => void) => {
    const answer = await call("openKey", { passphrase });
    setPassphrase("");
    setWrong(!answer.ok);
    if (!answer.ok) return;
    close();
    onOpen?.();
  };
  return (
    <FormDialog
      opener={<Button className="button button-main">{t("unload.key.open")}</Button>}
      title={t("unload.key.title")}
      action={t("unload.key.open")}
      onSubmit={(close) => void submit(close)}
    >
      <Field
        label={t("unload.key.title")}
        type="password"
        value={passphrase}
        onChange={setPassphrase}
        error={wrong ? t("misuse.wrong-passphrase.what") : null}
        autoFocus
      />
    </FormDialog>
  );
}
