import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IntlMessageFormat } from "intl-messageformat";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { words } from "../../renderer/i18n.ts";
import { en } from "../../renderer/messages/en.ts";
import { type MessageKey, messages } from "../../renderer/messages/index.ts";
import { kk } from "../../renderer/messages/kk.ts";
import { ru } from "../../renderer/messages/ru.ts";
import { LANGUAGES } from "../../shared/ipc/views.ts";

const own = { kk, ru, en };
const keys = Object.keys(messages.en) as MessageKey[];

type Element = ReturnType<IntlMessageFormat["getAst"]>[number];
/** Names of a message's values, with what the message does with each: text, number, or the options that it chooses between. */
function valuesOf(elements: readonly Element[], found = new Map<string, Set<string>>()) {
  for (const element of elements) {
    if (element.type === 0 || element.type === 7) continue;
    const uses = found.get(element.value) ?? new Set();
    found.set(element.value, uses);
    if (element.type === 1) uses.add("text");
    if (element.type === 2) uses.add("number");
    if (element.type === 5 || element.type === 6) {
      uses.add(element.type === 6 ? "number" : "select");
      for (const [option, { value }] of Object.entries(element.options)) {
        if (element.type === 5 && option !== "other") uses.add(`=${option}`);
        valuesOf(value, found);
      }
    }
  }
  return found;
}
const astOf = (language: (typeof LANGUAGES)[number], key: MessageKey) =>
  new IntlMessageFormat(messages[language][key], "en", undefined, { ignoreTag: true }).getAst();

const COUNTS = [0, 1, 2, 4, 5, 11, 12, 21, 22, 25, 101, 111, 1_640_000];

describe("the windows' messages", () => {
  it("all exist in Kazakh, Russian and English", () => {
    expect(Object.keys(kk).sort()).toEqual(Object.keys(en).sort());
    expect(Object.keys(ru).sort()).toEqual(Object.keys(en).sort());
    for (const language of LANGUAGES)
      for (const [key, text] of Object.entries(own[language]))
        expect(text.trim(), `${language} ${key}`).not.toBe("");
  });

  it("ask for the same values in every language", () => {
    for (const key of keys) {
      const english = valuesOf(astOf("en", key));
      for (const language of ["kk", "ru"] as const) {
        const theirs = valuesOf(astOf(language, key));
        for (const name of theirs.keys()) expect([...english.keys()], `${language} ${key}`).toContain(name);
        // A number that only chooses an English form may be left out where the language has one form.
        for (const [name, how] of english)
          if (how.has("text")) expect([...theirs.keys()], `${language} ${key}`).toContain(name);
      }
    }
  });

  it("can be said with every count and every choice, and leave no brace behind", () => {
    for (const language of LANGUAGES)
      for (const key of keys) {
        const uses = valuesOf(astOf(language, key));
        const choices = [...uses].flatMap(([name, how]) =>
          [...how].filter((use) => use.startsWith("=")).map((use) => ({ [name]: use.slice(1) })),
        );
        const counts = [...uses].some(([, how]) => how.has("number")) ? COUNTS : [1];
        for (const count of counts)
          for (const choice of [{}, ...choices]) {
            const given = Object.fromEntries(
              [...uses].map(([name, how]) => [name, how.has("number") ? count : "7"]),
            );
            const said = words(language).t(key, { ...given, ...choice });
            expect(said, `${language} ${key}`).not.toMatch(/[{}]|undefined|null|NaN|\[object/);
          }
      }
  });

  it("count in Russian with one, few and many", () => {
    const { t } = words("ru");
    const tablets = (count: number) => t("unlock.need", { count });
    expect(tablets(1)).toBe("1 планшет требует внимания.");
    expect(tablets(22)).toBe("22 планшета требуют внимания.");
    expect(tablets(11)).toBe("11 планшетов требуют внимания.");
    expect(t("concern.gap", { count: 1 })).toBe("На планшете отсутствует 1 пакет");
    expect(t("concern.gap", { count: 3 })).toBe("На планшете отсутствуют 3 пакета");
    expect(t("concern.gap", { count: 5 })).toBe("На планшете отсутствует 5 пакетов");
    expect(t("card.batches", { done: 4, total: 21 })).toBe("4 из 21 пакета");
    expect(t("card.batches", { done: 4, total: 30 })).toBe("4 из 30 пакетов");
    for (const [key, text] of Object.entries(ru)) {
      for (const element of astOf("ru", key as MessageKey)) {
        if (element.type !== 6) continue;
        const forms = Object.keys(element.options).filter((form) => !form.startsWith("="));
        // Two forms are right where the noun stands in the genitive or the verb alone changes.
        expect(["few,many,one,other", "one,other"], `${key}: ${text}`).toContain(forms.sort().join(","));
      }
    }
  });

  it("do not inflect after a number in Kazakh", () => {
    const { t } = words("kk");
    expect([1, 2, 5, 21].map((count) => t("concern.gap", { count }))).toEqual(
      [1, 2, 5, 21].map((count) => `Планшетте ${count} топтама жетіспейді`),
    );
    for (const key of keys)
      for (const element of astOf("kk", key))
        if (element.type === 6)
          for (const form of Object.keys(element.options)) expect(form, key).toMatch(/^(=\d+|other)$/);
  });

  it("are Kazakh in Kazakh: none was left in Russian or English", () => {
    const sameEverywhere =
      /^(app\.name|language\..*|time\.(moment|full|table)|unit\.amount|settings\.(centre\.hint|campaign\.dates|crl\.open)|fact\.(validity|ledger|receipt)\.value|card\.said|card\.batches\.(list|more)|log\.no|act\.file|settings\.people\.newpin)$/;
    const sameAsRussian =
      /^(role\.(auditor|operator)|act\.short|certificate\.tablet|report\.format|column\.(tablet|station)|filter\.text|fact\.schema|log\.hash|nav\.log|unload\.today\.tablets|card\.ledger|time\.(hours|minutes|seconds)|settings\.idle\.value)$/;
    for (const key of Object.keys(en) as (keyof typeof en)[]) {
      if (sameEverywhere.test(key)) continue;
      expect(kk[key], key).not.toBe(en[key]);
      if (!sameAsRussian.test(key)) expect(kk[key], key).not.toBe(ru[key]);
    }
  });
});

describe("figures and dates", () => {
  it("are written as each language writes them, also where the browser knows no Kazakh", () => {
    const day = "2021-10-12";
    expect(words("kk").date(day)).toBe("2021\u00a0ж.\u00a012\u00a0қазан");
    expect(words("ru").date(day)).toBe("12\u00a0октября\u00a02021\u00a0г.");
    expect(words("en").date(day)).toBe("12\u00a0October\u00a02021");
    expect(words("kk").number(1_640_000)).toBe(words("ru").number(1_640_000));
    expect(words("kk").bytes(9_840_000)).toBe("9,8\u00a0МБ");
    expect(words("en").bytesOf(4_120_000, 9_840_000)).toEqual({ part: "4.1", whole: "9.8\u00a0MB" });
    for (let month = 1; month <= 12; month += 1)
      expect(words("kk").dayMonth(`2021-${String(month).padStart(2, "0")}-05`)).toMatch(
        /^5\u00a0[а-яәғқңөұүһі]{3}\.$/,
      );
  });

  it("keep the clock that was read and its offset", () => {
    expect(words("kk").moment("2021-10-12T09:30:00+05:00")).toBe("12\u00a0қаз.\u00a009:30\u00a0(+05)");
    expect(words("ru").fullMoment("2021-10-12T23:59:59+06:00")).toBe(
      "12\u00a0октября\u00a02021\u00a0г., 23:59:59\u00a0(+06)",
    );
    expect(words("en").moment("1970-01-01T00:00:00Z")).toBe("1\u00a0Jan\u00a000:00\u00a0(+00)");
    expect(words("en").moment("2021-10-12T09:30:00.123-03:30")).toBe("12\u00a0Oct\u00a009:30\u00a0(-03:30)");
    expect(words("en").moment("+287396-10-12T08:59:00Z")).toBe("+287396-10-12T08:59:00Z");
  });

  it("never round up to all", () => {
    expect(words("en").percent(0.9999)).toBe("99%");
    expect(words("en").percent(1)).toBe("100%");
  });
});

describe("the windows' components", () => {
  const root = join(import.meta.dirname, "../../renderer");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".tsx"),
  );
  const sources = files.map((name) => {
    const text = readFileSync(join(root, name), "utf8");
    return ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  });
  const everywhere = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("messages"))
    .map((name) => readFileSync(join(root, name), "utf8"))
    .join("\n");

  it("hold no words of their own", () => {
    const spoken =
      /^(aria-(label|description|valuetext|roledescription)|title|placeholder|alt|label|hint|error|empty)$/;
    const found: string[] = [];
    const look = (node: ts.Node): void => {
      if (ts.isJsxText(node) && /\p{L}/u.test(node.text)) found.push(node.text.trim());
      if (ts.isJsxAttribute(node) && node.initializer && ts.isStringLiteral(node.initializer))
        if (spoken.test(node.name.getText()) && /\p{L}/u.test(node.initializer.text))
          found.push(node.getText());
      if (ts.isStringLiteralLike(node) && /[\u0400-\u04ff]/.test(node.text)) found.push(node.text);
      ts.forEachChild(node, look);
    };
    for (const source of sources) look(source);
    expect(found).toEqual([]);
    expect(files.length).toBeGreaterThan(20);
  });

  it("use every message that the catalogue holds", () => {
    const prefixes = [...everywhere.matchAll(/`([a-z-]+(?:\.[a-z-]+)*\.)\$\{/g)].map(
      ([, prefix]) => prefix ?? "",
    );
    const byKind = ["tap.", "hold.", "replug."];
    const unused = Object.keys(en).filter(
      (key) =>
        !everywhere.includes(`"${key}"`) &&
        ![...prefixes, ...byKind].some((prefix) => prefix !== "" && key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
});
