import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reachable } from "../../fixtures/postgres/programs.ts";
import { PostgresCannotStart, startPostgres } from "../../fixtures/postgres/server.ts";

it("a PostgreSQL that cannot start says why in one sentence, and keeps nobody waiting", async () => {
  const refused = await startPostgres(["shared_buffers=nonsense"]).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(PostgresCannotStart);
  expect((refused as Error).message).toMatch(/^PostgreSQL cannot start: [^\n]*shared_buffers[^\n]*\.$/);
});

describe.skipIf(process.platform === "win32")("the copy of PostgreSQL's programs", () => {
  async function places(): Promise<{ top: string; native: string }> {
    const top = await mkdtemp(join(tmpdir(), "sanaq-copies-"));
    const native = join(top, "native");
    await mkdir(join(native, "bin"), { recursive: true });
    for (const name of ["bin/postgres", "bin/initdb", "readme"]) await writeFile(join(native, name), name);
    return { top, native };
  }
  const copies = async (top: string): Promise<readonly string[]> =>
    (await readdir(top)).filter((name) => name.startsWith("sanaq-")).sort();

  it("is made once, whoever comes at the same time, and is whole for each of them", async () => {
    const { top, native } = await places();
    const made = await Promise.all(Array.from({ length: 8 }, () => reachable(native, "1.0.0", top)));
    expect(new Set(made)).toEqual(new Set([join(top, "sanaq-postgres-programs-1.0.0")]));
    const names = async (folder: string) => (await readdir(folder, { recursive: true })).sort();
    expect(await names(made[0] ?? "")).toEqual(await names(native));
    expect(await copies(top)).toEqual(["sanaq-postgres-programs-1.0.0"]);
    await rm(top, { recursive: true });
  });

  it("is made anew where the system has removed one of its files", async () => {
    const { top, native } = await places();
    const folder = await reachable(native, "1.0.0", top);
    await rm(join(folder, "bin/initdb"));
    expect(await reachable(native, "1.0.0", top)).toBe(folder);
    expect((await readdir(join(folder, "bin"))).sort()).toEqual(["initdb", "postgres"]);
    await rm(top, { recursive: true });
  });

  it("goes when another version comes a week later, and not before", async () => {
    const { top, native } = await places();
    for (const version of ["1.0.0", "1.0.1"]) await reachable(native, version, top);
    const old = new Date(Date.now() - 8 * 86_400_000);
    await utimes(join(top, "sanaq-postgres-programs-1.0.0"), old, old);
    await reachable(native, "1.0.2", top);
    expect(await copies(top)).toEqual(["sanaq-postgres-programs-1.0.1", "sanaq-postgres-programs-1.0.2"]);
    await rm(top, { recursive: true });
  });
});
