import { useState } from "react";
import { Button, Dialog, DialogTrigger, Form, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useWords } from "../i18n.ts";
import { call } from "../store.ts";
import { Field } from "./Field.tsx";

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
    <DialogTrigger>
      <Button className="button button-main">{t("unload.key.open")}</Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal modal-narrow">
          <Dialog className="dialog">
            {({ close }) => (
              <Form
                onSubmit={(event) => {
                  event.preventDefault();
                  void submit(close);
                }}
              >
                <Heading slot="title">{t("unload.key.title")}</Heading>
                <Field
                  label={t("unload.key.title")}
                  type="password"
                  value={passphrase}
                  onChange={setPassphrase}
                  error={wrong ? t("misuse.wrong-passphrase.what") : null}
                  autoFocus
                />
                <div className="dialog-actions">
                  <Button className="button" onPress={close}>
                    {t("common.cancel")}
                  </Button>
                  <Button className="button button-main" type="submit">
                    {t("unload.key.open")}
                  </Button>
                </div>
              </Form>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
