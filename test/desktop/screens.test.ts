import { describe, expect, it } from "vitest";
import { SHOTS, type Shot } from "../../fixtures/windows/shots.ts";
import { THEMES, type Theatre } from "../../fixtures/windows/theatre.ts";
import { LANGUAGES, type Language } from "../../shared/ipc/views.ts";
import { fontsOf, strangeFonts } from "./checks/fonts.ts";
import { grave } from "./checks/grave.ts";
import { hiddenInCards, lost } from "./checks/lost.ts";
import { inTheatre } from "./in-theatre.ts";

/** Every screen in every language, once each: what must hold on all of them is asked of it while it stands there. */

let theatre: Theatre;
inTheatre((opened) => {
  theatre = opened;
});

const LARGE = [1440, 900] as const;
/** Screens of a Department's laptops. Russian has the longest words, Kazakh the longest sentences: they get the smaller one. */
const SMALL: Readonly<Record<Language, readonly [width: number, height: number]>> = {
  kk: [1280, 720],
  ru: [1280, 720],
  en: [1366, 768],
};

const factor = () =>
  theatre.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getZoomFactor());
const setFactor = (to: number) =>
  theatre.app.evaluate(
    ({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(to),
    to,
  );

/** What is wrong with a screen in its themes, as lines to read. */
async function wrong(shot: Shot, language: Language): Promise<readonly string[]> {
  const found: string[] = [];
  const note = (what: string, lines: readonly string[]) =>
    found.push(...lines.map((line) => `${language}, ${what}: ${line}`));
  await theatre.resize(...LARGE);
  await theatre.take(shot, language);
  note("a font of the machine", await strangeFonts(theatre.page));
  note("in sight only by scrolling in its card", await hiddenInCards(theatre.page));
  // High contrast changes colours alone, which are the same in every language.
  for (const theme of THEMES.filter((one) => one !== "contrast" || language === "kk")) {
    await theatre.dress(theme);
    note(`axe, ${theme}`, await grave(theatre.page));
  }
  await theatre.resize(...SMALL[language]);
  await setFactor(2);
  // Taken anew: what lies over the page closes where the page changes its size.
  await theatre.take(shot, language);
  expect(await factor()).toBeCloseTo(2);
  note("lost at 200 %", await lost(theatre.page));
  return found;
}

describe("axe finds nothing serious or critical, every letter is of our font, and at 200 % nothing is lost", () => {
  for (const shot of SHOTS)
    it(`on ${shot.name}, in three languages, light, dark and in high contrast`, async () => {
      for (const language of LANGUAGES) expect(await wrong(shot, language)).toEqual([]);
    }, 300_000);
  it("and no page complained of anything on its console", () => {
    expect(theatre.complaints).toEqual([]);
  });
});

describe("the keys that every browser has", () => {
  it("make it larger and smaller, and put it back", async () => {
    await theatre.resize(...LARGE);
    await theatre.show({ language: "en" });
    // As the system's keyboard sends them: the inspector's own keys go past the program, straight into the page.
    const press = (keyCode: string, times = 1) =>
      theatre.app.evaluate(
        ({ BrowserWindow }, { keyCode, times }) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents;
          for (let time = 0; time < times; time += 1)
            for (const type of ["keyDown", "keyUp"] as const)
              contents?.sendInputEvent({ type, keyCode, modifiers: ["control"] });
        },
        { keyCode, times },
      );
    const becomes = (to: number) => expect.poll(factor, { timeout: 10_000 }).toBeCloseTo(to);
    await press("=");
    await becomes(1.1);
    await press("=");
    await becomes(1.25);
    await press("-");
    await becomes(1.1);
    await press("=", 9);
    await becomes(2);
    await press("0");
    await becomes(1);
  }, 60_000);
});

describe("the letters of Kazakh", () => {
  const LETTERS = "әғқңөұүһі ӘҒҚҢӨҰҮҺІ";

  it("are all drawn by the font that is packaged, upright, bold and small", async () => {
    await theatre.show({ language: "kk" });
    await theatre.page.evaluate(
      `for (const tag of ["p", "b", "h1", "small"]) {
         const element = document.createElement(tag);
         element.className = "letters";
         element.textContent = ${JSON.stringify(LETTERS)};
         document.querySelector("main").append(element);
       }
       document.fonts.ready.then(() => true)`,
    );
    const fonts = await fontsOf(theatre.page, ".letters");
    expect(fonts.map(({ familyName, isCustomFont }) => `${familyName} ${isCustomFont}`)).not.toEqual([]);
    for (const { familyName, isCustomFont, glyphCount } of fonts) {
      expect(familyName).toMatch(/^Inter/);
      expect(isCustomFont).toBe(true);
      expect(glyphCount).toBeGreaterThan(0);
    }
    expect(fonts.reduce((sum, { glyphCount }) => sum + glyphCount, 0)).toBe(4 * LETTERS.length);
  }, 120_000);

  it("stand in both cases on the page where people sign in", async () => {
    await theatre.show({ state: "locked", language: "kk" });
    const text = await theatre.page.locator("body").textContent();
    for (const letter of LETTERS.replace(" ", "")) expect(text).toContain(letter);
  });
});
