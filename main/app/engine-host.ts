import { composeDesk } from "../compose.ts";
import { serveEngineProcess } from "./engine-side.ts";

/** The engine's process. */
serveEngineProcess((storeFolder, version, host) => composeDesk({ storeFolder, version, host }));
