import { describe, expect, it, vi } from "vitest";
import { DEFAULT_SCENE, makeDesk } from "../../fixtures/windows/desk.ts";
import { EngineProcess, type Started } from "../../main/app/engine-process.ts";
import type { ToEngine } from "../../main/app/wire.ts";
import type { Snapshot } from "../../shared/ipc/views.ts";

/** What the windows are told while the engine's process comes, goes and misbehaves. */

let firstSnapshot: Snapshot | undefined;
makeDesk(DEFAULT_SCENE).subscribe((snapshot) => {
  firstSnapshot = snapshot;
});

/** A process whose other end is the test. */
class Puppet implements Started {
  readonly heard: ToEngine[] = [];
  isKilled = false;
  #take: (message: unknown) => void = () => {};
  #exit: () => void = () => {};

  post(message: ToEngine): void {
    this.heard.push(message);
  }
  onMessage(take: (message: unknown) => void): void {
    this.#take = take;
  }
  onExit(take: () => void): void {
    this.#exit = take;
  }
  kill(): void {
    this.isKilled = true;
  }
  says(message: unknown): void {
    this.#take(message);
  }
  dies(): void {
    this.#exit();
  }
  opens(): void {
    this.says({ type: "opened" });
    this.says({ type: "snapshot", snapshot: firstSnapshot });
  }
}

function stage(host: (call: string) => Promise<unknown> = async () => null) {
  const puppets: Puppet[] = [];
  const timers: { readonly milliseconds: number; readonly work: () => void }[] = [];
  const troubles: string[] = [];
  const engine = new EngineProcess({
    start: () => {
      const puppet = new Puppet();
      puppets.push(puppet);
      return puppet;
    },
    storeFolder: "/store",
    version: "1",
    host,
    onNotOpened: (problem) => troubles.push(problem),
    after: (milliseconds, work) => {
      const timer = { milliseconds, work };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  });
  engine.start();
  const shown: Snapshot[] = [];
  engine.subscribe((snapshot) => void shown.push(snapshot));
  const puppet = (at = puppets.length - 1): Puppet => {
    const one = puppets[at];
    if (one === undefined) throw new Error("no such process");
    return one;
  };
  /** The newest timer runs out. Value: how long it was. */
  const wait = (): number => {
    const timer = timers.pop();
    if (timer === undefined) throw new Error("nothing waits");
    timer.work();
    return timer.milliseconds;
  };
  return { engine, puppets, puppet, shown, wait, troubles };
}

describe("the engine's process", () => {
  it("is told to open the store, and its snapshots reach the windows in rising numbers", () => {
    const { puppet, shown } = stage();
    expect(puppet().heard).toEqual([{ type: "open", storeFolder: "/store", version: "1" }]);
    puppet().opens();
    puppet().says({ type: "snapshot", snapshot: firstSnapshot });
    expect(shown.map(({ engine }) => engine)).toEqual(Array(2).fill({ state: "running", restarts: 0 }));
    expect(shown[1]?.revision).toBeGreaterThan(shown[0]?.revision ?? 0);
  });

  it("dies: the windows are told, who waits is answered, and it is started again", async () => {
    const { engine, puppet, puppets, shown, wait } = stage();
    puppet().opens();
    const waiting = engine.call("today", null);
    puppet().dies();
    expect(await waiting).toEqual({ ok: false, error: { type: "engine-down", values: {} } });
    expect(await engine.call("lock", null)).toMatchObject({ error: { type: "engine-down" } });
    expect(shown.at(-1)?.engine).toEqual({ state: "down", restarts: 0 });
    wait();
    expect(puppets).toHaveLength(2);
    puppet().opens();
    expect(shown.at(-1)?.engine).toEqual({ state: "running", restarts: 1 });
  });

  it("that keeps dying is started ever more slowly", () => {
    const { puppet, wait } = stage();
    const pauses = Array.from({ length: 6 }, () => {
      puppet().dies();
      return wait();
    });
    expect(pauses).toEqual([200, 1_000, 3_000, 10_000, 30_000, 30_000]);
  });

  it("is ended when it says what no engine says", () => {
    const { puppet } = stage();
    puppet().opens();
    puppet().says({ type: "answer", id: 0, answer: "yes" });
    expect(puppet().isKilled).toBe(true);
  });

  it("that died gives nothing to the next one: an answer of a dialog goes to whom it was asked by", async () => {
    const dialog = Promise.withResolvers<unknown>();
    const { puppet, wait } = stage(() => dialog.promise);
    puppet().opens();
    puppet().says({ type: "host", id: 0, call: "chooseFile", args: ["certificate"] });
    puppet().dies();
    wait();
    puppet().opens();
    dialog.resolve({ path: "/a.pem", name: "a.pem" });
    await dialog.promise;
    await Promise.resolve();
    expect(puppet(0).heard.some(({ type }) => type === "host-answer")).toBe(false);
    expect(puppet(1).heard.some(({ type }) => type === "host-answer")).toBe(false);
  });

  it("whose question cannot be answered begins anew, and does not wait for ever", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => {});
    const { puppet } = stage(async () => {
      throw new Error("no window");
    });
    puppet().opens();
    puppet().says({ type: "host", id: 0, call: "chooseFolder", args: ["outbox"] });
    await vi.waitFor(() => expect(puppet().isKilled).toBe(true));
    expect(said).toHaveBeenCalledOnce();
    said.mockRestore();
  });

  it("whose store cannot be opened is told of, and not started again", () => {
    const { puppet, puppets, troubles } = stage();
    puppet().says({ type: "not-opened", problem: "owned", values: { holder: "here, 1" } });
    expect(troubles).toEqual(["owned"]);
    expect(puppets).toHaveLength(1);
  });

  it("closes its store once before the end, however often it is asked", async () => {
    const { engine, puppet } = stage();
    puppet().opens();
    const ends = [engine.close(10_000), engine.close(10_000)];
    expect(puppet().heard.filter(({ type }) => type === "close")).toHaveLength(1);
    puppet().says({ type: "closed" });
    await Promise.all(ends);
    expect(puppet().isKilled).toBe(true);
  });

  it("that does not come to an end is ended after a while", async () => {
    const { engine, puppet, wait } = stage();
    puppet().opens();
    const end = engine.close(10_000);
    expect(wait()).toBe(10_000);
    await end;
    expect(puppet().isKilled).toBe(true);
  });
});
