import { join } from "node:path";
import { app } from "electron";
import { runProgram } from "./program.ts";

/** The desktop app. */
app.enableSandbox();
const here = import.meta.dirname;
runProgram({
  engineHost: join(here, "engine-host.mjs"),
  preload: join(here, "preload.cjs"),
  renderer: join(here, "../renderer"),
});
