import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { manifestFile } from "../../fixtures/outbox/manifest-file.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import { PATIENCE } from "../../main/adapters/centre/link.ts";
import type { Centre, UploadBatch } from "../../main/engine/ports.ts";
import { CHUNK_BYTES } from "../../shared/ids.ts";
import { err, ok } from "../../shared/result.ts";
import { ask, emptyDatabase, type Wire, wireTo } from "./postgres.ts";
import { batchOf, hexOf, OTHER_STATION, STATION } from "./upload-batch.ts";

vi.setConfig({ testTimeout: 120_000 });

let server: PostgresServer;
const cleanups: (() => Promise<void>)[] = [];
const never = new AbortController().signal;
const MIB = CHUNK_BYTES;

beforeAll(async () => {
  server = await startPostgres(["max_connections=30"]);
});
afterAll(() => server?.stop());
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function centreAt(url: string, patience = PATIENCE): Centre {
  const made = postgresCentre(url, patience);
  if (!made.ok) throw new Error("bad url");
  cleanups.push(() => made.value.close());
  return made.value;
}

async function wire(url: string): Promise<Wire> {
  const line = await wireTo(url);
  cleanups.push(() => line.close());
  return line;
}

/** Sends it; `bytes` is what the centre took of the body. */
async function send(centre: Centre, batch: UploadBatch, signal = never) {
  let bytes = 0;
  const answer = await centre.upload(
    batch,
    (more) => {
      bytes += more;
    },
    signal,
  );
  return { answer, bytes };
}

const place = (batch: UploadBatch): readonly Buffer[] => [
  Buffer.from(batch.device, "hex"),
  Buffer.from(batch.chain, "hex"),
];

/** Digest, uploader and file of a manifest of this tablet that has no body. */
function fileOf({ device, chain }: UploadBatch, seq: number): readonly Buffer[] {
  const file = manifestFile({ campaign: "kz-2021", device, chain, seq, length: 0, chunks: [] });
  return [Buffer.from(file.digest, "hex"), Buffer.from(STATION, "hex"), Buffer.from(file.bytes)];
}

/** The body as the centre can give it back. */
async function bodyAt(url: string, table: "batches" | "conflicts", batch: UploadBatch): Promise<Buffer> {
  const rows = await ask<{ body: Buffer }>(
    url,
    `SELECT c.body FROM ${table} b, unnest(b.chunks) WITH ORDINALITY AS w(digest, place)
     JOIN chunks c ON c.digest = w.digest
     WHERE c.device = b.device AND b.device = $1 AND b.manifest = $2 ORDER BY w.place`,
    [Buffer.from(batch.device, "hex"), Buffer.from(batch.manifest, "hex")],
  );
  return Buffer.concat(rows.map((row) => row.body));
}

describe("the tables", () => {
  test("are made in an empty database, by two stations at once as well", async () => {
    const url = await emptyDatabase(server);
    const opened = await Promise.all([
      centreAt(url).open(never),
      centreAt(url).open(never),
      centreAt(url).open(never),
    ]);
    expect(opened).toEqual([ok(undefined), ok(undefined), ok(undefined)]);
    expect(await ask(url, "SELECT version FROM schema_version")).toEqual([
      { version: 1 },
      { version: 2 },
      { version: 3 },
    ]);
  });

  test("of a newer release are left alone", async () => {
    const url = await emptyDatabase(server);
    await centreAt(url).open(never);
    await ask(url, "INSERT INTO schema_version (version) VALUES (7)");
    expect(await centreAt(url).open(never)).toEqual(err({ type: "wrong-schema", found: 7, wanted: 3 }));
  });

  test("can be spread over a cluster by tablet: every key begins with it, and nothing ties two tablets together", async () => {
    const url = await emptyDatabase(server);
    await centreAt(url).open(never);
    const constraints = await ask<{ tab: string; contype: string; first: string }>(
      url,
      `SELECT c.conrelid::regclass::text AS tab, c.contype::text, a.attname::text AS first
       FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       WHERE c.connamespace = 'public'::regnamespace AND c.contype IN ('p', 'u', 'f', 'x') ORDER BY tab`,
    );
    expect(constraints).toEqual([
      { tab: "acks", contype: "p", first: "device" },
      { tab: "audit_heads", contype: "p", first: "station" },
      ...["batches", "chunks", "conflicts"].map((tab) => ({ tab, contype: "p", first: "device" })),
    ]);
    expect(await ask(url, "SELECT relname FROM pg_class WHERE relkind = 'S'")).toEqual([]);
    const unique = "SELECT indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid";
    expect(
      await ask(
        url,
        `${unique} WHERE c.relnamespace = 'public'::regnamespace AND indisunique AND NOT indisprimary`,
      ),
    ).toEqual([]);
  });

  test("are found by their keys, also when the plan was made while they were empty", async () => {
    const url = await emptyDatabase(server);
    await centreAt(url).open(never);
    const plans: string[] = [];
    const client = new pg.Client({ connectionString: url });
    client.on("notice", (notice) => plans.push(notice.message ?? ""));
    await client.connect();
    try {
      for (const setting of [
        "LOAD 'auto_explain'",
        "SET auto_explain.log_min_duration = 0",
        "SET auto_explain.log_nested_statements = on",
        "SET client_min_messages = log",
      ])
        await client.query(setting);
      for (let n = 0; n < 12; n++) {
        const batch = batchOf(randomBytes(100));
        await client.query(
          "INSERT INTO chunks (device, digest, body) SELECT $1, sha256(b), b FROM (VALUES ($2::bytea)) v(b)",
          [Buffer.from(batch.device, "hex"), randomBytes(100)],
        );
        for (const seq of [1, 2])
          await client.query("SELECT * FROM file_batch($1, $2, $3, $4, 'kz-2021', 0, '{}', $6, $5, 9)", [
            ...place(batch),
            seq,
            ...fileOf(batch, seq),
          ]);
      }
    } finally {
      await client.end();
    }
    const lookups = plans.filter((plan) => /Scan.* on (batches|chunks)/.test(plan));
    expect(lookups.length).toBeGreaterThan(12);
    expect(lookups.filter((plan) => /Seq Scan on (batches|chunks)/.test(plan))).toEqual([]);
  });
});

describe("a batch that is sent", () => {
  test.each([0, 1, 65_536, 65_537, MIB, MIB + 1, 3 * MIB, 5 * MIB + 77])(
    "of %i bytes is accepted and can be read back as it was",
    async (size) => {
      const url = await emptyDatabase(server);
      const body = randomBytes(size);
      const batch = batchOf(body);
      expect(await send(centreAt(url), batch)).toEqual({ answer: ok("accepted"), bytes: size });
      expect((await bodyAt(url, "batches", batch)).equals(body)).toBe(true);
      const rows = await ask(
        url,
        "SELECT cose, campaign, length::int, uploader, received <= now() AS dated FROM batches",
      );
      expect(rows).toEqual([
        {
          cose: batch.cose,
          campaign: "kz-2021",
          length: size,
          uploader: Buffer.from(STATION, "hex"),
          dated: true,
        },
      ]);
    },
  );

  test("with the same chunk several times is whole", async () => {
    const url = await emptyDatabase(server);
    const body = Buffer.alloc(4 * MIB);
    const batch = batchOf(body);
    expect((await send(centreAt(url), batch)).answer).toEqual(ok("accepted"));
    expect((await bodyAt(url, "batches", batch)).equals(body)).toBe(true);
  });

  test("again stays accepted for who brought it, and is already there for others; nothing is sent again", async () => {
    const url = await emptyDatabase(server);
    const batch = batchOf(randomBytes(2 * MIB + 5));
    await send(centreAt(url), batch);
    expect(await send(centreAt(url), batch)).toEqual({ answer: ok("accepted"), bytes: 0 });
    const other = { ...batch, uploader: OTHER_STATION };
    expect(await send(centreAt(url), other)).toEqual({ answer: ok("already-there"), bytes: 0 });
    expect(await ask(url, "SELECT count(*)::int AS n FROM batches")).toEqual([{ n: 1 }]);
  });

  test("under a place that holds another manifest is a conflict: both are kept whole, the first as it was", async () => {
    const url = await emptyDatabase(server);
    const centre = centreAt(url);
    const [first, second] = [randomBytes(MIB + 3), randomBytes(2 * MIB)];
    const one = batchOf(first);
    const two = batchOf(second, { ...one, uploader: OTHER_STATION });
    expect((await send(centre, one)).answer).toEqual(ok("accepted"));
    const before = await ask(url, "SELECT * FROM batches");
    expect((await send(centre, two)).answer).toEqual(ok("conflict"));
    expect(await send(centre, two)).toEqual({ answer: ok("conflict"), bytes: 0 });
    expect((await send(centre, one)).answer).toEqual(ok("accepted"));
    expect(await ask(url, "SELECT * FROM batches")).toEqual(before);
    expect((await bodyAt(url, "batches", one)).equals(first)).toBe(true);
    expect((await bodyAt(url, "conflicts", two)).equals(second)).toBe(true);
    expect(await ask(url, "SELECT count(*)::int AS n FROM conflicts")).toEqual([{ n: 1 }]);
  });

  test("by two stations at once is there once, and one of them brought it", async () => {
    const url = await emptyDatabase(server);
    const centres = [centreAt(url), centreAt(url)] as const;
    for (let round = 0; round < 20; round++) {
      const batch = batchOf(randomBytes(round % 2 === 0 ? 9_000 : 2 * MIB + 9));
      const answers = await Promise.all([
        send(centres[0], batch),
        send(centres[1], { ...batch, uploader: OTHER_STATION }),
      ]);
      expect(answers.map((one) => (one.answer.ok ? one.answer.value : one.answer.error)).sort()).toEqual([
        "accepted",
        "already-there",
      ]);
    }
    expect(await ask(url, "SELECT count(*)::int AS n FROM batches")).toEqual([{ n: 20 }]);
  });

  test("against another manifest by two stations at once: one is accepted, the other a conflict, none is lost", async () => {
    const url = await emptyDatabase(server);
    const centres = [centreAt(url), centreAt(url)] as const;
    for (let round = 0; round < 20; round++) {
      const one = batchOf(randomBytes(7_000));
      const two = batchOf(randomBytes(8_000), { ...one, uploader: OTHER_STATION });
      const answers = await Promise.all([send(centres[0], one), send(centres[1], two)]);
      expect(answers.map((sent) => (sent.answer.ok ? sent.answer.value : sent.answer.error)).sort()).toEqual([
        "accepted",
        "conflict",
      ]);
    }
    expect(
      await ask(
        url,
        "SELECT (SELECT count(*) FROM batches)::int AS b, (SELECT count(*) FROM conflicts)::int AS c",
      ),
    ).toEqual([{ b: 20, c: 20 }]);
  });
});

describe("the database itself", () => {
  test("refuses bytes that are not what their digest says, and takes the next batch on the same connection", async () => {
    const url = await emptyDatabase(server);
    const centre = centreAt(url);
    for (const size of [500, 3 * MIB]) {
      const body = randomBytes(size);
      const disk = Buffer.from(body);
      disk.writeUInt8(disk.readUInt8(size - 1) ^ 1, size - 1);
      const refused = await send(centre, batchOf(body, { disk, seq: 4 }));
      expect(refused.answer).toEqual(err({ type: "batch-refused", code: "23514", seq: 4 }));
    }
    expect(await ask(url, "SELECT count(*)::int AS n FROM batches")).toEqual([{ n: 0 }]);
    expect((await send(centre, batchOf(randomBytes(3 * MIB)))).answer).toEqual(ok("accepted"));
  });

  test("refuses a batch whose chunks do not make up its length", async () => {
    const url = await emptyDatabase(server);
    const whole = batchOf(randomBytes(MIB + 10));
    const claimed = { ...whole, length: MIB + 11 };
    expect((await send(centreAt(url), claimed)).answer).toEqual(
      err({ type: "batch-refused", code: "contradictory", seq: 1 }),
    );
    expect(await ask(url, "SELECT count(*)::int AS n FROM batches")).toEqual([{ n: 0 }]);
  });

  test("holds no batch before all of it is there", async () => {
    const url = await emptyDatabase(server);
    const seen: number[] = [];
    const batch = batchOf(randomBytes(4 * MIB), {
      onWindow: async () => {
        const rows = await ask<{ n: number }>(url, "SELECT count(*)::int AS n FROM batches");
        seen.push(rows[0]?.n ?? -1);
      },
    });
    expect((await send(centreAt(url), batch)).answer).toEqual(ok("accepted"));
    expect(seen).toEqual([0, 0, 0, 0]);
  });
});

describe("a line that fails", () => {
  test("in the middle of a batch costs only what was on its way: the next try sends what is missing", async () => {
    const url = await emptyDatabase(server);
    const line = await wire(url);
    const centre = centreAt(line.url);
    await centre.open(never);
    const batch = batchOf(randomBytes(40 * MIB));
    line.whenSent(25 * MIB, () => line.cut());
    const first = await send(centre, batch);
    expect(first.answer).toEqual(err({ type: "unreachable", code: expect.any(String) }));
    const sessions =
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while ((await ask(url, sessions)).length > 0);
    const [{ n: there }] = (await ask(url, "SELECT count(*)::int AS n FROM chunks")) as [{ n: number }];
    expect(there).toBeGreaterThanOrEqual(20);

    const before = line.sent();
    const second = await send(centre, batch);
    expect(second).toEqual({ answer: ok("accepted"), bytes: (40 - there) * MIB });
    expect(line.sent() - before).toBeLessThan((40 - there) * MIB + 65_536);
  });

  test("after the commit, before the answer: asked again, the centre says accepted as it would have", async () => {
    const url = await emptyDatabase(server);
    await centreAt(url).open(never);
    const line = await wire(url);
    const centre = centreAt(line.url);
    await centre.open(never);
    const batch = batchOf(randomBytes(5_000));
    line.hold("from-server");
    const lost = send(centre, batch);
    for (let n = 0; n === 0; )
      n = (await ask<{ n: number }>(url, "SELECT count(*)::int AS n FROM batches"))[0]?.n ?? 0;
    line.cut();
    expect((await lost).answer).toEqual(err({ type: "unreachable", code: expect.any(String) }));
    expect((await send(centre, batch)).answer).toEqual(ok("accepted"));
    expect((await send(centre, { ...batch, uploader: OTHER_STATION })).answer).toEqual(ok("already-there"));
    expect(await ask(url, "SELECT count(*)::int AS n FROM batches")).toEqual([{ n: 1 }]);
  });

  test("without a word ends in bounded time, in either direction", async () => {
    const url = await emptyDatabase(server);
    await centreAt(url).open(never);
    for (const direction of ["to-server", "from-server"] as const) {
      const line = await wire(url);
      const centre = centreAt(line.url, { ...PATIENCE, stall: 300 });
      line.whenSent(8 * MIB, () => line.hold(direction));
      const { answer } = await send(centre, batchOf(randomBytes(30 * MIB)));
      expect(answer).toEqual(err({ type: "unreachable", code: "ETIMEDOUT" }));
    }
  });

  test("to a machine that takes the call and says nothing ends in bounded time", async () => {
    const mute = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => mute.once("listening", resolve));
    const address = mute.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const centre = centreAt(`postgresql://a:b@127.0.0.1:${address.port}/c`, { ...PATIENCE, connect: 200 });
    expect(await centre.open(never)).toEqual(err({ type: "unreachable", code: "ETIMEDOUT" }));
    mute.close();
  });

  test("is left at once when the operator stops", async () => {
    const url = await emptyDatabase(server);
    await centreAt(url).open(never);
    const line = await wire(url);
    const centre = centreAt(line.url);
    const stop = new AbortController();
    line.whenSent(4 * MIB, () => {
      line.hold("from-server");
      stop.abort();
    });
    const { answer } = await send(centre, batchOf(randomBytes(20 * MIB)), stop.signal);
    expect(answer).toEqual(err({ type: "cancelled" }));
    await centre.close();
    expect(await centre.open(stop.signal)).toEqual(err({ type: "cancelled" }));
  });
});

describe("a server that is stopped and started in the middle", () => {
  test("is unreachable meanwhile; then the batch goes on where it was", async () => {
    const url = await emptyDatabase(server);
    const centre = centreAt(url);
    await centre.open(never);
    let halted: Promise<void> | null = null;
    const batch = batchOf(randomBytes(24 * MIB), {
      onWindow: (at) => {
        if (at === 12) halted ??= server.halt();
      },
    });
    const first = await send(centre, batch);
    expect(first.answer).toEqual(err({ type: "unreachable", code: expect.any(String) }));
    await halted;
    expect((await send(centre, batch)).answer).toEqual(
      err({ type: "unreachable", code: expect.any(String) }),
    );
    expect((await send(centre, batch)).answer).toEqual(err({ type: "unreachable", code: "ECONNREFUSED" }));
    await server.resume();
    const second = await send(centre, batch);
    expect(second.answer).toEqual(ok("accepted"));
    expect(second.bytes).toBeLessThanOrEqual(24 * MIB - first.bytes);
  });
});

describe("a server that loses its power", () => {
  test("has what it answered for, every time; the rest is sent again and is there once", async () => {
    const url = await emptyDatabase(server);
    let answered = 0;
    for (let cut = 0; cut < 3; cut++) {
      const centre = centreAt(url);
      await centre.open(never);
      const batches = Array.from({ length: 120 }, (_, at) => batchOf(randomBytes(2_000 + at)));
      const queue = batches.values();
      const told: UploadBatch[] = [];
      let crashing: Promise<void> | null = null;
      const lane = async (): Promise<void> => {
        for (const batch of queue) {
          const { answer } = await send(centre, batch);
          if (!answer.ok) return;
          told.push(batch);
          if (told.length === 15 + cut * 20) crashing = server.crash();
        }
      };
      await Promise.all(Array.from({ length: 8 }, lane));
      expect(crashing).not.toBeNull();
      await crashing;
      await server.resume();
      for (const batch of told)
        expect(
          await ask(
            url,
            "SELECT FROM batches JOIN chunks USING (device) WHERE device = $1 AND manifest = $2",
            [Buffer.from(batch.device, "hex"), Buffer.from(batch.manifest, "hex")],
          ),
        ).toHaveLength(1);
      for (const batch of batches) expect((await send(centre, batch)).answer).toEqual(ok("accepted"));
      answered += batches.length;
      expect(await ask(url, "SELECT count(*)::int AS n FROM batches")).toEqual([{ n: answered }]);
    }
  }, 300_000);
});

describe("what the operator is told", () => {
  const failureOf = async (url: string) => {
    const opened = await centreAt(url, { ...PATIENCE, connect: 3_000 }).open(never);
    if (opened.ok) throw new Error("opened");
    return opened.error;
  };
  const changed = (url: string, change: (parts: URL) => void) => {
    const parts = new URL(url);
    change(parts);
    return parts.href;
  };

  test("names the kind of failure, and never the password", async () => {
    const url = await emptyDatabase(server);
    const secret = "Құпия сөз/4711:@";
    const written = encodeURIComponent(secret);
    const role = `role_${hexOf(4)}`;
    await centreAt(url).open(never);
    await ask(url, `CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`);
    const mine = changed(url, (parts) => {
      parts.username = role;
      parts.password = secret;
    });
    const failures = [
      await failureOf(changed(mine, (parts) => (parts.password = `${secret}!`))),
      await failureOf(changed(mine, (parts) => (parts.pathname = "/nothing-here"))),
      await failureOf(changed(mine, (parts) => (parts.port = "1"))),
      await failureOf(changed(mine, (parts) => (parts.hostname = "nobody.invalid"))),
      await failureOf(mine),
      await failureOf(`${mine}?sslmode=require`),
      await failureOf(`${mine}?sslmode=verify-full&sslrootcert=/nowhere/${written}.pem`),
      await failureOf(`${mine}?host=/nowhere/${written}`),
    ];
    expect(failures.map((failure) => [failure.type, "code" in failure ? failure.code : null])).toEqual([
      ["refused", "28P01"],
      ["refused", "3D000"],
      ["unreachable", "ECONNREFUSED"],
      ["unreachable", expect.stringMatching(/ENOTFOUND|EAI_AGAIN/)],
      ["refused", "42501"],
      ["tls", null],
      ["tls", null],
      ["unreachable", "ENOENT"],
    ]);
    const notPostgres = err({ type: "bad-url", why: "not-postgres", parameter: null });
    expect(postgresCentre(`mysql://a:${written}@h/x`)).toEqual(notPostgres);
    expect(postgresCentre(`${secret}`)).toEqual(notPostgres);
    for (const text of [secret, written]) expect(JSON.stringify(failures)).not.toContain(text);
  });

  test("is that the centre is busy while somebody holds its tables locked", async () => {
    const url = await emptyDatabase(server);
    const centre = centreAt(url, { ...PATIENCE, lock: 200 });
    await centre.open(never);
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query("BEGIN; LOCK TABLE batches IN ACCESS EXCLUSIVE MODE");
    const batch = batchOf(randomBytes(100));
    expect((await send(centre, batch)).answer).toEqual(err({ type: "busy", code: "55P03" }));
    await holder.query("ROLLBACK");
    await holder.end();
    expect((await send(centre, batch)).answer).toEqual(ok("accepted"));
  });

  test("is that the centre is busy when it has no connection left", async () => {
    const url = await emptyDatabase(server);
    await centreAt(url).open(never);
    const role = `few_${hexOf(4)}`;
    await ask(url, `CREATE ROLE ${role} LOGIN PASSWORD 'x' CONNECTION LIMIT 1`);
    await ask(url, `GRANT SELECT ON schema_version TO ${role}`);
    const mine = changed(url, (parts) => {
      parts.username = role;
      parts.password = "x";
    });
    expect(await centreAt(mine).open(never)).toEqual(ok(undefined));
    expect(await failureOf(mine)).toEqual({ type: "busy", code: "53300" });
  });
});

describe("a filing that does not agree with the manifest it brings", () => {
  const wrong: Readonly<Record<string, (batch: UploadBatch) => Partial<UploadBatch>>> = {
    "other chunks": () => {
      const garbage = batchOf(randomBytes(700));
      return { chunks: garbage.chunks, read: garbage.read };
    },
    "another length": (batch) => ({ length: batch.length + 1 }),
    "another number": (batch) => ({ seq: batch.seq + 1 }),
    "another chain": () => ({ chain: batchOf(Buffer.alloc(1)).chain }),
    "another campaign": () => ({ campaign: "kz-2009" }),
    "another digest": () => ({ manifest: batchOf(Buffer.alloc(1)).manifest }),
    "bytes behind the manifest": (batch) => ({ cose: Buffer.concat([batch.cose, Buffer.of(0)]) }),
    "a manifest cut short": (batch) => ({ cose: batch.cose.subarray(0, -1) }),
    "no manifest at all": () => ({ cose: randomBytes(300) }),
  };
  test.each(Object.entries(wrong))(
    "is refused with %s, and the honest one is accepted after it",
    async (_, change) => {
      const url = await emptyDatabase(server);
      const batch = batchOf(randomBytes(700));
      const refused = await centreAt(url).upload({ ...batch, ...change(batch) }, () => {}, never);
      expect(refused).toMatchObject({ ok: false, error: { type: "batch-refused", code: "contradictory" } });
      expect(await ask(url, "SELECT FROM batches")).toEqual([]);
      expect(await centreAt(url).upload(batch, () => {}, never)).toEqual(ok("accepted"));
    },
  );

  test("of another file with the same digest is a conflict, and both are kept", async () => {
    const url = await emptyDatabase(server);
    const batch = batchOf(randomBytes(700));
    const forged = Buffer.from(batch.cose);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    expect(await centreAt(url).upload({ ...batch, cose: forged }, () => {}, never)).toEqual(ok("accepted"));
    const honest = { ...batch, uploader: OTHER_STATION };
    expect(await centreAt(url).upload(honest, () => {}, never)).toEqual(ok("conflict"));
    expect(await ask(url, "SELECT cose FROM conflicts")).toEqual([{ cose: Buffer.from(batch.cose) }]);
    const third = Buffer.from(batch.cose);
    third[third.length - 1] = (third.at(-1) ?? 0) ^ 2;
    expect(await centreAt(url).upload({ ...honest, cose: third }, () => {}, never)).toEqual(ok("conflict"));
    expect(await ask(url, "SELECT cose FROM conflicts")).toHaveLength(2);
  });

  test("is seen with lengths of every size of a CBOR head", async () => {
    const url = await emptyDatabase(server);
    for (const size of [0, 1, 23, 24, 255, 256, 65_535, 65_536, 1_048_577]) {
      const batch = batchOf(randomBytes(size), { seq: size + 1 });
      expect.soft(await centreAt(url).upload(batch, () => {}, never), String(size)).toEqual(ok("accepted"));
    }
  });
});
