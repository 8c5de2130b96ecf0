import { app, type BrowserWindow, dialog, Menu, utilityProcess } from "electron";
import envPaths from "env-paths";
import { DISK_THREADS } from "../adapters/disk/threads.ts";
import { EngineProcess, type Started } from "./engine-process.ts";
import { fileMap } from "./files.ts";
import { hostCall } from "./host.ts";
import { registerScheme } from "./protocol.ts";
import { openWindow } from "./window.ts";
import { quitQuestion, storeTrouble } from "./words.ts";

/** One instance, one window, one engine in a process of its own. */

/** Longest time that quitting waits for the engine to close its store, in milliseconds. */
const CLOSING_MS = 10_000;

/** Where the built files lie. */
export interface ProgramFiles {
  readonly engineHost: string;
  readonly preload: string;
  /** Folder of the windows' files. */
  readonly renderer: string;
}

function startEngine(engineHost: string): Started {
  const child = utilityProcess.fork(engineHost, [], {
    serviceName: "Sanaq Unload engine",
    stdio: "inherit",
    env: { ...process.env, UV_THREADPOOL_SIZE: DISK_THREADS },
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

async function open(files: ProgramFiles): Promise<void> {
  await app.whenReady();
  Menu.setApplicationMenu(null);
  let window: BrowserWindow | null = null;
  const engine = new EngineProcess({
    start: () => startEngine(files.engineHost),
    storeFolder: envPaths("sanaq-unload", { suffix: "" }).data,
    version: app.getVersion(),
    host: (call, args) => hostCall(() => window, call, args),
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
    files: fileMap(files.renderer),
    preload: files.preload,
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
  app.on("window-all-closed", () => app.quit());
  // Also where the system asks the program to end: no event but this one comes on every way out.
  app.on("will-quit", (event) => {
    event.preventDefault();
    void engine.close(CLOSING_MS).then(() => app.exit(0));
  });
}

/** Runs the program until its window is closed. Called before the app is ready; a second instance only wakes the first. */
export function runProgram(files: ProgramFiles): void {
  registerScheme();
  if (app.requestSingleInstanceLock()) void open(files);
  else app.quit();
}
