import pg from "pg";
import { startPostgres } from "../../fixtures/postgres/server.ts";
import { emptyDatabase } from "../integration/postgres.ts";
import { batches, centreAt, never, sendAll, stationAt } from "./centre-work.ts";
import { percentile, type Table, timed } from "./ratio.ts";

/**
 * The centre with the whole country in it: 27,334 tablets of 60 batches, 1.64 million rows, manifests of the usual size, bodies of a few
 * bytes. What filing and looking up cost then, beside an empty centre; and the same rows in tables that are partitioned by tablet.
 */
const TABLETS = Number(process.env.SANAQ_SCALE_TABLETS ?? 27_334);
const BATCHES = 60;
const PARTITIONS = 16;
const ASKED = 400;

/** Rows as file_batch leaves them. The identities follow from the tablet's number. */
const FILL = `
  WITH tablets AS (SELECT n, substr(sha256(('tablet ' || n)::bytea), 1, 16) AS device FROM generate_series($1::int, $2::int) AS n),
  rows AS (
    SELECT device, sha256(('chain ' || n)::bytea) AS chain, seq, sha256((n || ' ' || seq)::bytea) AS manifest, (n || ' body ' || seq)::bytea AS body
    FROM tablets, generate_series(1, ${BATCHES}) AS seq),
  kept AS (INSERT INTO chunks (device, digest, body) SELECT device, sha256(body), body FROM rows),
  acked AS (INSERT INTO acks (device, chain, seq, manifest, cose) SELECT device, substr(chain, 1, 16), seq, manifest, convert_to(repeat('a', 900), 'UTF8') FROM rows WHERE seq % 2 = 0)
  INSERT INTO batches (device, chain, seq, manifest, campaign, length, chunks, cose, uploader)
  SELECT device, substr(chain, 1, 16), seq, manifest, 'kz-2021', octet_length(body), ARRAY[sha256(body)], convert_to(repeat('m', 1100), 'UTF8'), substr(manifest, 1, 16)
  FROM rows`;

const SIZES = `
  SELECT c.relname AS name, c.reltuples::bigint AS rows, pg_table_size(c.oid) AS bytes, pg_indexes_size(c.oid) AS indexes
  FROM pg_class c WHERE c.relkind IN ('r') AND c.relnamespace = 'public'::regnamespace AND c.relname IN ('batches', 'chunks', 'acks') ORDER BY 1`;

const TABLET = "substr(sha256(('tablet ' || $1::int)::bytea), 1, 16)";

const QUESTIONS: readonly (readonly [what: string, text: string, times: number])[] = [
  [
    "one batch by its key",
    `SELECT manifest FROM batches WHERE device = ${TABLET} AND chain = substr(sha256(('chain ' || $1::int)::bytea), 1, 16) AND seq = 31`,
    ASKED,
  ],
  [
    "all batches of one tablet",
    `SELECT seq, manifest, received FROM batches WHERE device = ${TABLET}`,
    ASKED,
  ],
  [
    "acknowledgements for the batches of one tablet",
    `SELECT a.seq FROM batches b JOIN acks a USING (device, chain, seq, manifest) WHERE b.device = ${TABLET}`,
    ASKED,
  ],
  [
    "the body of one batch",
    `SELECT c.body FROM batches b JOIN chunks c ON c.device = b.device AND c.digest = ANY (b.chunks) WHERE b.device = ${TABLET} AND b.seq = 7`,
    ASKED,
  ],
  [
    "an auditor: batches of each role",
    "SELECT brought_by, count(*) FROM batches WHERE seq < $1::int + 100 GROUP BY 1",
    3,
  ],
  [
    "an auditor: batches without an acknowledgement, counted",
    "SELECT count(*) FROM batches b WHERE seq < $1::int + 100 AND NOT EXISTS (SELECT FROM acks a WHERE a.device = b.device AND a.chain = b.chain AND a.seq = b.seq)",
    3,
  ],
];

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const milliseconds = (ms: number): string => (ms < 10 ? `${ms.toFixed(2)} ms` : `${ms.toFixed(0)} ms`);

async function fill(client: pg.Client): Promise<number> {
  const step = 500;
  return timed(async () => {
    for (let from = 1; from <= TABLETS; from += step)
      await client.query(FILL, [from, Math.min(TABLETS, from + step - 1)]);
  });
}

/** Tables of the same shape, spread by tablet over partitions, in place of the others. */
async function partition(client: pg.Client): Promise<void> {
  for (const name of ["batches", "chunks", "acks"]) {
    await client.query(`ALTER TABLE ${name} RENAME TO ${name}_whole`);
    await client.query(
      `CREATE TABLE ${name} (LIKE ${name}_whole INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE) PARTITION BY HASH (device)`,
    );
    for (let at = 0; at < PARTITIONS; at++)
      await client.query(
        `CREATE TABLE ${name}_${at} PARTITION OF ${name} FOR VALUES WITH (MODULUS ${PARTITIONS}, REMAINDER ${at})`,
      );
    await client.query(`INSERT INTO ${name} SELECT * FROM ${name}_whole`);
    await client.query(`DROP TABLE ${name}_whole CASCADE`);
  }
  await client.query("ALTER TABLE batches ADD PRIMARY KEY (device, chain, seq)");
  await client.query("ALTER TABLE chunks ADD PRIMARY KEY (device, digest)");
  await client.query("ALTER TABLE acks ADD PRIMARY KEY (device, chain, seq, manifest)");
  await client.query("GRANT SELECT, INSERT ON chunks TO sanaq_station");
  await client.query("ANALYZE");
}

async function questions(client: pg.Client): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const [, text, times] of QUESTIONS) {
    const taken: number[] = [];
    for (let at = 0; at < times; at++)
      taken.push(await timed(() => client.query(text, [1 + ((at * 7_919) % TABLETS)])));
    answers.push(`${milliseconds(percentile(taken, 50))} (p99 ${milliseconds(percentile(taken, 99))})`);
  }
  return answers;
}

/** Filing over the wire, as a station does it, and being told of what is there already. */
async function filing(owner: string): Promise<readonly [filed: string, again: string]> {
  const centre = centreAt(await stationAt(owner));
  await centre.open(never);
  try {
    const all = Array.from({ length: 50 }, () => batches(BATCHES, 24)).flat();
    const rate = async (wanted: "accepted" | "already-there", of: typeof all) => {
      const took = await timed(() => sendAll(centre, of, 8, wanted));
      return `${((of.length / took) * 1e3).toFixed(0)} a second`;
    };
    const filed = await rate("accepted", all);
    const others = all.map((batch) => ({ ...batch, uploader: "f".repeat(32) }));
    return [filed, await rate("already-there", others)];
  } finally {
    await centre.close();
  }
}

export async function scale(): Promise<readonly Table[]> {
  const server = await startPostgres(["max_wal_size=8GB", "shared_buffers=512MB"]);
  const rows = TABLETS * BATCHES;
  try {
    const owner = await emptyDatabase(server);
    const setUp = centreAt(owner);
    await setUp.open(never);
    await setUp.close();
    const empty = await filing(owner);
    const client = new pg.Client({ connectionString: owner });
    await client.connect();
    try {
      const took = await fill(client);
      await client.query("VACUUM ANALYZE");
      const { rows: sizes } = await client.query<{
        name: string;
        rows: string;
        bytes: string;
        indexes: string;
      }>(SIZES);
      const whole = await questions(client);
      const full = await filing(owner);
      const parting = await timed(() => partition(client));
      const spread = await questions(client);
      const parted = await filing(owner);
      const line = (what: string, ...cells: readonly string[]) => [what, ...cells];
      return [
        [
          ["table", "rows", "table and TOAST", "indexes"],
          ...sizes.map((one) => [
            one.name,
            Number(one.rows).toLocaleString("en"),
            megabytes(Number(one.bytes)),
            megabytes(Number(one.indexes)),
          ]),
        ],
        [
          [
            "measured",
            "empty",
            `${rows.toLocaleString("en")} batches`,
            `the same in ${PARTITIONS} partitions`,
          ],
          line("filing over the wire, one station", empty[0], full[0], parted[0]),
          line("told that it is there already", empty[1], full[1], parted[1]),
          ...QUESTIONS.map(([what], at) => line(what, "-", whole[at] ?? "", spread[at] ?? "")),
          line(
            "filling inside the server",
            "-",
            `${((rows / took) * 1e3).toFixed(0)} batches a second`,
            `moved in ${(parting / 1e3).toFixed(0)} s`,
          ),
        ],
      ];
    } finally {
      await client.end();
    }
  } finally {
    await server.stop();
  }
}
