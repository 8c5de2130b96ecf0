import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { Office } from "./office.ts";
import { ask, emptyDatabase, type Wire, wireTo } from "./postgres.ts";

/** An operator at the queue: sending onward to a real PostgreSQL, over a line that can be cut. */

let server: PostgresServer;
let office: Office | null = null;
let wire: Wire | null = null;

beforeAll(async () => {
  server = await startPostgres();
}, 120_000);
afterAll(async () => {
  await server.stop();
});
afterEach(async () => {
  await office?.[Symbol.asyncDispose]();
  await wire?.close();
  office = null;
  wire = null;
});

/** An office with `count` staged batches and nothing sent. */
async function stocked(count: number, bodyBytes = 2_000): Promise<Office> {
  const made = await Office.ready();
  office = made;
  const { builder } = await made.tablet("0417", (one) => one.addMany(count, { bodyBytes }));
  await made.loadCampaign();
  made.host.choose("outbox", await builder.write(made.path("outbox")));
  await made.call("unloadFolder", null);
  await made.card("all staged", (card) => card.state === "safe");
  return made;
}

const counted = async (url: string): Promise<number> => {
  const [row] = await ask<{ n: string }>(url, "SELECT count(*) AS n FROM batches");
  return Number(row?.n ?? 0);
};

describe("sending onward", () => {
  it("begins when the operator says so, shows how far it is, and goes on with what is staged later", async () => {
    const url = await emptyDatabase(server);
    const here = await stocked(5);
    expect((await here.snapshot()).send).toMatchObject({ state: "idle", waitingBatches: 5 });
    expect((await here.snapshot()).centre.state).toBe("unset");
    expect(await here.refusal("startSending", null)).toBe("no-centre");
    await here.call("setCentre", { url });
    const { total, rows } = await here.call("queue", { list: "waiting", offset: 0, limit: 3 });
    expect(total).toBe(5);
    expect(rows.map((row) => [row.name, row.bytes])).toEqual(
      Array.from({ length: 3 }, () => ["0417", 2_000]),
    );
    const rest = await here.call("queue", { list: "waiting", offset: 3, limit: 3 });
    expect([...rows, ...rest.rows].map((row) => row.seq).sort()).toEqual([1, 2, 3, 4, 5]);
    await here.call("startSending", null);
    const { send, centre } = await here.until(
      "all is sent",
      ({ send: now }) => now.waitingBatches === 0 && now.state === "idle",
    );
    expect(send).toMatchObject({
      doneBatches: 5,
      totalBatches: 5,
      doneBytes: 10_000,
      failure: null,
      tries: 0,
    });
    expect(send.lastFinished).not.toBeNull();
    expect(centre).toMatchObject({ state: "reachable", code: null });
    expect(await counted(url)).toBe(5);

    const { tablet } = await here.tablet("0500", 2);
    await here.loadCampaign();
    here.cable.plug(tablet);
    await here.until(
      "the rest is sent by itself",
      ({ send: now, unload }) =>
        unload.today.tablets === 2 && now.waitingBatches === 0 && now.state === "idle",
    );
    expect(await counted(url)).toBe(7);
  });

  it("is halted and taken up again, through a restart too", async () => {
    const url = await emptyDatabase(server);
    wire = await wireTo(url);
    const here = await stocked(12, 400_000);
    await here.call("setCentre", { url: wire.url });
    const halted = new Promise<void>((resolve) => wire?.whenSent(1_500_000, resolve));
    await here.call("startSending", null);
    await halted;
    await here.call("pauseSending", null);
    const { send } = await here.until("it is halted", ({ send: now }) => now.state === "paused");
    expect(send.failure).toBeNull();
    expect(send.waitingBatches).toBeGreaterThan(0);
    await here.restart();
    expect((await here.snapshot()).send).toMatchObject({ state: "paused" });
    await here.call("unlock", { person: 1, pin: "314159" });
    await here.call("startSending", null);
    await here.until(
      "all is sent",
      ({ send: now }) => now.waitingBatches === 0 && now.state === "idle",
      60_000,
    );
    expect(await counted(url)).toBe(12);
  });

  it("goes on by itself after the program was ended in the middle", async () => {
    const url = await emptyDatabase(server);
    wire = await wireTo(url);
    const here = await stocked(10, 400_000);
    await here.call("setCentre", { url: wire.url });
    const some = new Promise<void>((resolve) => wire?.whenSent(1_000_000, resolve));
    await here.call("startSending", null);
    await some;
    await here.restart();
    const { session } = await here.until(
      "all is sent",
      ({ send }) => send.waitingBatches === 0 && send.state === "idle",
      60_000,
    );
    expect(session.state).toBe("locked");
    expect(await counted(url)).toBe(10);
  });
});

describe("a centre that cannot be reached", () => {
  it("is said plainly, is tried again by itself, and never keeps a tablet waiting", async () => {
    const url = await emptyDatabase(server);
    wire = await wireTo(url);
    const here = await stocked(4);
    const address = wire.url;
    await wire.close();
    await here.call("setCentre", { url: address });
    await here.call("startSending", null);
    const away = await here.until("it waits", ({ send }) => send.state === "waiting");
    expect(away.centre).toMatchObject({ state: "unreachable", code: "ECONNREFUSED" });
    expect(away.send).toMatchObject({ failure: { type: "unreachable" }, tries: 1, waitingBatches: 4 });
    expect(Date.parse(away.send.nextTryAt ?? "")).toBeGreaterThan(Date.now() - 1_000);
    await here.until("it has tried again", ({ send }) => send.tries >= 2);

    const { tablet } = await here.tablet("0500", 2);
    await here.loadCampaign();
    here.cable.plug(tablet);
    const { send } = await here.until("the tablet is safe", ({ unload: { cards } }) =>
      cards.some((card) => card.name === "0500" && card.state === "safe"),
    );
    expect(send.state).not.toBe("idle");
    expect(JSON.stringify(await here.snapshot())).not.toContain(server.password);

    await here.call("pauseSending", null);
    expect((await here.snapshot()).send).toMatchObject({ state: "paused", nextTryAt: null });
    await here.call("setCentre", { url });
    await here.call("startSending", null);
    await here.until(
      "all is sent",
      (now) => now.send.waitingBatches === 0 && now.centre.state === "reachable",
    );
    expect(await counted(url)).toBe(6);
  });

  it("goes away in the middle and comes back", async () => {
    const url = await emptyDatabase(server);
    wire = await wireTo(url);
    const here = await stocked(10, 400_000);
    await here.call("setCentre", { url: wire.url });
    const some = new Promise<void>((resolve) => wire?.whenSent(1_000_000, resolve));
    await here.call("startSending", null);
    await some;
    wire.cut();
    await here.until("all is sent", ({ send }) => send.waitingBatches === 0 && send.state === "idle", 60_000);
    expect(await counted(url)).toBe(10);
  });

  it("that refuses the password waits for a person, not for a timer", async () => {
    const url = await emptyDatabase(server);
    const here = await stocked(1);
    await here.call("setCentre", { url: url.replace(server.password, "not-the-password") });
    await here.call("startSending", null);
    const { send, centre } = await here.until("it has stopped", (now) => now.send.failure !== null);
    expect(send).toMatchObject({
      state: "idle",
      failure: { type: "refused", values: { code: "28P01" } },
      nextTryAt: null,
    });
    expect(centre.state).toBe("refused");
    expect(JSON.stringify([send, centre])).not.toContain("not-the-password");
  });
});

describe("a conflict", () => {
  it("stands apart from failures, and is not sent again", async () => {
    const url = await emptyDatabase(server);
    const here = await stocked(3);
    const other = await Office.ready();
    try {
      // Another station has sent another content under the second number.
      const { builder } = await other.tablet("0417", async (one) => {
        await one.add({ bodyBytes: 2_000 });
        await one.add({ bodyBytes: 2_001 });
      });
      await other.loadCampaign();
      other.host.choose("outbox", await builder.write(other.path("outbox")));
      await other.call("unloadFolder", null);
      await other.card("all staged", (card) => card.state === "safe");
      await other.call("setCentre", { url });
      await other.call("startSending", null);
      await other.until("all is sent", ({ send }) => send.waitingBatches === 0 && send.state === "idle");
    } finally {
      await other[Symbol.asyncDispose]();
    }
    await here.call("setCentre", { url });
    await here.call("startSending", null);
    const { send } = await here.until(
      "all is answered",
      (now) => now.send.waitingBatches === 0 && now.send.state === "idle",
    );
    expect(send).toMatchObject({ conflicts: 1, failure: null });
    const { total, rows } = await here.call("queue", { list: "conflicts", offset: 0, limit: 10 });
    expect(total).toBe(1);
    expect(rows.map((row) => row.seq)).toEqual([2]);
  });
});

describe("the centre's address", () => {
  it("is shown without its password, which stands nowhere in clear", async () => {
    const url = await emptyDatabase(server);
    const here = await stocked(1);
    await here.call("setCentre", { url });
    const settings = await here.call("settings", null);
    expect(settings.centre).toBe(url.replace(`:${server.password}`, ""));
    await here.stop();
    const store = (await readFile(`${here.store}/store.db`)).toString("latin1");
    const wal = await readFile(`${here.store}/store.db-wal`).catch(() => Buffer.alloc(0));
    expect(store + wal.toString("latin1")).not.toContain(server.password);
    await here.start();
    await here.call("unlock", { person: 1, pin: "314159" });
    await here.call("startSending", null);
    await here.until("it is sent with the sealed password", ({ send }) => send.waitingBatches === 0);
  });

  it("with a password is refused where the machine cannot keep a secret, and without one is kept", async () => {
    office = await Office.ready();
    office.host.keepsSecrets = false;
    expect(await office.refusal("setCentre", { url: "postgres://u:secret@centre.example/census" })).toBe(
      "no-key-store",
    );
    expect(
      await office.refusal("setCentre", { url: "postgres://u@centre.example/census?password=secret" }),
    ).toBe("no-key-store");
    await office.call("setCentre", { url: "postgres://u@centre.example/census" });
    expect((await office.call("settings", null)).centre).toBe("postgres://u@centre.example/census");
    expect(await office.refusal("setCentre", { url: "https://centre.example" })).toBe("bad-address");
    expect(await office.refusal("setCentre", { url: "" })).toBe("bad-address");
  });

  it("that was sealed on another machine is told, and nothing is sent", async () => {
    const url = await emptyDatabase(server);
    const here = await stocked(1);
    await here.call("setCentre", { url });
    here.host.opensSecrets = false;
    await here.call("startSending", null);
    const { send } = await here.until("it has stopped", (now) => now.send.failure !== null);
    expect(send).toMatchObject({
      state: "idle",
      failure: { type: "refused", values: { code: "no-address" } },
    });
  });
});
