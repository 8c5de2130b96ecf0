import { join } from "node:path";
import { app, type BrowserWindow, dialog, Menu, utilityProcess } from "electron";
import envPaths from "env-paths";
import { EngineProcess, type Started } from "./engine-process.ts";
import { fileMap } from "./files.ts";
import { hostCall } from "./host.ts";
import { registerScheme } from "./protocol.ts";
import { openWindow } from "./window.ts";
import { quitQuestion, storeTrouble } from "./words.ts";

/** The desktop app: one instance, one window, one engine in a process of its own. */

/** Longest time that quitting waits for the engine to close its store, in milliseconds. */
const CLOSING_MS = 10_000;

const here = import.meta.dirname;

function startEngine(): Started {
  const child = utilityProcess.fork(join(here, "engine-host.mjs"), [], {
    serviceName: "Sanaq Unload engine",
    stdio: "inherit",
  });
  return {
    post: (message) => child.postMessage(message),
    onMessage: (take) => void child.on("message", take),
    onExit: (take) => void child.once("exit", take),
    kill: () => void child.kill(),
  };
}

function after(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, milliseconds);
  return () => clearTimeout(timer);
}

async function run(): Promise<void> {
  await app.whenReady();
  Menu.setApplicationMenu(null);
  let window: BrowserWindow | null = null;
  const engine = new EngineProcess({
    start: startEngine,
    storeFolder: envPaths("sanaq-unload", { suffix: "" }).data,
    version: app.getVersion(),
    host: (call, args) => {
      if (window === null) throw new Error("asked before there was a window");
      return hostCall(window, call, args);
    },
    onNotOpened: (problem, values) => {
      const { title, text } = storeTrouble(app.getLocale(), problem, values);
      dialog.showErrorBox(title, text);
      app.exit(3);
    },
    after,
  });
  engine.start();
  window = await openWindow({
    desk: engine,
    files: fileMap(join(here, "../renderer")),
    preload: join(here, "preload.cjs"),
  });
  window.on("close", (event) => {
    if (window === null || !engine.isUnloading) return;
    const { message, detail, buttons } = quitQuestion(app.getLocale());
    const stay = dialog.showMessageBoxSync(window, {
      type: "warning",
      message,
      detail,
      buttons,
      defaultId: 0,
      cancelId: 0,
    });
    if (stay === 0) event.preventDefault();
  });
  app.on("second-instance", () => {
    if (window === null) return;
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  app.on("window-all-closed", () => {
    void engine.close(CLOSING_MS).then(() => app.exit(0));
  });
}

app.enableSandbox();
registerScheme();
// Not awaited at the top: an app that is driven from outside is ready only after its main module has run.
if (app.requestSingleInstanceLock()) void run();
else app.quit();
