import { composeDesk } from "../compose.ts";
import { serveEngine } from "./engine-side.ts";

/** The engine's process. */

/** A bug ends it: its parent starts a new one, and the store is as good as its last transaction. */
const crash = (error: unknown): never => {
  console.error(error);
  process.exit(70);
};
process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);

const parent = process.parentPort;
serveEngine(
  {
    post: (message) => parent.postMessage(message),
    onMessage: (take) => void parent.on("message", ({ data }) => take(data)),
  },
  (storeFolder, version, host) => composeDesk({ storeFolder, version, host }),
  crash,
);
