import { cp } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openStation, type Station } from "../integration/station.ts";
import { median, type Ratio, timed } from "./ratio.ts";
import { tabletOf, workshop } from "./workshop.ts";

/**
 * An unloading of a tablet whose 60 batches are all staged: ledger, manifests, plan and findings, no body. In a store that holds the whole country
 * besides, and in one that holds nothing else.
 */
const BATCHES = 60;
const TABLETS = 27_333;
const ROUNDS = 21;

/** Rows of as many other tablets as the country has, copied from those of the one that is there. */
function fillWithTheCountry(folder: string): number {
  const db = new Database(join(folder, "store.db"));
  const numbers = `WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${TABLETS})`;
  const as = "lower(hex(zeroblob(12))) || printf('%08x', n * 2654435761 % 4294967296)";
  const copies: readonly (readonly [table: string, device: string, rest: string])[] = [
    [
      "batches",
      "device",
      "chain, seq, manifest, prev, length, campaign, area, made_utc, made_offset, records, source, staged_at, centre, answered_at",
    ],
    [
      "entries",
      "device",
      "chain, seq, manifest, length, state, synced_utc, synced_offset, acknowledged, found",
    ],
    ["chains", "device", "chain, head"],
    ["ledgers", "device", "chain, no, digest, head, made_utc, made_offset, older, cose, read_at"],
  ];
  db.pragma("synchronous = OFF");
  db.transaction(() => {
    db.exec("UPDATE batches SET centre = 'accepted', answered_at = staged_at");
    for (const [table, device, rest] of copies)
      db.exec(
        `${numbers} INSERT INTO ${table} (${device}, ${rest}) SELECT ${as}, ${rest} FROM n, (SELECT * FROM ${table})`,
      );
  })();
  const rows = Number(db.prepare("SELECT count(*) FROM batches").pluck().get());
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
  return rows;
}

async function again(station: Station, outbox: string): Promise<number> {
  return timed(async () => {
    const report = await station.engine.unload(
      [{ type: "folder", path: outbox }],
      { receipts: false, passphrase: null },
      () => {},
      new AbortController().signal,
    );
    if (!report.ok || report.value.totals.alreadyStaged !== BATCHES) throw new Error(JSON.stringify(report));
  });
}

export async function plan(): Promise<readonly Ratio[]> {
  await using shop = await workshop();
  const tablet = await tabletOf(shop.campaign, "0417", BATCHES, 2_000);
  const folders = [join(shop.top, "empty"), join(shop.top, "full")] as const;
  const first = await openStation(folders[0], shop.campaignFolder);
  await first.unload([tablet], shop.top);
  first.close();
  await cp(folders[0], folders[1], { recursive: true });
  const rows = fillWithTheCountry(folders[1]);

  const outbox = await tablet.write(join(shop.top, "outbox"));
  const empty = await openStation(folders[0], shop.campaignFolder);
  const full = await openStation(folders[1], shop.campaignFolder);
  const times = { empty: [] as number[], full: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    times.empty.push(await again(empty, outbox));
    times.full.push(await again(full, outbox));
  }
  empty.close();
  full.close();
  return [
    {
      what: `planning for a tablet of ${BATCHES} batches among ${rows.toLocaleString("en")}`,
      ours: `${median(times.full).toFixed(0)} ms`,
      beside: `in a store with no others, ${median(times.empty).toFixed(0)} ms`,
      ratio: median(times.full) / median(times.empty),
      aim: "at most 1.2",
    },
  ];
}
