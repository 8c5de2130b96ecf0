import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TabletBuilder } from "../../fixtures/outbox.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import { ask, emptyDatabase } from "../integration/postgres.ts";
import { openStation } from "../integration/station.ts";
import { median, type Ratio, speed, timed } from "./ratio.ts";
import { tabletOf, workshop } from "./workshop.ts";

/**
 * Upload of staged batches (read, compare with the manifest, send, file, note the answer) beside `psql \copy` in binary of the same
 * chunks into a table with the same columns, key and CHECK on the same server.
 */
const BATCHES = 4;
const BODY = 64 * 1_048_576;
const ROUNDS = 5;
const run = promisify(execFile);

/** The tablet's chunks as COPY BINARY (PostgreSQL's documentation, COPY, "Binary Format"): device, digest, body. */
async function writeCopyFile(path: string, tablet: TabletBuilder): Promise<void> {
  await using file = await open(path, "w");
  const field = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  await file.write(Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]));
  for (const batch of tablet.batches)
    for (const window of batch.body?.windows() ?? [])
      await file.write(
        Buffer.concat([
          Buffer.from([0, 3]),
          field(Buffer.from(tablet.device, "hex")),
          field(createHash("sha256").update(window).digest()),
          field(window),
        ]),
      );
  await file.write(Buffer.from([0xff, 0xff]));
}

async function copyTime(server: PostgresServer, file: string): Promise<number> {
  const url = await readyDatabase(server);
  const { pathname } = new URL(url);
  const options = { env: { ...process.env, PGPASSWORD: server.password } };
  const where = ["-h", "127.0.0.1", "-p", String(server.port), "-U", "postgres", "-d", pathname.slice(1)];
  const command = `\\copy chunks (device, digest, body) from '${file}' with (format binary)`;
  return timed(() => run("psql", ["-X", "-q", ...where, "-c", command], options));
}

/** An empty database with the centre's tables, and nothing left to write from what was before. */
async function readyDatabase(server: PostgresServer): Promise<string> {
  const url = await emptyDatabase(server);
  const centre = postgresCentre(url);
  if (!centre.ok) throw new Error("bad url");
  await centre.value.open(new AbortController().signal);
  await centre.value.close();
  await ask(url, "CHECKPOINT");
  return url;
}

async function uploadTime(server: PostgresServer, template: string, campaignFolder: string): Promise<number> {
  const folder = `${template}-copy`;
  await cp(template, folder, { recursive: true });
  const url = await readyDatabase(server);
  const station = await openStation(folder, campaignFolder);
  const time = await timed(async () => {
    const centre = postgresCentre(url);
    if (!centre.ok) throw new Error("bad url");
    const result = await station.engine.upload(centre.value, () => {}, new AbortController().signal);
    await centre.value.close();
    if (!result.ok || result.value.accepted !== BATCHES) throw new Error(JSON.stringify(result));
  });
  station.close();
  await rm(folder, { recursive: true });
  return time;
}

export async function upload(): Promise<readonly Ratio[]> {
  await using shop = await workshop();
  const server = await startPostgres(["max_wal_size=8GB"]);
  try {
    const tablet = await tabletOf(shop.campaign, "0417", BATCHES, BODY);
    const folder = join(shop.top, "store");
    const station = await openStation(folder, shop.campaignFolder);
    await station.unload([tablet], shop.top);
    station.close();
    const copyFile = join(shop.top, "chunks.copy");
    await writeCopyFile(copyFile, tablet);

    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await copyTime(server, copyFile));
      ours.push(await uploadTime(server, folder, shop.campaignFolder));
    }
    const bytes = BATCHES * BODY;
    return [
      {
        what: `upload of ${BATCHES} batches of 64 MiB`,
        ours: speed(bytes, median(ours)),
        beside: `psql \\copy binary, ${speed(bytes, median(theirs))}`,
        ratio: median(theirs) / median(ours),
        aim: "above 1.0",
      },
    ];
  } finally {
    await server.stop();
  }
}
