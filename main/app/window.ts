import { BrowserWindow, session } from "electron";
import type { Desk } from "../../shared/ipc/contract.ts";
import type { ServedFile } from "./files.ts";
import { answerCalls } from "./ipc.ts";
import { SCHEME, START_PAGE, serveFiles } from "./protocol.ts";
import { secureContents, secureSession } from "./security.ts";
import { zoomByKeys } from "./zoom.ts";

export interface WindowParts {
  readonly desk: Desk;
  readonly files: ReadonlyMap<string, ServedFile>;
  /** Path of the bundled preload. */
  readonly preload: string;
}

/** The one window, shut off from everything but its own files and the desk's methods. */
export async function openWindow({ desk, files, preload }: WindowParts): Promise<BrowserWindow> {
  const own = session.defaultSession;
  if (!own.protocol.isProtocolHandled(SCHEME)) {
    secureSession(own);
    serveFiles(own, files);
  }
  const window = new BrowserWindow({
    width: 1440,
    height: 900,
    minWidth: 640,
    minHeight: 480,
    show: false,
    backgroundColor: "#f4f3ef",
    title: "Sanaq Unload",
    autoHideMenuBar: true,
    webPreferences: {
      session: own,
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      enableBlinkFeatures: "",
      spellcheck: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      devTools: false,
    },
  });
  secureContents(window.webContents);
  zoomByKeys(window.webContents);
  const stop = answerCalls(window.webContents, desk);
  window.once("ready-to-show", () => window.show());
  window.once("closed", stop);
  await window.loadURL(START_PAGE);
  return window;
}
