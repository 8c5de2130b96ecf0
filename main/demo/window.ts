import { spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildMains, buildWindows } from "../../fixtures/windows/build.ts";
import { asRoot, findRuntime, missingLibraries, runtimeEnv } from "../../fixtures/windows/runtime.ts";
import type { Input, Method } from "../../shared/ipc/contract.ts";
import type { Language } from "../../shared/messages/index.ts";
import { fileMap } from "../app/files.ts";
import { EXIT } from "../cli/exit.ts";
import { compose, composeDesk } from "../compose.ts";
import type { DeskHost } from "../engine/ports-desk.ts";
import { serveBrowser } from "./browser.ts";
import { PASSPHRASE } from "./command-line.ts";
import { DEMO_WORDS } from "./messages.ts";
import { makeScene } from "./scene.ts";
import { layOut, must, prepareStation, pulledAfter } from "./station.ts";
import { demoTable } from "./table.ts";

/** `npm run demo -- --window`: the desktop app at a station that is set up, with tablets that come to its table. */

const root = join(import.meta.dirname, "../..");
const VERSION = "demo";
const PERSON = "Айгүл";
const PIN = "246810";

/** No dialogs, no clipboard, no printer and no key store: a browser has its own clipboard, and no dialog of ours. */
const NO_HOST: DeskHost = {
  chooseFile: async () => null,
  chooseFolder: async () => null,
  saveFile: async () => null,
  copy: async () => {},
  print: async () => "no-printer",
  seal: async () => null,
  unseal: async () => null,
};

interface Prepared {
  readonly folder: string;
  readonly store: string;
  readonly pullAfter: number;
}

/** A station with key, certificate, campaign, a person, and what came yesterday; three tablets beside it. */
async function prepare(language: Language): Promise<Prepared> {
  const folder = await mkdtemp(join(tmpdir(), "sanaq-demo-"));
  const store = join(folder, "store");
  const scene = await makeScene(folder);
  await layOut(folder, scene);
  const engine = must(await compose({ storeFolder: store }));
  await prepareStation(engine, scene);
  const card = { type: "folder", path: scene.card } as const;
  const quiet = { receipts: false, passphrase: "" };
  must(await engine.unload([card], quiet, () => {}, new AbortController().signal));
  engine.close();

  const { cable } = demoTable(folder, 0);
  const composed = must(await composeDesk({ storeFolder: store, host: NO_HOST, version: VERSION, cable }));
  const call = async <M extends Method>(method: M, input: Input<M>) =>
    must(await composed.desk.call(method, input));
  await call("setLanguage", { language });
  await call("firstAdministrator", { name: PERSON, pin: PIN });
  await call("setOption", { name: "automatic", value: true });
  await call("setOption", { name: "receipts", value: false });
  await composed.close();
  return { folder, store, pullAfter: pulledAfter(scene) };
}

/** The runtime's program where it can draw on a screen that somebody looks at; null elsewhere. */
async function findWindowRuntime(): Promise<string | null> {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === "linux" && !DISPLAY && !WAYLAND_DISPLAY) return null;
  const executable = await findRuntime({ fetch: true });
  return executable === null || (await missingLibraries(executable)).length > 0 ? null : executable;
}

/** Value: the program's exit code, once its window is closed. */
async function openApp(executable: string, { folder, store, pullAfter }: Prepared): Promise<number> {
  await buildWindows();
  await buildMains({
    "station-main": "fixtures/windows/station-main.ts",
    "demo-engine": "main/demo/window-engine.ts",
  });
  const args = [
    ...asRoot,
    `--user-data-dir=${join(folder, "app")}`,
    join(root, "dist/test/station-main.mjs"),
  ];
  const env = runtimeEnv(
    { env: {}, stop: () => {} },
    {
      ...{ SANAQ_ROOT: root, SANAQ_ENGINE: join(root, "dist/test/demo-engine.mjs") },
      ...{ SANAQ_DEMO: folder, SANAQ_STORE: store, SANAQ_PULL_AFTER: String(pullAfter) },
    },
  );
  return new Promise((resolve, reject) => {
    const child = spawn(executable, args, { env, stdio: ["ignore", "ignore", "inherit"] });
    let interrupted = false;
    const stop = () => {
      interrupted = true;
      child.kill("SIGTERM");
    };
    process.once("SIGINT", stop);
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("SIGINT", stop);
      resolve(interrupted ? EXIT.done : (code ?? EXIT.failed));
    });
  });
}

async function openBrowser({ folder, store, pullAfter }: Prepared, language: Language): Promise<number> {
  await buildWindows();
  const table = demoTable(folder, pullAfter);
  const composed = must(
    await composeDesk({ storeFolder: store, host: NO_HOST, version: VERSION, cable: table.cable }),
  );
  table.attend(composed.desk);
  const served = await serveBrowser(composed.desk, fileMap(join(root, "dist/renderer")));
  console.log(DEMO_WORDS[language].browser(served.address));
  await new Promise<void>((resolve) => void process.once("SIGINT", resolve));
  await served.close();
  await composed.close();
  return EXIT.done;
}

/** Opens the windows and stays until they are closed, or Ctrl-C. Value: an exit code. */
export async function runWindow(language: Language): Promise<number> {
  const words = DEMO_WORDS[language];
  console.log(`${words.windowTitle}\n${words.windowNotReal}`);
  const prepared = await prepare(language);
  console.log(words.signIn(PERSON, PIN, PASSPHRASE));
  console.log(`${words.store}: ${prepared.store}`);
  const executable = await findWindowRuntime();
  if (executable !== null) return openApp(executable, prepared);
  console.log(words.noWindow);
  return openBrowser(prepared, language);
}
