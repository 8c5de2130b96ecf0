import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, test, vi } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { allBytes } from "../../fixtures/outbox/body.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { PATIENCE } from "../../main/adapters/centre/link.ts";
import type { UploadProgress } from "../../main/engine/api.ts";
import type { Centre } from "../../main/engine/ports.ts";
import { uploadStaged } from "../../main/engine/upload.ts";
import { openOffice } from "./office-centre.ts";
import { ask, emptyDatabase, wireTo } from "./postgres.ts";
import { contentOf, openStation, type Station } from "./station.ts";

/** Servers take their time to stop and start on a machine with other work. */
vi.setConfig({ testTimeout: 120_000 });

const MIB = 1_048_576;
const never = new AbortController().signal;

const office = openOffice([], { ...PATIENCE, stall: 20_000 });
const { centreAt, newFolder, staged, stationAt, tabletWith } = office;

const small = (count: number) => Array.from({ length: count }, (_, at) => 2_000 + at);

async function upload(
  station: Station,
  centre: Centre,
  signal = never,
  pauses: readonly number[] = [20, 20, 20],
) {
  const progress: UploadProgress[] = [];
  const result = await uploadStaged({
    store: station.store,
    centre,
    clearance: () => "send",
    contentOf,
    onProgress: (step) => progress.push(step),
    signal,
    pauses,
  });
  return { result, progress };
}

const clean = {
  accepted: 0,
  alreadyThere: 0,
  conflicts: 0,
  waitingForCrl: 0,
  revoked: 0,
  failed: 0,
  acks: 0,
  acksRefused: 0,
  forgotten: false,
  bytes: 0,
  problem: null,
};
const total = (tablets: readonly TabletBuilder[]) =>
  tablets.flatMap((tablet) => tablet.batches).reduce((sum, batch) => sum + (batch.body?.length ?? 0), 0);

/** Everything the tablets hold is at the centre exactly once, byte for byte. */
async function expectAllAt(url: string, tablets: readonly TabletBuilder[]): Promise<void> {
  const batches = tablets.flatMap((tablet) =>
    tablet.batches.map((batch) => ({ ...batch, device: tablet.device })),
  );
  expect(await ask(url, "SELECT count(*)::int AS n FROM batches")).toEqual([{ n: batches.length }]);
  for (const batch of batches) {
    const rows = await ask<{ cose: Buffer; body: Buffer | null }>(
      url,
      `SELECT b.cose, (SELECT string_agg(c.body, ''::bytea ORDER BY w.place) FROM unnest(b.chunks) WITH ORDINALITY AS w(digest, place)
         JOIN chunks c ON c.device = b.device AND c.digest = w.digest) AS body
       FROM batches b WHERE b.device = $1 AND b.chain = $2 AND b.seq = $3 AND b.manifest = $4`,
      [
        Buffer.from(batch.device, "hex"),
        Buffer.from(batch.chain, "hex"),
        batch.seq,
        Buffer.from(batch.digest, "hex"),
      ],
    );
    expect(rows.length).toBe(1);
    expect(rows[0]?.cose.equals(batch.manifest)).toBe(true);
    if (batch.body !== null) expect(rows[0]?.body?.equals(allBytes(batch.body))).toBe(true);
  }
}

/** Files of a store of at least so many bytes. */
async function filesOf(folder: string, bytes: number): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(paths.map((path) => stat(path)));
  return paths.filter((_, at) => (sizes[at]?.size ?? 0) === bytes);
}

describe("what is staged", () => {
  test("is at the centre afterwards, is answered for here, and is not sent again", async () => {
    const url = await emptyDatabase(office.server);
    const tablets = [await tabletWith(small(30)), await tabletWith([3 * MIB + 9, 500_000])];
    const station = await staged(...tablets);
    const { result, progress } = await upload(station, centreAt(url));
    expect(result).toEqual({ ok: true, value: { ...clean, accepted: 32, bytes: total(tablets) } });
    expect(progress.at(-1)).toEqual({
      batchesDone: 32,
      batchesTotal: 32,
      bytesDone: total(tablets),
      bytesTotal: total(tablets),
    });
    await expectAllAt(url, tablets);
    expect([...station.store.reconcile(null)].map((line) => [line.centre, line.verdict])).toEqual(
      Array(32).fill(["accepted", "safe"]),
    );
    const uploaded = [...station.store.audit()].filter((line) => line.type === "uploaded");
    expect(uploaded.length).toBe(32);
    expect((await upload(station, centreAt(url))).result).toEqual({ ok: true, value: clean });
  });

  test("and was sent by another station before is already there", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith([...small(5), 2 * MIB]);
    await upload(await staged(tablet), centreAt(url));
    const { result } = await upload(await staged(tablet), centreAt(url));
    expect(result).toMatchObject({
      ok: true,
      value: { accepted: 0, alreadyThere: 6, failed: 0, problem: null },
    });
    await expectAllAt(url, [tablet]);
  });

  test("and contradicts what another station sent is kept as a conflict: an answer, not a failure", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith(small(3));
    const twin = tablet.copy(1);
    await twin.add({ bodyBytes: 5_000 });
    await upload(await staged(tablet), centreAt(url));
    const second = await staged(twin);
    const { result } = await upload(second, centreAt(url));
    expect(result).toMatchObject({
      ok: true,
      value: { alreadyThere: 1, conflicts: 1, failed: 0, problem: null },
    });
    await expectAllAt(url, [tablet]);
    expect(await ask(url, "SELECT seq FROM conflicts")).toEqual([{ seq: 2 }]);
    expect([...second.store.reconcile(null)].find((line) => line.seq === 2)).toMatchObject({
      centre: "conflict",
      verdict: "conflict",
    });
  });

  test("by two stations at once is there once; together they brought all of it", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith([...small(40), 4 * MIB, 3 * MIB]);
    const stations = [await staged(tablet), await staged(tablet)];
    const results = await Promise.all(stations.map((station) => upload(station, centreAt(url))));
    const counts = results.map(({ result }) => (result.ok ? result.value : null));
    expect(counts.map((count) => (count?.accepted ?? 0) + (count?.alreadyThere ?? 0))).toEqual([42, 42]);
    expect((counts[0]?.accepted ?? 0) + (counts[1]?.accepted ?? 0)).toBe(42);
    await expectAllAt(url, [tablet]);
  });

  test("waits while its signer's CA has no fresh CRL, goes when it has, and never goes when the signer was revoked", async () => {
    const url = await emptyDatabase(office.server);
    const other = await TestCampaign.create({ seed: "crl" });
    const issuer = await other.issuer();
    const tablet = new TabletBuilder(other, await other.tablet("0500"));
    const lost = new TabletBuilder(other, await other.tablet("0501"));
    for (const one of [tablet, lost]) await one.addMany(4);
    other.setCrl(issuer, null);
    const station = await openStation(await newFolder(), await other.write(office.path("no-crl")));
    office.cleanUp(() => station.close());
    await station.unload([tablet, lost], office.path());
    const send = () => station.engine.upload(centreAt(url), () => {}, never);

    expect(await send()).toEqual({ ok: true, value: { ...clean, waitingForCrl: 8 } });
    expect(await ask(url, "SELECT FROM batches")).toEqual([]);
    other.setCrl(issuer, { revoked: [lost.leaf] });
    await station.engine.loadCampaign(await other.write(office.path("with-crl")));
    expect(await send()).toMatchObject({
      ok: true,
      value: { accepted: 4, waitingForCrl: 0, revoked: 4, failed: 0 },
    });
    await expectAllAt(url, [tablet]);
  });
});

describe("a file that changed on this disk", () => {
  test.each([
    [
      "one bit",
      async (path: string) => {
        const bytes = await readFile(path);
        bytes.writeUInt8(bytes.readUInt8(MIB + 5) ^ 1, MIB + 5);
        await writeFile(path, bytes);
      },
    ],
    ["its end", (path: string) => truncate(path, 2 * MIB)],
  ])("(%s of a body) is not sent as if it were right; the others go", async (_, damage) => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith([...small(3), 2 * MIB + 77, ...small(3)]);
    const station = await staged(tablet);
    for (const path of await filesOf(station.folder, 2 * MIB + 77)) await damage(path);
    const { result } = await upload(station, centreAt(url));
    expect(result).toMatchObject({
      ok: true,
      value: { accepted: 6, failed: 1, problem: { type: "body-changed", seq: 4 } },
    });
    expect(await ask(url, "SELECT FROM batches WHERE seq = 4")).toEqual([]);
  });

  test("(a manifest) is not sent either", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith([...small(2), 3_333, ...small(1)]);
    const station = await staged(tablet);
    const { manifest } = tablet.batch(3);
    const paths = await filesOf(station.folder, manifest.length);
    for (const path of paths) {
      const bytes = await readFile(path);
      if (!bytes.equals(manifest)) continue;
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 100) ^ 1, bytes.length - 100);
      await writeFile(path, bytes);
    }
    const { result } = await upload(station, centreAt(url));
    expect(result).toMatchObject({
      ok: true,
      value: { accepted: 3, failed: 1, problem: { type: "body-changed", seq: 3 } },
    });
  });

  test("(a manifest's signature, which its digest does not cover) is not sent either", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith(small(3));
    const station = await staged(tablet);
    const { manifest } = tablet.batch(2);
    for (const path of await filesOf(station.folder, manifest.length)) {
      const bytes = await readFile(path);
      if (!bytes.equals(manifest)) continue;
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
      await writeFile(path, bytes);
    }
    expect(await station.engine.upload(centreAt(url), () => {}, new AbortController().signal)).toMatchObject({
      ok: true,
      value: { accepted: 2, failed: 1, problem: { type: "body-changed", seq: 2 } },
    });
    expect(await ask(url, "SELECT FROM batches WHERE seq = 2")).toEqual([]);
  });

  test("(a body that is gone) fails alone", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith([...small(2), 77_777]);
    const station = await staged(tablet);
    for (const path of await filesOf(station.folder, 77_777)) await rm(path);
    const { result } = await upload(station, centreAt(url));
    expect(result).toMatchObject({
      ok: true,
      value: { accepted: 2, failed: 1, problem: { type: "disk", code: "ENOENT" } },
    });
  });
});

describe("a centre that fails", () => {
  test("by a line cut again and again: the upload goes on by itself, sends nothing twice, and ends whole", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith([...small(20), 30 * MIB]);
    const station = await staged(tablet);
    const line = await wireTo(url);
    office.cleanUp(() => line.close());
    let cuts = 0;
    const cutAgain = () => {
      line.cut();
      if (++cuts < 6) line.whenSent(4 * MIB, cutAgain);
    };
    line.whenSent(4 * MIB, cutAgain);
    const { result } = await upload(station, centreAt(line.url));
    expect(result).toMatchObject({
      ok: true,
      value: { accepted: 21, alreadyThere: 0, failed: 0, problem: null },
    });
    expect(cuts).toBe(6);
    expect(line.sent()).toBeLessThan(total([tablet]) + 6 * 3 * MIB + MIB);
    await expectAllAt(url, [tablet]);
  });

  test("by being stopped and started in the middle: the upload goes on by itself", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith([...small(20), 20 * MIB]);
    const station = await staged(tablet);
    let restarted: Promise<void> | null = null;
    const result = await uploadStaged({
      store: station.store,
      centre: centreAt(url),
      clearance: () => "send",
      contentOf,
      onProgress: (step) => {
        if (step.bytesDone > 8 * MIB) restarted ??= office.server.restart();
      },
      signal: never,
    });
    await restarted;
    expect(result).toMatchObject({ ok: true, value: { accepted: 21, failed: 0, problem: null } });
    await expectAllAt(url, [tablet]);
  });

  test("for good is given up after the last pause; everything stays for the next run", async () => {
    const url = await emptyDatabase(office.server);
    const tablet = await tabletWith([...small(10), 8 * MIB]);
    const station = await staged(tablet);
    const line = await wireTo(url);
    const centre = centreAt(line.url);
    line.whenSent(3 * MIB, () => line.close());
    const { result } = await upload(station, centre);
    expect(result).toMatchObject({
      ok: true,
      value: { problem: { type: "unreachable", code: "ECONNREFUSED" } },
    });
    if (!result.ok) return;
    expect(result.value.failed).toBe(11 - result.value.accepted);
    const before = await upload(station, centre);
    expect(before.result).toEqual({ ok: false, error: { type: "unreachable", code: "ECONNREFUSED" } });
    const after = await upload(station, centreAt(url));
    expect(after.result).toMatchObject({
      ok: true,
      value: { accepted: 11 - result.value.accepted, failed: 0 },
    });
    await expectAllAt(url, [tablet]);
  });

  test("to answer is left at once when the operator stops, also in a pause", async () => {
    const url = await emptyDatabase(office.server);
    const station = await staged(await tabletWith([...small(5), 12 * MIB]));
    const line = await wireTo(url);
    const stop = new AbortController();
    line.whenSent(4 * MIB, () => {
      line.hold("from-server");
      stop.abort();
    });
    const stopped = await upload(station, centreAt(line.url), stop.signal);
    expect(stopped.result).toMatchObject({ ok: true, value: { problem: { type: "cancelled" } } });
    await line.close();

    const later = new AbortController();
    const paused = upload(station, centreAt(line.url), later.signal, [3_600_000]);
    setImmediate(() => later.abort());
    expect((await paused).result).toEqual({ ok: false, error: { type: "cancelled" } });
  });
});

/** Runs an upload in a process of its own. `watch` sees each step and may kill it. */
async function inAnotherProcess(
  folder: string,
  url: string,
  watch: (step: string, kill: () => void) => void,
): Promise<{ readonly code: number | null; readonly last: string }> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "upload-process.ts"), folder, office.campaignFolder, url],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let last = "";
  for await (const step of createInterface({ input: child.stdout })) {
    last = step;
    watch(step, () => child.kill("SIGKILL"));
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return { code: child.exitCode, last };
}

describe("a workstation that loses its power", () => {
  const runs = Number(process.env.SANAQ_KILLS ?? 40);
  test(
    `(${runs} times, at any moment of an upload) loses nothing and sends nothing twice; the next run finishes`,
    async () => {
      const tablets = [
        await tabletWith([...small(25), 9 * MIB + 1]),
        await tabletWith([...small(10), 2 * MIB]),
      ];
      const template = await staged(...tablets);
      await template.close();
      let killed = 0;
      while (killed < runs) {
        const url = await emptyDatabase(office.server);
        const folder = office.path(`killed-${killed}`);
        await cp(template.folder, folder, { recursive: true });
        for (let finished = false; !finished; ) {
          let steps = 1 + Math.floor(Math.random() * 12);
          const end = await inAnotherProcess(folder, url, (_, kill) => {
            if (--steps === 0 && killed < runs) kill();
          });
          finished = end.code === 0;
          if (!finished) killed++;
        }
        await expectAllAt(url, tablets);
        const station = await stationAt(folder);
        const lines = [...station.store.reconcile(null)];
        expect(lines.map((line) => [line.centre, line.verdict])).toEqual(
          Array(37).fill(["accepted", "safe"]),
        );
        const uploaded = [...station.store.audit()].filter((line) => line.type === "uploaded");
        expect(new Set(uploaded.map((line) => `${line.data.chain}-${line.data.seq}`)).size).toBe(37);
        expect(uploaded.map((line) => line.data.answer)).toEqual(Array(37).fill("accepted"));
        await station.close();
        await rm(folder, { recursive: true, force: true });
      }
      expect(killed).toBe(runs);
    },
    60_000 + runs * 5_000,
  );
});

describe("memory", () => {
  test("does not grow with the body: 192 MiB take no more than 16 MiB do", async () => {
    const url = await emptyDatabase(office.server);
    const peak = async (bodyBytes: number): Promise<number> => {
      const station = await staged(await tabletWith([bodyBytes]));
      await station.close();
      const { code, last } = await inAnotherProcess(station.folder, url, () => {});
      expect(code).toBe(0);
      return Number(last.split(" ").at(-1));
    };
    const little = await peak(16 * MIB);
    expect((await peak(192 * MIB)) - little).toBeLessThan(64 * 1024);
  }, 120_000);
});
