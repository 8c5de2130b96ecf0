import { randomUUID } from "node:crypto";
import { BrowserWindow, type WebContents } from "electron";
import type { PrintOutcome } from "../engine/ports-desk.ts";
import { ORIGIN, serveFor } from "./protocol.ts";
import { secureContents } from "./security.ts";

/**
 * Paper. Chromium's own PDF viewer holds the pages in a window that nobody sees, and the system's print dialog asks where they go: it is the one
 * way that is Electron's own on every system, takes the very bytes that are saved as a file, and leaves no copy on the disk. The viewer lives
 * in the default session alone, and is ready only when the frame with the pages is there: printed sooner, the paper is blank.
 */

/** Longest wait for the viewer, in milliseconds. */
const VIEWER_MS = 30_000;

/** Electron's word where a person has closed the dialog. */
const CLOSED = /cancel/i;

/** The viewer is a page around an extension around the pages. */
const hasPages = (contents: WebContents): boolean => contents.mainFrame.framesInSubtree.length >= 3;

/** Whether the viewer showed the pages in time. */
function showsPages(contents: WebContents): Promise<boolean> {
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => resolve(false), VIEWER_MS);
    contents.on("did-frame-finish-load", () => {
      if (!hasPages(contents)) return;
      clearTimeout(giveUp);
      resolve(true);
    });
  });
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
    secureContents(contents);
    if ((await contents.getPrintersAsync()).length === 0) return "no-printer";
    const shown = showsPages(contents);
    await window.loadURL(`${ORIGIN}${path}`);
    return (await shown) ? await print(contents) : "not-printed";
  } finally {
    stopServing();
    window.destroy();
  }
}
