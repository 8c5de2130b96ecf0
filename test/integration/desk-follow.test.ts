import { readFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { compose } from "../../main/compose.ts";
import { Office, PIN } from "./office.ts";

/** The books of the windows follow the journal, whoever writes to it. */

describe("the books", () => {
  it("are told by every table that a verdict comes from", async () => {
    const text = await readFile(join(import.meta.dirname, "../../main/adapters/store/reconcile.ts"), "utf8");
    const tables = new Set([...text.matchAll(/\b(?:FROM|JOIN) ([a-z_]+)/g)].map((match) => match[1] ?? ""));
    expect(tables.size).toBeGreaterThanOrEqual(4);
    await using office = await Office.open();
    await office.stop();
    const db = new Database(`${office.store}/store.db`, { readonly: true });
    const triggers = db
      .prepare("SELECT tbl_name AS name, sql FROM sqlite_master WHERE type = 'trigger'")
      .all() as {
      name: string;
      sql: string;
    }[];
    db.close();
    for (const table of tables)
      expect(
        triggers.some(
          ({ name, sql }) => name === table && sql.includes("AFTER INSERT") && sql.includes("INTO stale"),
        ),
        `${table} has a trigger that tells the books`,
      ).toBe(true);
  });

  it("say what reconciling says, batch for batch, after everything that can happen to a tablet", async () => {
    await using office = await Office.ready();
    const first = await office.tablet("0417", async (builder) => {
      await builder.add({ state: "sent" });
      await builder.add({ state: "acknowledged" });
      await builder.addGap();
      await builder.add({ bodyOnTablet: (body) => body.subarray(2) });
      await builder.add();
    });
    const twin = first.builder.copy(4);
    await twin.add({ bodyBytes: 3_000 });
    await office.loadCampaign();
    for (const [at, builder] of [first.builder, twin].entries()) {
      office.host.choose("outbox", await builder.write(office.path(`outbox-${at}`)));
      await office.call("unloadFolder", null);
      await office.until(
        "it is through",
        ({ unload }) => unload.today.tablets === 1 && unload.cards.every((card) => card.totals !== null),
      );
    }
    first.builder.reset();
    await first.builder.addMany(2);
    office.host.choose("outbox", await first.builder.write(office.path("outbox-2")));
    await office.call("unloadFolder", null);
    await office.until("it is through", ({ unload }) => unload.cards.every((card) => card.totals !== null));

    const filter = {
      area: null,
      device: null,
      verdict: null,
      reason: null,
      state: null,
      day: null,
      text: "",
    };
    const page = { sort: { by: "tablet", descending: false } as const, offset: 0, limit: 200 };
    const { rows } = await office.call("batches", { filter, ...page });
    await office.stop();
    const engine = await compose({ storeFolder: office.store });
    if (!engine.ok) throw new Error("the store does not open");
    const lines = engine.value.reconcile(null);
    if (!lines.ok) throw new Error("no campaign");
    const expected = [...lines.value].map(
      (line) => `${line.chain} ${line.seq} ${line.verdict} ${line.station} ${line.tablet}`,
    );
    engine.value.close();
    expect(rows.map((row) => `${row.chain} ${row.seq} ${row.verdict} ${row.station} ${row.tablet}`)).toEqual(
      expected,
    );
    expect(new Set(rows.map((row) => row.verdict)).size).toBeGreaterThanOrEqual(4);
    await office.start();
    await office.call("unlock", { person: 1, pin: PIN });
    expect((await office.call("batches", { filter, ...page })).rows).toEqual(rows);
  });
});
