import { existsSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PartFile } from "../../main/adapters/store/files.ts";

describe("a body whose fsync failed", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sanaq-files-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A file whose descriptor was closed under it: the system refuses to make it durable. */
  async function broken(isKept: boolean): Promise<PartFile> {
    const path = join(folder, "body");
    const handle = await open(path, "a+");
    await handle.writeFile("half on the disk, perhaps");
    await handle.close();
    return new PartFile(path, isKept, handle, 25, () => {});
  }

  it("is pulled anew: its bytes are not believed a second time", async () => {
    const part = await broken(false);
    await expect(part.seal()).rejects.toThrow();
    expect(existsSync(part.path)).toBe(false);
  });

  it("stays where it is evidence: it was made durable when it went to quarantine", async () => {
    const kept = await broken(true);
    await expect(kept.seal()).rejects.toThrow();
    expect(existsSync(kept.path)).toBe(true);
  });
});
