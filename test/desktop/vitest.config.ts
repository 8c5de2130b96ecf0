import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** One window at a time: each test file starts a program of its own. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, "../.."),
    include: ["test/desktop/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 300_000,
    pool: "forks",
    fileParallelism: false,
  },
});
