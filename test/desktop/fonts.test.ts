import { expect, it } from "vitest";
import { SHOTS } from "../../fixtures/windows/shots.ts";
import type { Theatre } from "../../fixtures/windows/theatre.ts";
import { LANGUAGES } from "../../shared/ipc/views.ts";
import { inTheatre } from "./in-theatre.ts";

let theatre: Theatre;
inTheatre((opened) => {
  theatre = opened;
});

const LETTERS = "әғқңөұүһі ӘҒҚҢӨҰҮҺІ";

/** Fonts that drew the text under a selector, as the browser tells: name, whether it came with us, how many glyphs. */
async function fontsOf(selector: string) {
  const inspector = await theatre.page.context().newCDPSession(theatre.page);
  await inspector.send("DOM.enable");
  await inspector.send("CSS.enable");
  const { root } = await inspector.send("DOM.getDocument", { depth: -1 });
  const { nodeIds } = await inspector.send("DOM.querySelectorAll", { nodeId: root.nodeId, selector });
  const fonts = [];
  for (const nodeId of nodeIds)
    fonts.push(...(await inspector.send("CSS.getPlatformFontsForNode", { nodeId })).fonts);
  await inspector.detach();
  return fonts;
}

it("every Kazakh letter is drawn by the font that is packaged, upright, bold and small", async () => {
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
  const fonts = await fontsOf(".letters");
  expect(fonts.map(({ familyName, isCustomFont }) => `${familyName} ${isCustomFont}`)).not.toEqual([]);
  for (const { familyName, isCustomFont, glyphCount } of fonts) {
    expect(familyName).toMatch(/^Inter/);
    expect(isCustomFont).toBe(true);
    expect(glyphCount).toBeGreaterThan(0);
  }
  expect(fonts.reduce((sum, { glyphCount }) => sum + glyphCount, 0)).toBe(4 * LETTERS.length);
}, 120_000);

it("no screen falls back to a font of the machine, but for digests and codes", async () => {
  for (const shot of SHOTS)
    for (const language of LANGUAGES) {
      await theatre.take(shot, language);
      const fonts = await fontsOf(
        "body :not(code, pre, code *, pre *, svg, svg *, input, script, style, select, option)",
      );
      const strange = new Set(
        fonts.filter(({ isCustomFont }) => !isCustomFont).map(({ familyName }) => familyName),
      );
      for (const { familyName } of await fontsOf("code, pre")) strange.delete(familyName);
      expect([...strange], `${shot.name} ${language}`).toEqual([]);
    }
}, 600_000);

it("the nine letters stand in both cases on the page where people sign in", async () => {
  await theatre.show({ state: "locked", language: "kk" });
  const text = await theatre.page.locator("body").textContent();
  for (const letter of LETTERS.replace(" ", "")) expect(text).toContain(letter);
});
