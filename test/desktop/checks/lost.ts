import type { Page } from "playwright-core";

/** As text: the page's own policy lets no function in. A table may scroll within itself. */
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

/** What stands beyond the window's right edge, or is cut off within a button, as lines to read. */
export const lost = async (page: Page): Promise<readonly string[]> =>
  (await page.evaluate(LOST)) as readonly string[];

const HIDDEN = `[...document.querySelectorAll(".card-body")]
  .filter((one) => one.scrollHeight > one.clientHeight + 1)
  .map((one) => one.closest(".card").ariaLabel)`;

/** Cards with words that are only seen by scrolling within the card. */
export const hiddenInCards = async (page: Page): Promise<readonly string[]> =>
  (await page.evaluate(HIDDEN)) as readonly string[];
