import { describe, expect, it } from "vitest";
import { DEFAULT_SCENE, makeDesk } from "../../fixtures/windows/desk.ts";
import { Snapshots } from "../../main/desk/snapshots.ts";
import type { Snapshot } from "../../shared/ipc/views.ts";
import { HeldClock } from "./held-clock.ts";

/** What windows are told, and how often. */

async function telling() {
  const clock = new HeldClock();
  const whole = await makeDesk(DEFAULT_SCENE).call("snapshot", null);
  if (!whole.ok) throw new Error("no snapshot");
  const { revision: _, ...rest } = whole.value;
  const snapshots = new Snapshots(() => rest, clock);
  const got: { readonly at: number; readonly revision: number }[] = [];
  const take = (snapshot: Snapshot) => got.push({ at: clock.now().getTime(), revision: snapshot.revision });
  return { clock, snapshots, got, take };
}

describe("snapshots", () => {
  it("begin with the one that stands, for an early and for a late listener", async () => {
    const { snapshots, got, take } = await telling();
    snapshots.subscribe(take);
    snapshots.subscribe(take);
    expect(got.map((one) => one.revision)).toEqual([1, 1]);
  });

  it("come at most five times a second, however much changes, and the last change is never left out", async () => {
    const { clock, snapshots, got, take } = await telling();
    snapshots.subscribe(take);
    for (let at = 0; at < 3_000; at++) {
      snapshots.changed();
      clock.pass(1);
    }
    clock.pass(1_000);
    expect(got.length).toBeLessThanOrEqual(17);
    expect(got.length).toBeGreaterThanOrEqual(15);
    for (const [at, one] of got.entries()) {
      const before = got[at - 1];
      if (before === undefined) continue;
      expect(one.at - before.at).toBeGreaterThanOrEqual(200);
      expect(one.revision).toBeGreaterThan(before.revision);
    }
    const told = got.length;
    clock.pass(10_000);
    expect(got).toHaveLength(told);
  });

  it("come at once where nothing was said for a while", async () => {
    const { clock, snapshots, got, take } = await telling();
    snapshots.subscribe(take);
    clock.pass(5_000);
    snapshots.changed();
    clock.pass(0);
    expect(got).toHaveLength(2);
  });

  it("are the newest for a late listener, though the others wait for theirs", async () => {
    const { clock, snapshots, got, take } = await telling();
    snapshots.subscribe(take);
    snapshots.changed();
    const late: number[] = [];
    snapshots.subscribe((snapshot) => late.push(snapshot.revision));
    expect(late).toEqual([2]);
    clock.pass(200);
    expect(got.at(-1)?.revision).toBe(2);
  });

  it("go to nobody who has stopped to listen", async () => {
    const { clock, snapshots, got, take } = await telling();
    snapshots.subscribe(take)();
    snapshots.changed();
    clock.pass(1_000);
    expect(got).toHaveLength(1);
    expect(snapshots.current().revision).toBe(2);
  });

  it("wait no longer because the computer's clock was set back", async () => {
    const { clock, snapshots, got, take } = await telling();
    snapshots.subscribe(take);
    clock.set("2020-01-01T00:00:00Z");
    snapshots.changed();
    clock.pass(200);
    expect(got).toHaveLength(2);
  });
});
