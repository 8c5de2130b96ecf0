import { afterAll, beforeAll } from "vitest";
import { openTheatre, type Theatre } from "../../fixtures/windows/theatre.ts";

/** Opens the windows over the desk of numbers for the tests of one file, and closes them after; `take` is given them before the first. */
export function inTheatre(take: (theatre: Theatre) => void): void {
  let theatre: Theatre | null = null;
  beforeAll(async () => {
    theatre = await openTheatre();
    if (theatre === null) throw new Error("no Electron runtime, library or screen");
    take(theatre);
  }, 300_000);
  afterAll(() => theatre?.close(), 60_000);
}
