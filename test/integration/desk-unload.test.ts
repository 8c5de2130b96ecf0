import { describe, expect, it } from "vitest";
import { Office } from "./office.ts";

/** An employee at the table: what the cards say while tablets are plugged in, pulled out and plugged in again. */

describe("a tablet that is plugged in", () => {
  it("is unloaded by itself, and its card ends as safe to unplug", async () => {
    await using office = await Office.ready();
    const { builder, tablet } = await office.tablet("0417", 3);
    await office.loadCampaign();
    office.cable.plug(tablet);
    const card = await office.card("the tablet's safe card", (one) => one.state === "safe");
    expect(card).toMatchObject({
      slot: 0,
      device: builder.device,
      name: "0417",
      area: builder.leaf.oblast.replace("270000000", "273600000"),
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
      { name: "0417", calm: true, totals: { staged: 3 } },
    ]);
  });
});
