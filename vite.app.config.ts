import { builtinModules } from "node:module";
import { defineConfig } from "vite";
import { fonts, migrations } from "./vite.cli.config.ts";

const external = ["electron", "better-sqlite3", "usb", "pg-native", ...builtinModules, /^node:/];

/** The Electron host. `--mode preload` builds the preload, which a sandboxed window wants as one CommonJS file. */
export default defineConfig(({ mode }) => ({
  plugins: mode === "preload" ? [] : [migrations, fonts],
  build: {
    ssr: true,
    outDir: "dist/app",
    emptyOutDir: mode !== "preload",
    target: "node24",
    minify: false,
    rolldownOptions: {
      input:
        mode === "preload"
          ? { preload: "main/app/preload.ts" }
          : { main: "main/app/main.ts", "engine-host": "main/app/engine-host.ts" },
      external,
      output:
        mode === "preload"
          ? { format: "cjs", entryFileNames: "[name].cjs" }
          : { format: "es", entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" },
    },
  },
  ssr: { noExternal: true, external: ["electron", "better-sqlite3", "usb", "pg-native"] },
}));
