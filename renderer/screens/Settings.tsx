import { Fragment, type ReactNode, useContext, useRef, useState } from "react";
import {
  Button,
  Checkbox,
  CheckboxGroup,
  Dialog,
  DialogTrigger,
  Form,
  Heading,
  Input,
  Label,
  Modal,
  ModalOverlay,
  NumberField,
  Switch,
} from "react-aria-components";
import { type Person, ROLES, type Role, type SettingsView } from "../../shared/ipc/views.ts";
import { Field } from "../components/Field.tsx";
import { FormDialog } from "../components/FormDialog.tsx";
import { Icon } from "../components/icons.tsx";
import { JobPanel, useJobOf } from "../components/Job.tsx";
import { Said, type Say, useSay } from "../components/Said.tsx";
import { useWords } from "../i18n.ts";
import { AreasContext, useQuery, useSnapshot } from "../store.ts";
import { CertificateFacts, Hash } from "./Batch.tsx";

interface PartProps {
  readonly view: SettingsView;
  readonly said: Say;
}

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
          <Part title={t("settings.about")}>
            <dl className="facts">
              <div>
                <dt>{t("settings.version")}</dt>
                <dd>{value.version}</dd>
              </div>
              <div>
                <dt>{t("settings.store")}</dt>
                <dd>
                  <Breakable text={value.storeFolder} />
                </dd>
              </div>
            </dl>
          </Part>
        </div>
      )}
    </section>
  );
}

type Step = "campaign" | "key" | "certificate" | "centre" | "people";

/** What a station needs before it can work wholly, in the order in which it is easiest. */
const stepsOf = (view: SettingsView): readonly { readonly step: Step; readonly done: boolean }[] => [
  { step: "campaign", done: view.campaign !== null },
  { step: "key", done: view.station !== null },
  { step: "certificate", done: view.station !== null && view.station.certificate !== null },
  { step: "centre", done: view.centre !== null },
  { step: "people", done: view.people.length > 1 },
];

interface GuideProps extends PartProps {
  readonly name: string | null;
  readonly onAll: () => void;
}

/** The first start, step by step; every step can be left for later and come back to. */
function Guide({ view, said, name, onAll }: GuideProps) {
  const { t } = useWords();
  const steps = stepsOf(view);
  const [chosen, choose] = useState<Step | null>(null);
  const next = steps.find(({ done }) => !done)?.step ?? null;
  const current = chosen ?? next;
  const done = steps.filter((step) => step.done).length;
  return (
    <div className="guide">
      <nav className="guide-nav" aria-labelledby="guide-title">
        <h2 id="guide-title">{t("setup.steps")}</h2>
        <p className="soft" role="status">
          {next === null ? t("setup.done") : t("setup.count", { done, total: steps.length })}
        </p>
        <ol>
          {steps.map(({ step, done }, index) => (
            <li key={step}>
              <Button
                className="guide-step"
                aria-current={step === current ? "step" : undefined}
                data-done={done ? "" : undefined}
                onPress={() => choose(step)}
              >
                <span className="guide-mark">{done ? <Icon name="check" size={18} /> : index + 1}</span>
                <span>
                  {t(`setup.step.${step}`)}
                  {done && <span className="unseen">{t("say.done")}</span>}
                </span>
              </Button>
            </li>
          ))}
        </ol>
        <Button className={next === null ? "button button-main" : "button button-plain"} onPress={onAll}>
          {t("setup.all")}
        </Button>
      </nav>
      <div className="guide-part">
        {current === "campaign" && <CampaignPart view={view} said={said} />}
        {(current === "key" || current === "certificate") && (
          <StationPart view={view} said={said} name={name} />
        )}
        {current === "centre" && <CentrePart view={view} said={said} />}
        {current === "people" && <PeoplePart view={view} said={said} />}
        {chosen !== null && next !== null && chosen !== next && (
          <Button className="button guide-next" onPress={() => choose(null)}>
            {t(`setup.step.${next}`)}
            <Icon name="right" size={18} />
          </Button>
        )}
      </div>
    </div>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

function StationPart({ view, said, name }: PartProps & { readonly name: string | null }) {
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

function CampaignPart({ view, said }: PartProps) {
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

/** An address or a path that is broken only where its parts begin; copied, it is as it was. */
function Breakable({ text }: { readonly text: string }) {
  const parts = text.split(/(?<=[@/?&\\])(?=[^/])/);
  return (
    <code>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in its order
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  );
}

function CentrePart({ view, said }: PartProps) {
  const { t } = useWords();
  const [url, setUrl] = useState("");
  return (
    <Part title={t("settings.centre")}>
      {view.centre !== null && (
        <p>
          <Breakable text={view.centre} />
        </p>
      )}
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void said.run("setCentre", { url }).then((done) => done && setUrl(""));
        }}
      >
        <Field
          label={t("settings.centre.address")}
          hint={t("settings.centre.hint")}
          value={url}
          onChange={setUrl}
          inputMode="url"
        />
        <div className="part-actions">
          <Button type="submit" className="button" isDisabled={url.trim() === ""}>
            {t("settings.centre.set")}
          </Button>
        </div>
      </Form>
    </Part>
  );
}

/** A copy of the store; while it is being made it stands here. */
function BackupPart() {
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

function WorkPart({ view, said }: PartProps) {
  const { t } = useWords();
  const flags = ["automatic", "receipts", "sound"] as const;
  return (
    <Part title={t("settings.work")}>
      {flags.map((name) => (
        <Switch
          key={name}
          className="switch"
          isSelected={view[name]}
          onChange={(value) => void said.run("setOption", { name, value })}
        >
          <span className="switch-track" aria-hidden="true" />
          {t(`settings.${name}`)}
        </Switch>
      ))}
      <NumberField
        className="field idle"
        minValue={1}
        maxValue={120}
        value={view.idleMinutes}
        onChange={(value) => void said.run("setOption", { name: "idleMinutes", value })}
      >
        <Label>{t("settings.idle")}</Label>
        <Input />
      </NumberField>
    </Part>
  );
}

function PeoplePart({ view, said }: PartProps) {
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
