import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { goodTablet } from "../../fixtures/outbox.ts";
import { Desk } from "./desk.ts";

/** What a command prints goes to a disk that is full, at once or in the middle of it. */

vi.setConfig({ testTimeout: 120_000 });

const PROGRAM = join(import.meta.dirname, "../../main/cli/main.ts");
const NEEDS = pathToFileURL(join(import.meta.dirname, "../../main/needs-node.mjs")).href;

/** Runs `sanaq-unload` from a shell, with `before` in front and standard output going to `to`. */
async function shell(
  desk: Desk,
  args: string,
  to: string,
  before = "",
): Promise<{ exit: number; errors: string }> {
  desk.closeEngine();
  const line = `${before} "$NODE" --import "$NEEDS" "$PROGRAM" --store "$STORE" ${args} >> "${to}"`;
  const child = spawn("/bin/sh", ["-c", line], {
    env: {
      ...process.env,
      ...{ NODE: process.execPath, NEEDS, PROGRAM, STORE: desk.store },
      ...{ SANAQ_LANG: "en", SANAQ_PASSPHRASE: "", NO_COLOR: "1" },
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (part: Buffer) => {
    errors += part.toString("utf8");
  });
  const [exit] = await once(child, "close");
  return { exit: exit as number, errors };
}

const SAID = (code: string): RegExp =>
  new RegExp(
    `The answer could not be written to standard output \\(${code}\\): what stands there is not whole\\.`,
  );

describe.skipIf(process.platform !== "linux")("standard output on a full disk", () => {
  test("is told in plain words and is exit 3, with --json or without; what was done by then is done", async () => {
    await using desk = await Desk.open();
    await desk.loadCampaign();
    const outbox = await (await goodTablet(desk.campaign, "0417", 3)).write(desk.path("outbox"));
    await desk.loadCampaign();
    for (const args of [
      `unload --from "${outbox}" --json`,
      "reconcile",
      "reconcile --json",
      "audit show --format jsonl",
      "audit verify --json",
      "backup --json --to ../backup",
      "--help",
    ]) {
      const { exit, errors } = await shell(desk, args, "/dev/full", `cd "$STORE" &&`);
      expect(exit, args).toBe(3);
      expect(errors, args).toMatch(SAID("ENOSPC"));
      expect(errors, args).not.toMatch(/\n {4}at |unexpected/);
    }
    expect((await shell(desk, "frob --json", "/dev/full")).exit).toBe(2);
    const lines = [...(await desk.engine()).auditShow()];
    expect(lines.filter((line) => line.type === "staged")).toHaveLength(3);
  });

  test("that takes only the first part of a piece is noticed: a log that was cut off is never called printed", async () => {
    await using desk = await Desk.open();
    await desk.loadCampaign();
    await desk.unloadOne(await (await goodTablet(desk.campaign, "0417", 12)).write(desk.path("outbox")));
    const file = desk.path("log.jsonl");
    const limit = 8 * 1_048_576;
    await writeFile(file, Buffer.alloc(limit - 1_000, 0x20));
    // No file of this shell's children grows beyond 8 MiB; who writes on gets an error in place of a signal.
    const cut = await shell(desk, "audit show --format jsonl", file, `ulimit -f 16384; trap "" XFSZ;`);
    expect((await readFile(file)).length).toBe(limit);
    expect(cut.exit).toBe(3);
    expect(cut.errors).toMatch(SAID("EFBIG"));
  });
});
