import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openStation } from "../integration/station.ts";
import { median, type Ratio, timed } from "./ratio.ts";
import { tabletOf, workshop } from "./workshop.ts";

/** The built command line from its start to its end, beside a Node that does nothing: scripts start it for every command. */
const ROUNDS = 15;
const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const program = join(root, "dist/cli/sanaq-unload.mjs");

export async function start(): Promise<readonly Ratio[]> {
  await using shop = await workshop();
  await run("npm", ["run", "--silent", "build:cli"], { cwd: root });
  const outbox = await (await tabletOf(shop.campaign, "0417", 3, 2_000)).write(join(shop.top, "outbox"));
  const store = join(shop.top, "store");
  // What was compiled is kept in a folder of the user, which is this one here.
  const options = { env: { ...process.env, XDG_CACHE_HOME: join(shop.top, "cache") } };
  const node = (...args: readonly string[]) =>
    run(process.execPath, args, options).catch(
      (error: { readonly code?: unknown; readonly stderr?: string }) => {
        // 1: done, and something needs a person, as in a campaign of days gone by.
        if (error.code !== 1) throw error;
      },
    );
  const unload = async () => {
    (await openStation(store, shop.campaignFolder)).close();
    const time = await timed(() => node(program, "--store", store, "unload", "--from", outbox, "--json"));
    await rm(store, { recursive: true });
    return time;
  };
  await node(program, "--help");
  await unload();
  const times = { nothing: [] as number[], help: [] as number[], unload: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.nothing.push(await timed(() => node("-e", "0")));
    times.help.push(await timed(() => node(program, "--help")));
    times.unload.push(await unload());
  }
  const beside = `node that does nothing, ${median(times.nothing).toFixed(0)} ms`;
  const line = (what: string, all: readonly number[]): Ratio => ({
    what,
    ours: `${median(all).toFixed(0)} ms`,
    beside,
    ratio: median(all) / median(times.nothing),
    aim: "as low as can be",
  });
  return [
    line("the command line's help", times.help),
    line("unload of a folder with three small batches, as a process", times.unload),
  ];
}
