import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { BrowserWindow, type WebContents } from "electron";
import type { PrintOutcome } from "../engine/ports-desk.ts";
import { ORIGIN, serveFor } from "./protocol.ts";
import { secureContents } from "./security.ts";

/**
 * Paper. Chromium's own PDF viewer holds the pages in a window that nobody sees, and the system's print dialog asks where they go: it is the one
 * way that is Electron's own on every system, takes the very bytes that are saved as a file, and leaves no copy on the disk. The viewer lives
 * in the default session alone. It says nowhere that it is ready, and printed sooner the paper is blank: it is ready when it has made the pages
 * of them for nobody.
 */

/** Longest wait for the viewer, and the pause between two looks at it, in milliseconds. */
const VIEWER_MS = 30_000;
const PAUSE_MS = 100;

/** Electron's word where a person has closed the dialog. */
const CLOSED = /cancel/i;

/** The viewer is a page around an extension around the pages: before all three are there, what would be printed is an empty page. */
const hasPages = (contents: WebContents): boolean => contents.mainFrame.framesInSubtree.length >= 3;

/** Leaves of a PDF whose objects stand in clear, as ours and Chromium's do; none where nothing is written on them. */
function leavesOf(pdf: Uint8Array): number {
  const text = Buffer.from(pdf).toString("latin1");
  return /\/Font\b/.test(text) ? (text.match(/\/Type\s*\/Page\b/g)?.length ?? 0) : 0;
}

/** Whether the viewer makes as many leaves as there are. An error is its answer while it reads them: then the wait goes on. */
const makes = (leaves: number, contents: WebContents): Promise<boolean> =>
  contents.printToPDF({}).then(
    (pdf) => leavesOf(pdf) === leaves,
    () => false,
  );

/** Whether the viewer had the pages in time. */
async function isReady(contents: WebContents, leaves: number): Promise<boolean> {
  for (const until = Date.now() + VIEWER_MS; Date.now() < until; await pause(PAUSE_MS))
    if (hasPages(contents) && (await makes(leaves, contents))) return true;
  return false;
}

const print = (contents: WebContents): Promise<PrintOutcome> =>
  new Promise((resolve) => {
    contents.print({ silent: false, pageSize: "A4" }, (printed, why) => {
      resolve(printed ? "printed" : CLOSED.test(why) ? "closed" : "not-printed");
    });
  });

/** Asks the system to print a PDF, and waits until its dialog is closed. */
export async function printPdf(pdf: Uint8Array<ArrayBuffer>): Promise<PrintOutcome> {
  const path = `/${randomUUID()}.pdf`;
  const stopServing = serveFor(path, { type: "application/pdf", bytes: pdf });
  const window = new BrowserWindow({
    show: false,
    webPreferences: {
      plugins: true,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      devTools: false,
    },
  });
  try {
    const { webContents: contents } = window;
    secureContents(contents, true);
    if ((await contents.getPrintersAsync()).length === 0) return "no-printer";
    await window.loadURL(`${ORIGIN}${path}`);
    return (await isReady(contents, leavesOf(pdf))) ? await print(contents) : "not-printed";
  } finally {
    stopServing();
    window.destroy();
  }
}
