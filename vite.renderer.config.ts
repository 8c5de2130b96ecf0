import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The windows: one page, its fonts and pictures beside it, nothing from the network. */
export default defineConfig({
  root: "renderer",
  base: "./",
  plugins: [react()],
  build: {
    outDir: "../dist/renderer",
    emptyOutDir: true,
    target: "chrome140",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
});
