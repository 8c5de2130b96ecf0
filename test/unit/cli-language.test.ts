import { describe, expect, it } from "vitest";
import { ranges, wordsOf } from "../../main/cli/words.ts";
import { chooseLanguage } from "../../main/hosting/language.ts";
import { jsonText } from "../../main/hosting/output.ts";
import { printable } from "../../shared/printable.ts";

describe("the language of the messages", () => {
  it("is what --lang says, else SANAQ_LANG, else the locale, else Russian", () => {
    const env = { SANAQ_LANG: "kk", LC_ALL: "en_GB.UTF-8" };
    expect(chooseLanguage(["tablets", "--lang", "ru"], env)).toBe("ru");
    expect(chooseLanguage(["--lang=en", "tablets"], env)).toBe("en");
    expect(chooseLanguage(["tablets"], env)).toBe("kk");
    expect(chooseLanguage(["tablets"], { LC_ALL: "en_GB.UTF-8", LANG: "kk_KZ.UTF-8" })).toBe("en");
    expect(chooseLanguage(["tablets"], { LC_MESSAGES: "kk_KZ.UTF-8", LANG: "en_US" })).toBe("kk");
    expect(chooseLanguage(["tablets"], { LANG: "kk_KZ" })).toBe("kk");
    expect(chooseLanguage(["tablets"], { LANG: "de_DE.UTF-8" })).toBe("ru");
    expect(chooseLanguage(["tablets"], {})).toBe("ru");
  });

  it("is not taken from an argument behind --", () => {
    expect(chooseLanguage(["unload", "--", "--lang", "kk"], {})).toBe("ru");
  });
});

describe("numbers and times", () => {
  it("show a moment as the clock showed it, with that clock's offset", () => {
    const made = "2021-10-12T09:30:00+05:00";
    expect(wordsOf("ru").moment(made)).toBe("12 октября 2021 г. в 09:30 (+05:00)");
    expect(wordsOf("kk").moment(made)).toBe("2021 ж. 12 қазан, 09:30 (+05:00)");
    expect(wordsOf("en").moment("2021-10-31T23:00:00Z")).toBe("October 31, 2021 at 11:00 PM (+00:00)");
  });

  it("show what is no moment as it is, made printable", () => {
    expect(wordsOf("en").moment("soon\u001b[2J")).toBe("soon\\u{1b}[2J");
  });

  it("show sizes in units of a thousand", () => {
    const { bytes } = wordsOf("en");
    expect([0, 999, 1_000, 204_800, 4_100_000, 4_294_967_296, 5e13].map(bytes)).toEqual([
      "0 byte",
      "999 byte",
      "1 kB",
      "204.8 kB",
      "4.1 MB",
      "4.3 GB",
      "50 TB",
    ]);
    expect(wordsOf("ru").bytes(4_100_000)).toBe("4,1 МБ");
    expect(wordsOf("kk").bytes(4_100_000)).toBe("4,1 МБ");
  });

  it("show spans in days, hours and minutes", () => {
    const { duration } = wordsOf("en");
    expect([0, 59, 121, -3_600, 90_061, 31 * 86_400].map(duration)).toEqual([
      "0 sec",
      "59 sec",
      "2 min 1 sec",
      "1 hr",
      "1 day 1 hr 1 min",
      "31 days",
    ]);
  });

  it("write sequence numbers as ranges", () => {
    expect(ranges([1])).toBe("1");
    expect(ranges([1, 2, 4, 5, 6, 7, 9])).toBe("1, 2, 4–7, 9");
    expect(ranges(Array.from({ length: 5_000 }, (_, at) => at + 1))).toBe("1–5000");
    expect(ranges([1, 3, 5, 7], 3)).toBe("1, 3, 5, …");
  });
});

describe("text from a tablet", () => {
  const hostile = "a\u001b[31m\u202egpj.exe\u0007\n\u2066\u200b\u0085\ud800é";

  it("reaches a terminal without control, bidirectional or invisible characters", () => {
    const shown = printable(hostile);
    expect(shown).toBe("a\\u{1b}[31m\\u{202e}gpj.exe\\u{7}\\u{a}\\u{2066}\\u{200b}\\u{85}\\u{d800}é");
    expect(printable(shown)).toBe(shown);
  });

  it("keeps Kazakh letters as they are", () => {
    expect(printable("әғқңөұүһі ӘҒҚҢӨҰҮҺІ")).toBe("әғқңөұүһі ӘҒҚҢӨҰҮҺІ");
  });

  it("is made printable wherever it enters a sentence", () => {
    const text = wordsOf("en").t("finding.unlisted.what", { name: "x\u202ey" });
    expect(text).toContain("x\\u{202e}y");
  });

  it("stands in JSON as escapes that read back to the same text", () => {
    const json = jsonText({ name: hostile });
    expect(json).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(json)).toEqual({ name: hostile });
  });
});
