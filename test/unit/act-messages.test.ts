import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { en } from "../../shared/messages/act/en.ts";
import { kk } from "../../shared/messages/act/kk.ts";
import { ru } from "../../shared/messages/act/ru.ts";
import { VERDICTS } from "../../shared/reasons.ts";

/** The hand-over act's own words, which are on paper: Kazakh and Russian side by side, English for who reads the code. */

const all: Readonly<Record<"kk" | "ru" | "en", Readonly<Record<string, string>>>> = { kk, ru, en };
const keys = Object.keys(en);
const valuesIn = (text: string): readonly string[] =>
  [...text.matchAll(/\{([a-z]+)\}/g)].map(([, name = ""]) => name).sort();

describe("the act's messages", () => {
  it("exist in all three languages, none empty, none left over", () => {
    for (const [language, messages] of Object.entries(all)) {
      expect(Object.keys(messages).sort()).toEqual([...keys].sort());
      for (const [key, text] of Object.entries(messages))
        expect(text.trim(), `${language} ${key}`).not.toBe("");
    }
  });

  it("take the same values in every language, and nothing but names in braces", () => {
    for (const key of keys)
      for (const [language, messages] of Object.entries(all)) {
        expect
          .soft(valuesIn(messages[key] ?? ""), `${language} ${key}`)
          .toEqual(valuesIn(en[key as keyof typeof en]));
        expect
          .soft((messages[key] ?? "").replace(/\{[a-z]+\}/g, ""), `${language} ${key}`)
          .not.toMatch(/[{}<>#]/);
      }
  });

  it("use no letter outside the language's alphabet", () => {
    // Two oblasts that have no other name in Russian.
    const officialInKazakh = new Set(["act.oblast.33", "act.oblast.62"]);
    for (const key of keys) {
      if (!officialInKazakh.has(key)) expect.soft(all.ru[key], key).not.toMatch(/[әғқңөұүһі]/i);
      expect.soft(all.en[key], key).not.toMatch(/[а-яёәғқңөұүһі]/i);
      for (const language of ["kk", "ru"] as const)
        expect.soft(all[language][key], key).not.toMatch(/[а-яәғқңөұүһі][a-z]|[a-z][а-яәғқңөұүһі]/i);
    }
  });

  it("are not the same in Kazakh and Russian by forgetting", () => {
    const sameOnPurpose = new Set([
      "act.tablet",
      "act.ledger-no",
      "act.oblast.other",
      "act.column.seq",
      "act.column.digest",
      "act.column.bytes",
    ]);
    expect(keys.filter((key) => all.kk[key] === all.ru[key] && !sameOnPurpose.has(key))).toEqual([]);
  });

  it("name every verdict, month and oblast that can be printed", () => {
    const wanted = [
      ...VERDICTS.flatMap((one) => [`act.verdict.${one}`, `act.total.${one}`]),
      ...Array.from({ length: 12 }, (_, at) => `act.month.${at + 1}`),
      "act.oblast.27",
      "act.oblast.other",
    ];
    expect(wanted.filter((key) => !keys.includes(key))).toEqual([]);
  });

  it("are all printed: none is there that the pages do not use", () => {
    const folder = join(import.meta.dirname, "../../main/adapters/print");
    const source = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("\n");
    const begun = [...source.matchAll(/`(act\.[a-z.]+)\$\{/g)].map(([, prefix = ""]) => prefix);
    const unused = keys.filter(
      (key) => !source.includes(`"${key}"`) && !begun.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
});
