import { randomBytes } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { acknowledgeAll } from "../../fixtures/acknowledge.ts";
import type { TabletBuilder } from "../../fixtures/outbox.ts";
import type { SqliteStore } from "../../main/adapters/store/store.ts";
import type { Centre } from "../../main/engine/ports.ts";
import { sendToCentre } from "../../main/engine/send.ts";
import { trustOf } from "../../main/engine/trust.ts";
import { parseSign1 } from "../../main/formats/cose.ts";
import { err } from "../../shared/result.ts";
import { run } from "./command-line.ts";
import { must } from "./desk.ts";
import { methodsOf } from "./flapping.ts";
import { openOffice } from "./office-centre.ts";
import { ask } from "./postgres.ts";
import { contentOf, type Station, TODAY } from "./station.ts";

/** A centre that was put back to an older backup has lost batches that stations were told are there. None stays lost. */

vi.setConfig({ testTimeout: 180_000 });

const never = new AbortController().signal;
const office = openOffice();
const { centreAt, staged, tabletWith } = office;

/** Copies the database as it is now, as a backup that is restored later. Value: its URL. */
async function backedUp(url: string): Promise<string> {
  const name = `b_${randomBytes(6).toString("hex")}`;
  const [database] = [new URL(url).pathname.slice(1)];
  const server = new URL(url);
  server.pathname = "/postgres";
  await ask(server.href, `CREATE DATABASE ${name} TEMPLATE ${database}`);
  const copy = new URL(url);
  copy.pathname = `/${name}`;
  return copy.href;
}

/** Gives the station a key and a certificate, held open as in the windows, so that its heads are signed. */
async function withKey(station: Station): Promise<Station> {
  const { request } = must(await station.engine.init(""));
  must(await station.engine.takeStationCertificate(await office.campaign.stationCertificate(request)));
  must(station.engine.openKey(""));
  return station;
}

async function send(
  station: Station,
  url: string,
  options: { again?: boolean } = {},
  wrap = (c: Centre) => c,
) {
  const centre = centreAt(url);
  const sent = must(
    await station.engine.upload(wrap(centre), () => {}, never, { pauses: [20, 20], ...options }),
  );
  await centre.close();
  // The session ends: its head is signed, to be left at the centre with the next sending.
  must(station.engine.endSession());
  return sent;
}

const atCentre = async (url: string): Promise<readonly string[]> =>
  (
    await ask<{ manifest: string; bytes: number }>(
      url,
      `SELECT encode(b.manifest, 'hex') AS manifest, (SELECT sum(length(c.body))::int FROM unnest(b.chunks) w (digest)
         JOIN chunks c ON c.device = b.device AND c.digest = w.digest) AS bytes
       FROM batches b ORDER BY b.device, b.seq`,
    )
  ).map((row) => `${row.manifest} ${row.bytes}`);

const wholeOf = (...tablets: readonly TabletBuilder[]): readonly string[] =>
  [...tablets]
    .sort((a, b) => (a.device < b.device ? -1 : 1))
    .flatMap((tablet) => tablet.batches.map((one) => `${one.digest} ${one.body?.length ?? 0}`));

/** What the windows say is waiting for the centre. */
const queueOf = (station: Station) => (station.store as SqliteStore).desk.queue;

const answers = (station: Station, tablet: TabletBuilder): readonly (string | null)[] =>
  station.store
    .known(tablet.device as never)
    .toSorted((a, b) => a.seq - b.seq)
    .map((row) => row.centre);

describe("a centre put back to an older backup", () => {
  test("is noticed at the next sending, and has everything again after it, while no answer and no acknowledgement is unsaid here", async () => {
    const url = await office.emptyCentre();
    const [first, second] = [await tabletWith([900, 901, 902]), await tabletWith([1_000, 1_001])];
    const station = await withKey(await staged(first));
    expect(await send(station, url)).toMatchObject({ accepted: 3, forgotten: false });
    expect(await send(station, url)).toMatchObject({ accepted: 0, forgotten: false });
    const old = await backedUp(url);

    await station.unload([second], office.path());
    expect(await send(station, url)).toMatchObject({ accepted: 2, forgotten: false });
    await acknowledgeAll(url, office.campaign);
    expect(await send(station, url)).toMatchObject({ acks: 5, forgotten: false });
    expect(await atCentre(old)).toEqual(wholeOf(first));

    expect(await send(station, old)).toMatchObject({ forgotten: true, failed: 0, problem: null });
    expect(await atCentre(old)).toEqual(wholeOf(first, second));
    expect(answers(station, first)).toEqual(Array(3).fill("accepted"));
    expect([...station.store.reconcile(null)].map((line) => line.verdict)).toEqual(Array(5).fill("safe"));
    expect(await send(station, old)).toMatchObject({ accepted: 0, forgotten: false, bytes: 0 });
  });

  test("that goes away in the middle of it is offered the rest the next time, and only then is it forgotten no more", async () => {
    const url = await office.emptyCentre();
    const tablet = await tabletWith(Array.from({ length: 12 }, (_, at) => 900 + at));
    const station = await withKey(await staged(await tabletWith([800])));
    await send(station, url);
    await send(station, url);
    const old = await backedUp(url);
    await station.unload([tablet], office.path());
    await send(station, url);
    await send(station, url);
    let taken = 0;
    const leaving = (centre: Centre): Centre => ({
      ...methodsOf(centre),
      upload: (...args) =>
        ++taken > 6
          ? Promise.resolve(err({ type: "unreachable", code: "ECONNRESET" }))
          : centre.upload(...args),
    });
    expect(await send(station, old, {}, leaving)).toMatchObject({
      forgotten: true,
      problem: { type: "unreachable" },
    });
    expect(await send(station, old)).toMatchObject({ forgotten: true, failed: 0, problem: null });
    expect((await atCentre(old)).length).toBe(13);
    expect(await send(station, old)).toMatchObject({ forgotten: false });
  });

  test("is noticed by a station that never had a key to leave heads with, even when it has new batches to send first", async () => {
    const url = await office.emptyCentre();
    const [first, lost, more] = [
      await tabletWith([900, 901]),
      await tabletWith([1_100_000, 903]),
      await tabletWith(Array.from({ length: 12 }, (_, at) => 500 + at)),
    ];
    const station = await staged(first);
    expect(await send(station, url)).toMatchObject({ accepted: 2 });
    const old = await backedUp(url);
    await station.unload([lost], office.path());
    expect(await send(station, url)).toMatchObject({ accepted: 2, forgotten: false });
    // Nothing new: it is asked, nothing is sent.
    expect(await send(station, url)).toMatchObject({ accepted: 0, bytes: 0, forgotten: false });
    await station.unload([more], office.path());
    expect(await send(station, old)).toMatchObject({
      accepted: 16,
      forgotten: true,
      failed: 0,
      problem: null,
    });
    expect(await atCentre(old)).toEqual(wholeOf(first, lost, more));
    expect(await send(station, old)).toMatchObject({ accepted: 0, bytes: 0, forgotten: false });
  });

  test("is noticed where the lost batches came after the last head that was left there", async () => {
    const url = await office.emptyCentre();
    const [first, lost] = [await tabletWith([900]), await tabletWith([901])];
    const station = await withKey(await staged(first));
    await send(station, url);
    await send(station, url);
    const old = await backedUp(url);
    await station.unload([lost], office.path());
    // The key is not open any more: no head of this session is signed, and none follows to the centre.
    station.close();
    const keyless = await run(station.folder, ["upload", "--to", url]);
    expect(keyless).toMatchObject({ exit: 0, json: { accepted: 1 } });
    const noticed = await run(station.folder, ["upload", "--to", old]);
    expect(noticed).toMatchObject({ exit: 0, json: { forgotten: true, failed: 0 } });
    expect(await atCentre(old)).toEqual(wholeOf(first, lost));
  });

  describe("and has lost three of seventeen", () => {
    /** A station that sent two batches, then three that the centre's backup does not have, and has twelve more. */
    async function laid(prepare: (station: Station) => Promise<Station>) {
      const url = await office.emptyCentre();
      const [first, lost, more] = [
        await tabletWith([900, 901]),
        await tabletWith([902, 903, 904]),
        await tabletWith(Array.from({ length: 12 }, (_, at) => 500 + at)),
      ];
      const station = await prepare(await staged(first));
      await send(station, url);
      await send(station, url);
      const old = await backedUp(url);
      await station.unload([lost], office.path());
      await send(station, url);
      await send(station, url);
      return { url, old, station, lost, more, all: wholeOf(first, lost, more) };
    }
    const keyless = async (station: Station) => station;

    test("is offered them until it has them, also where one could not be read at first and newer ones went", async () => {
      const { old, station, lost, more, all } = await laid(keyless);
      await station.unload([more], office.path());
      const unread = (centre: Centre): Centre => ({
        ...methodsOf(centre),
        upload: (batch, ...args) =>
          batch.device === lost.device && batch.seq === 2
            ? Promise.resolve(err({ type: "disk", code: "EIO", path: "body" }))
            : centre.upload(batch, ...args),
      });
      expect(await send(station, old, {}, unread)).toMatchObject({ forgotten: true, failed: 1 });
      expect(await atCentre(old)).toHaveLength(16);
      expect(await send(station, old)).toMatchObject({ forgotten: true, failed: 0, problem: null });
      expect(await atCentre(old)).toEqual(all);
      expect(await send(station, old)).toMatchObject({ forgotten: false, bytes: 0 });
    });

    test("is noticed behind many batches that others had brought already", async () => {
      const { url, old, station, more, all } = await laid(keyless);
      await send(await staged(more), url);
      await station.unload([more], office.path());
      expect(await send(station, url)).toMatchObject({ alreadyThere: 12 });
      expect(await send(station, old)).toMatchObject({ forgotten: true, failed: 0, problem: null });
      expect(await atCentre(old)).toEqual(all);
    });

    test("is offered them until it has them, also where they waited for a revocation list", async () => {
      const { old, station, lost, more, all } = await laid(withKey);
      await station.unload([more], office.path());
      const late = new Set(lost.batches.map(({ digest }) => digest));
      const centre = centreAt(old);
      const waiting = must(
        await sendToCentre({
          store: station.store,
          centre,
          trust: must(trustOf(station.store, TODAY)),
          clearance: (cose) => {
            const object = parseSign1(cose, "manifest");
            return object.ok && late.has(object.value.digest) ? "wait" : "send";
          },
          contentOf,
          onProgress: () => {},
          signal: never,
        }),
      );
      expect(waiting).toMatchObject({ forgotten: true, waitingForCrl: 3, failed: 0 });
      // Until the centre has answered anew, nobody says that it has them.
      const verdicts = () => [...station.store.reconcile(lost.device as never)].map((line) => line.verdict);
      expect(verdicts()).toEqual(Array(3).fill("to-upload"));
      expect(answers(station, lost)).toEqual(Array(3).fill(null));
      expect(queueOf(station).counts().batches).toBe(3);
      expect(queueOf(station).rows("waiting", 0, 10).rows).toHaveLength(3);
      expect(await send(station, old)).toMatchObject({ forgotten: true, waitingForCrl: 0, failed: 0 });
      expect(await atCentre(old)).toEqual(all);
      expect(verdicts()).toEqual(Array(3).fill("safe"));
      expect(queueOf(station).counts()).toMatchObject({ batches: 0, bytes: 0 });
      expect(await send(station, old)).toMatchObject({ forgotten: false, bytes: 0 });
    });
  });

  test("and holds another batch in a lost one's place now: that is a conflict, and not said to be safe", async () => {
    const url = await office.emptyCentre();
    const mine = await tabletWith([900]);
    const theirs = mine.copy(1);
    await mine.add({ bodyBytes: 901 });
    await theirs.add({ bodyBytes: 902 });
    const old = await backedUp(url);
    const station = await staged(mine);
    expect(await send(station, url)).toMatchObject({ accepted: 2 });
    await send(await staged(theirs), old);
    expect(await send(station, old)).toMatchObject({ forgotten: true, conflicts: 1, failed: 0 });
    expect(answers(station, mine)).toEqual(["accepted", "conflict"]);
    expect(await send(station, old)).toMatchObject({ forgotten: false, conflicts: 0 });
  });

  test("is sent everything again by hand as well", async () => {
    const url = await office.emptyCentre();
    const tablet = await tabletWith([900, 901]);
    const station = await staged();
    const old = await backedUp(url);
    await station.unload([tablet], office.path());
    await send(station, url);
    station.close();
    const again = await run(station.folder, ["upload", "--to", old, "--again"]);
    expect(again).toMatchObject({ exit: 0, json: { accepted: 2, failed: 0, forgotten: false } });
    expect(await atCentre(old)).toEqual(wholeOf(tablet));
  });

  test("does not make a batch `lost-in-vpn` that it had by itself before", async () => {
    const url = await office.emptyCentre();
    const tablet = await tabletWith([900]);
    await tablet.mark(1, "sent");
    const old = await backedUp(url);
    await send(await staged(tablet), url);
    const station = await staged(tablet);
    expect(await send(station, url)).toMatchObject({ alreadyThere: 1 });
    expect(await send(station, old, { again: true })).toMatchObject({ accepted: 1 });
    expect([...station.store.reconcile(null)].map((line) => line.verdict)).toEqual(["safe"]);
  });
});

test("a batch that was lost in the VPN is safe as soon as its acknowledgement is held here", async () => {
  const url = await office.emptyCentre();
  const tablet = await tabletWith([900, 901]);
  await tablet.mark(1, "sent");
  const station = await staged(tablet);
  await send(station, url);
  const verdicts = () => [...station.store.reconcile(null)].map((line) => line.verdict);
  expect(verdicts()).toEqual(["lost-in-vpn", "safe"]);
  await acknowledgeAll(url, office.campaign);
  await send(station, url);
  expect(verdicts()).toEqual(["safe", "safe"]);
});

describe("a centre that takes the same piece again and again and never answers for the batch", () => {
  test("is given up after the tries: a piece that was sent before is no progress", async () => {
    const url = await office.emptyCentre();
    const station = await staged(await tabletWith([900]));
    let sent = 0;
    const stuck = (centre: Centre): Centre => ({
      ...methodsOf(centre),
      upload: async (batch, onBytes) => {
        sent++;
        onBytes(batch.length);
        return err({ type: "busy", code: "55P03" });
      },
    });
    expect(await send(station, url, {}, stuck)).toMatchObject({ accepted: 0, problem: { type: "busy" } });
    expect(sent).toBeLessThanOrEqual(4);
  });
});
