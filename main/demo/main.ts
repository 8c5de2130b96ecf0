import { parseArgs } from "node:util";
import { PostgresCannotStart } from "../../fixtures/postgres/server.ts";
import { EXIT } from "../cli/exit.ts";
import { chooseLanguage } from "../hosting/language.ts";
import { runDemo } from "./demo.ts";
import { DEMO_WORDS } from "./messages.ts";
import { runWindow } from "./window.ts";

/**
 * `npm run demo -- [--lang kk|ru|en] [--keep] [--folder DIR] [--window]`: the main job from the cable to the centre, with nothing to install.
 */
const args = process.argv.slice(2);
const language = chooseLanguage(args, process.env);

function wishes() {
  const yes = { type: "boolean", default: false } as const;
  try {
    return parseArgs({
      args,
      options: { lang: { type: "string" }, folder: { type: "string" }, keep: yes, window: yes, help: yes },
    }).values;
  } catch {
    return null;
  }
}

const wanted = wishes();
if (wanted === null || wanted.help) {
  console.error(DEMO_WORDS[language].usage);
  process.exit(wanted === null ? EXIT.usage : EXIT.done);
}
try {
  process.exit(
    wanted.window ? await runWindow(language) : await runDemo(language, wanted.keep, wanted.folder ?? null),
  );
} catch (error) {
  if (!(error instanceof PostgresCannotStart)) throw error;
  console.error(`${DEMO_WORDS[language].noCentre}\n${error.message}`);
  process.exit(EXIT.failed);
}
