import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

/**
 * The auditor's walk in the docs, command by command, on a store that the demo has left: what stands there is what the program says. In the
 * docs `…` stands for what differs from run to run, and the last line of a block names an exit code other than 0.
 */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const root = join(import.meta.dirname, "../..");

interface Ran {
  readonly exit: number;
  readonly text: string;
}

const ran = (program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> =>
  new Promise((resolve) => {
    const child = execFile(program, [...args], { cwd, env, maxBuffer: 16 * 1_048_576 }, (_, out, errors) =>
      resolve({ exit: child.exitCode ?? -1, text: out + errors }),
    );
  });

/** A command with what the page shows of it. */
interface Step {
  readonly command: string;
  readonly shown: readonly string[];
  readonly exit: number;
}

const EXIT_LINE = /^\((?:код выхода|шығу коды) (\d)\)$/;

function stepsIn(page: string): readonly Step[] {
  return [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...rest] = part.trimEnd().split("\n");
        const exit = EXIT_LINE.exec(rest.at(-1) ?? "")?.[1];
        return { command, shown: exit === undefined ? rest : rest.slice(0, -1), exit: Number(exit ?? 0) };
      }),
  );
}

/** The page's line as a pattern: `…` is anything. */
const patternOf = (line: string): RegExp =>
  new RegExp(
    `^${line
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );

describe.skipIf(process.platform === "win32").each(["ru", "kk"])("the auditor's walk (%s)", (language) => {
  let place = "";
  let env: NodeJS.ProcessEnv = {};
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), "sanaq-walk-"));
    await mkdir(join(place, "bin"));
    const needs = pathToFileURL(join(root, "main/needs-node.mjs")).href;
    const program = join(place, "bin", "sanaq-unload");
    await writeFile(
      program,
      `#!/bin/sh\nexec "${process.execPath}" --import "${needs}" "${join(root, "main/cli/main.ts")}" "$@"\n`,
    );
    await chmod(program, 0o755);
    env = {
      ...process.env,
      PATH: `${join(place, "bin")}${delimiter}${process.env.PATH}`,
      SANAQ_LANG: language,
      SANAQ_PASSPHRASE: "demo",
      NO_COLOR: "1",
    };
    const demo = await ran(
      process.execPath,
      [join(root, "main/demo/main.ts"), "--lang", language, "--folder", join(place, "demo-data")],
      root,
      env,
    );
    expect(demo.exit, demo.text).toBe(0);
  });
  afterAll(() => rm(place, { recursive: true, force: true }));

  test("can be followed as it is written", async () => {
    const steps = stepsIn(await readFile(join(root, `docs/auditor-walk.${language}.md`), "utf8"));
    expect(steps.length).toBeGreaterThan(8);
    for (const { command, shown, exit } of steps) {
      const said = await ran("/bin/sh", ["-c", command], place, env);
      const lines = said.text.trimEnd().split("\n");
      if (said.text.trim() === "") lines.pop();
      expect({ command, exit: said.exit, lines: lines.length, text: said.text }).toMatchObject({
        exit,
        lines: shown.length,
      });
      for (const [at, line] of shown.entries())
        expect(lines[at]?.trimEnd(), `${command}\n${said.text}`).toMatch(patternOf(line.trimEnd()));
    }
  });
});
