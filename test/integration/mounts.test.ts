import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { mkdir, open, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canMount, mountSmall, removeLeft, unmount } from "../torture/mounts.ts";

/** Cleaning up after the torture never decides a run. */

const top = mkdtempSync(join(tmpdir(), "sanaq-mounts-"));
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe.skipIf(!canMount(top))("a file system of a run", () => {
  it("that is in use when it is taken away is detached, and its folder is free", async () => {
    const folder = join(top, "busy");
    mountSmall(folder, 65_536);
    await writeFile(join(folder, "file"), "x");
    const user = await open(join(folder, "file"));
    try {
      unmount(folder);
      expect(existsSync(folder)).toBe(false);
      mountSmall(folder, 65_536);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await user.close();
      unmount(folder);
    }
    expect(existsSync(folder)).toBe(false);
  });

  it("that is still mounted below what a run has left does not end the run", async () => {
    const left = join(top, "left");
    await mkdir(left);
    mountSmall(join(left, "disk"), 65_536);
    await removeLeft(left);
    expect(existsSync(left)).toBe(true);
    unmount(join(left, "disk"));
    await removeLeft(left);
    expect(existsSync(left)).toBe(false);
  });

  it("that is not mounted at all is no failure either", async () => {
    unmount(join(top, "never"));
    await removeLeft(join(top, "never"));
    expect(await readdir(top)).toEqual([]);
  });
});
