import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PATIENCE } from "../../main/adapters/centre/link.ts";
import { WAITS } from "../../main/mtp/waits.ts";

/** docs/waits.md is the one table of every wait: it is true, and nothing is missing from it. */

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000 };
/** Lengths of time that nobody waits for; the page names them too. */
const NO_WAITS = new Set(["SLICE_MS", "REST_MS", "CATCH_UP_MS", "STRETCH_MS", "LINE_EVERY_MS", "SETTLED_MS"]);
const PAGE = read("docs/waits.md");

interface Line {
  readonly limit: number;
  readonly file: string;
  readonly name: string;
}

const LINES: readonly Line[] = [
  ...PAGE.matchAll(/^\|[^|]+\| (\d+) (ms|s) \|[^|]+\| `([^`]+)` `([^`]+)` \|$/gm),
].map(([, amount, unit = "", file = "", name = ""]) => ({
  limit: Number(amount) * (UNITS[unit] ?? Number.NaN),
  file,
  name,
}));

/** The largest number that the name is given in the file; DELAYS are seconds. */
function inCode({ file, name }: Line): number {
  const given =
    new RegExp(`\\b${name}(?:: [A-Za-z]+)?\\s*[=:]\\s*(\\[[^\\]]*\\]|[\\d_]+)`).exec(read(file))?.[1] ?? "";
  const numbers = [...given.matchAll(/[\d_]+/g)].map(([text]) => Number(text.replaceAll("_", "")));
  return Math.max(...numbers) * (name === "DELAYS" ? 1_000 : 1);
}

const sources = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.startsWith("demo"))
    .map((name) => `${folder}/${name}`);

describe("the table of waits", () => {
  it.each(LINES.map((line) => [`${line.file} ${line.name}`, line] as const))("is true: %s", (_, line) => {
    expect(inCode(line)).toBe(line.limit);
  });

  it("lacks none", () => {
    const listed = new Set(LINES.map(({ file, name }) => `${file} ${name}`));
    const wanted = ["main", "shared"].flatMap(sources).flatMap((file) =>
      [...read(file).matchAll(/^(?:export )?const ([A-Z_]*_MS|PAUSES|DELAYS) =/gm)]
        .map(([, name = ""]) => name)
        .filter((name) => !NO_WAITS.has(name))
        .map((name) => `${file} ${name}`),
    );
    wanted.push(...Object.keys(WAITS).map((name) => `main/mtp/waits.ts ${name}`));
    wanted.push(...Object.keys(PATIENCE).map((name) => `main/adapters/centre/link.ts ${name}`));
    expect(wanted.filter((one) => !listed.has(one))).toEqual([]);
    for (const name of NO_WAITS) expect(PAGE).toContain(name);
  });

  it("is the only place from which a program waits: no number stands in a timer", () => {
    const bare = ["main", "shared"]
      .flatMap(sources)
      .flatMap((file) =>
        [
          ...read(file).matchAll(
            /(?:setTimeout|setInterval|sleep|AbortSignal\.timeout)\((?:[^()]*, )?\d[\d_]*\)/g,
          ),
        ].map(([text]) => `${file}: ${text}`),
      );
    expect(bare).toEqual([]);
  });
});
