import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

/** The hand-over act's fonts lie beside the program: an act is printed on machines that have no packages. */
export const fonts: Plugin = {
  name: "act-fonts",
  generateBundle() {
    for (const [name, file] of [
      ["NotoSans-Regular.ttf", "400Regular/NotoSans_400Regular.ttf"],
      ["NotoSans-Bold.ttf", "700Bold/NotoSans_700Bold.ttf"],
      ["LICENSE-NotoSans.txt", "LICENSE_FONT"],
    ] as const)
      this.emitFile({
        type: "asset",
        fileName: `fonts/${name}`,
        source: readFileSync(join("node_modules/@expo-google-fonts/noto-sans", file)),
      });
  },
};

const MIGRATIONS = "main/adapters/centre/migrations";

/** The centre's schema lies beside the program as files, for whoever sets up a centre by hand. */
export const migrations: Plugin = {
  name: "centre-migrations",
  generateBundle() {
    for (const name of readdirSync(MIGRATIONS))
      this.emitFile({
        type: "asset",
        fileName: `migrations/${name}`,
        source: readFileSync(join(MIGRATIONS, name)),
      });
  },
};

/**
 * The command lines as plain Node runs them: `NAME.mjs`, which looks at Node's version before it loads anything else, and the
 * programs beside it. Packages are built in, but for those with a binary of their own, which come from node_modules.
 */
export default defineConfig({
  plugins: [migrations, fonts],
  build: {
    ssr: true,
    outDir: "dist/cli",
    emptyOutDir: true,
    target: "node22",
    minify: false,
    rolldownOptions: {
      input: { "sanaq-unload": "main/cli/main.ts", "sanaq-authority": "main/authority/main.ts" },
      output: {
        format: "es",
        entryFileNames: "[name].mjs",
        chunkFileNames: "[name].mjs",
      },
    },
  },
  ssr: { target: "node", noExternal: true, external: ["better-sqlite3", "usb", "pg-native"] },
});
