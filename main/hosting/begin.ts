import module from "node:module";
import envPaths from "env-paths";
import { chooseLanguage } from "./language.ts";

// Kept small and plain: an old Node has to understand this file far enough to say that it is too old.
const TOO_OLD = {
  kk: "Node.js 22.14 немесе одан жаңасы керек, ал мұнда",
  ru: "Нужен Node.js 22.14 или новее, а здесь",
  en: "Node.js 22.14 or later is needed, and this is",
};

/** Looks at Node's version, then loads and starts a program. */
export function begin(load: () => Promise<{ readonly start: () => Promise<unknown> }>): void {
  const version = process.versions.node;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 14)) {
    // What was compiled once is kept where only this user writes; it cuts every later start. A checkout has a place of its own already.
    module.enableCompileCache(envPaths("sanaq-unload", { suffix: "" }).cache);
    load()
      .then(({ start }) => start())
      .catch((error) => {
        console.error(error);
        process.exit(3);
      });
  } else {
    // Standard output is one JSON document, whatever happens.
    if (process.argv.includes("--json"))
      console.log(JSON.stringify({ error: { type: "old-node", version } }));
    console.error(`${TOO_OLD[chooseLanguage(process.argv.slice(2), process.env)]} ${version}.`);
    process.exitCode = 2;
  }
}
