// Runs before anything else (node --import): on a Node that is too old, say so instead of failing in the middle.
import module from "node:module";
import { fileURLToPath } from "node:url";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Node.js ${process.versions.node}: kk: Node.js 22.18 немесе жаңасы қажет, «npm ci» командасын орындап, бағдарламаны «npm run» арқылы іске қосыңыз. ` +
      "ru: нужен Node.js 22.18 или новее, выполните «npm ci» и запускайте через «npm run». " +
      "en: Node.js 22.18 or later is needed; run `npm ci`, then start through `npm run`.",
  );
  process.exit(2);
}

// A checkout starts in half the time when what was compiled once is kept. Only the user who may change the packages may change what is kept.
module.enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/compile", import.meta.url)));
