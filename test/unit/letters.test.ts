import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { wordsOf as cliWords } from "../../main/cli/words.ts";
import { words as windowWords } from "../../renderer/i18n.ts";

/** Latin and Cyrillic letters that look alike: mixed in one word they cannot be searched for, and are drawn by two fonts. */
const mixedIn = (text: string): readonly string[] =>
  [...text.replace(/\\u[0-9a-f]{4}|\\[a-z]/gi, " ").matchAll(/[\p{L}\p{M}]+/gu)]
    .map(([word]) => word)
    .filter((word) => /\p{Script=Latin}/u.test(word) && /\p{Script=Cyrillic}/u.test(word));

const root = join(import.meta.dirname, "../..");
const sources = ["main", "shared", "renderer", "docs"].flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(tsx?|md)$/.test(name))
    .map((name) => join(room, name)),
);

describe("no word mixes Latin and Cyrillic letters", () => {
  it("in the catalogues, the sources and the manuals", () => {
    expect(mixedIn("9,8 \u004dБ")).toEqual(["\u004dБ"]);
    const found = sources.flatMap((name) =>
      mixedIn(readFileSync(join(root, name), "utf8")).map((word) => `${name}: ${word}`),
    );
    expect(found).toEqual([]);
    for (const language of ["kk", "ru"])
      for (const room of [
        "renderer/messages",
        "shared/messages",
        "shared/messages/act",
        "main/cli/messages",
        "main/hosting/messages",
        "main/authority/messages",
      ])
        expect(sources).toContain(join(room, `${language}.ts`));
  });

  it("in sizes, spans and dates, where the words are partly the system's", () => {
    for (const language of ["kk", "ru"] as const) {
      const cli = cliWords(language);
      const windows = windowWords(language);
      const said = [
        ...[0, 3, 3e3, 3e6, 3e9, 3e12, 3e15].flatMap((count) => [cli.bytes(count), windows.bytes(count)]),
        ...[3, 65, 3_700, 90_061].flatMap((seconds) => [cli.duration(seconds), windows.duration(seconds)]),
        ...Array.from({ length: 12 }, (_, month) => {
          const stamp = `2021-${String(month + 1).padStart(2, "0")}-05T09:30:00+05:00`;
          return [cli.moment(stamp), windows.moment(stamp), windows.fullMoment(stamp)].join(" ");
        }),
      ];
      expect(said.flatMap(mixedIn)).toEqual([]);
      expect(said.join(" ")).toMatch(/МБ/);
    }
  });
});
