import { expect, it } from "vitest";
import { PostgresCannotStart, startPostgres } from "../../fixtures/postgres/server.ts";

it("a PostgreSQL that cannot start says why in one sentence, and keeps nobody waiting", async () => {
  const refused = await startPostgres(["shared_buffers=nonsense"]).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(PostgresCannotStart);
  expect((refused as Error).message).toMatch(/^PostgreSQL cannot start: [^\n]*shared_buffers[^\n]*\.$/);
});
