import { beforeAll, describe, expect, test, vi } from "vitest";
import { type AckWish, acknowledgeAll } from "../../fixtures/acknowledge.ts";
import { TestCampaign } from "../../fixtures/campaign.ts";
import type { TabletBuilder } from "../../fixtures/outbox.ts";
import type { Centre, StagedRow } from "../../main/engine/ports.ts";
import { err } from "../../shared/result.ts";
import { methodsOf } from "./flapping.ts";
import { openOffice } from "./office-centre.ts";
import { ask } from "./postgres.ts";
import type { Station } from "./station.ts";

/** The centre signs for what it has; the station that sent it fetches the signature, judges it and keeps it. */

vi.setConfig({ testTimeout: 120_000 });

const never = new AbortController().signal;
const office = openOffice();
const { centreAt, staged } = office;
let stranger: TestCampaign;
beforeAll(async () => {
  stranger = await TestCampaign.create({ seed: "stranger" });
});

const tabletOf = (count: number): Promise<TabletBuilder> =>
  office.tabletWith(Array.from({ length: count }, (_, at) => 900 + at));

/** A centre with a role for a station. */
async function centre(): Promise<{ readonly owner: string; readonly url: string }> {
  const owner = await office.emptyCentre();
  return { owner, url: await office.asStation(owner) };
}

async function send(station: Station, url: string, at = centreAt(url)) {
  const sent = await station.engine.upload(at, () => {}, never);
  if (!sent.ok) throw new Error(sent.error.type);
  const { accepted, alreadyThere, acks, acksRefused, failed, problem } = sent.value;
  return { accepted, alreadyThere, acks, acksRefused, failed, problem };
}

const nothing = { accepted: 0, alreadyThere: 0, acks: 0, acksRefused: 0, failed: 0, problem: null };
const rowsOf = (tablet: TabletBuilder) =>
  tablet.batches.map(
    ({ chain, seq, digest }) =>
      ({ device: tablet.device, chain, seq, manifest: digest }) as unknown as StagedRow,
  );
const held = (station: Station, tablet: TabletBuilder): readonly number[] =>
  rowsOf(tablet)
    .filter((row) => station.store.centre.ackOf(row) !== null)
    .map((row) => row.seq);
const lines = (station: Station) =>
  [...station.store.audit()].filter((line) => line.type === "acks-fetched").map((line) => line.data);

describe("an acknowledgement", () => {
  test("that the centre has signed since is fetched at the next sending, kept, and not asked for again", async () => {
    const { owner, url } = await centre();
    const tablet = await tabletOf(5);
    const station = await staged(tablet);
    expect(await send(station, url)).toEqual({ ...nothing, accepted: 5 });
    expect(held(station, tablet)).toEqual([]);
    expect(await acknowledgeAll(owner, office.campaign, (seq) => (seq <= 3 ? {} : null))).toBe(3);
    expect(await send(station, url)).toEqual({ ...nothing, acks: 3 });
    expect(held(station, tablet)).toEqual([1, 2, 3]);
    expect(lines(station)).toEqual([{ kept: 3, refused: 0 }]);

    await acknowledgeAll(owner, office.campaign);
    expect(await send(station, url)).toEqual({ ...nothing, acks: 2 });
    expect(await send(station, url)).toEqual(nothing);
    expect(held(station, tablet)).toEqual([1, 2, 3, 4, 5]);
    const atCentre = await ask<{ cose: Buffer }>(owner, "SELECT cose FROM acks ORDER BY seq");
    for (const [at, row] of rowsOf(tablet).entries())
      expect(atCentre[at]?.cose.equals(station.store.centre.ackOf(row) ?? Buffer.alloc(0))).toBe(true);
    expect([...station.store.reconcile(null)].map((line) => line.verdict)).toEqual(Array(5).fill("safe"));
  });

  test("for what another station brought is given to whoever holds the batch too", async () => {
    const { owner, url } = await centre();
    const tablet = await tabletOf(4);
    await send(await staged(tablet), url);
    await acknowledgeAll(owner, office.campaign);
    const second = await staged(tablet);
    expect(await send(second, url)).toEqual({ ...nothing, alreadyThere: 4, acks: 4 });
    expect(held(second, tablet)).toEqual([1, 2, 3, 4]);
  });

  test("that is not good is refused, counted and written down; the good ones beside it are kept", async () => {
    const { owner, url } = await centre();
    const tablet = await tabletOf(9);
    const station = await staged(tablet);
    await send(station, url);
    const strange = await stranger.centre();
    const bad: Readonly<Record<number, AckWish>> = {
      1: { signer: tablet.leaf },
      2: { signer: strange },
      3: { change: (payload) => ({ ...payload, seq: 4 }) },
      4: { change: (payload) => ({ ...payload, manifest: Buffer.alloc(32) }) },
      5: { change: (payload) => ({ ...payload, campaign: "kz-2031" }) },
      6: { tamper: { signature: (right) => right.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) } },
      7: { bytes: Buffer.from("not an acknowledgement") },
      8: { change: (payload) => ({ ...payload, extra: 1 }) },
    };
    await acknowledgeAll(owner, office.campaign, (seq) => bad[seq] ?? {});
    expect(await send(station, url)).toEqual({ ...nothing, acks: 1, acksRefused: 8 });
    expect(held(station, tablet)).toEqual([9]);
    expect(lines(station)).toEqual([{ kept: 1, refused: 8 }]);
    expect(await send(station, url)).toEqual({ ...nothing, acksRefused: 8 });
  });

  test("for a batch nobody asked about is not kept", async () => {
    const { url } = await centre();
    const [tablet, other] = [await tabletOf(2), await tabletOf(2)];
    const station = await staged(tablet);
    const foreign = await staged(other);
    const real = centreAt(url);
    await send(foreign, url);
    await send(station, url);
    const lying: Centre = {
      ...methodsOf(real),
      acks: async () => ({
        ok: true,
        value: rowsOf(other).map((row) => ({ ...row, cose: Buffer.from("x") })),
      }),
    };
    expect(await send(station, url, lying)).toEqual({ ...nothing, acksRefused: 2 });
    expect(held(station, other)).toEqual([]);
  });

  test("that cannot be fetched now is told as a failure, loses nothing, and comes the next time", async () => {
    const { owner, url } = await centre();
    const tablet = await tabletOf(300);
    const station = await staged(tablet);
    await send(station, url);
    await acknowledgeAll(owner, office.campaign);
    const real = centreAt(url);
    let asked = 0;
    const breaking: Centre = {
      ...methodsOf(real),
      acks: (...args) =>
        asked++ === 0
          ? real.acks(...args)
          : Promise.resolve(err({ type: "unreachable", code: "ECONNRESET" })),
    };
    expect(await send(station, url, breaking)).toEqual({
      ...nothing,
      acks: 256,
      problem: { type: "unreachable", code: "ECONNRESET" },
    });
    expect(await send(station, url)).toEqual({ ...nothing, acks: 44 });
    expect(held(station, tablet)).toHaveLength(300);
  });
});
