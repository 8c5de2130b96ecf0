import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { goodTablet, type LedgerOptions, TabletBuilder } from "../../fixtures/outbox.ts";
import type { CentreAnswer } from "../../main/engine/ports.ts";
import type { DeviceId } from "../../shared/ids.ts";
import type { TabletReport } from "../../shared/views.ts";
import { must } from "./desk.ts";
import { openStation, type Station } from "./station.ts";

/** A station with its store within reach, so that a test can say what the centre answered. */
class Books implements AsyncDisposable {
  readonly campaign: TestCampaign;
  readonly top: string;
  readonly station: Station;

  private constructor(campaign: TestCampaign, top: string, station: Station) {
    this.campaign = campaign;
    this.top = top;
    this.station = station;
  }

  static async open(campaign?: TestCampaign): Promise<Books> {
    const made = campaign ?? (await TestCampaign.create());
    await made.issuer();
    await made.centre();
    const top = await mkdtemp(join(tmpdir(), "sanaq-reconcile-"));
    return new Books(
      made,
      top,
      await openStation(join(top, "store"), await made.write(join(top, "campaign"))),
    );
  }

  /** Unloads a tablet as it is now. `signal`: the cable is pulled at that moment. */
  async unload(
    tablet: TabletBuilder,
    ledger: LedgerOptions | null = {},
    stopAfter = Number.POSITIVE_INFINITY,
  ): Promise<TabletReport> {
    const outbox = await tablet.write(await mkdtemp(join(this.top, "outbox-")), ledger);
    const cable = new AbortController();
    const report = must(
      await this.station.engine.unload(
        [{ type: "folder", path: outbox }],
        { receipts: false, passphrase: null },
        ({ phase, batchesDone }) => {
          if (phase === "pulling" && batchesDone >= stopAfter) cable.abort();
        },
        cable.signal,
      ),
    );
    const [first] = report.tablets;
    if (first === undefined) throw new Error("no tablet");
    return first;
  }

  /** The centre answers the upload of one staged batch. */
  answer(tablet: TabletBuilder, seq: number, answer: CentreAnswer): void {
    const row = this.station.store
      .toUpload(null, 1_000)
      .find((one) => one.seq === seq && one.device === tablet.device);
    if (row === undefined) throw new Error(`batch ${seq} does not wait for the centre`);
    this.station.store.saveCentreAnswer(row, answer, { type: "uploaded", data: { seq } });
  }

  /** `seq tablet | station | centre | verdict`, a line for each batch. */
  lines(tablet: TabletBuilder, chain: string = tablet.chain): readonly string[] {
    return [...must(this.station.engine.reconcile(tablet.device as DeviceId))]
      .filter((line) => line.chain === chain)
      .map(
        ({ seq, tablet: says, station, centre, verdict }) =>
          `${seq} ${says ?? "-"} | ${station ?? "-"} | ${centre ?? "-"} | ${verdict}`,
      );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.station.close();
    await rm(this.top, { recursive: true });
  }
}

describe("a batch that the tablet marked as sent", () => {
  it("and that the centre did not have is lost-in-vpn, also when the tablet's mark has become another since", async () => {
    await using books = await Books.open();
    const tablet = await goodTablet(books.campaign, "0417", 1);
    await tablet.add({ state: "sent" });
    await tablet.add({ state: "sent" });
    await books.unload(tablet);
    expect(books.lines(tablet)).toEqual([
      "1 pending | staged | - | to-upload",
      "2 sent | staged | - | to-upload",
      "3 sent | staged | - | to-upload",
    ]);
    books.answer(tablet, 1, "accepted");
    books.answer(tablet, 2, "accepted");
    books.answer(tablet, 3, "already-there");
    const after = [
      "1 pending | staged | accepted | safe",
      "2 sent | staged | accepted | lost-in-vpn",
      "3 sent | staged | accepted | safe",
    ];
    expect(books.lines(tablet)).toEqual(after);
    // The station's receipt has reached the tablet: its own mark is another one now. What happened on the way stays true.
    for (const seq of [1, 2, 3]) await tablet.mark(seq, "unloaded");
    await books.unload(tablet);
    expect(books.lines(tablet)).toEqual([
      "1 unloaded | staged | accepted | safe",
      "2 unloaded | staged | accepted | lost-in-vpn",
      "3 unloaded | staged | accepted | safe",
    ]);
    // The centre's acknowledgement is the last word.
    await tablet.mark(2, "acknowledged");
    await books.unload(tablet);
    expect(books.lines(tablet)[1]).toBe("2 acknowledged | staged | accepted | safe");
  });

  it("with a false acknowledgement is no more than sent: it is staged, uploaded, and was lost", async () => {
    await using books = await Books.open();
    const tablet = await goodTablet(books.campaign, "0417", 1);
    const other = await tablet.add({ state: "acknowledged" });
    const ack = other.entry?.ack;
    await tablet.add({
      state: "acknowledged",
      ackBytes: ack instanceof Uint8Array ? ack : new Uint8Array(1),
    });
    const report = await books.unload(tablet);
    expect(report.findings).toEqual([{ kind: "false-ack", chain: tablet.chain, seq: 3 }]);
    expect(books.lines(tablet)).toEqual([
      "1 pending | staged | - | to-upload",
      "2 acknowledged | - | - | safe",
      "3 acknowledged | staged | - | to-upload",
    ]);
    books.answer(tablet, 3, "accepted");
    expect(books.lines(tablet)[2]).toBe("3 acknowledged | staged | accepted | lost-in-vpn");
  });
});

describe("two contents under one number", () => {
  it("are a conflict, also where the centre has acknowledged one of them: the other may be a household nobody has", async () => {
    await using books = await Books.open();
    const tablet = await goodTablet(books.campaign, "0417", 1);
    await tablet.add({ state: "acknowledged" });
    const acknowledged = tablet.batch(2);
    await tablet.replace(2, { plainBytes: 5_000, entry: () => acknowledged.entry });
    const report = await books.unload(tablet);
    expect(report.batches[1]).toMatchObject({ seq: 2, outcome: "quarantined", reason: "ledger-mismatch" });
    expect(books.lines(tablet)[1]).toBe("2 acknowledged | quarantined | - | conflict");
  });

  it("are a conflict when one is staged and the tablet now lists another", async () => {
    await using books = await Books.open();
    const tablet = await goodTablet(books.campaign, "0417", 2);
    const twin = tablet.copy(1);
    await books.unload(tablet);
    await twin.add({ plainBytes: 5_000 });
    await books.unload(twin, { no: 9 });
    expect(books.lines(tablet)).toEqual([
      "1 pending | staged | - | to-upload",
      "2 pending | staged | - | conflict",
    ]);
  });

  it("that met at the centre are a conflict at the station whose copy came second", async () => {
    await using books = await Books.open();
    const tablet = await goodTablet(books.campaign, "0417", 2);
    await books.unload(tablet);
    books.answer(tablet, 1, "accepted");
    books.answer(tablet, 2, "conflict");
    expect(books.lines(tablet)).toEqual([
      "1 pending | staged | accepted | safe",
      "2 pending | staged | conflict | conflict",
    ]);
  });
});

describe("a tablet that was reset", () => {
  it("keeps its older chain in the books; what was only on the tablet then, and is wiped now, is missing", async () => {
    await using books = await Books.open();
    const tablet = new TabletBuilder(books.campaign, await books.campaign.tablet("0417"));
    await tablet.addMany(12, { bodyBytes: 2_000_000 });
    const cut = await books.unload(tablet, {}, 1);
    expect(cut.batches.some((one) => one.outcome === "failed")).toBe(true);
    const old = tablet.chain;
    const before = books.lines(tablet, old);
    expect(before[0]).toBe("1 pending | staged | - | to-upload");
    expect(before.at(-1)).toBe("12 pending | - | - | on-tablet-only");
    tablet.reset(true);
    await tablet.addMany(2);
    await books.unload(tablet);
    expect(books.lines(tablet, old).at(-1)).toBe("12 pending | - | - | missing");
    expect(books.lines(tablet, old)[0]).toBe("1 pending | staged | - | to-upload");
    expect(books.lines(tablet)).toEqual([
      "1 pending | staged | - | to-upload",
      "2 pending | staged | - | to-upload",
    ]);
  });

  it("before this station ever saw it owes every number of its older chain", async () => {
    await using books = await Books.open();
    const tablet = await goodTablet(books.campaign, "0417", 3);
    const old = tablet.chain;
    tablet.reset();
    await tablet.add();
    tablet.chain = old;
    tablet.remove(2);
    tablet.chain = tablet.batches.at(-1)?.chain ?? old;
    const report = await books.unload(tablet);
    expect(report.findings).toEqual([{ kind: "gap", chain: old, seq: 2 }]);
    expect(books.lines(tablet, old)).toEqual([
      "1 - | staged | - | to-upload",
      "2 - | - | - | missing",
      "3 - | staged | - | to-upload",
    ]);
  });
});

describe("one tablet at two stations", () => {
  it("is safe at both when both have sent it; each says what the centre told it", async () => {
    const campaign = await TestCampaign.create();
    await using first = await Books.open(campaign);
    const tablet = await goodTablet(campaign, "0417", 2);
    await first.unload(tablet);
    await using second = await Books.open(campaign);
    for (const seq of [1, 2]) await tablet.mark(seq, "unloaded");
    await second.unload(tablet);
    expect(second.lines(tablet)).toEqual([
      "1 unloaded | staged | - | to-upload",
      "2 unloaded | staged | - | to-upload",
    ]);
    for (const seq of [1, 2]) first.answer(tablet, seq, "accepted");
    for (const seq of [1, 2]) second.answer(tablet, seq, "already-there");
    expect(first.lines(tablet)[0]).toBe("1 pending | staged | accepted | safe");
    expect(second.lines(tablet)[0]).toBe("1 unloaded | staged | accepted | safe");
  });
});

describe("ledgers out of order", () => {
  it("never take back what a newer one has said", async () => {
    await using books = await Books.open();
    const tablet = await goodTablet(books.campaign, "0417", 2);
    const early = tablet.copy();
    await tablet.addMany(2);
    await tablet.mark(2, "sent");
    tablet.remove(4);
    await books.unload(tablet, { no: 8, head: 5 });
    const lines = books.lines(tablet);
    expect(lines).toEqual([
      "1 pending | staged | - | to-upload",
      "2 sent | staged | - | to-upload",
      "3 pending | staged | - | to-upload",
      "4 pending | - | - | missing",
      "5 - | - | - | missing",
    ]);
    const report = await books.unload(early, { no: 3 });
    expect(report.ledger?.state).toBe("rollback");
    expect(books.lines(tablet)).toEqual(lines);
  });
});

describe("a tablet without a ledger", () => {
  it("whose cable is pulled in the middle still has a line for what lies on it", async () => {
    await using books = await Books.open();
    const tablet = new TabletBuilder(books.campaign, await books.campaign.tablet("0417"));
    await tablet.addMany(12, { bodyBytes: 2_000_000 });
    await books.unload(tablet, null, 1);
    const lines = books.lines(tablet);
    expect(lines).toHaveLength(12);
    expect(lines.at(-1)).toBe("12 - | - | - | on-tablet-only");
    await books.unload(tablet, null);
    expect(books.lines(tablet).map((line) => line.split(" | ").at(-1))).toEqual(Array(12).fill("to-upload"));
  });
});
