import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FINDING_KINDS, REASONS } from "../../shared/reasons.ts";

/** docs/refusals.md: every word of the formats has a test that shows it and one that shows its nearest valid neighbour accepted. */

const read = (path: string): string => readFileSync(join(import.meta.dirname, "../..", path), "utf8");
const rows = [
  ...read("docs/refusals.md").matchAll(/^\| `([a-z-]+)` \| (.+) \| (.+) \| `([a-z0-9/-]+)` \|$/gm),
].map(([, word = "", shown = "", neighbour = "", file = ""]) => ({ word, shown, neighbour, file }));

it("names every word of the formats once, in their order", () => {
  expect(rows.map(({ word }) => word)).toEqual([...REASONS, ...FINDING_KINDS]);
});

it.each(rows)("$word: both tests exist", ({ shown, neighbour, file }) => {
  const tests = read(`test/${file}.test.ts`);
  for (const title of [shown, neighbour]) expect(tests).toContain(`"${title}"`);
});
