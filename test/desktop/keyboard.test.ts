import type { Locator } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { Scene } from "../../fixtures/windows/desk.ts";
import type { Theatre } from "../../fixtures/windows/theatre.ts";
import { inTheatre } from "./in-theatre.ts";

let theatre: Theatre;
inTheatre((opened) => {
  theatre = opened;
});

const show = (scene: Partial<Scene>) => theatre.show({ language: "en", ...scene });
const press = async (...keys: string[]) => {
  for (const key of keys) await theatre.page.keyboard.press(key);
};
/** What the keyboard is on: its role and its name. */
const focused = () =>
  theatre.page.evaluate(
    "((one) => (one.ariaLabel || (one.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.innerText ?? '').join(' ').trim() || one.labels?.[0]?.innerText || one.innerText || '').trim().replace(/\\s+/g, ' '))(document.activeElement)",
  ) as Promise<string>;
/** Tabs on until the keyboard is on what bears this name. */
async function tabTo(name: RegExp, back = false): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < 80; step += 1) {
    await press(back ? "Shift+Tab" : "Tab");
    const now = await focused();
    if (name.test(now)) return;
    passed.push(now);
  }
  throw new Error(`Tab does not reach ${name}; it passed ${passed.join(" | ")}`);
}
const isOn = (locator: Locator): Promise<boolean> =>
  locator.evaluate((one: unknown) => (one as { matches(selector: string): boolean }).matches(":focus"));
const soon = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 20_000 });
const heading = (name: string) => theatre.page.getByRole("heading", { name, exact: true });
const region = (name: RegExp) => theatre.page.getByText(name).first();

describe("with the keyboard alone", () => {
  it("a person signs in with a name and a PIN", async () => {
    await show({ state: "locked" });
    await tabTo(/Айгүл Сәрсенбаева/);
    await press("Enter");
    await heading("PIN of Айгүл Сәрсенбаева").waitFor();
    await press(..."222222", "Enter");
    await region(/That PIN does not fit/).waitFor();
    await press(..."111111", "Enter");
    await heading("Unload").waitFor();
  }, 120_000);

  it("an employee starts an unloading, reads the details of a tablet that needs a person, and puts one aside", async () => {
    await show({ roles: ["employee"] });
    await tabTo(/^Details.*Tablet 0405/);
    await press("Enter");
    await heading("Tablet 0405: details").waitFor();
    await press("Escape");
    await heading("Tablet 0405: details").waitFor({ state: "detached" });
    await soon(focused).toMatch(/^Details.*Tablet 0405/);
    await tabTo(/^Unload: Tablet 0451/);
    await press("Enter");
    await show({ roles: ["employee"] });
    await tabTo(/^Put aside: Tablet 0391/);
    await press("Enter");
    await heading("Tablet 0391").waitFor({ state: "detached" });
  }, 120_000);

  it("an auditor walks 1.64 million batches, opens one, walks its neighbours and comes back to the row", async () => {
    await show({ roles: ["auditor"] });
    await region(/1,644,720 batches/).waitFor();
    await tabTo(/^Batches$/);
    const grid = theatre.page.getByRole("grid", { name: "Batches" });
    for (let step = 0; step < 30 && !(await isOn(grid)); step += 1) await press("Tab");
    const active = async () =>
      Number(
        await theatre.page.evaluate(
          "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.ariaRowIndex ?? 0",
        ),
      );
    await press("ArrowDown", "ArrowDown", "ArrowDown");
    await soon(active).toBe(4);
    await press("End");
    await soon(active).toBe(1_644_721);
    await region(/Sequence of tablet 27412/).waitFor();
    await press("PageUp");
    await soon(active).toBeLessThan(1_644_721);
    await press("Home");
    await soon(active).toBe(2);
    await press("PageDown");
    await soon(active).toBeGreaterThan(5);
    const far = await active();
    await press("Enter");
    await heading(`Tablet 00001 · batch ${far - 1}`).waitFor();
    await tabTo(/^Next batch$/);
    await press("Enter");
    await heading(`Tablet 00001 · batch ${far}`).waitFor();
    const cells = theatre.page.getByRole("grid", { name: /^Sequence of tablet 00001/ });
    for (let step = 0; step < 5 && !(await isOn(cells)); step += 1) await press("Tab");
    await press("Home", "ArrowRight", "Enter");
    await heading("Tablet 00001 · batch 2").waitFor();
    await tabTo(/^All batches$/, true);
    await press("Enter");
    await heading("Reconcile").waitFor();
    await soon(() => isOn(grid)).toBe(true);
    await soon(active).toBe(far);
  }, 120_000);

  it("an auditor filters by verdict, by district and by day", async () => {
    await show({ roles: ["auditor"] });
    await region(/1,644,720 batches/).waitFor();
    await tabTo(/missing$/);
    await press("Space");
    await soon(() => theatre.page.locator(".reconcile-count").textContent()).not.toBe("1,644,720 batches");
    await tabTo(/District$/, true);
    await press("Enter");
    await soon(focused).toBe("all");
    await press("ArrowDown");
    await soon(focused).toBe("Akzhaiyk district");
    await press("Enter");
    await theatre.page.locator(".choice-button", { hasText: "Akzhaiyk district" }).waitFor();
    await tabTo(/^Clear filters$/);
    await press("Enter");
    await region(/1,644,720 batches/).waitFor();
    await tabTo(/^Batches$/, true);
    await press("ArrowRight");
    await heading("The station over days").waitFor();
    await tabTo(/^12 October 2021: /);
    await press("Enter");
    await soon(() => theatre.page.locator(".reconcile-count").textContent()).not.toBe("1,644,720 batches");
  }, 120_000);

  it("an operator pauses the sending and lets it go on", async () => {
    await show({ roles: ["operator"] });
    await tabTo(/^Send/);
    await press("Enter");
    await heading("Send onward").waitFor();
    await tabTo(/^Pause$/);
    await press("Enter");
    await region(/^Paused$/).waitFor();
    await tabTo(/^Go on$/, true).catch(() => tabTo(/^Go on$/));
    await press("Enter");
    await region(/^Sending$/).waitFor();
  }, 120_000);

  it("an administrator sets up a new station, step by step", async () => {
    await show({ state: "set-up", cards: "empty" });
    await theatre.page.keyboard.type("Әсем Һүсейінқызы");
    await press("Tab", ..."111111", "Tab", ..."111111", "Enter");
    await heading("Set up the station").waitFor();
    await tabTo(/^Load the campaign folder$/);
    await tabTo(/^Load the campaign folder$/);
    await press("Enter");
    await region(/1 of 5 done/).waitFor();
    await tabTo(/^Passphrase for the key/);
    await theatre.page.keyboard.type("a long one");
    await press("Enter");
    await region(/2 of 5 done/).waitFor();
    await tabTo(/^Take a certificate$/);
    await press("Enter");
    await region(/3 of 5 done/).waitFor();
    await tabTo(/^Address of the centre/);
    await theatre.page.keyboard.type("postgres://station:secret@centre.example:5432/census");
    await press("Enter");
    await region(/4 of 5 done/).waitFor();
    await tabTo(/^Add a person$/);
    await press("Enter");
    await theatre.page.keyboard.type("Нұрлан Қожахметов");
    await tabTo(/^PIN$/);
    await press(..."222222", "Enter");
    await region(/Everything is set up/).waitFor();
  }, 120_000);

  it("the language changes at once, and the focus stays", async () => {
    await show({ language: "en" });
    await tabTo(/Қазақша$/);
    await press("Enter");
    await heading("Түсіру").waitFor();
    expect(await focused()).toMatch(/Қазақша$/);
    await press("Tab", "Enter");
    await heading("Выгрузка").waitFor();
    expect(await theatre.page.evaluate("document.documentElement.lang")).toBe("ru");
  }, 120_000);

  it("everything that can be pressed shows where the keyboard is", async () => {
    await show({ language: "en" });
    for (let step = 0; step < 30; step += 1) {
      await press("Tab");
      const outline = await theatre.page.evaluate(
        "(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth].join(' '))(getComputedStyle(document.activeElement))",
      );
      expect(outline, await focused()).toBe("solid 3px");
    }
  }, 120_000);
});
