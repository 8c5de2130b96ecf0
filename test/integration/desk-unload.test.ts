import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MemoryFolder } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import { words } from "../../renderer/i18n.ts";
import { SNAPSHOT_INTERVAL_MS } from "../../shared/ipc/contract.ts";
import type { Card } from "../../shared/ipc/views.ts";
import { becomeStation, Office, PASSPHRASE, PIN } from "./office.ts";

/** An employee at the table: what the cards say while tablets are plugged in, pulled out and plugged in again. */

const MIB = 1_048_576;
const isSafe = (card: Card): boolean => card.state === "safe";
const states = (cards: readonly Card[]) => cards.map((card) => `${card.slot} ${card.name} ${card.state}`);

describe("a tablet that is plugged in", () => {
  it("is unloaded by itself, and its card ends as safe to unplug", async () => {
    await using office = await Office.ready();
    const { builder, tablet } = await office.tablet("0417", 3);
    await office.loadCampaign();
    office.cable.plug(tablet);
    const card = await office.card("the tablet's safe card", isSafe);
    expect(card).toMatchObject({
      slot: 0,
      device: builder.device,
      name: "0417",
      area: "273600000",
      connected: true,
      batchesDone: 3,
      batchesTotal: 3,
      totals: { staged: 3, quarantined: 0, failed: 0 },
      receipt: false,
      problem: null,
      concerns: [],
    });
    expect(card.ledger).toMatchObject({ no: 1, state: "ok" });
    const { unload } = await office.snapshot();
    expect(unload.today).toMatchObject({ tablets: 1, batches: 3, needYou: 0 });
    expect(await office.call("today", null)).toMatchObject([
      { name: "0417", area: "273600000", calm: true, totals: { staged: 3 } },
    ]);

    office.cable.unplug(tablet);
    const gone = await office.card("the unplugged card", (one) => !one.connected);
    expect(gone).toMatchObject({ slot: 0, state: "safe" });
  });

  it("stays found where the station is not set to begin by itself, until somebody says so", async () => {
    await using office = await Office.ready();
    const { tablet } = await office.tablet("0417", 2);
    await office.loadCampaign();
    await office.call("setOption", { name: "automatic", value: false });
    const id = office.cable.plug(tablet);
    await office.card("the found card", (one) => one.state === "found");
    expect(tablet.served).toEqual([]);
    await office.call("unloadTablet", { id });
    await office.card("the safe card", isSafe);
    expect(await office.refusal("unloadTablet", { id: "nothing of the kind" })).toBe("bad-request");
  });

  it("begins when the station is set to begin by itself", async () => {
    await using office = await Office.ready();
    const { tablet } = await office.tablet("0417", 1);
    await office.loadCampaign();
    await office.call("setOption", { name: "automatic", value: false });
    office.cable.plug(tablet);
    await office.card("the found card", (one) => one.state === "found");
    await office.call("setOption", { name: "automatic", value: true });
    await office.card("the safe card", isSafe);
  });

  it("waits for the campaign, and begins when it is loaded", async () => {
    await using office = await Office.open();
    await office.call("firstAdministrator", { name: "Елена", pin: PIN });
    const { tablet } = await office.tablet("0417", 1);
    const id = office.cable.plug(tablet);
    await office.card("the found card", (one) => one.state === "found");
    expect(await office.refusal("unloadTablet", { id })).toBe("no-campaign");
    await office.loadCampaign();
    await office.card("the safe card", isSafe);
  });

  it("needs a person where a batch is missing and another cannot be believed", async () => {
    await using office = await Office.ready();
    const { tablet } = await office.tablet("0405", async (builder) => {
      await builder.addMany(2);
      await builder.addGap();
      await builder.add({
        bodyOnTablet: (body) => Buffer.from(body.map((byte, at) => (at === 400 ? byte ^ 1 : byte))),
      });
      await builder.add();
    });
    await office.loadCampaign();
    office.cable.plug(tablet);
    const card = await office.card("the card that needs a person", (one) => one.state === "needs-person");
    expect(card.concerns).toEqual([
      { kind: "quarantined", reason: "chunk-mismatch", count: 1, batches: [4], name: null, clock: null },
      { kind: "gap", reason: null, count: 1, batches: [3], name: null, clock: null },
    ]);
    expect(card.totals).toMatchObject({ staged: 3, quarantined: 1 });
    expect((await office.snapshot()).unload.today.needYou).toBe(1);
    expect(await office.call("today", null)).toMatchObject([{ calm: false }]);

    expect(await office.refusal("clearCard", { id: card.id })).toBe("bad-request");
    office.cable.unplug(tablet);
    await office.card("the unplugged card", (one) => !one.connected && one.state === "needs-person");
    await office.call("clearCard", { id: card.id });
    expect((await office.snapshot()).unload.cards).toEqual([]);
  });
});

describe("a tablet that cannot be used", () => {
  it("says why, and begins by itself once it is unlocked", async () => {
    await using office = await Office.ready();
    const { tablet } = await office.tablet("0417", 1, { locked: true });
    await office.loadCampaign();
    office.cable.plug(tablet);
    const card = await office.card("the card", (one) => one.state === "cannot-use");
    expect(card).toMatchObject({ device: null, problem: { type: "no-storage" } });
    expect((await office.snapshot()).unload.today.needYou).toBe(1);
    tablet.state.locked = false;
    await office.card("the safe card", isSafe);
  });

  it("leaves the table with its cable", async () => {
    await using office = await Office.ready();
    const files = new MemoryFolder("");
    files.folder("DCIM");
    const phone = new SimulatedTablet(files, { serial: "PHONE" });
    const shut = new SimulatedTablet([], {
      serial: "OTHER",
      problem: { type: "busy", holder: "gvfsd-mtp" },
    });
    office.cable.plug(phone);
    office.cable.plug(shut);
    const { unload } = await office.until(
      "two cards",
      ({ unload: { cards } }) => cards.length === 2 && cards.every((card) => card.state === "cannot-use"),
    );
    expect(unload.cards.map((card) => card.problem)).toEqual([
      { type: "no-outbox", values: { path: "/Sanaq/outbox" } },
      { type: "busy", values: { holder: "gvfsd-mtp" } },
    ]);
    office.cable.unplug(phone);
    office.cable.unplug(shut);
    await office.until("an empty table", ({ unload: { cards } }) => cards.length === 0);
  });
});

describe("a cable that is pulled", () => {
  it("in the middle leaves an interrupted card; plugged in again, the tablet goes on in the same place", async () => {
    await using office = await Office.ready();
    const { builder, tablet } = await office.tablet("0391", (one) => one.addMany(6, { bodyBytes: MIB }));
    const other = await office.tablet("0422", 1);
    await office.loadCampaign();
    tablet.after({ body: 3.5 * MIB }, "unplug");
    office.cable.plug(tablet);
    const cut = await office.card("the interrupted card", (one) => one.state === "interrupted");
    expect(cut).toMatchObject({ slot: 0, name: "0391", connected: false, batchesTotal: 6 });
    expect(cut.batchesDone).toBeGreaterThanOrEqual(3);
    expect(cut.problem).toEqual({ type: "unplugged", values: {} });
    office.cable.plug(other.tablet);
    await office.card("the other safe card", isSafe);

    const before = tablet.traffic.body;
    office.cable.plug(tablet);
    const { unload } = await office.until(
      "both safe",
      ({ unload: { cards } }) => cards.length === 2 && cards.every(isSafe),
    );
    expect(states(unload.cards)).toEqual(["0 0391 safe", "1 0422 safe"]);
    expect(tablet.traffic.body - before).toBeLessThan(3.5 * MIB);
    expect(await readdir(join(office.store, "bodies", builder.device))).toHaveLength(12);
    expect(unload.cards[0]).toMatchObject({ totals: { staged: 3, alreadyStaged: 3 } });
  });

  it("before the ledger was read leaves no riddle behind", async () => {
    await using office = await Office.ready();
    const { tablet } = await office.tablet("0417", 1);
    await office.loadCampaign();
    tablet.after({ traffic: 300 }, "unplug");
    office.cable.plug(tablet);
    await office.card("the interrupted card", (one) => one.state === "interrupted" && one.device === null);
    office.cable.plug(tablet);
    const { unload } = await office.until("one safe card", ({ unload: { cards } }) => cards.some(isSafe));
    expect(states(unload.cards)).toEqual(["0 0417 safe"]);
  });
});

describe("several tablets", () => {
  it("ten at once stay in their places, and windows hear of them five times a second at most", async () => {
    await using office = await Office.ready();
    const made = [];
    for (let at = 0; at < 10; at++)
      made.push(
        await office.tablet(`04${10 + at}`, (one) => one.addMany(4, { bodyBytes: 300_000 }), {
          bytesPerSecond: 1_500_000,
        }),
      );
    await office.loadCampaign();
    const times: number[] = [];
    const stop = office.desk.subscribe(() => times.push(performance.now()));
    for (const { tablet } of made) office.cable.plug(tablet);
    const { unload } = await office.until(
      "ten safe cards",
      ({ unload: { cards } }) => cards.length === 10 && cards.every(isSafe),
      60_000,
    );
    stop();
    expect(states(unload.cards)).toEqual(made.map((_, at) => `${at} 04${10 + at} safe`));
    expect(unload.today).toMatchObject({ tablets: 10, batches: 40 });
    const { rows } = await office.call("log", { offset: 0, limit: 200 });
    expect(
      rows.filter((row) => row.type === "unload-end"),
      "each is unloaded once",
    ).toHaveLength(10);
    // A timer may ring a little early by the other clock.
    for (const [at, time] of times.entries())
      if (at > 0) expect(time - (times[at - 1] ?? 0)).toBeGreaterThan(SNAPSHOT_INTERVAL_MS - 20);
  });

  it("with one serial number are two tablets", async () => {
    await using office = await Office.ready();
    const [a, b] = [
      await office.tablet("0501", (one) => one.addMany(3, { bodyBytes: MIB }), { serial: "SAME" }),
      await office.tablet("0502", 2, { serial: "SAME" }),
    ];
    await office.loadCampaign();
    a.tablet.after({ body: MIB * 1.5 }, "unplug");
    office.cable.plug(a.tablet);
    await office.card("the interrupted card", (one) => one.state === "interrupted");
    office.cable.plug(b.tablet);
    const { unload } = await office.until("the other is safe", ({ unload: { cards } }) => cards.some(isSafe));
    expect(states(unload.cards)).toEqual(["0 0501 interrupted", "1 0502 safe"]);
    office.cable.plug(a.tablet);
    await office.until("both safe", ({ unload: { cards } }) => cards.every(isSafe));
  });
});

describe("stopping", () => {
  it("one tablet leaves the others alone, and it goes on when somebody says so, not before", async () => {
    await using office = await Office.ready();
    const slow = await office.tablet("0601", (one) => one.addMany(8, { bodyBytes: 500_000 }), {
      bytesPerSecond: 800_000,
    });
    const other = await office.tablet("0602", 2);
    await office.loadCampaign();
    const id = office.cable.plug(slow.tablet);
    await office.card("some of it pulled", (one) => one.state === "pulling" && one.bytesDone > 0);
    await office.call("stopTablet", { id });
    office.cable.plug(other.tablet);
    const { unload } = await office.until(
      "stopped, and the other safe",
      ({ unload: { cards } }) => cards[0]?.state === "found" && cards[1] !== undefined && isSafe(cards[1]),
    );
    expect(states(unload.cards)).toEqual(["0 0601 found", "1 0602 safe"]);
    expect(await office.refusal("stopTablet", { id })).toBe("bad-request");
    await office.call("unloadTablet", { id });
    await office.until("both safe", ({ unload: { cards } }) => cards.every(isSafe), 30_000);
  });
});

describe("behind the lock", () => {
  it("a running unload goes on, and is shown", async () => {
    await using office = await Office.ready();
    const { tablet } = await office.tablet("0417", (one) => one.addMany(5, { bodyBytes: 400_000 }), {
      bytesPerSecond: 1_000_000,
    });
    await office.loadCampaign();
    const id = office.cable.plug(tablet);
    await office.card("the pulling card", (one) => one.state === "pulling");
    await office.call("lock", null);
    expect(await office.refusal("stopTablet", { id })).toBe("locked");
    const snapshot = await office.until("the safe card", ({ unload: { cards } }) => cards.some(isSafe));
    expect(snapshot.session).toMatchObject({ state: "locked", person: null });
  });
});

describe("a program that ends in the middle", () => {
  it("goes on after it is started again, and remembers what today came to", async () => {
    await using office = await Office.ready();
    const done = await office.tablet("0700", 2);
    const { tablet } = await office.tablet("0701", (one) => one.addMany(6, { bodyBytes: MIB }), {
      bytesPerSecond: 4 * MIB,
    });
    await office.loadCampaign();
    office.cable.plug(done.tablet);
    await office.card("the first safe card", isSafe);
    office.cable.unplug(done.tablet);
    office.cable.plug(tablet);
    await office.card("some of it pulled", (one) => one.state === "pulling" && one.bytesDone > 2 * MIB);
    await office.restart();
    const snapshot = await office.until(
      "the safe card",
      ({ unload: { cards } }) => cards.some(isSafe),
      30_000,
    );
    expect(snapshot.session.state).toBe("locked");
    expect(snapshot.unload.cards[0]).toMatchObject({ name: "0701", totals: { failed: 0 } });
    expect(snapshot.unload.today).toMatchObject({ tablets: 2, batches: 8 });
  });
});

describe("a folder", () => {
  it("is unloaded with a card of its own", async () => {
    await using office = await Office.ready();
    const { builder } = await office.tablet("0801", 3);
    await office.loadCampaign();
    office.host.choose("outbox", await builder.write(office.path("card")));
    expect(await office.call("unloadFolder", null)).toEqual({ name: "card" });
    const card = await office.card("the safe card", isSafe);
    expect(card).toMatchObject({ name: "0801", connected: false, totals: { staged: 3 } });
    expect(card.source).toBe(`folder:${office.path("card")}`);
  });

  it("of batches alone is not unloaded: the card names the folder to choose", async () => {
    await using office = await Office.ready();
    const { builder } = await office.tablet("0801", 1);
    await office.loadCampaign();
    const outbox = await builder.write(office.path("card"));
    office.host.choose("outbox", join(outbox, "batches"));
    await office.call("unloadFolder", null);
    const card = await office.card("the card of what was chosen", ({ state }) => state === "cannot-use");
    expect(card.problem).toEqual({
      type: "inside-outbox",
      values: { path: join(outbox, "batches"), outbox },
    });
    for (const [language, todo] of [
      ["kk", `Осы қалта жатқан қалтаны таңдаңыз: ${outbox}.`],
      ["ru", `Выберите папку, в которой она лежит: ${outbox}.`],
      ["en", `Choose the folder that it lies in: ${outbox}.`],
    ] as const)
      expect(words(language).t("link.inside-outbox.do", card.problem?.values)).toBe(todo);
  });

  it("is nothing where the dialog is closed, and nothing where the desk was locked meanwhile", async () => {
    await using office = await Office.ready();
    office.host.choose("outbox", null);
    expect(await office.call("unloadFolder", null)).toBeNull();
    const { builder } = await office.tablet("0801", 1);
    office.host.choose("outbox", await builder.write(office.path("card")));
    office.host.whileOpen = async () => void (await office.call("lock", null));
    expect(await office.refusal("unloadFolder", null)).toBe("locked");
    expect((await office.snapshot()).unload.cards).toEqual([]);
  });
});

describe("receipts", () => {
  it("stand beside a hand-over act: a PDF where the person chose, and the same one again", async () => {
    await using office = await Office.ready();
    const { builder, tablet } = await office.tablet("0903", 2);
    const device = builder.device;
    expect(await office.refusal("saveAct", { device })).toBe("no-station");
    await becomeStation(office);
    await office.loadCampaign();
    expect(await office.refusal("saveAct", { device })).toBe("no-unloading");
    office.cable.plug(tablet);
    await office.card("the safe card", isSafe);

    office.host.choose("act", office.path("first.pdf"));
    expect(await office.call("saveAct", { device })).toEqual({ name: "first.pdf" });
    const first = await readFile(office.path("first.pdf"));
    expect(first.subarray(0, 5).toString("latin1")).toBe("%PDF-");
    office.host.choose("act", office.path("again.pdf"));
    await office.call("saveAct", { device });
    expect(first.equals(await readFile(office.path("again.pdf")))).toBe(true);

    office.host.choose("act", null);
    expect(await office.call("saveAct", { device })).toBeNull();
    office.host.choose("act", office.path("locked.pdf"));
    office.host.whileOpen = async () => void (await office.call("lock", null));
    expect(await office.refusal("saveAct", { device })).toBe("locked");
    expect(await readdir(office.folder)).not.toContain("locked.pdf");
  });

  it("are written once the key is open, which one passphrase does for the whole session", async () => {
    await using office = await Office.ready();
    await becomeStation(office);
    const [a, b] = [await office.tablet("0901", 2), await office.tablet("0902", 2)];
    await office.loadCampaign();
    expect((await office.snapshot()).unload.key).toBe("open");

    await office.restart();
    expect((await office.snapshot()).unload).toMatchObject({ receipts: true, key: "closed" });
    office.cable.plug(a.tablet);
    expect(await office.card("safe without a receipt", isSafe)).toMatchObject({ receipt: false });
    office.cable.unplug(a.tablet);

    const [person] = (await office.snapshot()).session.people;
    await office.call("unlock", { person: person?.id ?? 0, pin: PIN });
    expect(await office.refusal("saveAct", { device: a.builder.device })).toBe("key-closed");
    expect(await office.refusal("openKey", { passphrase: "wrong" })).toBe("wrong-passphrase");
    await office.call("openKey", { passphrase: PASSPHRASE });
    expect((await office.snapshot()).unload.key).toBe("open");
    office.cable.plug(a.tablet);
    office.cable.plug(b.tablet);
    const { unload } = await office.until(
      "two receipts",
      ({ unload: { cards } }) => cards.filter((card) => card.receipt).length === 2,
    );
    expect(states(unload.cards)).toEqual(["0 0901 safe", "1 0902 safe"]);
    const log = await office.call("log", { offset: 0, limit: 200 });
    expect(log.rows.filter((row) => row.type === "receipt-delivered")).toHaveLength(2);
    expect(log.rows.filter((row) => row.type === "key-failed")).toHaveLength(1);
  });
});
