import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

const demo = (...args: readonly string[]): Promise<{ exit: number; text: string }> =>
  new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, "main/demo/main.ts"), ...args],
      { cwd: root, maxBuffer: 16 * 1_048_576 },
      (_error, stdout) => resolve({ exit: child.exitCode ?? -1, text: stdout }),
    );
  });

describe("somebody who has only just cloned the project", () => {
  let shown: { exit: number; text: string };
  /** In quotation marks where a shell needs them, as in a folder with a blank in its name. */
  const store = () => {
    const found = /^\s+npm run .* --store (?:'([^']+)'|(\S+)) .* reconcile$/m.exec(shown.text);
    return found?.[1] ?? found?.[2] ?? "";
  };
  beforeAll(async () => {
    shown = await demo("--lang", "kk");
  }, 120_000);
  afterAll(() => rm(dirname(store()), { recursive: true, force: true }));

  it("sees the main job end well", () => {
    expect(shown.exit).toBe(0);
  });

  it("sees in Kazakh what became of the three tablets", () => {
    const rows = shown.text.split("\n").map((line) => line.trim().split(/\s{2,}/));
    const row = (name: string) => rows.find(([first]) => first === name)?.slice(1);
    expect(row("0417")).toEqual(["бәрі дұрыс", "10", "10", "2", "0", "0", "0"]);
    expect(row("0422")).toEqual(["олқылық, қайшылық, қате қолтаңба", "8", "8", "0", "1", "1", "1"]);
    expect(row("0391")).toEqual(["шнур 60 %-да ажырады, қайта қосылды", "10", "10", "0", "0", "0", "0"]);
  });

  it("is told where everything lies, and it lies there", () => {
    expect(existsSync(join(store(), "store.db"))).toBe(true);
  });

  it("is told how to call it when the words are wrong", async () => {
    const wrong = await demo("--lang", "en", "--colour");
    expect(wrong.exit).toBe(2);
  });
});
