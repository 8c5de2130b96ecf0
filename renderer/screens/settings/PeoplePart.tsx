import { useState } from "react";
import {
  Button,
  Checkbox,
  CheckboxGroup,
  Dialog,
  DialogTrigger,
  Heading,
  Label,
  Modal,
  ModalOverlay,
} from "react-aria-components";
import { type Person, ROLES, type Role } from "../../../shared/ipc/views.ts";
import { Field } from "../../components/Field.tsx";
import { FormDialog } from "../../components/FormDialog.tsx";
import { Icon } from "../../components/icons.tsx";
import type { Say } from "../../components/Said.tsx";
import { useWords } from "../../i18n.ts";
import { Part, type PartProps } from "./Part.tsx";

/** Who works here, with which roles and PIN. */
export function PeoplePart({ view, said }: PartProps) {
  const words = useWords();
  const { t } = words;
  const sorted = [...view.people].sort((a, b) => words.compare(a.name, b.name));
  return (
    <Part title={t("settings.people")}>
      <ul className="people-list">
        {sorted.map((person) => (
          <li key={person.id}>
            <span>
              <b>{person.name}</b>
              <span className="soft small">{person.roles.map((role) => t(`role.${role}`)).join(", ")}</span>
            </span>
            <PinDialog person={person} said={said} />
            <RemoveDialog person={person} said={said} />
          </li>
        ))}
      </ul>
      <div className="part-actions">
        <PersonDialog said={said} />
      </div>
    </Part>
  );
}

const PIN = /^\d{6,12}$/;

function PersonDialog({ said }: { readonly said: Say }) {
  const { t } = useWords();
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<readonly Role[]>(["employee"]);
  const [pin, setPin] = useState("");
  const [tried, setTried] = useState(false);
  const submit = async (close: () => void) => {
    setTried(true);
    if (name.trim() === "" || roles.length === 0 || !PIN.test(pin)) return;
    if (!(await said.run("addPerson", { name: name.trim(), roles: [...roles], pin }))) return;
    setName("");
    setPin("");
    setTried(false);
    close();
  };
  return (
    <FormDialog
      opener={
        <Button className="button">
          <Icon name="plus" size={18} />
          {t("settings.people.add")}
        </Button>
      }
      title={t("settings.people.add")}
      action={t("settings.save")}
      onSubmit={(close) => void submit(close)}
    >
      <Field
        label={t("settings.people.name")}
        value={name}
        onChange={setName}
        autoFocus
        error={tried && name.trim() === "" ? t("settings.people.name.bad") : null}
      />
      <CheckboxGroup className="field" value={[...roles]} onChange={(chosen) => setRoles(chosen as Role[])}>
        <Label className="label">{t("settings.people.roles")}</Label>
        {ROLES.map((role) => (
          <Checkbox key={role} value={role} className="check">
            <span className="check-box" aria-hidden="true">
              <Icon name="check" size={16} />
            </span>
            <span>
              {t(`role.${role}`)} <span className="soft small">{t(`settings.role.${role}.what`)}</span>
            </span>
          </Checkbox>
        ))}
      </CheckboxGroup>
      {tried && roles.length === 0 && <p className="said-bad">{t("settings.people.roles.bad")}</p>}
      <Field
        label={t("settings.people.newpin")}
        hint={t("settings.people.pin.hint")}
        type="password"
        inputMode="numeric"
        value={pin}
        onChange={setPin}
        error={tried && !PIN.test(pin) ? t("settings.people.pin.bad") : null}
      />
    </FormDialog>
  );
}

function PinDialog({ person, said }: { readonly person: Person; readonly said: Say }) {
  const { t } = useWords();
  const [pin, setPin] = useState("");
  const [tried, setTried] = useState(false);
  const title = t("settings.people.pin", { name: person.name });
  const submit = async (close: () => void) => {
    setTried(true);
    if (!PIN.test(pin)) return;
    if (!(await said.run("changePin", { person: person.id, pin }))) return;
    setPin("");
    setTried(false);
    close();
  };
  return (
    <FormDialog
      opener={
        <Button className="button button-plain" aria-label={title}>
          {t("settings.people.newpin.give")}
        </Button>
      }
      title={title}
      action={t("settings.save")}
      onSubmit={(close) => void submit(close)}
    >
      <Field
        label={t("settings.people.newpin")}
        hint={t("settings.people.pin.hint")}
        type="password"
        inputMode="numeric"
        value={pin}
        onChange={setPin}
        autoFocus
        error={tried && !PIN.test(pin) ? t("settings.people.pin.bad") : null}
      />
    </FormDialog>
  );
}

function RemoveDialog({ person, said }: { readonly person: Person; readonly said: Say }) {
  const { t } = useWords();
  return (
    <DialogTrigger>
      <Button className="button button-plain" aria-label={t("settings.people.remove", { name: person.name })}>
        <Icon name="close" size={18} />
      </Button>
      <ModalOverlay className="overlay">
        <Modal className="modal modal-narrow">
          <Dialog className="dialog" role="alertdialog">
            {({ close }) => (
              <>
                <Heading slot="title">{t("settings.people.remove.ask", { name: person.name })}</Heading>
                <p>{t("settings.people.removed")}</p>
                <div className="dialog-actions">
                  <Button className="button" autoFocus onPress={close}>
                    {t("common.cancel")}
                  </Button>
                  <Button
                    className="button button-stop"
                    onPress={() => {
                      close();
                      void said.run("removePerson", { person: person.id });
                    }}
                  >
                    {t("settings.people.remove.do")}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
