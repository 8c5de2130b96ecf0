import { useState } from "react";
import { Button, Form } from "react-aria-components";
import type { Person } from "../../shared/ipc/views.ts";
import { isAtWork } from "../components/cardWords.ts";
import { Emblem, LanguageSwitch } from "../components/Frame.tsx";
import { Icon } from "../components/icons.tsx";
import { useSecondsTo } from "../components/useSecondsTo.ts";
import { useWords } from "../i18n.ts";
import { call, useSnapshot } from "../store.ts";

const MIN_PIN = 6;
const MAX_PIN = 12;
const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0"];

/** The lock: who, then the PIN. Work behind it goes on and is counted here. */
export function Unlock() {
  const words = useWords();
  const { session, station, unload } = useSnapshot();
  const [chosen, choose] = useState<number | null>(
    session.people.length === 1 ? (session.people[0]?.id ?? null) : null,
  );
  const person = session.people.find((one) => one.id === chosen) ?? null;
  const running = unload.cards.filter(isAtWork).length;
  return (
    <div className="lock">
      <header className="lock-head">
        <Emblem size={44} />
        <span>
          <b>{station.name ?? words.t("app.name")}</b>
          <span className="soft">{station.campaign?.name[words.language]}</span>
        </span>
        <span className="top-space" />
        <LanguageSwitch />
      </header>
      <main className="lock-body">
        {person === null ? (
          <People people={session.people} onChoose={choose} />
        ) : (
          <Pin
            key={person.id}
            person={person}
            onBack={session.people.length > 1 ? () => choose(null) : null}
          />
        )}
      </main>
      <footer className="lock-foot" role="status">
        {running > 0 && <p>{words.t("unlock.running", { count: running })}</p>}
        {unload.today.needYou > 0 && (
          <p className="lock-need">{words.t("unlock.need", { count: unload.today.needYou })}</p>
        )}
      </footer>
    </div>
  );
}

function People({
  people,
  onChoose,
}: {
  readonly people: readonly Person[];
  readonly onChoose: (id: number) => void;
}) {
  const words = useWords();
  const sorted = [...people].sort((a, b) => words.compare(a.name, b.name));
  return (
    <section className="people" aria-labelledby="people-title">
      <h1 id="people-title">{words.t("unlock.title")}</h1>
      <ul>
        {sorted.map((person) => (
          <li key={person.id}>
            <Button className="person" onPress={() => onChoose(person.id)}>
              <span className="person-mark" aria-hidden="true">
                {person.name.slice(0, 1)}
              </span>
              <span>
                <b>{person.name}</b>
                <span className="soft small">
                  {person.roles.map((role) => words.t(`role.${role}`)).join(", ")}
                </span>
              </span>
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Pin({ person, onBack }: { readonly person: Person; readonly onBack: (() => void) | null }) {
  const words = useWords();
  const { t } = words;
  const { session } = useSnapshot();
  const [pin, setPin] = useState("");
  const [wrong, setWrong] = useState(false);
  const [asking, setAsking] = useState(false);
  const wait = useSecondsTo(session.waits.find((one) => one.person === person.id)?.until ?? null);
  const submit = async () => {
    if (pin.length < MIN_PIN || asking || wait > 0) return;
    setAsking(true);
    const answer = await call("unlock", { person: person.id, pin });
    setAsking(false);
    setPin("");
    setWrong(!answer.ok);
  };
  const add = (digit: string) => {
    setWrong(false);
    setPin((held) => (held.length < MAX_PIN ? held + digit : held));
  };
  return (
    <Form
      className="pin"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h1 id="pin-title">{t("unlock.pin", { name: person.name })}</h1>
      <input
        className="pin-input"
        type="password"
        inputMode="numeric"
        autoComplete="off"
        // biome-ignore lint/a11y/noAutofocus: the one thing to do on this page
        autoFocus
        aria-labelledby="pin-title"
        aria-describedby="pin-said"
        aria-invalid={wrong}
        maxLength={MAX_PIN}
        value={pin}
        onChange={(event) => {
          setWrong(false);
          setPin(event.target.value.replace(/\D/g, ""));
        }}
      />
      <p id="pin-said" className="pin-said" role="alert">
        {wait > 0 ? t("unlock.wait", { time: words.duration(wait) }) : wrong ? t("unlock.wrong") : "\u00a0"}
      </p>
      <span className="unseen" role="status">
        {t("unlock.digits", { count: pin.length })}
      </span>
      <div className="pad">
        {DIGITS.map((digit) => (
          <Button key={digit} className="pad-key" excludeFromTabOrder onPress={() => add(digit)}>
            {digit}
          </Button>
        ))}
        <Button
          className="pad-key pad-erase"
          excludeFromTabOrder
          aria-label={t("unlock.erase")}
          onPress={() => setPin((held) => held.slice(0, -1))}
        >
          <Icon name="backspace" size={24} />
        </Button>
      </div>
      <div className="pin-actions">
        <Button
          className="button button-main button-large"
          type="submit"
          isDisabled={pin.length < MIN_PIN || wait > 0 || asking}
        >
          {t("unlock.open")}
        </Button>
        {onBack !== null && (
          <Button className="button button-plain" onPress={onBack}>
            {t("unlock.back")}
          </Button>
        )}
      </div>
    </Form>
  );
}
