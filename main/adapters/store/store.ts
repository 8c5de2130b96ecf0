import { existsSync, readFileSync } from "node:fs";
import { open, rename, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { allDone } from "../../../shared/all-done.ts";
import type { ChainId, DeviceId, Digest, StationId } from "../../../shared/ids.ts";
import { ok, type Result } from "../../../shared/result.ts";
import type { ReconcileLine } from "../../../shared/views.ts";
import type { AuditEvent } from "../../engine/audit-events.ts";
import type {
  AuditLine,
  CampaignFiles,
  CentreAnswer,
  DiskFailure,
  KeptBody,
  KnownBatch,
  LedgerListing,
  LedgerRecord,
  NamedBatch,
  OutboxListing,
  Part,
  PartKey,
  QuarantinedName,
  QuarantineRow,
  RefusedBatch,
  StagedBatch,
  StagedRow,
  StationRecord,
  Store,
  TabletMemory,
} from "../../engine/ports.ts";
import type { KeptReceipt, ReceiptRecord } from "../../engine/ports-custody.ts";
import type { DeskStore } from "../../engine/ports-desk.ts";
import type { ReportSource } from "../../engine/ports-report.ts";
import { MAX_SIGNED_BYTES } from "../../formats/cose.ts";
import { sha256 } from "../../formats/sha256.ts";
import type { VerifiedBatch } from "../../rules/verified.ts";
import { linkOrCopy, makeFolder, syncFolder, writeBytes } from "../disk/durable.ts";
import { FileRefused, openFile, READ_FLAGS, readFileWithin } from "../disk/regular.ts";
import { CENTRE, IS_DOUBTED } from "./answers.ts";
import { SqliteCarryBooks } from "./carry.ts";
import { CentreStore } from "./centre.ts";
import { GroupCommit } from "./commits.ts";
import { becomeCopy } from "./copy.ts";
import { CustodyStore } from "./custody.ts";
import { deskStoreOf } from "./desk/desk-store.ts";
import { eachOrDiskError, onDisk, orDiskError } from "./failures.ts";
import { bodyFile, PartFile, quarantineFile, readWindows } from "./files.ts";
import { SqliteHoldings, stampsOf } from "./holdings.ts";
import { Journal } from "./journal.ts";
import { Ledgers } from "./ledgers.ts";
import { reconcileLines } from "./reconcile.ts";
import { reportSource } from "./report.ts";
import { tabletMemoryOf } from "./tablet-memory.ts";

/** Where the bytes lie, beside the journal: bodies pulled in part, staged ones by tablet, and refused ones. */
export const FOLDERS = ["spool", "bodies", "quarantine"] as const;

/** Kept free for the journal and the manifests, in bytes. */
const RESERVE_BYTES = 64 * 1_048_576;

/** A body in the hands of the store that opened it. */
function ofThisStore(part: Part | KeptBody): PartFile {
  if (!(part instanceof PartFile)) throw new Error("a part of another store");
  return part;
}

/** What a refused batch's files are called: a manifest that parses names itself; others are told apart by the tablet they lay on. */
const quarantineName = (batch: Pick<RefusedBatch, "manifestFile" | "manifest" | "ledgerDevice">): Digest =>
  batch.manifest !== null || batch.ledgerDevice === null
    ? batch.manifestFile
    : sha256(`${batch.ledgerDevice} ${batch.manifestFile}`);

/** A row of the view of open quarantine rows. */
type QuarantinedView = Omit<QuarantineRow, "manifestFile" | "ledgerDevice" | "hasBody"> & {
  readonly manifest_file: Digest;
  readonly ledger_device: DeviceId | null;
  readonly has_body: number;
};

const quarantineRowOf = (row: QuarantinedView): QuarantineRow => ({
  id: row.id,
  device: row.device,
  chain: row.chain,
  seq: row.seq,
  manifest: row.manifest,
  reason: row.reason,
  bytes: row.bytes,
  since: row.since,
  manifestFile: row.manifest_file,
  ledgerDevice: row.ledger_device,
  hasBody: row.has_body === 1,
  source: row.source,
});

/** The store over an open, migrated database. */
export class SqliteStore implements Store {
  readonly folder: string;
  readonly id: string;
  readonly centre: CentreStore;
  readonly carry: SqliteCarryBooks;
  readonly report: ReportSource;
  /** What the windows need of this store. */
  readonly desk: DeskStore;
  readonly custody: CustodyStore;
  readonly holdings: SqliteHoldings;
  readonly tablets: TabletMemory;
  readonly #release: () => void;
  readonly #journal: Journal;
  readonly #ledgers: Ledgers;
  readonly #commits: GroupCommit;
  /** Bodies in somebody's hands, by path: settles when they are let go. */
  readonly #owned = new Map<string, Promise<void>>();
  /** Folders of devices whose names this process has made durable. */
  readonly #synced = new Set<DeviceId>();

  constructor(folder: string, db: Database, now: () => Date, release: () => void) {
    this.folder = folder;
    const journal = new Journal(db, now);
    this.#journal = journal;
    this.#ledgers = new Ledgers(journal);
    this.#commits = new GroupCommit((work) => journal.change(null, work));
    this.centre = new CentreStore(journal);
    this.carry = new SqliteCarryBooks(journal);
    this.report = reportSource(db);
    this.custody = new CustodyStore(journal);
    this.holdings = new SqliteHoldings(folder, journal);
    this.tablets = tabletMemoryOf(journal);
    this.#release = release;
    this.desk = deskStoreOf(folder, journal);
    this.id = (this.#journal.get("SELECT value FROM facts WHERE name = 'store'") as { value: string }).value;
  }

  // -------------------------------------------------------------- campaign and station

  campaign(): CampaignFiles | null {
    const row = this.#journal.get("SELECT json, root_pem AS rootPem FROM campaign") as
      | { json: string; rootPem: string }
      | undefined;
    if (row === undefined) return null;
    const crls = this.#journal.all<{ der: Uint8Array }>("SELECT der FROM crls ORDER BY no");
    return { ...row, crls: crls.map((crl) => crl.der) };
  }

  saveCampaign(json: string, rootPem: string, crls: readonly Uint8Array[], event: AuditEvent): void {
    this.#journal.change(event, () => {
      this.#journal.run(
        "INSERT INTO campaign (one, json, root_pem) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json, root_pem = excluded.root_pem",
        json,
        rootPem,
      );
      for (const der of crls)
        this.#journal.run(
          "INSERT INTO crls (digest, no, der) VALUES (?, (SELECT count(*) FROM crls), ?) ON CONFLICT (digest) DO NOTHING",
          sha256(der),
          der,
        );
    });
  }

  station(): StationRecord | null {
    const row = this.#journal.get(
      "SELECT id AS station, sealed_key AS sealedKey, request, certificate FROM station",
    );
    return (row as (StationRecord & { station: StationId }) | undefined) ?? null;
  }

  saveStation(record: StationRecord, event: AuditEvent): void {
    this.#journal.change(event, () =>
      this.#journal.run(
        `INSERT INTO station (one, id, sealed_key, request, certificate) VALUES (1, @station, @sealedKey, @request, @certificate)
         ON CONFLICT (one) DO UPDATE SET id = excluded.id, sealed_key = excluded.sealed_key, request = excluded.request, certificate = excluded.certificate`,
        record,
      ),
    );
  }

  // -------------------------------------------------------------- ledgers

  highestLedger(device: DeviceId, chain: ChainId): { no: number; digests: readonly Digest[] } | null {
    return this.#ledgers.highest(device, chain);
  }

  saveLedger(ledger: LedgerRecord, event: AuditEvent): void {
    this.#ledgers.save(ledger, event);
  }

  saveOutbox(device: DeviceId, present: readonly OutboxListing[]): void {
    this.#ledgers.saveOutbox(device, present);
  }

  ledgersInForce(): IterableIterator<{ device: DeviceId; chain: ChainId; cose: Uint8Array }> {
    return this.#ledgers.inForce();
  }

  countAcknowledged(device: DeviceId, chain: ChainId, seqs: ReadonlySet<number>): void {
    this.#ledgers.countAcknowledged(device, chain, seqs);
  }

  heads(device: DeviceId): readonly { readonly chain: ChainId; readonly head: number }[] {
    return this.#ledgers.heads(device);
  }

  named(device: DeviceId): readonly NamedBatch[] {
    return this.#ledgers.named(device);
  }

  saveNamed(device: DeviceId, named: readonly NamedBatch[]): void {
    this.#ledgers.saveNamed(device, named);
  }

  ledgerEntries(device: DeviceId): readonly LedgerListing[] {
    return this.#ledgers.entries(device);
  }

  known(device: DeviceId): readonly KnownBatch[] {
    return [
      ...this.#journal.all<KnownBatch>(
        `SELECT chain, seq, manifest, prev, length, CASE WHEN damage IS NULL THEN 'staged' ELSE 'damaged' END AS state,
           ${CENTRE} AS centre
         FROM batches WHERE device = ?`,
        device,
      ),
      ...this.#journal.all<KnownBatch>(
        `SELECT chain, seq, manifest, prev, coalesce(body_bytes, 0) AS length, 'quarantined' AS state, NULL AS centre
         FROM quarantine WHERE device = ? AND believed = 1 AND resolved_at IS NULL`,
        device,
      ),
    ];
  }

  quarantined(device: DeviceId): readonly QuarantinedName[] {
    const rows = this.#journal.all<QuarantinedName & { isBelieved: number; isOpen: number }>(
      `SELECT chain, seq, manifest, prev, believed AS isBelieved, resolved_at IS NULL AS isOpen FROM quarantine WHERE device = ?`,
      device,
    );
    return rows.map(({ isBelieved, isOpen, ...row }) => ({
      ...row,
      believed: isBelieved === 1,
      open: isOpen === 1,
    }));
  }

  // -------------------------------------------------------------- files

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder);
    return Math.max(0, bavail * bsize - RESERVE_BYTES);
  }

  #spool = (key: Digest): string => join(this.folder, "spool", `${key}.part`);
  #quarantineFile = (key: Digest, ending: "age" | "cose"): string => quarantineFile(this.folder, key, ending);
  #bodyFolder = (device: DeviceId): string => join(this.folder, "bodies", device);
  #bodyFile = (batch: StagedBatch, ending: "age" | "cose"): string => bodyFile(this.folder, batch, ending);

  /** Opens a body's file when whoever holds it has let it go; null where it is wanted from quarantine and is not there. */
  async #take(path: string, isKept: boolean): Promise<PartFile | null> {
    for (let owner = this.#owned.get(path); owner !== undefined; owner = this.#owned.get(path)) await owner;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#owned.set(path, promise);
    const letGo = (): void => {
      if (this.#owned.get(path) === promise) this.#owned.delete(path);
      resolve();
    };
    try {
      const handle = await open(path, isKept ? "r+" : "a+", 0o600);
      const found = await handle.stat();
      if (found.isFile()) return new PartFile(path, isKept, handle, found.size, letGo);
      await handle.close();
      throw new FileRefused("NOT_A_FILE", path);
    } catch (error) {
      letGo();
      if (isKept && (error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  async part(key: PartKey): Promise<Result<Part, DiskFailure>> {
    const path = this.#spool(key.manifestFile);
    return onDisk(path, async () => {
      const part = await this.#take(path, false);
      if (part === null) throw new Error("a part in the spool is made where there is none");
      return ok(part);
    });
  }

  /** Gives a sealed body its final name. What lies in quarantine keeps its name there too. The caller syncs the folder. */
  async #moveTo(part: PartFile, path: string): Promise<void> {
    if (part.path === path) return;
    if (part.isKept) await linkOrCopy(part.path, path);
    else await rename(part.path, path);
  }

  async #folderOf(device: DeviceId): Promise<string> {
    const folder = this.#bodyFolder(device);
    if (this.#synced.has(device) && existsSync(folder)) return folder;
    await makeFolder(folder);
    await syncFolder(join(this.folder, "bodies"));
    this.#synced.add(device);
    return folder;
  }

  async stage(
    batch: VerifiedBatch,
    part: Part | KeptBody,
    source: string,
    before: readonly AuditEvent[] = [],
  ): Promise<Result<StagedBatch, DiskFailure>> {
    const body = ofThisStore(part);
    const { device, chain, seq, manifest, length } = batch;
    const staged: StagedBatch = { device, chain, seq, manifest, length };
    try {
      return await onDisk(body.path, async () => {
        const there = this.#stagedUnder(staged);
        if (there !== null && there !== manifest) throw new Error("staging over another batch");
        const folder = await this.#folderOf(device);
        // A file that is still being written belongs to nobody else.
        let stamps: string | null = null;
        const files = async () => {
          await allDone([
            body.seal().then(() => this.#moveTo(body, this.#bodyFile(staged, "age"))),
            writeBytes(this.#bodyFile(staged, "cose"), batch.manifestBytes),
          ]);
          const found = await stampsOf(this.folder, staged);
          if (typeof found !== "string") ({ stamps } = found);
        };
        await this.#commits.join(folder, files, () => {
          if (there === null) this.#enter(batch, source, stamps, before);
          else this.#renew(batch, source, stamps, before);
        });
        return ok(staged);
      });
    } finally {
      await body.close();
    }
  }

  #stagedUnder({ device, chain, seq }: StagedBatch): Digest | null {
    const row = this.#journal.get(
      "SELECT manifest FROM batches WHERE device = ? AND chain = ? AND seq = ?",
      device,
      chain,
      seq,
    ) as { manifest: Digest } | undefined;
    return row?.manifest ?? null;
  }

  /** The batch was staged before: its files are written anew, so that a damage of theirs ends. */
  #renew(batch: VerifiedBatch, source: string, stamps: string | null, before: readonly AuditEvent[]): void {
    const { device, chain, seq, manifest, manifestBytes, manifestFile } = batch;
    const row = this.#journal.get<{ damage: string | null }>(
      "SELECT damage FROM batches WHERE device = ? AND chain = ? AND seq = ?",
      ...[device, chain, seq],
    );
    this.#journal.change(null, () => {
      for (const event of before) this.#journal.audit.append(event);
      this.#journal.run(
        `UPDATE batches SET damage = NULL, damaged_at = NULL, stamps = @stamps, manifest_length = @manifestLength
         WHERE device = @device AND chain = @chain AND seq = @seq`,
        { device, chain, seq, stamps, manifestLength: manifestBytes.length },
      );
      this.#resolveUnder(batch, manifestFile);
      if (row?.damage != null)
        this.#journal.audit.append({ type: "batch-healed", data: { device, chain, seq, manifest, source } });
    });
  }

  /** A batch under this number is staged: what was quarantined under it leaves the list. Its bytes stay. */
  #resolveUnder({ device, chain, seq }: VerifiedBatch, manifestFile: Digest): void {
    this.#journal.run(
      `UPDATE quarantine SET resolved_at = @now WHERE resolved_at IS NULL
       AND (file = @manifestFile OR (device = @device AND chain = @chain AND seq = @seq))`,
      { now: this.#journal.time(), manifestFile, device, chain, seq },
    );
  }

  #enter(batch: VerifiedBatch, source: string, stamps: string | null, before: readonly AuditEvent[]): void {
    const { device, chain, seq, manifest, length, manifestFile } = batch;
    this.#journal.change({ type: "staged", data: { device, chain, seq, manifest, length, source } }, () => {
      for (const event of before) this.#journal.audit.append(event);
      this.#journal.run(
        `INSERT INTO batches (device, chain, seq, manifest, prev, length, campaign, area, made_utc, made_offset, records, source, staged_at,
           manifest_length, stamps)
         VALUES (@device, @chain, @seq, @manifest, @prev, @length, @campaign, @area, @madeUtc, @madeOffset, @records, @source, @stagedAt,
           @manifestLength, @stamps)`,
        {
          ...batch,
          manifestBytes: null,
          manifestLength: batch.manifestBytes.length,
          source,
          stamps,
          stagedAt: this.#journal.time(),
        },
      );
      this.#resolveUnder(batch, manifestFile);
    });
  }

  async quarantine(
    batch: RefusedBatch,
    part: Part | KeptBody | null,
    before: readonly AuditEvent[] = [],
  ): Promise<Result<void, DiskFailure>> {
    const body = part === null ? null : ofThisStore(part);
    const file = quarantineName(batch);
    const folder = join(this.folder, "quarantine");
    try {
      return await onDisk(folder, async () => {
        const files = async () => {
          if (body !== null) {
            await body.seal();
            await this.#moveTo(body, this.#quarantineFile(file, "age"));
          }
          if (batch.manifestBytes !== null)
            await writeBytes(this.#quarantineFile(file, "cose"), batch.manifestBytes);
        };
        await this.#commits.join(folder, files, () =>
          this.#journalRefused(batch, file, body?.length ?? null, before),
        );
        return ok(undefined);
      });
    } finally {
      await body?.close();
    }
  }

  #journalRefused(
    batch: RefusedBatch,
    file: Digest,
    bodyBytes: number | null,
    before: readonly AuditEvent[],
  ): void {
    const { device, chain, seq, manifest, reason, source } = batch;
    this.#journal.change(
      { type: "quarantined", data: { device, chain, seq, manifest, reason, source } },
      () => {
        for (const event of before) this.#journal.audit.append(event);
        this.#journal.run(
          `INSERT INTO quarantine (device, chain, seq, manifest, believed, prev, ledger_device, reason, manifest_file, file, has_manifest, body_bytes, source, since)
         VALUES (@device, @chain, @seq, @manifest, @believed, @prev, @ledgerDevice, @reason, @manifestFile, @file, @hasManifest, @bodyBytes, @source, @since)
         ON CONFLICT (file) WHERE resolved_at IS NULL DO UPDATE SET
           device = excluded.device, believed = excluded.believed, prev = excluded.prev, ledger_device = excluded.ledger_device,
           reason = excluded.reason, body_bytes = coalesce(excluded.body_bytes, body_bytes), source = excluded.source`,
          {
            ...batch,
            manifestBytes: null,
            file,
            believed: Number(batch.believed),
            hasManifest: Number(batch.manifestBytes !== null),
            bodyBytes,
            since: this.#journal.time(),
          },
        );
      },
    );
  }

  quarantineRow(
    batch: Pick<RefusedBatch, "manifestFile" | "manifest" | "ledgerDevice">,
  ): QuarantineRow | null {
    const row = this.#journal.get("SELECT * FROM quarantined WHERE file = ?", quarantineName(batch));
    return row === undefined ? null : quarantineRowOf(row as QuarantinedView);
  }

  quarantineList(): readonly QuarantineRow[] {
    return this.#journal.all<QuarantinedView>("SELECT * FROM quarantined ORDER BY id").map(quarantineRowOf);
  }

  async quarantinedBody(id: number): Promise<Result<KeptBody | null, DiskFailure>> {
    const row = this.#journal.get("SELECT file, body_bytes AS bytes FROM quarantine WHERE id = ?", id) as
      | { file: Digest; bytes: number | null }
      | undefined;
    if (row === undefined || row.bytes === null) return ok(null);
    const path = this.#quarantineFile(row.file, "age");
    return onDisk(path, async () => ok(await this.#take(path, true)));
  }

  resolveQuarantine(id: number): void {
    const row = this.#journal.get(
      "SELECT device, chain, seq FROM quarantine WHERE id = ? AND resolved_at IS NULL",
      id,
    ) as { device: string | null; chain: string; seq: number } | undefined;
    if (row === undefined) return;
    this.#journal.change({ type: "quarantine-judged", data: row }, () =>
      this.#journal.run("UPDATE quarantine SET resolved_at = ? WHERE id = ?", this.#journal.time(), id),
    );
  }

  quarantinedManifest(id: number): Uint8Array | null {
    const row = this.#journal.get("SELECT file, has_manifest AS has FROM quarantine WHERE id = ?", id) as
      | { file: Digest; has: number }
      | undefined;
    if (row?.has !== 1) return null;
    const path = this.#quarantineFile(row.file, "cose");
    return orDiskError(path, () => readFileSync(path, { flag: READ_FLAGS }));
  }

  saveUnloading(record: Parameters<Store["saveUnloading"]>[0], event: AuditEvent): void {
    this.#journal.change(event, () =>
      this.#journal.run(
        `INSERT INTO unloadings (device, source, began, ended, chain, ledger, clock_seconds, failure, batches, findings)
         VALUES (@device, @source, @began, @ended, @chain, @ledger, @clockSeconds, @failure, @batches, @findings)`,
        {
          ...record,
          ended: this.#journal.time(),
          ledger: record.ledger === null ? null : JSON.stringify(record.ledger),
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
    return this.#journal.change(event, () => {
      const no = this.#journal.nextNo("receipts");
      const receipt = make(no);
      this.#journal.run(
        `INSERT INTO receipts (no, device, chain, name, bytes, digest, act, made_at)
         VALUES (@no, @device, @chain, @name, @bytes, @digest, @act, @madeAt)`,
        { ...receipt, madeAt: this.#journal.time() },
      );
      return receipt;
    });
  }

  lastReceipt(device: DeviceId, chain: ChainId): KeptReceipt | null {
    return this.custody.lastReceipt(device, chain);
  }

  receiptDelivered(no: number, event: AuditEvent): void {
    this.#journal.change(event, () =>
      this.#journal.run("UPDATE receipts SET delivered_at = ? WHERE no = ?", this.#journal.time(), no),
    );
  }

  // -------------------------------------------------------------- upload

  toUpload(after: StagedRow | null, limit: number, again = false): readonly StagedRow[] {
    const from =
      after === null
        ? 0
        : (
            this.#journal.get(
              "SELECT no FROM batches WHERE device = ? AND chain = ? AND seq = ?",
              after.device,
              after.chain,
              after.seq,
            ) as {
              no: number;
            }
          ).no;
    return this.#journal.all(
      `SELECT device, chain, seq, manifest, length, staged_at AS stagedAt FROM batches
       WHERE ${again ? "" : this.centre.isDoubted() ? `(centre IS NULL OR ${IS_DOUBTED}) AND` : "centre IS NULL AND"}
         no > ? ORDER BY no LIMIT ?`,
      from,
      limit,
    );
  }

  manifestOf(batch: StagedBatch): Promise<Result<Uint8Array, DiskFailure>> {
    const path = this.#bodyFile(batch, "cose");
    return onDisk(path, async () => ok(await readFileWithin(path, MAX_SIGNED_BYTES)));
  }

  readBody(
    batch: StagedBatch,
    offset: number,
    take: (window: Uint8Array) => boolean | Promise<boolean>,
  ): Promise<Result<void, DiskFailure>> {
    const path = this.#bodyFile(batch, "age");
    return onDisk(path, async () => {
      const { handle } = await openFile(path);
      try {
        await readWindows(handle, offset, take);
        return ok(undefined);
      } finally {
        await handle.close();
      }
    });
  }

  saveCentreAnswer(batch: StagedBatch, answer: CentreAnswer, event: AuditEvent): void {
    const name = { device: batch.device, chain: batch.chain, seq: batch.seq, manifest: batch.manifest };
    this.#journal.change(event, () => {
      this.#journal.run(
        `UPDATE sending SET batches = batches - d.many, bytes = bytes - d.size FROM (
           SELECT count(*) AS many, coalesce(sum(length), 0) AS size FROM batches
           WHERE device = @device AND chain = @chain AND seq = @seq AND manifest = @manifest AND ${IS_DOUBTED}) AS d
         WHERE d.many > 0`,
        name,
      );
      this.#journal.run(
        `UPDATE batches SET centre = @answer, answered_at = @at
         WHERE device = @device AND chain = @chain AND seq = @seq AND manifest = @manifest
         AND (centre IS NULL OR (@answer = 'conflict' AND centre <> 'conflict'))`,
        { ...name, answer, at: this.#journal.time() },
      );
      this.#journal.run(
        `UPDATE batches SET confirmed_line = (SELECT coalesce(max(no), 0) + 1 FROM audit), barred = 0
         WHERE device = @device AND chain = @chain AND seq = @seq AND manifest = @manifest`,
        name,
      );
    });
  }

  // -------------------------------------------------------------- looking back

  reconcile(device: DeviceId | null): IterableIterator<ReconcileLine> {
    return eachOrDiskError(this.#journal.db.name, reconcileLines(this.#journal.db, device));
  }

  audit(after?: number): IterableIterator<AuditLine> {
    return this.#journal.audit.lines(after);
  }

  record(event: AuditEvent): void {
    this.#journal.change(event, () => undefined);
  }

  verifyAudit(): ReturnType<Store["verifyAudit"]> {
    return this.#journal.audit.verify();
  }

  /** See `becomeCopy` in copy.ts. */
  becomeCopy(was: string, lines: number): string {
    return becomeCopy(this.#journal, was, lines);
  }

  close(): void {
    this.#journal.db.close();
    this.#release();
  }
}
