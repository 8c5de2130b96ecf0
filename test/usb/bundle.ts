import { join } from "node:path";
import { build } from "vite";
import { TEST_ASSETS } from "../../fixtures/test-assets.ts";

/** Programs for the guest as one file each: loading many files takes an emulated computer a minute. */

export const root = join(import.meta.dirname, "../..");
export const usbLab = join(TEST_ASSETS, "usb-lab/usb-lab");

/** Builds an entry, a path from the project's folder. Value: the file, likewise. */
export async function bundleFor(entry: string): Promise<string> {
  const outDir = "dist/usb-test";
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    build: { ssr: entry, outDir, emptyOutDir: false, target: "node24", minify: false },
    ssr: { target: "node", noExternal: true, external: ["better-sqlite3", "usb", "pg-native"] },
  });
  return `${outDir}/${entry.slice(entry.lastIndexOf("/") + 1, -".ts".length)}.js`;
}
