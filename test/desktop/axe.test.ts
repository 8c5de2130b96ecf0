import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { SHOTS } from "../../fixtures/windows/shots.ts";
import { THEMES, type Theatre } from "../../fixtures/windows/theatre.ts";
import { LANGUAGES } from "../../shared/ipc/views.ts";
import { inTheatre } from "./in-theatre.ts";

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let theatre: Theatre;
inTheatre((opened) => {
  theatre = opened;
});

/** What axe finds serious or critical on the page as it stands, as lines to read. */
async function grave(): Promise<readonly string[]> {
  // Evaluated through the inspector: the page's own policy lets nothing in.
  await theatre.page.evaluate(axe);
  const violations = (await theatre.page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  )) as readonly Violation[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
    );
}

describe("axe finds nothing serious or critical", () => {
  for (const shot of SHOTS)
    it(`on ${shot.name}, in three languages, light and dark, and in high contrast`, async () => {
      for (const theme of THEMES)
        for (const language of theme === "contrast" ? (["kk"] as const) : LANGUAGES) {
          await theatre.take(shot, language, theme);
          expect(await grave(), `${shot.name} ${language} ${theme}`).toEqual([]);
        }
    }, 300_000);
});
