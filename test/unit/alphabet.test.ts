import { describe, expect, it } from "vitest";
import { alphabetKey, compareNames } from "../../shared/alphabet.ts";

const ALPHABET = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ";

describe("the order of names", () => {
  it("is that of the Kazakh alphabet, in both cases", () => {
    const letters = [...ALPHABET];
    expect([...letters].reverse().sort(compareNames)).toEqual(letters);
    expect([...letters].map((letter) => letter.toLowerCase()).sort(compareNames)).toEqual(
      letters.map((letter) => letter.toLowerCase()),
    );
    expect(letters).toHaveLength(42);
  });

  it("puts districts where a reader of Kazakh looks for them", () => {
    const districts = [
      "Теректі",
      "Қаратөбе",
      "Казталов",
      "Шыңғырлау",
      "Ақжайық",
      "Жәнібек",
      "Жаңақала",
      "Бөрлі",
      "Бәйтерек",
    ];
    expect(districts.sort(compareNames)).toEqual([
      "Ақжайық",
      "Бәйтерек",
      "Бөрлі",
      "Жаңақала",
      "Жәнібек",
      "Казталов",
      "Қаратөбе",
      "Теректі",
      "Шыңғырлау",
    ]);
  });

  it("counts numbers by value, and holds upper and lower case together", () => {
    expect(["0417", "92", "0100", "100"].sort(compareNames)).toEqual(["92", "0100", "100", "0417"]);
    expect(alphabetKey("ӘЖЕ")).toBe(alphabetKey("әже"));
    expect(["Oral", "Орал", "12", "әже"].sort(compareNames)).toEqual(["12", "Oral", "әже", "Орал"]);
  });

  it("orders as bytes just as it orders as text, so that a database may sort by it", () => {
    const names = ["Ұлы", "улы", "Үй", "Zhaiyq", "№ 7", "№ 12", "Һ", "х", "і", "ы"];
    const byText = [...names].sort(compareNames);
    const byBytes = [...names].sort((a, b) =>
      Buffer.compare(Buffer.from(alphabetKey(a)), Buffer.from(alphabetKey(b))),
    );
    expect(byBytes).toEqual(byText);
  });
});
