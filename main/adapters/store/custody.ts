import { dirname } from "node:path";
import Database from "better-sqlite3";
import type { ChainId, DeviceId, Digest } from "../../../shared/ids.ts";
import type { AuditData, AuditEvent } from "../../engine/audit-events.ts";
import type { CentreAnswer } from "../../engine/ports-centre.ts";
import type {
  Custody,
  KeptAct,
  KeptHead,
  KeptReceipt,
  KeptUnloading,
  LogPlace,
  RowsCompared,
} from "../../engine/ports-custody.ts";
import { MAX_SIGNED_BYTES } from "../../formats/cose.ts";
import { readFileWithin } from "../disk/regular.ts";
import { orDiskError } from "./failures.ts";
import { bodyFile } from "./files.ts";
import type { Journal } from "./journal.ts";
import { compareRows } from "./witness.ts";

/** Receipts, acts and heads of the audit log, as rows of the store. */

const RECEIPT =
  "SELECT no, device, chain, name, bytes, digest, act, delivered_at AS deliveredAt FROM receipts";
const ACT = "SELECT no, device, unloading, facts, code, head, made_at AS madeAt FROM acts";

type ReceiptRow = Omit<KeptReceipt, "delivered"> & { readonly deliveredAt: string | null };

const receiptOf = ({ deliveredAt, ...receipt }: ReceiptRow): KeptReceipt => ({
  ...receipt,
  delivered: deliveredAt !== null,
});

export class CustodyStore implements Custody {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Rows in pages by their number, so that other statements may run while somebody reads. */
  *#pages<T extends { readonly no: number }>(text: string): Generator<T> {
    for (let after = 0; ; ) {
      const rows = this.#journal.all<T>(`${text} ORDER BY no LIMIT 500`, after);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.no;
    }
  }

  // -------------------------------------------------------------- the log

  lastLine(): LogPlace | null {
    return this.#journal.safely(() => this.#journal.audit.last());
  }

  hashAt(no: number): Digest | null {
    return this.#journal.get<{ hash: Digest }>("SELECT hash FROM audit WHERE no = ?", no)?.hash ?? null;
  }

  beginSession(data: AuditData): void {
    this.#journal.audit.beginSession(data);
  }

  endSession(): boolean {
    return this.#journal.change(null, () => {
      const wrote = this.#journal.audit.endSession();
      if (wrote) this.#journal.audit.append({ type: "session-end", data: {} });
      return wrote;
    });
  }

  *compareRows(): Generator<undefined, RowsCompared> {
    const { safely, db: own } = this.#journal;
    const db = safely(() => new Database(own.name, { readonly: true, fileMustExist: true }));
    try {
      safely(() => db.exec("BEGIN"));
      for (const walk = compareRows(db); ; yield) {
        const step = safely(() => walk.next());
        if (step.done === true) return step.value;
      }
    } finally {
      db.close();
    }
  }

  heads(): readonly KeptHead[] {
    return this.#journal.all("SELECT id, no, hash, cose FROM audit_heads ORDER BY id");
  }

  unsignedHeads(): readonly KeptHead[] {
    return this.#journal.all("SELECT id, no, hash, cose FROM audit_heads WHERE cose IS NULL ORDER BY id");
  }

  headAt({ no, hash }: LogPlace): KeptHead | null {
    const sql = "SELECT id, no, hash, cose FROM audit_heads WHERE no = ? AND hash = ?";
    return this.#journal.get<KeptHead>(sql, no, hash) ?? null;
  }

  headsForCentre(limit: number): readonly (KeptHead & { readonly cose: Uint8Array })[] {
    return this.#journal.all(
      "SELECT id, no, hash, cose FROM audit_heads WHERE cose IS NOT NULL AND at_centre = 0 ORDER BY id LIMIT ?",
      limit,
    );
  }

  headAtCentre(id: number): void {
    this.#journal.run("UPDATE audit_heads SET at_centre = 1 WHERE id = ?", id);
  }

  lastHeadAtCentre(): (KeptHead & { readonly cose: Uint8Array }) | null {
    return (
      this.#journal.get(
        "SELECT id, no, hash, cose FROM audit_heads WHERE at_centre = 1 ORDER BY id DESC LIMIT 1",
      ) ?? null
    );
  }

  sendHeadsAgain(): void {
    this.#journal.run("UPDATE audit_heads SET at_centre = 0");
  }

  keepHead({ no, hash }: LogPlace, cose: Uint8Array | null): void {
    this.#journal.change(null, () => {
      const kept = this.headAt({ no, hash });
      if (kept === null)
        this.#journal.run(
          "INSERT INTO audit_heads (no, hash, recorded_at, cose) VALUES (?, ?, ?, ?)",
          no,
          hash,
          this.#journal.time(),
          cose,
        );
      else if (kept.cose === null && cose !== null)
        this.#journal.run("UPDATE audit_heads SET cose = ? WHERE id = ?", cose, kept.id);
    });
  }

  // -------------------------------------------------------------- receipts

  *receipts(): Generator<KeptReceipt> {
    for (const row of this.#pages<ReceiptRow>(`${RECEIPT} WHERE no > ?`)) yield receiptOf(row);
  }

  receiptsOf(device: DeviceId): readonly KeptReceipt[] {
    return this.#journal
      .all<ReceiptRow>(
        `${RECEIPT} WHERE no IN (SELECT max(no) FROM receipts WHERE device = ? GROUP BY chain) ORDER BY no`,
        device,
      )
      .map(receiptOf);
  }

  lastReceipt(device: DeviceId, chain: ChainId): KeptReceipt | null {
    const row = this.#journal.get<ReceiptRow>(
      `${RECEIPT} WHERE device = ? AND chain = ? ORDER BY no DESC LIMIT 1`,
      device,
      chain,
    );
    return row === undefined ? null : receiptOf(row);
  }

  // -------------------------------------------------------------- acts

  lastUnloading(device: DeviceId): KeptUnloading | null {
    type Row = Omit<KeptUnloading, "ledger" | "batches" | "findings"> & {
      ledger: string | null;
      batches: string;
      findings: string;
    };
    const row = this.#journal.get<Row>(
      `SELECT no, source, began, ended, chain, ledger, clock_seconds AS clockSeconds, failure, batches, findings
       FROM unloadings WHERE device = ? ORDER BY no DESC LIMIT 1`,
      device,
    );
    if (row === undefined) return null;
    return {
      ...row,
      ledger: row.ledger === null ? null : JSON.parse(row.ledger),
      batches: JSON.parse(row.batches),
      findings: JSON.parse(row.findings),
    };
  }

  async signedByTablet(device: DeviceId): Promise<Uint8Array | null> {
    const ledger = this.#journal.get<{ cose: Uint8Array }>(
      "SELECT cose FROM ledgers WHERE device = ? ORDER BY read_at DESC LIMIT 1",
      device,
    );
    if (ledger !== undefined && ledger.cose.length > 0) return ledger.cose;
    const batch = this.#journal.get<Parameters<typeof bodyFile>[1]>(
      "SELECT device, chain, seq, manifest FROM batches WHERE device = ? LIMIT 1",
      device,
    );
    if (batch === undefined) return null;
    const path = bodyFile(dirname(this.#journal.db.name), batch, "cose");
    return readFileWithin(path, MAX_SIGNED_BYTES).catch((error: NodeJS.ErrnoException) => {
      if (error.code === undefined) throw error;
      return orDiskError(path, () => {
        throw error;
      });
    });
  }

  act(no: number): KeptAct | null {
    return this.#journal.get<KeptAct>(`${ACT} WHERE no = ? AND facts IS NOT NULL`, no) ?? null;
  }

  acts(): IterableIterator<KeptAct> {
    return this.#pages<KeptAct>(`${ACT} WHERE no > ? AND facts IS NOT NULL`);
  }

  lastAct(device: DeviceId): KeptAct | null {
    return (
      this.#journal.get<KeptAct>(
        `${ACT} WHERE device = ? AND facts IS NOT NULL ORDER BY no DESC LIMIT 1`,
        device,
      ) ?? null
    );
  }

  saveAct(
    make: (no: number) => Omit<KeptAct, "no" | "madeAt" | "head">,
    event: (act: Omit<KeptAct, "head">) => AuditEvent,
    headOver: (place: LogPlace) => Uint8Array,
  ): KeptAct {
    return this.#journal.change(null, () => {
      const no = this.#journal.nextNo("acts");
      const made = { ...make(no), no, madeAt: this.#journal.time() };
      this.#journal.audit.append(event(made));
      const place = this.#journal.audit.last();
      if (place === null) throw new Error("a line that was just written is not there");
      const act: KeptAct = { ...made, head: headOver(place) };
      this.keepHead(place, act.head);
      this.#journal.run(
        `INSERT INTO acts (no, device, reserved_at, unloading, facts, code, head, made_at)
           VALUES (@no, @device, @madeAt, @unloading, @facts, @code, @head, @madeAt)`,
        act,
      );
      return act;
    });
  }

  *signedForBags(): Generator<{ readonly name: string; readonly cose: Uint8Array }> {
    type Row = { readonly no: number; readonly cose: Uint8Array };
    for (const { no, cose } of this.#pages<Row>(
      "SELECT no, cose FROM bags WHERE no > ? AND cose IS NOT NULL",
    ))
      yield { name: String(no), cose };
    const receipts = "SELECT no, station, bag, receipt AS cose FROM imports WHERE no > ?";
    for (const { station, bag, cose } of this.#pages<Row & { station: string; bag: number }>(receipts))
      yield { name: `${station} ${bag}`, cose };
  }

  *stagedBatches(): Generator<{
    no: number;
    device: DeviceId;
    chain: ChainId;
    seq: number;
    manifest: Digest;
    centre: CentreAnswer | null;
  }> {
    yield* this.#pages("SELECT no, device, chain, seq, manifest, centre FROM batches WHERE no > ?");
  }
}
