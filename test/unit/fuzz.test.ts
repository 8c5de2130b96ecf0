import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { type Target, targets } from "../torture/fuzz/targets.ts";
import { broken, foundInputs, fuzzOne } from "../torture/fuzz.ts";
import { maze } from "./fuzz-maze.ts";

/** The fuzzer of `npm run torture -- fuzz`: that it finds what is there, and that what it once found stays mended. */

let scratch: string;
let all: readonly Target[];
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "sanaq-fuzz-"));
  all = await targets(await TestCampaign.create({ seed: "torture" }), scratch);
});
afterAll(() => rm(scratch, { recursive: true }));

describe("the fuzzer", () => {
  it("finds its way to a fault behind four doors, which the same chances without a guide do not", async () => {
    const target: Target = {
      name: "maze",
      seeds: [Buffer.from("??????")],
      words: [],
      limit: 32,
      runs: 0,
      run: maze,
    };
    const guided = await fuzzOne(target, 40_000, 7, /fuzz-maze/);
    expect(guided.findings.map(({ problem }) => problem)).toEqual(["threw the end of the maze"]);
    const blind = await fuzzOne(target, 40_000, 7, /nothing/);
    expect(blind.findings).toEqual([]);
  }, 120_000);

  it("reads its right inputs without a fault", async () => {
    for (const target of all)
      for (const seed of target.seeds)
        expect([target.name, await broken(target, seed)]).toEqual([target.name, null]);
  });
});

it("what was found once does not break again", async () => {
  for (const { target: name, input } of await foundInputs()) {
    const target = all.find((one) => one.name === name);
    if (target === undefined) throw new Error(`no target ${name}`);
    expect([name, await broken(target, input)]).toEqual([name, null]);
  }
});
