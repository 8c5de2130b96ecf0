import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { parseAddress } from "../../main/adapters/centre/address.ts";
import { Link, PATIENCE, type Patience } from "../../main/adapters/centre/link.ts";
import { emptyDatabase } from "./postgres.ts";

/** A server that answers without end is not waited for without end, and fills no memory. */

let server: PostgresServer;
const never = new AbortController().signal;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

async function linkWith(patience: Partial<Patience>): Promise<Link> {
  const address = parseAddress(await emptyDatabase(server));
  if (!address.ok) throw new Error("bad address");
  const link = await Link.connect(address.value, [], { ...PATIENCE, ...patience }, never);
  if (!link.ok) throw new Error(JSON.stringify(link.error));
  return link.value;
}

test("a server that only sends notices is broken off when its answer is due", async () => {
  const link = await linkWith({ answer: 700 });
  const chatter = "DO $$ BEGIN LOOP RAISE NOTICE 'still here'; PERFORM pg_sleep(0.05); END LOOP; END $$";
  const answer = await link.run({ text: chatter }, [], never);
  expect(answer).toMatchObject({ ok: false, error: { type: "unreachable", code: "ETIMEDOUT" } });
  expect(link.alive).toBe(false);
});

test("a server that answers with rows without end is broken off", async () => {
  const link = await linkWith({});
  const text =
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT repeat('x', 100000) AS words FROM r";
  const answer = await link.run({ text }, [], never);
  expect(answer).toMatchObject({ ok: false, error: { type: "unreachable", code: "answer-too-long" } });
});

test("many statements that are answered one after the other may together take longer than one", async () => {
  const link = await linkWith({ answer: 3_000 });
  const all = await Promise.all(
    Array.from({ length: 8 }, () => link.run({ text: "SELECT pg_sleep(0.5)::text" }, [], never)),
  );
  expect(all.every((one) => one.ok)).toBe(true);
  await link.close();
});
