import { type MessageFormatElement, TYPE } from "@formatjs/icu-messageformat-parser";
import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, it } from "vitest";
import { FAULTS } from "../../main/authority/commands/verify.ts";
import { CSV_FAULTS, PROBLEMS, REFUSALS } from "../../main/authority/context.ts";
import { en as authorityEn } from "../../main/authority/messages/en.ts";
import { kk as authorityKk } from "../../main/authority/messages/kk.ts";
import { ru as authorityRu } from "../../main/authority/messages/ru.ts";
import { en as cliEn } from "../../main/cli/messages/en.ts";
import { kk as cliKk } from "../../main/cli/messages/kk.ts";
import { ru as cliRu } from "../../main/cli/messages/ru.ts";
import { ACT_FAULTS } from "../../main/engine/api.ts";
import { AUDIT_TYPES } from "../../main/engine/audit-events.ts";
import { ANCHOR_FAULTS } from "../../main/engine/audit-problems.ts";
import { LINK_FAILURES } from "../../shared/ipc/views.ts";
import { LANGUAGES, type Language, linkKey, MESSAGES } from "../../shared/messages/index.ts";
import {
  ADDRESS_FAULTS,
  CAMPAIGN_FAULTS,
  CENTRE_FAILURES,
  CERTIFICATE_FAULTS,
  MISUSES,
  TLS_FAULTS,
} from "../../shared/messages/keys.ts";
import { FINDING_KINDS, OUTCOMES, REASONS, TABLET_STATES, VERDICTS } from "../../shared/reasons.ts";

/** The authority's words under keys of their own: both programs have a `help.program`. */
const ofAuthority = (messages: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(messages).map(([key, text]) => [`authority.${key}`, text]));

const all: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  kk: { ...MESSAGES.kk, ...cliKk, ...ofAuthority(authorityKk) },
  ru: { ...MESSAGES.ru, ...cliRu, ...ofAuthority(authorityRu) },
  en: { ...MESSAGES.en, ...cliEn, ...ofAuthority(authorityEn) },
};
const keys = Object.keys(all.en);

const formatOf = (language: Language, key: string): IntlMessageFormat =>
  new IntlMessageFormat(all[language][key] ?? "", language, undefined, { ignoreTag: true });

interface Used {
  readonly kind: "text" | "number" | "plural" | "select";
  readonly options: readonly string[];
}

/** Every argument of a message with what it takes. */
function argumentsOf(
  elements: readonly MessageFormatElement[],
  found = new Map<string, Used>(),
): Map<string, Used> {
  for (const one of elements) {
    if (one.type === TYPE.argument && !found.has(one.value))
      found.set(one.value, { kind: "text", options: [] });
    if (one.type === TYPE.number) found.set(one.value, { kind: "number", options: [] });
    if (one.type === TYPE.plural || one.type === TYPE.select) {
      const kind = one.type === TYPE.plural ? "plural" : "select";
      found.set(one.value, { kind, options: Object.keys(one.options) });
      for (const option of Object.values(one.options)) argumentsOf(option.value, found);
    }
  }
  return found;
}

/** Values that reach every form of a message: each option of each select, and numbers of every plural category. */
function samples(used: ReadonlyMap<string, Used>): readonly Record<string, unknown>[] {
  let made: Record<string, unknown>[] = [{}];
  for (const [name, { kind, options }] of used) {
    const values =
      kind === "select"
        ? options.map((option) => (option === "null" ? null : option))
        : kind === "text"
          ? ["X"]
          : [0, 1, 2, 5, 21, 22, 25, 1000];
    made = made.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  return made;
}

describe("messages", () => {
  it("exist in all three languages, and none is left over in one of them", () => {
    for (const language of LANGUAGES) expect(Object.keys(all[language]).sort()).toEqual([...keys].sort());
  });

  it("take the same values in all three languages, but for numbers that need no plural", () => {
    for (const key of keys) {
      const names = (language: Language) => [...argumentsOf(formatOf(language, key).getAst()).keys()];
      for (const language of ["kk", "ru"] as const) {
        const differing = [
          ...names("en").filter((name) => name !== "count" && !names(language).includes(name)),
          ...names(language).filter((name) => !names("en").includes(name)),
        ];
        expect.soft(differing, `${language} ${key}`).toEqual([]);
      }
    }
  });

  it("format in every form, for every option and plural, without an empty text or a brace left over", () => {
    for (const language of LANGUAGES) {
      for (const key of keys) {
        const format = formatOf(language, key);
        for (const values of samples(argumentsOf(format.getAst()))) {
          const text = String(format.format(values as Record<string, string>));
          expect.soft(text.trim(), `${language} ${key}`).not.toBe("");
          expect.soft(text, `${language} ${key}`).not.toMatch(/[{}<>#]|undefined/);
        }
      }
    }
  });

  it("have Russian's one, few and many, and Kazakh's single form after a number", () => {
    const ru = (count: number) => formatOf("ru", "count.batches").format({ count });
    const kk = (count: number) => formatOf("kk", "count.batches").format({ count });
    expect([1, 2, 5, 11, 21, 104].map(ru)).toEqual([
      "1 пакет",
      "2 пакета",
      "5 пакетов",
      "11 пакетов",
      "21 пакет",
      "104 пакета",
    ]);
    expect([1, 2, 5, 21].map(kk)).toEqual(["1 топтама", "2 топтама", "5 топтама", "21 топтама"]);
    for (const key of keys) {
      for (const { kind, options } of argumentsOf(formatOf("ru", key).getAst()).values()) {
        if (kind !== "plural" || options.includes("=1")) continue;
        expect.soft(options, key).toEqual(["one", "few", "many", "other"]);
      }
    }
  });

  it("are written in each language: none is the same in Kazakh and Russian by forgetting", () => {
    const sameOnPurpose = new Set(["unload.tablet", "reconcile.station", "quarantine.device"]);
    const same = keys.filter((key) => all.kk[key] === all.ru[key] && !sameOnPurpose.has(key));
    expect(same).toEqual([]);
    expect(keys.filter((key) => all.en[key] === all.ru[key] || all.en[key] === all.kk[key])).toEqual([]);
  });

  it("use no letter outside the language's alphabet", () => {
    const onlyKazakh = /[әғқңөұүһі]/i;
    for (const key of keys) {
      expect.soft(all.ru[key], key).not.toMatch(onlyKazakh);
      expect.soft(all.en[key], key).not.toMatch(/[а-яё]/i);
      for (const language of ["kk", "ru"] as const) {
        // A Latin letter inside a Cyrillic word looks right, and is not found, sorted or read aloud.
        expect.soft(all[language][key], key).not.toMatch(/[а-яәғқңөұүһі][a-z]|[a-z][а-яәғқңөұүһі]/i);
      }
    }
  });

  it("name every reason, finding, outcome, verdict, state and failure", () => {
    const told = (prefix: string) => [`${prefix}.what`, `${prefix}.do`];
    const wanted = [
      ...REASONS.flatMap((one) => [`reason.${one}.name`, ...told(`reason.${one}`)]),
      ...FINDING_KINDS.flatMap((one) => [`finding.${one}.name`, ...told(`finding.${one}`)]),
      ...OUTCOMES.flatMap((one) => [`outcome.${one}`, `count.${one}`]),
      ...VERDICTS.flatMap((one) => [`verdict.${one}.name`, ...told(`verdict.${one}`)]),
      ...TABLET_STATES.map((one) => `tablet-state.${one}`),
      ...LINK_FAILURES.flatMap((one) => told(linkKey(one))),
      ...CENTRE_FAILURES.flatMap((one) => told(`centre.${one}`)),
      ...TLS_FAULTS.flatMap((one) => told(`centre.tls.${one}`)),
      ...ADDRESS_FAULTS.flatMap((one) => told(`centre.address.${one}`)),
      ...MISUSES.flatMap((one) => told(`misuse.${one}`)),
      ...CERTIFICATE_FAULTS.map((one) => `certificate-fault.${one}`),
      ...CAMPAIGN_FAULTS.map((one) => `campaign-fault.${one}`),
      ...AUDIT_TYPES.map((one) => `audit.${one}`),
      ...ANCHOR_FAULTS.map((one) => `audit.anchor-fault.${one}`),
      ...ACT_FAULTS.map((one) => `act.fault.${one}`),
      ...PROBLEMS.flatMap((one) => told(`authority.problem.${one}`)),
      ...REFUSALS.map((one) => `authority.refusal.${one}`),
      ...CSV_FAULTS.map((one) => `authority.list-fault.${one}`),
      ...FAULTS.map((one) => `authority.fault.${one}`),
    ];
    expect(wanted.filter((key) => !keys.includes(key))).toEqual([]);
  });

  it("tell what happened and what to do in one sentence each", () => {
    for (const language of LANGUAGES) {
      for (const key of keys.filter((one) => /\.(what|do)$/.test(one))) {
        const format = formatOf(language, key);
        for (const values of samples(argumentsOf(format.getAst())).slice(0, 20)) {
          const text = String(format.format(values as Record<string, string>));
          expect.soft(text, `${language} ${key}`).toMatch(/\.$/);
          expect.soft(text.match(/[.!?] \p{Lu}/gu), `${language} ${key}: ${text}`).toBeNull();
        }
      }
    }
  });

  it("keep to the agreed words", () => {
    const has = (language: Language, key: string, word: string) =>
      expect.soft(all[language][key]?.toLowerCase(), `${language} ${key}`).toContain(word);
    has("kk", "phase.safe-to-unplug", "ажыратуға болады");
    has("ru", "phase.safe-to-unplug", "можно отключать");
    has("kk", "phase.needs-person", "назар аударыңыз");
    has("ru", "phase.needs-person", "требует внимания");
    has("kk", "outcome.staged", "жинақталды");
    has("ru", "outcome.staged", "сохранён на станции");
    has("kk", "outcome.acknowledged", "орталық растады");
    has("ru", "outcome.acknowledged", "подтверждён центром");
    has("kk", "finding.gap.name", "олқылық");
    has("ru", "finding.gap.name", "пропуск");
    has("kk", "verdict.missing.name", "жетіспейді");
    has("ru", "verdict.missing.name", "отсутствует");
    has("kk", "verdict.conflict.name", "қайшылық");
    has("ru", "verdict.conflict.name", "конфликт");
    has("kk", "outcome.quarantined", "карантин");
    has("kk", "tablet-state.sent", "жөнелту туралы белгі");
    has("ru", "tablet-state.sent", "отметка об отправке");
    has("kk", "unload.receipt", "түбіртек");
    has("ru", "unload.receipt", "квитанция");
    has("kk", "help.audit", "аудит журналы");
    has("ru", "help.audit", "журнал аудита");
  });
});
