import type { ChainId, DeviceId, Digest, StationId } from "../../../shared/ids.ts";
import type { Reason } from "../../../shared/reasons.ts";
import type { AuditEvent } from "../../engine/audit-events.ts";
import type { StagedBatch } from "../../engine/ports.ts";
import type {
  BagAnswer,
  BagRecord,
  CarriedBatch,
  CarriedLedger,
  CarryBooks,
  Elsewhere,
} from "../../engine/ports-carry.ts";
import { CENTRE, IS_DOUBTED } from "./answers.ts";
import type { Journal } from "./journal.ts";

/** What a store remembers of bags. Nothing here says that the centre has a batch: only the centre's own answer does. */

/** Batches of a bag read at once. */
const PAGE = 1_000;

/** Batches that a bag may take: staged, not answered by the centre and, unless asked for again, not confirmed by another station. */
const WAITING = `
  FROM batches b WHERE (centre IS NULL OR ${IS_DOUBTED})
  AND (json_array_length(@devices) = 0 OR device IN (SELECT value FROM json_each(@devices)))
  AND (@again = 1 OR NOT EXISTS (
    SELECT 1 FROM bag_answers a WHERE a.device = b.device AND a.chain = b.chain AND a.seq = b.seq AND a.manifest = b.manifest
    AND a.status IN ('staged', 'accepted')))`;

export class SqliteCarryBooks implements CarryBooks {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  // -------------------------------------------------------------- away

  begin(devices: readonly DeviceId[], again: boolean, limit: number): BagRecord | null {
    if (this.waiting(devices, again, null) === 0) return null;
    const no = this.#journal.change(
      (bag) => ({ type: "exported-begin", data: { bag } }),
      () => {
        const no = this.#journal.nextNo("bags");
        this.#journal.run("INSERT INTO bags (no, begun_at) VALUES (?, ?)", no, this.#journal.time());
        this.#journal.run(
          `INSERT INTO bag_items (bag, device, chain, seq, manifest, length)
           SELECT @no, device, chain, seq, manifest, length ${WAITING} ORDER BY no LIMIT @limit`,
          { no, devices: JSON.stringify(devices), again: Number(again), limit },
        );
        return no;
      },
    );
    return this.bag(no);
  }

  waiting(devices: readonly DeviceId[], again: boolean, beside: number | null): number {
    const row = this.#journal.get<{ count: number }>(
      `SELECT count(*) AS count ${WAITING} AND NOT EXISTS (
         SELECT 1 FROM bag_items i WHERE i.bag = @beside AND i.device = b.device AND i.chain = b.chain AND i.seq = b.seq)`,
      { devices: JSON.stringify(devices), again: Number(again), beside },
    );
    return row?.count ?? 0;
  }

  bag(no: number): BagRecord | null {
    const row = this.#journal.get<BagRecord>(
      `SELECT no, statement, (SELECT count(*) FROM bag_items WHERE bag = bags.no) AS batches,
         (SELECT coalesce(sum(length), 0) FROM bag_items WHERE bag = bags.no) AS bytes
       FROM bags WHERE no = ?`,
      no,
    );
    return row ?? null;
  }

  *items(no: number): Generator<CarriedBatch> {
    let after: Pick<CarriedBatch, "device" | "chain" | "seq"> = {
      device: "" as DeviceId,
      chain: "" as ChainId,
      seq: 0,
    };
    for (;;) {
      const page = this.#journal.all<CarriedBatch>(
        `SELECT device, chain, seq, manifest, length FROM bag_items
         WHERE bag = @no AND (device, chain, seq) > (@device, @chain, @seq) ORDER BY device, chain, seq LIMIT ${PAGE}`,
        { no, ...after },
      );
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = { device: last.device, chain: last.chain, seq: last.seq };
    }
  }

  drop(no: number, batch: StagedBatch): void {
    this.#journal.change(null, () =>
      this.#journal.run(
        "DELETE FROM bag_items WHERE bag = ? AND device = ? AND chain = ? AND seq = ?",
        no,
        batch.device,
        batch.chain,
        batch.seq,
      ),
    );
  }

  ledgers(device: DeviceId): readonly CarriedLedger[] {
    const rows = this.#journal.all<CarriedLedger>(
      `SELECT device, chain, cose FROM ledgers l WHERE device = ?
       AND no = (SELECT max(no) FROM ledgers WHERE device = l.device AND chain = l.chain)
       ORDER BY json_array_length(older), read_at`,
      device,
    );
    const newest = new Map<ChainId, CarriedLedger>();
    for (const row of rows) {
      newest.delete(row.chain);
      newest.set(row.chain, row);
    }
    return [...newest.values()];
  }

  elsewhere(no: number, device: DeviceId): readonly Elsewhere[] {
    return this.#journal.all(
      `SELECT device, chain, seq, manifest, CASE WHEN ${CENTRE} IN ('accepted', 'already-there') THEN 'accepted' ELSE 'staged' END AS status
       FROM batches b WHERE device = @device AND (damage IS NULL OR ${CENTRE} IN ('accepted', 'already-there'))
       AND NOT EXISTS (SELECT 1 FROM bag_items i WHERE i.bag = @no AND i.device = b.device AND i.chain = b.chain AND i.seq = b.seq)
       ORDER BY chain, seq`,
      { no, device },
    );
  }

  finished(no: number, statement: Digest, cose: Uint8Array, event: AuditEvent): void {
    this.#journal.change(
      () => event,
      () =>
        this.#journal.run(
          "UPDATE bags SET finished_at = ?, statement = ?, cose = ? WHERE no = ?",
          this.#journal.time(),
          statement,
          cose,
          no,
        ),
    );
  }

  // -------------------------------------------------------------- here

  saveElsewhere(station: StationId, rows: readonly Elsewhere[]): void {
    this.#journal.change(null, () => {
      for (const row of rows)
        this.#journal.run(
          `INSERT INTO elsewhere (device, chain, seq, station, manifest, status) VALUES (@device, @chain, @seq, @station, @manifest, @status)
           ON CONFLICT DO UPDATE SET manifest = excluded.manifest, status = excluded.status`,
          { ...row, station },
        );
    });
  }

  heldElsewhere(device: DeviceId): readonly { chain: ChainId; seq: number; manifest: Digest }[] {
    return this.#journal.all("SELECT DISTINCT chain, seq, manifest FROM elsewhere WHERE device = ?", device);
  }

  answerFor(batch: Omit<CarriedBatch, "length">): Pick<BagAnswer, "status" | "reason"> {
    const here = this.#journal.get<{ centre: string | null; damage: string | null }>(
      `SELECT ${CENTRE} AS centre, damage FROM batches
       WHERE device = @device AND chain = @chain AND seq = @seq AND manifest = @manifest`,
      batch,
    );
    if (here?.centre === "accepted" || here?.centre === "already-there")
      return { status: "accepted", reason: "" };
    const refused = this.#journal.get<{ reason: Reason }>(
      `SELECT reason FROM quarantine WHERE chain = @chain AND seq = @seq AND resolved_at IS NULL
       AND (manifest = @manifest OR (manifest IS NULL AND ledger_device = @device)) ORDER BY id DESC LIMIT 1`,
      batch,
    );
    if (here !== undefined && here.damage === null) return { status: "staged", reason: "" };
    if (refused !== undefined) return { status: "refused", reason: refused.reason };
    const acknowledged = this.#journal.get(
      `SELECT 1 FROM entries WHERE device = @device AND chain = @chain AND seq = @seq AND manifest = @manifest AND acknowledged = 1`,
      batch,
    );
    return { status: acknowledged === undefined ? "missing" : "accepted", reason: "" };
  }

  importReceipt(statement: Digest): { no: number; cose: Uint8Array } | null {
    const row = this.#journal.get<{ no: number; cose: Uint8Array }>(
      "SELECT no, receipt AS cose FROM imports WHERE statement = ? ORDER BY no DESC LIMIT 1",
      statement,
    );
    return row ?? null;
  }

  saveImport(
    bag: Parameters<CarryBooks["saveImport"]>[0],
    receipt: (no: number) => Uint8Array,
    event: (no: number) => AuditEvent,
  ): { no: number; cose: Uint8Array } {
    return this.#journal.change(
      (made) => event(made.no),
      () => {
        const no = this.#journal.nextNo("imports");
        const cose = receipt(no);
        this.#journal.run(
          `INSERT INTO imports (no, station, bag, statement, cose, receipt, imported_at)
           VALUES (@no, @station, @bag, @statement, @cose, @receipt, @at)`,
          {
            no,
            station: bag.station,
            bag: bag.no,
            statement: bag.statement,
            cose: bag.cose,
            receipt: cose,
            at: this.#journal.time(),
          },
        );
        return { no, cose };
      },
    );
  }

  // -------------------------------------------------------------- answers

  saveAnswers(
    receipt: Parameters<CarryBooks["saveAnswers"]>[0],
    answers: readonly BagAnswer[],
    event: AuditEvent,
  ): boolean {
    return this.#journal.change(null, () => {
      const at = this.#journal.time();
      if (this.#journal.get("SELECT 1 FROM bag_receipts WHERE digest = ?", receipt.digest) !== undefined)
        return false;
      this.#journal.run(
        "INSERT INTO bag_receipts (digest, bag, station, no, cose, taken_at) VALUES (@digest, @bag, @station, @no, @cose, @at)",
        { ...receipt, at },
      );
      for (const answer of answers)
        this.#journal.run(
          `INSERT INTO bag_answers (device, chain, seq, manifest, station, status, reason, no, at)
             VALUES (@device, @chain, @seq, @manifest, @station, @status, @reason, @no, @at)
             ON CONFLICT DO UPDATE SET status = excluded.status, reason = excluded.reason, no = excluded.no, at = excluded.at
             WHERE excluded.no >= no`,
          { ...answer, station: receipt.station, no: receipt.no, at },
        );
      this.#journal.audit.append(event);
      return true;
    });
  }

  travels(device: DeviceId, chain: ChainId, seq: number): ReturnType<CarryBooks["travels"]> {
    const at = { device, chain, seq };
    const row = this.#journal.get<{ carriedBy: StationId | null }>(
      "SELECT carried_by AS carriedBy FROM batches WHERE device = @device AND chain = @chain AND seq = @seq",
      at,
    );
    return {
      carriedBy: row?.carriedBy ?? null,
      bags: this.#journal.all(
        `SELECT no, finished_at AS finishedAt FROM bags JOIN bag_items ON bag = no
         WHERE device = @device AND chain = @chain AND seq = @seq AND finished_at IS NOT NULL ORDER BY no`,
        at,
      ),
      answers: this.#journal.all(
        `SELECT station, status, reason, manifest, at FROM bag_answers
         WHERE device = @device AND chain = @chain AND seq = @seq ORDER BY at, station`,
        at,
      ),
      elsewhere: this.#journal.all(
        "SELECT station, status FROM elsewhere WHERE device = @device AND chain = @chain AND seq = @seq ORDER BY station",
        at,
      ),
    };
  }
}
