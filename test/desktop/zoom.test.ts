import { describe, expect, it } from "vitest";
import { SHOTS } from "../../fixtures/windows/shots.ts";
import type { Theatre } from "../../fixtures/windows/theatre.ts";
import { inTheatre } from "./in-theatre.ts";

/** Twice the size, on the screens of a Department's laptops: nothing is lost, and no page has to be scrolled sideways. */

let theatre: Theatre;
inTheatre((opened) => {
  theatre = opened;
});

const factor = () =>
  theatre.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.getZoomFactor());
const setFactor = (to: number) =>
  theatre.app.evaluate(
    ({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(to),
    to,
  );

/** What stands beyond the window's right edge, or is cut off within a button, as lines to read; a table may scroll within itself. */
const LOST = `(() => {
  const lost = [];
  const wide = document.documentElement.clientWidth;
  const name = (one) => one.tagName.toLowerCase() + "." + [...one.classList].join(".") + " " + (one.ariaLabel ?? one.textContent ?? "").trim().slice(0, 40);
  for (const one of [document.documentElement, document.body, ...document.querySelectorAll("main, .room, .dialog, .modal, .card, .card-body, .part, .stage, .carry, .rail")])
    if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== "visible") lost.push("scrolls sideways: " + name(one));
  const scrolls = (one) => one.closest(".grid, .days-columns, .unseen, pre") !== null;
  for (const one of document.querySelectorAll("button, input, h1, h2, p, label, dt, dd, li")) {
    const { left, right, width, height } = one.getBoundingClientRect();
    if (width < 2 || height < 2 || scrolls(one)) continue;
    if (right > wide + 1 || left < -1) lost.push("beyond the edge: " + name(one));
    if (one.tagName === "BUTTON" && one.scrollWidth > one.clientWidth + 2) lost.push("cut off: " + name(one));
  }
  return lost;
})()`;

describe("the keys that every browser has", () => {
  it("make it larger and smaller, and put it back", async () => {
    await theatre.resize(1440, 900);
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

describe("at 200 % nothing is lost", () => {
  // Russian has the longest words, Kazakh the longest sentences; English fits where they do, and is looked at once.
  for (const [width, height, language] of [
    [1280, 720, "ru"],
    [1280, 720, "kk"],
    [1366, 768, "en"],
  ] as const)
    it(`on a screen of ${width} by ${height}, in ${language}`, async () => {
      await theatre.resize(width, height);
      await setFactor(2);
      const lost: string[] = [];
      for (const shot of SHOTS) {
        await theatre.take(shot, language);
        expect(await factor()).toBeCloseTo(2);
        const found = (await theatre.page.evaluate(LOST)) as readonly string[];
        lost.push(...found.map((one) => `${shot.name}: ${one}`));
      }
      expect(lost).toEqual([]);
      expect(theatre.complaints).toEqual([]);
    }, 300_000);
});
