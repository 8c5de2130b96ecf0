import { readFileSync } from "node:fs";
import { open, rename, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Database, Statement } from "better-sqlite3";
import {
  CHUNK_BYTES,
  type ChainId,
  type DeviceId,
  type Digest,
  type StationId,
} from "../../../shared/ids.ts";
import { ok, type Result } from "../../../shared/result.ts";
import type { ReconcileLine } from "../../../shared/views.ts";
import type {
  AuditEvent,
  AuditLine,
  CampaignFiles,
  CentreAnswer,
  DiskFailure,
  KnownBatch,
  LedgerListing,
  LedgerRecord,
  Part,
  PartKey,
  QuarantineRow,
  ReceiptRecord,
  RefusedBatch,
  StagedBatch,
  StagedRow,
  StationRecord,
  Store,
} from "../../engine/ports.ts";
import { sha256 } from "../../formats/sha256.ts";
import type { VerifiedBatch } from "../../rules/verified.ts";
import { Audit } from "./audit.ts";
import { exists, fill, makeFolder, onDisk, SpoolPart, syncFolder, writeDurably } from "./files.ts";
import { reconcileLines } from "./reconcile.ts";

/** Kept free for the journal and the manifests, in bytes. */
const RESERVE_BYTES = 64 * 1_048_576;

const pad = (seq: number): string => String(seq).padStart(8, "0");

/** The store over an open, migrated database. */
export class SqliteStore implements Store {
  readonly folder: string;
  readonly id: string;
  readonly #db: Database;
  readonly #now: () => Date;
  readonly #audit: Audit;
  readonly #release: () => void;
  readonly #statements = new Map<string, Statement>();

  constructor(folder: string, db: Database, now: () => Date, release: () => void) {
    this.folder = folder;
    this.#db = db;
    this.#now = now;
    this.#audit = new Audit(db, now);
    this.#release = release;
    this.id = (this.#get("SELECT value FROM facts WHERE name = 'store'") as { value: string }).value;
  }

  #sql(text: string): Statement {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const made = this.#db.prepare(text);
    this.#statements.set(text, made);
    return made;
  }

  #get = (text: string, ...values: unknown[]): unknown => this.#sql(text).get(...values);
  #all = <T>(text: string, ...values: unknown[]): T[] => this.#sql(text).all(...values) as T[];
  #run = (text: string, ...values: unknown[]): unknown => this.#sql(text).run(...values);

  /** One transaction with its audit line. */
  #change<T>(event: AuditEvent | ((value: T) => AuditEvent), work: () => T): T {
    return this.#db.transaction(() => {
      const value = work();
      this.#audit.append(typeof event === "function" ? event(value) : event);
      return value;
    })();
  }

  #time = (): string => this.#now().toISOString();

  // -------------------------------------------------------------- campaign and station

  campaign(): CampaignFiles | null {
    const row = this.#get("SELECT json, root_pem AS rootPem FROM campaign") as
      | { json: string; rootPem: string }
      | undefined;
    if (row === undefined) return null;
    const crls = this.#all<{ der: Uint8Array }>("SELECT der FROM crls ORDER BY no");
    return { ...row, crls: crls.map((crl) => crl.der) };
  }

  saveCampaign(json: string, rootPem: string, crls: readonly Uint8Array[], event: AuditEvent): void {
    this.#change(event, () => {
      this.#run(
        "INSERT INTO campaign (one, json, root_pem) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json, root_pem = excluded.root_pem",
        json,
        rootPem,
      );
      for (const der of crls)
        this.#run(
          "INSERT INTO crls (digest, no, der) VALUES (?, (SELECT count(*) FROM crls), ?) ON CONFLICT (digest) DO NOTHING",
          sha256(der),
          der,
        );
    });
  }

  station(): StationRecord | null {
    const row = this.#get("SELECT id AS station, sealed_key AS sealedKey, request, certificate FROM station");
    return (row as (StationRecord & { station: StationId }) | undefined) ?? null;
  }

  saveStation(record: StationRecord, event: AuditEvent): void {
    this.#change(event, () =>
      this.#run(
        `INSERT INTO station (one, id, sealed_key, request, certificate) VALUES (1, @station, @sealedKey, @request, @certificate)
         ON CONFLICT (one) DO UPDATE SET id = excluded.id, sealed_key = excluded.sealed_key, request = excluded.request, certificate = excluded.certificate`,
        record,
      ),
    );
  }

  // -------------------------------------------------------------- ledgers

  highestLedger(device: DeviceId, chain: ChainId): { no: number; digests: readonly Digest[] } | null {
    const rows = this.#all<{ no: number; digest: Digest }>(
      `SELECT no, digest FROM ledgers WHERE device = @device AND chain = @chain
       AND no = (SELECT max(no) FROM ledgers WHERE device = @device AND chain = @chain)`,
      { device, chain },
    );
    const [first] = rows;
    return first === undefined ? null : { no: first.no, digests: rows.map((row) => row.digest) };
  }

  saveLedger(ledger: LedgerRecord, event: AuditEvent): void {
    const { device, chain } = ledger;
    this.#change(event, () => {
      const highest = this.highestLedger(device, chain);
      this.#run(
        `INSERT INTO ledgers (device, chain, no, digest, head, made_utc, made_offset, older, cose, read_at)
         VALUES (@device, @chain, @no, @digest, @head, @madeUtc, @madeOffset, @older, @cose, @readAt) ON CONFLICT DO NOTHING`,
        { ...ledger, entries: null, older: JSON.stringify(ledger.older), readAt: this.#time() },
      );
      if (highest !== null && ledger.no < highest.no) return;
      for (const one of [...ledger.older, { chain, head: ledger.head }])
        this.#run(
          `INSERT INTO chains (device, chain, head) VALUES (?, ?, ?)
           ON CONFLICT (device, chain) DO UPDATE SET head = max(head, excluded.head)`,
          device,
          one.chain,
          one.head,
        );
      this.#run("DELETE FROM entries WHERE device = ? AND chain = ?", device, chain);
      for (const entry of ledger.entries)
        this.#run(
          `INSERT INTO entries (device, chain, seq, manifest, length, state, synced_utc, synced_offset, acknowledged, found)
           VALUES (@device, @chain, @seq, @manifest, @length, @state, @syncedUtc, @syncedOffset, @acknowledged, @found)`,
          { ...entry, device, chain, acknowledged: Number(entry.acknowledged), found: Number(entry.found) },
        );
    });
  }

  ledgerEntries(device: DeviceId): readonly LedgerListing[] {
    return this.#all("SELECT chain, seq, manifest, length FROM entries WHERE device = ?", device);
  }

  known(device: DeviceId): readonly KnownBatch[] {
    return [
      ...this.#all<KnownBatch>(
        "SELECT chain, seq, manifest, prev, length, 'staged' AS state, centre FROM batches WHERE device = ?",
        device,
      ),
      ...this.#all<KnownBatch>(
        `SELECT chain, seq, manifest, prev, coalesce(body_bytes, 0) AS length, 'quarantined' AS state, NULL AS centre
         FROM quarantine WHERE device = ? AND believed = 1 AND resolved_at IS NULL`,
        device,
      ),
    ];
  }

  quarantinedNames(device: DeviceId | null): readonly { chain: ChainId; seq: number }[] {
    return this.#all("SELECT chain, seq FROM quarantine WHERE device IS ? AND resolved_at IS NULL", device);
  }

  // -------------------------------------------------------------- files

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder);
    return Math.max(0, bavail * bsize - RESERVE_BYTES);
  }

  #spool = (key: Digest): string => join(this.folder, "spool", `${key}.part`);
  #quarantineFile = (key: Digest, ending: "age" | "cose"): string =>
    join(this.folder, "quarantine", `${key}.${ending}`);
  #bodyFolder = (device: DeviceId): string => join(this.folder, "bodies", device);
  #bodyFile = (batch: StagedBatch, ending: "age" | "cose"): string =>
    join(
      this.#bodyFolder(batch.device),
      `${batch.chain}-${pad(batch.seq)}-${batch.manifest.slice(0, 16)}.${ending}`,
    );

  async part(key: PartKey): Promise<Result<Part, DiskFailure>> {
    const path = this.#spool(key.manifestFile);
    return onDisk(path, () => SpoolPart.open(path));
  }

  async stage(batch: VerifiedBatch, part: Part, source: string): Promise<Result<StagedBatch, DiskFailure>> {
    if (!(part instanceof SpoolPart)) throw new Error("a part of another store");
    const { device, chain, seq, manifest, length } = batch;
    const staged: StagedBatch = { device, chain, seq, manifest, length };
    const durable = await onDisk(part.path, async () => {
      await part.seal();
      await makeFolder(this.#bodyFolder(device));
      await rename(part.path, this.#bodyFile(staged, "age"));
      await writeDurably(this.#bodyFile(staged, "cose"), batch.manifestBytes);
      await syncFolder(this.#bodyFolder(device));
      await syncFolder(join(this.folder, "bodies"));
    });
    if (!durable.ok) return durable;
    const there = this.#get(
      "SELECT manifest FROM batches WHERE device = ? AND chain = ? AND seq = ?",
      device,
      chain,
      seq,
    );
    if (there !== undefined) {
      if ((there as { manifest: Digest }).manifest !== manifest)
        throw new Error("staging over another batch");
      return ok(staged);
    }
    this.#change({ type: "staged", data: { device, chain, seq, manifest, length, source } }, () => {
      this.#run(
        `INSERT INTO batches (device, chain, seq, manifest, prev, length, campaign, area, made_utc, made_offset, records, source, staged_at)
         VALUES (@device, @chain, @seq, @manifest, @prev, @length, @campaign, @area, @madeUtc, @madeOffset, @records, @source, @stagedAt)`,
        { ...batch, manifestBytes: null, source, stagedAt: this.#time() },
      );
      this.#run(
        "UPDATE quarantine SET resolved_at = ? WHERE manifest_file = ? AND resolved_at IS NULL",
        this.#time(),
        batch.manifestFile,
      );
    });
    return ok(staged);
  }

  async quarantine(batch: RefusedBatch, part: Part | null): Promise<Result<void, DiskFailure>> {
    if (part !== null && !(part instanceof SpoolPart)) throw new Error("a part of another store");
    const key = batch.manifestFile;
    const folder = join(this.folder, "quarantine");
    const durable = await onDisk(folder, async () => {
      await makeFolder(folder);
      if (part !== null) {
        await part.seal();
        await rename(part.path, this.#quarantineFile(key, "age"));
      }
      if (batch.manifestBytes !== null)
        await writeDurably(this.#quarantineFile(key, "cose"), batch.manifestBytes);
      await syncFolder(folder);
    });
    if (!durable.ok) return durable;
    const { device, chain, seq, manifest, reason, source } = batch;
    this.#change({ type: "quarantined", data: { device, chain, seq, manifest, reason, source } }, () => {
      const row = {
        ...batch,
        manifestBytes: null,
        believed: Number(batch.believed),
        hasManifest: Number(batch.manifestBytes !== null),
        bodyBytes: part?.length ?? null,
        since: this.#time(),
      };
      this.#run(
        `INSERT INTO quarantine (device, chain, seq, manifest, believed, prev, ledger_device, reason, manifest_file, has_manifest, body_bytes, source, since)
         VALUES (@device, @chain, @seq, @manifest, @believed, @prev, @ledgerDevice, @reason, @manifestFile, @hasManifest, @bodyBytes, @source, @since)
         ON CONFLICT (manifest_file) WHERE resolved_at IS NULL DO UPDATE SET
           device = excluded.device, believed = excluded.believed, prev = excluded.prev, ledger_device = excluded.ledger_device,
           reason = excluded.reason, body_bytes = excluded.body_bytes, source = excluded.source`,
        row,
      );
    });
    return ok(undefined);
  }

  async quarantinedBody(id: number): Promise<Result<Part | null, DiskFailure>> {
    const row = this.#get(
      "SELECT manifest_file AS file, body_bytes AS bytes FROM quarantine WHERE id = ?",
      id,
    ) as { file: Digest; bytes: number | null } | undefined;
    if (row === undefined || row.bytes === null) return ok(null);
    const kept = this.#quarantineFile(row.file, "age");
    const path = this.#spool(row.file);
    return onDisk(kept, async () => {
      await makeFolder(join(this.folder, "spool"));
      if (await exists(kept)) await rename(kept, path);
      return SpoolPart.open(path);
    });
  }

  resolveQuarantine(id: number): void {
    const row = this.#get(
      "SELECT device, chain, seq FROM quarantine WHERE id = ? AND resolved_at IS NULL",
      id,
    ) as { device: string | null; chain: string; seq: number } | undefined;
    if (row === undefined) return;
    this.#change({ type: "quarantine-judged", data: row }, () =>
      this.#run("UPDATE quarantine SET resolved_at = ? WHERE id = ?", this.#time(), id),
    );
  }

  quarantineList(): readonly QuarantineRow[] {
    const rows = this.#all<Omit<QuarantineRow, "hasBody"> & { body: number | null }>(
      `SELECT id, device, chain, seq, manifest, reason, coalesce(body_bytes, 0) AS bytes, body_bytes AS body, since,
         manifest_file AS manifestFile, ledger_device AS ledgerDevice, source
       FROM quarantine WHERE resolved_at IS NULL ORDER BY id`,
    );
    return rows.map(({ body, ...row }) => ({ ...row, hasBody: body !== null }));
  }

  quarantinedManifest(id: number): Uint8Array | null {
    const row = this.#get(
      "SELECT manifest_file AS file, has_manifest AS has FROM quarantine WHERE id = ?",
      id,
    ) as { file: Digest; has: number } | undefined;
    return row?.has === 1 ? readFileSync(this.#quarantineFile(row.file, "cose")) : null;
  }

  saveUnloading(record: Parameters<Store["saveUnloading"]>[0], event: AuditEvent): void {
    this.#change(event, () =>
      this.#run(
        "INSERT INTO unloadings (device, source, began, ended, batches, findings) VALUES (@device, @source, @began, @ended, @batches, @findings)",
        {
          ...record,
          ended: this.#time(),
          batches: JSON.stringify(record.batches),
          findings: JSON.stringify(record.findings),
        },
      ),
    );
  }

  // -------------------------------------------------------------- receipts

  saveReceipt(
    make: (no: number) => ReceiptRecord,
    event: (receipt: ReceiptRecord) => AuditEvent,
  ): ReceiptRecord {
    return this.#change(event, () => {
      const { no } = this.#get("SELECT coalesce(max(no), 0) + 1 AS no FROM receipts") as { no: number };
      const receipt = make(no);
      this.#run(
        "INSERT INTO receipts (no, device, chain, name, bytes, made_at) VALUES (@no, @device, @chain, @name, @bytes, @madeAt)",
        { ...receipt, madeAt: this.#time() },
      );
      return receipt;
    });
  }

  lastReceipt(device: DeviceId, chain: ChainId): (ReceiptRecord & { delivered: boolean }) | null {
    const row = this.#get(
      `SELECT no, device, chain, name, bytes, delivered_at AS deliveredAt FROM receipts
       WHERE device = ? AND chain = ? ORDER BY no DESC LIMIT 1`,
      device,
      chain,
    ) as (ReceiptRecord & { deliveredAt: string | null }) | undefined;
    if (row === undefined) return null;
    const { deliveredAt, ...receipt } = row;
    return { ...receipt, delivered: deliveredAt !== null };
  }

  receiptDelivered(no: number, event: AuditEvent): void {
    this.#change(event, () =>
      this.#run("UPDATE receipts SET delivered_at = ? WHERE no = ?", this.#time(), no),
    );
  }

  // -------------------------------------------------------------- upload

  toUpload(after: StagedRow | null, limit: number): readonly StagedRow[] {
    const from =
      after === null
        ? 0
        : (
            this.#get(
              "SELECT no FROM batches WHERE device = ? AND chain = ? AND seq = ?",
              after.device,
              after.chain,
              after.seq,
            ) as {
              no: number;
            }
          ).no;
    return this.#all(
      `SELECT device, chain, seq, manifest, length, staged_at AS stagedAt FROM batches
       WHERE centre IS NULL AND no > ? ORDER BY no LIMIT ?`,
      from,
      limit,
    );
  }

  manifestOf(batch: StagedBatch): Promise<Result<Uint8Array, DiskFailure>> {
    const path = this.#bodyFile(batch, "cose");
    return onDisk(path, async () => {
      const handle = await open(path, "r");
      try {
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    });
  }

  readBody(
    batch: StagedBatch,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
  ): Promise<Result<void, DiskFailure>> {
    const path = this.#bodyFile(batch, "age");
    return onDisk(path, async () => {
      const handle = await open(path, "r");
      try {
        const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
        for (let at = offset; ; at += buffer.length) {
          const filled = await fill(handle, buffer, at);
          if (filled === 0 || !(await take(buffer.subarray(0, filled))) || filled < buffer.length) return;
        }
      } finally {
        await handle.close();
      }
    });
  }

  saveCentreAnswer(batch: StagedBatch, answer: CentreAnswer, event: AuditEvent): void {
    this.#change(event, () =>
      this.#run(
        "UPDATE batches SET centre = ?, answered_at = ? WHERE device = ? AND chain = ? AND seq = ? AND manifest = ?",
        answer,
        this.#time(),
        batch.device,
        batch.chain,
        batch.seq,
        batch.manifest,
      ),
    );
  }

  // -------------------------------------------------------------- looking back

  reconcile(device: DeviceId | null): IterableIterator<ReconcileLine> {
    return reconcileLines(this.#db, device);
  }

  audit(): IterableIterator<AuditLine> {
    return this.#audit.lines();
  }

  record(event: AuditEvent): void {
    this.#change(event, () => undefined);
  }

  verifyAudit(): Result<number, { readonly type: "audit-broken"; readonly no: number }> {
    return this.#audit.verify();
  }

  close(): void {
    this.#db.close();
    this.#release();
  }
}
