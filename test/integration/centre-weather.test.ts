import { randomBytes } from "node:crypto";
import pg from "pg";
import { describe, expect, test, vi } from "vitest";
import type { TabletBuilder } from "../../fixtures/outbox.ts";
import type { Centre } from "../../main/engine/ports.ts";
import { uploadStaged } from "../../main/engine/upload.ts";
import { err, ok } from "../../shared/result.ts";
import { Flapping, methodsOf } from "./flapping.ts";
import { openOffice } from "./office-centre.ts";
import { ask, emptyDatabase } from "./postgres.ts";
import { contentOf, type Station } from "./station.ts";
import { batchOf } from "./upload-batch.ts";

/** A centre on its bad days: full, crowded, read-only, going and coming back; and many stations at once. */

vi.setConfig({ testTimeout: 120_000 });

const never = new AbortController().signal;
const MIB = 1_048_576;
const office = openOffice(["max_connections=60"]);
const { asStation, centreAt, staged, tabletWith } = office;

const upload = (
  station: Station,
  centre: Centre,
  pauses: readonly number[],
  wait?: (ms: number) => Promise<void>,
) =>
  uploadStaged({
    store: station.store,
    centre,
    clearance: () => "send",
    contentOf,
    onProgress: () => {},
    signal: never,
    pauses,
    ...(wait === undefined ? {} : { wait }),
  });

describe("a centre", () => {
  test("whose disk is full says so; when there is room again the batch goes on", async () => {
    const owner = await emptyDatabase(office.server);
    await centreAt(owner).open(never);
    // What the server itself raises when a write to its disk fails: no disk is filled here.
    await ask(
      owner,
      `CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file: No space left on device'; END $$`,
    );
    await ask(
      owner,
      "CREATE TRIGGER no_room BEFORE INSERT ON chunks FOR EACH ROW EXECUTE FUNCTION no_room()",
    );
    const station = await staged(await tabletWith([3_000, 2 * MIB]));
    const full = await upload(station, centreAt(owner), [5, 5]);
    expect(full).toMatchObject({
      ok: true,
      value: { accepted: 0, failed: 2, problem: { type: "busy", code: "53100" } },
    });
    await ask(owner, "DROP TRIGGER no_room ON chunks");
    expect(await upload(station, centreAt(owner), [5])).toMatchObject({
      ok: true,
      value: { accepted: 2, failed: 0, problem: null },
    });
  });

  test("that became a standby is left, and the one that took over is found under the same address", async () => {
    const owner = await emptyDatabase(office.server);
    await centreAt(owner).open(never);
    const url = await asStation(owner);
    const name = new URL(url).pathname.slice(1);
    await ask(owner, `ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    const centre = centreAt(url);
    const batch = batchOf(randomBytes(500));
    expect(await centre.upload(batch, () => {}, never)).toEqual(err({ type: "busy", code: "25006" }));
    const admin = new pg.Client({ connectionString: owner });
    await admin.connect();
    await admin.query("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE");
    await admin.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await admin.end();
    expect(await centre.upload(batch, () => {}, never)).toEqual(ok("accepted"));
  });

  test("whose administrator ends the connection in the middle is called again, and the batch goes on", async () => {
    const owner = await emptyDatabase(office.server);
    await centreAt(owner).open(never);
    const station = await staged(await tabletWith([12 * MIB, 2_000, 2_001]));
    const real = centreAt(owner);
    let killed = 0;
    const end =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sanaq-unload'";
    const watched: Centre = {
      ...methodsOf(real),
      upload: (batch, onBytes, signal) =>
        real.upload(
          batch,
          (bytes) => {
            onBytes(bytes);
            if (killed++ < 2) void ask(owner, end);
          },
          signal,
        ),
    };
    expect(await upload(station, watched, [20, 20, 20, 20])).toMatchObject({
      ok: true,
      value: { accepted: 3, failed: 0, problem: null },
    });
    expect(killed).toBeGreaterThan(2);
  });

  test("with no connection left is tried again until there is one", async () => {
    const owner = await emptyDatabase(office.server);
    await centreAt(owner).open(never);
    const url = await asStation(owner);
    await ask(owner, `ALTER ROLE ${new URL(url).username} CONNECTION LIMIT 1`);
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    const station = await staged(await tabletWith([2_000]));
    const waits: number[] = [];
    const result = await upload(station, centreAt(url), [100, 100, 100, 100, 100], async (ms) => {
      waits.push(ms);
      if (waits.length !== 3) return;
      await holder.end();
      const sessions = "SELECT FROM pg_stat_activity WHERE usename = $1";
      while ((await ask(owner, sessions, [new URL(url).username])).length > 0);
    });
    expect(result).toMatchObject({ ok: true, value: { accepted: 1, problem: null } });
    expect(waits).toHaveLength(3);
    for (const ms of waits) expect(ms).toSatisfy((one: number) => one >= 50 && one <= 100);
  });
});

describe("twenty stations at once", () => {
  test("bring what they have in common once, each its own, and together everything", async () => {
    const owner = await emptyDatabase(office.server);
    await centreAt(owner).open(never);
    const shared = await tabletWith([...Array.from({ length: 12 }, (_, at) => 1_500 + at), MIB + 7]);
    const stations: { station: Station; url: string; own: TabletBuilder }[] = [];
    for (let at = 0; at < 20; at++) {
      const own = await tabletWith([2_000 + at, 3_000 + at]);
      stations.push({ station: await staged(shared, own), url: await asStation(owner), own });
    }
    const results = await Promise.all(
      stations.map(({ station, url }) => upload(station, centreAt(url), [50, 100, 200, 400])),
    );
    const reports = results.map((result) => {
      if (!result.ok) throw new Error(result.error.type);
      return result.value;
    });
    for (const report of reports) expect(report).toMatchObject({ failed: 0, conflicts: 0, problem: null });
    expect(reports.reduce((sum, report) => sum + report.accepted, 0)).toBe(13 + 20 * 2);
    expect(reports.reduce((sum, report) => sum + report.alreadyThere, 0)).toBe(19 * 13);
    const count =
      "SELECT count(*)::int AS n, count(DISTINCT (device, chain, seq))::int AS places FROM batches";
    expect(await ask(owner, count)).toEqual([{ n: 53, places: 53 }]);
    expect(await ask(owner, "SELECT FROM conflicts")).toEqual([]);
    const whole = `SELECT FROM batches b WHERE length <> (SELECT coalesce(sum(octet_length(c.body)), 0) FROM unnest(b.chunks) d
      JOIN chunks c ON c.device = b.device AND c.digest = d)`;
    expect(await ask(owner, whole)).toEqual([]);
    const brought = await ask<{ n: number }>(
      owner,
      "SELECT count(*)::int AS n FROM batches GROUP BY brought_by",
    );
    expect(brought.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(
      reports.map((report) => report.accepted).toSorted((a, b) => a - b),
    );
  }, 300_000);
});

/** A number of the day's course that is the same in every run. */
function* dice(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe("a day and a night of flapping", () => {
  const SECOND = 1_000;
  const HOUR = 3_600 * SECOND;

  test("ends with everything at the centre once, without a person", async () => {
    const owner = await emptyDatabase(office.server);
    const real = centreAt(owner);
    await real.open(never);
    const tablets = [];
    for (let at = 0; at < 24; at++) tablets.push(await tabletWith([900, 901, 902, 903, 904]));
    const station = await office.stationAt(await office.newFolder());
    const chances = dice(145);
    const line = new Flapping(real, () => chances.next().value);
    const wait = async (ms: number) => {
      line.now += ms;
    };
    const PAUSES = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
    let runs = 0;
    let given = 0;
    for (let hour = 0; hour < 24; hour++) {
      await station.unload(tablets.slice(hour, hour + 1), office.path());
      // Somebody, or the desktop's own clock, starts it again a quarter of an hour after it gave up.
      while (line.now < (hour + 1) * HOUR) {
        runs++;
        const result = await upload(station, line.centre(), PAUSES, wait);
        if (!result.ok || result.value.problem !== null) given++;
        await wait(15 * 60 * SECOND);
      }
    }
    const last = await upload(station, real, PAUSES, wait);
    expect(last).toMatchObject({ ok: true, value: { failed: 0, problem: null } });
    expect(given).toBeGreaterThan(5);
    expect(runs).toBeGreaterThan(24);
    expect(line.lost).toBeGreaterThan(3);
    const places =
      "SELECT count(*)::int AS n, count(DISTINCT (device, chain, seq))::int AS places FROM batches";
    expect(await ask(owner, places)).toEqual([{ n: 120, places: 120 }]);
    expect([...station.store.reconcile(null)].map((batch) => batch.verdict)).toEqual(Array(120).fill("safe"));
    const answers = [...station.store.audit()].filter(({ type }) => type === "uploaded");
    expect(answers.map(({ data }) => data.answer)).toEqual(Array(120).fill("accepted"));
  }, 300_000);
});
