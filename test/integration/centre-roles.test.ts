import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import type { Centre } from "../../main/engine/ports.ts";
import { err, ok } from "../../shared/result.ts";
import { ask, emptyDatabase } from "./postgres.ts";
import { batchOf, hexOf } from "./upload-batch.ts";

const run = promisify(execFile);
/** psql is no part of the project; where a machine has it, the script for it is run. */
const hasPsql = await run("psql", ["--version"]).then(
  () => true,
  () => false,
);

/** What a station's own role may do at the centre, and every try of what it may not. */

vi.setConfig({ testTimeout: 120_000 });

const never = new AbortController().signal;
const MIB = 1_048_576;
let server: PostgresServer;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function centreAt(url: string): Centre {
  const made = postgresCentre(url);
  if (!made.ok) throw new Error("bad url");
  cleanups.push(() => made.value.close());
  return made.value;
}

/** A log-in role in these groups. Value: the database's address for it. */
async function userOf(url: string, ...groups: readonly string[]): Promise<string> {
  const name = `u_${hexOf(5)}`;
  await ask(url, `CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
  for (const group of groups) await ask(url, `GRANT ${group} TO ${name}`);
  const address = new URL(url);
  address.username = name;
  address.password = "x";
  return address.href;
}

const userIn = (url: string): string => new URL(url).username;

interface Scene {
  readonly owner: string;
  /** Two stations and the centre's own service. */
  readonly oral: string;
  readonly aktobe: string;
  readonly service: string;
}

/** A centre as an administrator sets it up. */
async function scene(): Promise<Scene> {
  const owner = await emptyDatabase(server);
  expect(await centreAt(owner).open(never)).toEqual(ok(undefined));
  return {
    owner,
    oral: await userOf(owner, "sanaq_station"),
    aktobe: await userOf(owner, "sanaq_station"),
    service: await userOf(owner, "sanaq_centre"),
  };
}

/** SQLSTATE of what the database says to a statement; null: it let it pass. */
async function refusalOf(url: string, text: string, values: readonly unknown[] = []): Promise<string | null> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text, [...values]);
    return null;
  } catch (error) {
    return error instanceof pg.DatabaseError ? (error.code ?? "?") : "?";
  } finally {
    await client.end();
  }
}

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const send = (url: string, batch: ReturnType<typeof batchOf>) => centreAt(url).upload(batch, () => {}, never);

describe("a station", () => {
  test("brings batches under its own role, small and large, and resumes inside one", async () => {
    const { owner, oral } = await scene();
    for (const size of [0, 5_000, 3 * MIB + 7])
      expect(await send(oral, batchOf(randomBytes(size)))).toEqual(ok("accepted"));
    expect(await ask(owner, "SELECT DISTINCT brought_by FROM batches")).toEqual([
      { brought_by: userIn(oral) },
    ]);

    const batch = batchOf(randomBytes(5 * MIB));
    const { chunks } = batch;
    for (const at of [0, 1, 2])
      await batch.read(at * MIB, async (window) => {
        await ask(oral, "INSERT INTO chunks (device, digest, body) VALUES ($1, $2, $3)", [
          bytes(batch.device),
          Buffer.from(chunks[at] ?? []),
          Buffer.from(window),
        ]);
        return false;
      });
    let sent = 0;
    const count = (more: number) => {
      sent += more;
    };
    expect(await centreAt(oral).upload(batch, count, never)).toEqual(ok("accepted"));
    expect(sent).toBe(2 * MIB);
  });

  test("is told of what another station brought without seeing it: there already, or in conflict", async () => {
    const { owner, oral, aktobe } = await scene();
    const body = randomBytes(2 * MIB + 9);
    const first = batchOf(body);
    expect(await send(oral, first)).toEqual(ok("accepted"));
    expect(await send(aktobe, { ...first, uploader: hexOf(16) })).toEqual(ok("already-there"));
    const other = batchOf(randomBytes(8_000), { device: first.device, chain: first.chain });
    expect(await send(aktobe, { ...other, uploader: hexOf(16) })).toEqual(ok("conflict"));

    for (const table of ["batches", "chunks", "conflicts"]) {
      const seen = await ask(aktobe, `SELECT brought_by FROM ${table}`);
      expect(seen.filter((row) => row.brought_by !== userIn(aktobe))).toEqual([]);
    }
    expect(await ask(aktobe, "SELECT FROM batches")).toEqual([]);
    expect(await ask(aktobe, "SELECT seq FROM conflicts")).toEqual([{ seq: 1 }]);
    expect(await ask(oral, "SELECT seq FROM batches")).toEqual([{ seq: 1 }]);
    expect(await ask(oral, "SELECT FROM conflicts")).toEqual([]);
    expect(await ask(owner, "SELECT FROM batches UNION ALL SELECT FROM conflicts")).toHaveLength(2);
  });

  test("that claims another station's store is not told that it brought the batch", async () => {
    const { oral, aktobe } = await scene();
    const batch = batchOf(randomBytes(900));
    expect(await send(oral, batch)).toEqual(ok("accepted"));
    expect(await send(aktobe, batch)).toEqual(ok("already-there"));
    expect(await send(oral, batch)).toEqual(ok("accepted"));
  });

  test("changes nothing, removes nothing and files nothing past the check", async () => {
    const { owner, oral, aktobe } = await scene();
    const batch = batchOf(randomBytes(1_000));
    await send(oral, batch);
    const place = [bytes(batch.device), bytes(batch.chain), bytes(batch.manifest)];
    const before = await ask(owner, "SELECT * FROM batches");
    const denied = "42501";
    const tries: readonly (readonly [text: string, values?: readonly unknown[]])[] = [
      ["UPDATE batches SET length = 1"],
      ["UPDATE batches SET brought_by = session_user"],
      ["DELETE FROM batches"],
      ["TRUNCATE batches"],
      ["UPDATE chunks SET body = '\\x00'"],
      ["DELETE FROM chunks"],
      ["DELETE FROM conflicts"],
      ["DELETE FROM audit_heads"],
      ["UPDATE audit_heads SET head = '\\x00'"],
      ["SELECT FROM batches FOR UPDATE"],
      [
        "INSERT INTO batches (device, chain, seq, manifest, campaign, length, chunks, cose, uploader) VALUES ($1, $2, 2, $3, 'c', 0, '{}', '', $1)",
        place,
      ],
      [
        "INSERT INTO conflicts (device, chain, seq, manifest, campaign, length, chunks, cose, uploader) VALUES ($1, $2, 2, $3, 'c', 0, '{}', '', $1)",
        place,
      ],
      ["INSERT INTO acks (device, chain, seq, manifest, cose) VALUES ($1, $2, 1, $3, '')", place],
      ["SELECT FROM acks"],
      ["INSERT INTO schema_version (version) VALUES (9)"],
      [
        "INSERT INTO chunks (device, digest, body, brought_by) VALUES ($1, sha256('x'), 'x', 'other')",
        [place[0]],
      ],
      [
        "INSERT INTO chunks (device, digest, body, received) VALUES ($1, sha256('x'), 'x', now() - interval '1 y')",
        [place[0]],
      ],
      ["SELECT sweep_chunks('0 s')"],
      ["ALTER TABLE batches DISABLE ROW LEVEL SECURITY"],
      ["DROP TABLE chunks"],
      ["DROP POLICY own_rows ON batches"],
      ["CREATE TABLE mine (x int)"],
      [
        "CREATE OR REPLACE FUNCTION acks_of(bytea, bytea[], integer[], bytea[]) RETURNS int LANGUAGE sql AS 'SELECT 1'",
      ],
      ["GRANT sanaq_centre TO current_user"],
      ["SET ROLE sanaq_centre"],
      [`SET SESSION AUTHORIZATION ${userIn(oral)}`],
      ["COPY batches TO PROGRAM 'true'"],
    ];
    for (const [text, values] of tries)
      expect.soft(await refusalOf(aktobe, text, values ?? []), text).toBe(denied);
    expect(await refusalOf(aktobe, "SET row_security = off; SELECT FROM batches")).toBe(denied);
    expect(
      await refusalOf(aktobe, "INSERT INTO chunks (device, digest, body) VALUES ($1, sha256('x'), 'y')", [
        place[0],
      ]),
    ).toBe("23514");
    expect(await ask(aktobe, "SELECT FROM batches")).toEqual([]);
    expect(await ask(owner, "SELECT * FROM batches")).toEqual(before);
  });

  test("that becomes the group it belongs to still sees its own rows alone", async () => {
    const { oral, aktobe } = await scene();
    await send(oral, batchOf(randomBytes(10)));
    const client = new pg.Client({ connectionString: aktobe });
    await client.connect();
    try {
      await client.query("SET ROLE sanaq_station");
      expect((await client.query("SELECT FROM batches")).rowCount).toBe(0);
    } finally {
      await client.end();
    }
  });

  test("cannot lead the functions to tables of its own", async () => {
    const { owner, oral } = await scene();
    const batch = batchOf(randomBytes(700));
    const client = new pg.Client({ connectionString: oral });
    await client.connect();
    try {
      await client.query("CREATE TEMP TABLE batches (LIKE public.batches)");
      await client.query("CREATE TEMP TABLE chunks (LIKE public.chunks)");
      await client
        .query("INSERT INTO public.chunks (device, digest, body) VALUES ($1, $2, $3)", [
          bytes(batch.device),
          batch.chunks[0],
          Buffer.from(randomBytes(0)),
        ])
        .catch(() => {});
      const filed = await client.query(
        "SELECT answer FROM public.file_batch($1, $2, 1, $3, 'kz-2021', 700, $4, $6, $5, 9)",
        [
          ...[bytes(batch.device), bytes(batch.chain), bytes(batch.manifest), batch.chunks],
          ...[bytes(batch.uploader), batch.cose],
        ],
      );
      expect(filed.rows).toEqual([{ answer: "incomplete" }]);
    } finally {
      await client.end();
    }
    expect(await ask(owner, "SELECT FROM public.batches")).toEqual([]);
  });

  test("leaves the tables as they are: without them, or with older or newer ones, it is told so", async () => {
    const empty = await emptyDatabase(server);
    await scene();
    const early = await userOf(empty, "sanaq_station");
    expect(await centreAt(early).open(never)).toEqual(err({ type: "wrong-schema", found: null, wanted: 3 }));
    expect(await ask(empty, "SELECT FROM pg_tables WHERE schemaname = 'public'")).toEqual([]);

    const { owner, oral } = await scene();
    await ask(owner, "DELETE FROM schema_version WHERE version >= 2");
    expect(await centreAt(oral).open(never)).toEqual(err({ type: "wrong-schema", found: 1, wanted: 3 }));
    await ask(owner, "INSERT INTO schema_version (version) VALUES (2), (3), (4)");
    expect(await centreAt(oral).open(never)).toEqual(err({ type: "wrong-schema", found: 4, wanted: 3 }));
  });
});

describe("somebody else", () => {
  test("who may log in, and is no station, can neither look nor bring", async () => {
    const { owner } = await scene();
    const guest = await userOf(owner);
    for (const table of ["batches", "chunks", "conflicts", "acks", "audit_heads", "schema_version"])
      expect.soft(await refusalOf(guest, `SELECT FROM ${table}`), table).toBe("42501");
    const [device] = [randomBytes(16)];
    expect(
      await refusalOf(guest, "SELECT file_batch($1, $1, 1, sha256('x'), 'c', 0, '{}', '', $1, 1)", [device]),
    ).toBe("42501");
    expect(await refusalOf(guest, "SELECT acks_of($1, '{}', '{}', '{}')", [device])).toBe("42501");
  });

  test("at the centre reads everything and acknowledges; it changes nothing either", async () => {
    const { oral, service } = await scene();
    const batch = batchOf(randomBytes(400));
    await send(oral, batch);
    expect(await ask(service, "SELECT FROM batches JOIN chunks USING (device)")).toHaveLength(1);
    const values = [bytes(batch.device), bytes(batch.chain), bytes(batch.manifest), Buffer.from("signed")];
    const add = "INSERT INTO acks (device, chain, seq, manifest, cose) VALUES ($1, $2, 1, $3, $4)";
    expect(await refusalOf(service, add, values)).toBeNull();
    for (const text of [
      "DELETE FROM acks",
      "UPDATE acks SET cose = ''",
      "DELETE FROM batches",
      "SELECT sweep_chunks('0 s')",
    ])
      expect.soft(await refusalOf(service, text), text).toBe("42501");
  });
});

describe("acknowledgements", () => {
  test("are given for the batches that are named, to whoever holds them", async () => {
    const { oral, aktobe, service } = await scene();
    const batches = [1, 2, 3].map((seq) => batchOf(randomBytes(300), { seq }));
    for (const batch of batches) await send(oral, batch);
    for (const batch of batches.slice(0, 2))
      await ask(
        service,
        "INSERT INTO acks (device, chain, seq, manifest, cose) VALUES ($1, $2, $3, $4, $5)",
        [
          bytes(batch.device),
          bytes(batch.chain),
          batch.seq,
          bytes(batch.manifest),
          Buffer.from(`ack ${batch.seq}`),
        ],
      );
    for (const url of [oral, aktobe]) {
      const acks = await centreAt(url).acks(batches, never);
      expect(
        acks.ok &&
          acks.value.map((ack) => [ack.device, ack.seq, Buffer.from(ack.cose).toString()]).toSorted(),
      ).toEqual(
        batches
          .slice(0, 2)
          .map(({ device, seq }) => [device, seq, `ack ${seq}`])
          .toSorted(),
      );
    }
    const guessed = batches.map((batch) => ({ ...batch, manifest: hexOf(32) as typeof batch.manifest }));
    expect(await centreAt(aktobe).acks(guessed, never)).toEqual(ok([]));
    expect(await centreAt(aktobe).acks([], never)).toEqual(ok([]));
  });
});

describe("the heads of an audit log", () => {
  test("are kept, each once; two of one number are both kept, and a station sees those that it brought", async () => {
    const { owner, oral, aktobe } = await scene();
    const station = hexOf(16);
    const head = (no: number, text: string) => ({ station, no, head: Buffer.from(text) });
    for (const one of [head(7, "a"), head(7, "a"), head(9, "b"), head(7, "changed")])
      expect(await centreAt(oral).anchor(one, never)).toEqual(ok(undefined));
    const kept = await centreAt(oral).anchors(station, 0, never);
    expect(kept.ok && kept.value.map(({ no, head: at }) => `${no} ${Buffer.from(at)}`).toSorted()).toEqual([
      "7 a",
      "7 changed",
      "9 b",
    ]);
    expect(await centreAt(aktobe).anchors(station, 0, never)).toEqual(ok([]));
    expect(await ask(owner, "SELECT FROM audit_heads")).toHaveLength(3);
  });
});

describe("pieces that no batch lists", () => {
  const sweep = (url: string, older: string) =>
    ask<{ removed: string }>(url, "SELECT sweep_chunks($1::interval) AS removed", [older]);

  test("are removed when they are old, and no others", async () => {
    const { owner, oral, aktobe } = await scene();
    const kept = batchOf(randomBytes(3 * MIB));
    await send(oral, kept);
    const other = batchOf(randomBytes(2 * MIB), { device: kept.device, chain: kept.chain });
    await send(aktobe, { ...other, uploader: hexOf(16) });
    await ask(
      oral,
      "INSERT INTO chunks (device, digest, body) SELECT $1, sha256(b), b FROM (VALUES ('left'::bytea)) v(b)",
      [bytes(kept.device)],
    );
    expect(await sweep(owner, "1 day")).toEqual([{ removed: "0" }]);
    expect(await sweep(owner, "-1 s")).toEqual([{ removed: "1" }]);
    expect(await ask(owner, "SELECT FROM chunks")).toHaveLength(5);
    expect(await send(oral, kept)).toEqual(ok("accepted"));
  });

  test("are never taken from under a batch that is being filed", async () => {
    const { owner, oral } = await scene();
    const batch = batchOf(randomBytes(600));
    await ask(oral, "INSERT INTO chunks (device, digest, body) VALUES ($1, $2, $3)", await pieceOf(batch));
    const client = new pg.Client({ connectionString: oral });
    await client.connect();
    try {
      await client.query("BEGIN");
      const filed = await client.query(
        "SELECT answer FROM file_batch($1, $2, 1, $3, 'kz-2021', 600, $4, $6, $5, 9)",
        [
          ...[bytes(batch.device), bytes(batch.chain), bytes(batch.manifest), batch.chunks],
          ...[bytes(batch.uploader), batch.cose],
        ],
      );
      expect(filed.rows).toEqual([{ answer: "accepted" }]);
      const sweeping = sweep(owner, "-1 s");
      const waiting =
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      while ((await ask(owner, waiting)).length === 0);
      await client.query("COMMIT");
      expect(await sweeping).toEqual([{ removed: "0" }]);
    } finally {
      await client.end();
    }
    expect(await ask(owner, "SELECT FROM batches JOIN chunks USING (device)")).toHaveLength(1);
  });

  test("gone in the middle of an upload are sent again", async () => {
    const { owner, oral } = await scene();
    let swept = false;
    const batch = batchOf(randomBytes(4 * MIB), {
      onWindow: async (at) => {
        if (at !== 3 || swept) return;
        swept = true;
        await sweep(owner, "-1 s");
      },
    });
    expect(await send(oral, batch)).toEqual(err({ type: "busy", code: "chunks-vanish" }));
    expect(await send(oral, batch)).toEqual(ok("accepted"));
    expect(await ask(owner, "SELECT FROM chunks")).toHaveLength(4);
  });
});

async function pieceOf(batch: ReturnType<typeof batchOf>): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = [];
  await batch.read(0, (window) => {
    pieces.push(Buffer.from(window));
    return true;
  });
  return [
    bytes(batch.device),
    createHash("sha256")
      .update(pieces[0] ?? "")
      .digest(),
    pieces[0] ?? Buffer.alloc(0),
  ];
}

describe("tables that were there before there were roles", () => {
  test("are brought up to date; who brought a batch then is still told so", async () => {
    const { owner } = await scene();
    const batch = batchOf(randomBytes(500));
    expect(await send(owner, batch)).toEqual(ok("accepted"));
    await ask(owner, "UPDATE batches SET brought_by = ''");
    const oral = await userOf(owner, "sanaq_station");
    expect(await send(oral, batch)).toEqual(ok("accepted"));
    expect(await ask(oral, "SELECT FROM batches")).toEqual([]);
  });

  test("by an owner who may not make roles, once an administrator has made them; in a schema of its own", async () => {
    await scene();
    const admin = await emptyDatabase(server);
    const owner = await userOf(admin);
    await ask(admin, `CREATE SCHEMA census AUTHORIZATION ${userIn(owner)}`);
    await ask(admin, `ALTER ROLE ${userIn(owner)} SET search_path = census`);
    expect(await centreAt(owner).open(never)).toEqual(ok(undefined));
    const oral = await userOf(admin, "sanaq_station");
    await ask(admin, `ALTER ROLE ${userIn(oral)} SET search_path = census`);
    expect(await send(oral, batchOf(randomBytes(2_000)))).toEqual(ok("accepted"));
    const settings =
      "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'census'::regnamespace ORDER BY proname";
    expect(await ask(admin, settings)).toEqual(
      [
        ...[
          "acks_of",
          "cbor_bytes",
          "cbor_bytes_at",
          "cbor_head",
          "cbor_text",
          "file_batch",
          "states_batch",
          "sweep_chunks",
        ],
      ].map((proname) => ({
        proname,
        proconfig: ["search_path=census, pg_temp"],
      })),
    );
  });

  test.skipIf(!hasPsql)("can be made from psql, any number of times, to the same end", async () => {
    const [byHand, byProgram] = [await emptyDatabase(server), (await scene()).owner];
    const file = join(import.meta.dirname, "../../main/adapters/centre/migrations/setup.sql");
    for (let time = 0; time < 2; time++) await run("psql", ["-X", "-q", "-d", byHand, "-f", file]);
    const shape = (url: string) =>
      ask(
        url,
        "SELECT table_name, column_name, column_default, data_type FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
      );
    expect(await shape(byHand)).toEqual(await shape(byProgram));
    expect(await centreAt(byHand).open(never)).toEqual(ok(undefined));
    const oral = await userOf(byHand, "sanaq_station");
    expect(await send(oral, batchOf(randomBytes(2_000)))).toEqual(ok("accepted"));
  });
});
