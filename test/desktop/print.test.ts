import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { StationWindows } from "../../fixtures/windows/station.ts";

/** An act on paper: from the button on the card, through the real program, to what a printer would be given. */

const PIN = "246810";

let station: StationWindows;
let tablet: TabletBuilder;
beforeAll(async () => {
  const opened = await StationWindows.open();
  if (opened === null) throw new Error("no Electron runtime, library or screen");
  station = opened;
  const campaign = await TestCampaign.create();
  tablet = new TabletBuilder(campaign, await campaign.tablet("0417"));
  await tablet.addMany(60);
  await station.make(tablet);
  await station.setUp(campaign, PIN);
  await station.plug(tablet);
  await card().getByText("Safe to unplug").waitFor({ timeout: 60_000 });
}, 300_000);
afterAll(() => station?.close(), 60_000);

const card = () => station.page.locator(".card").filter({ hasText: "0417" });
const print = () => card().getByRole("button", { name: /Print the hand-over act/ });

/** A printer that writes what it is given into a file: Electron's two calls, and nothing above them. */
async function connectPrinter(outcome: "printed" | "Print job canceled" | "Print job failed") {
  const paper = join(station.folder, "paper.pdf");
  await station.app.evaluate(
    ({ app }, { path, said }) => {
      app.removeAllListeners("web-contents-created");
      app.on("web-contents-created", (_event, contents) => {
        contents.getPrintersAsync = async () => [{ name: "Kassa" } as Electron.PrinterInfo];
        contents.print = (_options, done) => {
          void contents.printToPDF({}).then(async (pages) => {
            const { writeFile } = process.getBuiltinModule("node:fs/promises");
            await writeFile(path, pages);
            done?.(said === "printed", said === "printed" ? "" : said);
          });
        };
      });
    },
    { path: paper, said: outcome },
  );
  return paper;
}

const windows = () => station.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length);

it("where the system has no printer it says so, and what to do", async () => {
  await station.app.evaluate(({ app }) => {
    app.on("web-contents-created", (_event, contents) => {
      contents.getPrintersAsync = async () => [];
    });
  });
  await print().click();
  await station.page.getByText("This system has no printer").waitFor({ timeout: 30_000 });
  expect(await windows()).toBe(1);
}, 60_000);

it("the printer gets every page of the act that is saved as a file", async () => {
  const paper = await connectPrinter("printed");
  await print().click();
  await station.page.getByText("The act went to the printer.").waitFor({ timeout: 60_000 });
  const saved = join(station.folder, "act.pdf");
  await station.answerDialogs(saved);
  await card().getByRole("button", { name: /^PDF/ }).click();
  await station.page.getByText("Saved: act.pdf").waitFor();

  const text = (path: string) => execFileSync("pdftotext", ["-layout", path, "-"], { encoding: "utf8" });
  const words = (path: string) => text(path).split(/\s+/).filter(Boolean).sort();
  expect(text(saved)).toMatch(/Қабылдау-тапсыру/i);
  expect(words(paper)).toEqual(words(saved));
  const pages = (path: string) =>
    /Pages:\s+(\d+)/.exec(execFileSync("pdfinfo", [path], { encoding: "utf8" }))?.[1];
  expect(pages(paper)).toBe(pages(saved));
  expect((await readFile(paper)).subarray(0, 5).toString()).toBe("%PDF-");
  expect(await windows()).toBe(1);
}, 120_000);

it("a closed dialog says nothing, a printer that fails is told plainly, and the pages are served no longer", async () => {
  await connectPrinter("Print job canceled");
  await print().click();
  await expect.poll(windows, { timeout: 30_000 }).toBe(2);
  const address = await station.app.evaluate(({ BrowserWindow }) => {
    const hidden = BrowserWindow.getAllWindows().find((one) => !one.isVisible());
    return hidden?.webContents.getURL() ?? "";
  });
  await expect.poll(windows, { timeout: 30_000 }).toBe(1);
  if (address !== "") {
    const status = await station.app.evaluate(async ({ net }, url) => (await net.fetch(url)).status, address);
    expect(status).toBe(404);
  }
  expect(await station.page.locator(".said").first().textContent()).toBe("");

  await connectPrinter("Print job failed");
  await print().click();
  await station.page.getByText("The system did not print it").waitFor({ timeout: 30_000 });
  expect(station.complaints).toEqual([]);
}, 120_000);
