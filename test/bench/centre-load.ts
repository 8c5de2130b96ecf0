import { startPostgres } from "../../fixtures/postgres/server.ts";
import { emptyDatabase } from "../integration/postgres.ts";
import { batches, centreAt, cpuOf, never, sendAll, stationAt } from "./centre-work.ts";
import { percentile, type Table } from "./ratio.ts";

/**
 * Stations that send typical batches to one server at the same time, each over one connection under its own role, eight batches on their way as
 * `upload` has them. Client and server share this machine's cores, so the figures are below what a server of its own does.
 */
const STATIONS = [1, 4, 20] as const;
const LANES = 8;
/** 2 MB in 60 batches: a typical tablet (docs/architecture.md). */
const BODY = 33_000;
const TOTAL = 4_000;

export async function centre(): Promise<readonly Table[]> {
  const server = await startPostgres(["max_wal_size=8GB", "shared_buffers=256MB", "max_connections=60"]);
  const table: string[][] = [
    ["stations", "batches a second", "MB/s", "p50", "p99", "server CPU a batch", "server CPU"],
  ];
  try {
    for (const stations of STATIONS) {
      const owner = await emptyDatabase(server);
      const setUp = centreAt(owner);
      await setUp.open(never);
      await setUp.close();
      const work = [];
      for (let at = 0; at < stations; at++)
        work.push({
          centre: centreAt(await stationAt(owner)),
          all: batches(Math.ceil(TOTAL / stations), BODY),
        });
      for (const one of work) await one.centre.open(never);
      const processId = await server.processId();
      const before = await cpuOf(processId);
      const began = performance.now();
      const times = (await Promise.all(work.map((one) => sendAll(one.centre, one.all, LANES)))).flat();
      const took = performance.now() - began;
      const after = await cpuOf(processId);
      for (const one of work) await one.centre.close();
      const cpu = before === null || after === null ? null : after - before;
      table.push([
        String(stations),
        ((times.length / took) * 1e3).toFixed(0),
        ((times.length * BODY) / took / 1e3).toFixed(0),
        `${percentile(times, 50).toFixed(1)} ms`,
        `${percentile(times, 99).toFixed(1)} ms`,
        cpu === null ? "-" : `${(cpu / times.length).toFixed(2)} ms`,
        cpu === null ? "-" : `${((cpu / took) * 100).toFixed(0)} % of a core`,
      ]);
    }
  } finally {
    await server.stop();
  }
  return [table];
}
