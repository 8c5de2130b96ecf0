import { serveEngineProcess } from "../app/engine-side.ts";
import { composeDesk } from "../compose.ts";
import { demoTable } from "./table.ts";

/** The engine's process of `npm run demo -- --window`: the real engine, with the demo's table in place of the USB cable. */
const folder = process.env.SANAQ_DEMO ?? "";
const table = demoTable(folder, Number(process.env.SANAQ_PULL_AFTER));

serveEngineProcess(async (_storeFolder, version, host) => {
  const storeFolder = process.env.SANAQ_STORE ?? "";
  const composed = await composeDesk({ storeFolder, version, host, cable: table.cable });
  if (composed.ok) table.attend(composed.value.desk);
  return composed;
});
