import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import type { DeviceId, Digest } from "../../../shared/ids.ts";
import type { AuditEvent } from "../../engine/audit-events.ts";
import type { StagedBatch } from "../../engine/ports.ts";
import {
  type Damage,
  damagedEvent,
  type FileLook,
  type FoundDamage,
  type Holding,
  type Holdings,
  type QuarantinedFiles,
} from "../../engine/ports-holdings.ts";
import { codeOf } from "../disk/errors.ts";
import { bodyFile, quarantineFile } from "./files.ts";
import type { Journal } from "./journal.ts";

/** Rows of one page while all staged batches are walked. */
const PAGE = 500;

const HOLDING = "SELECT device, chain, seq, manifest, length, damage FROM batches";

/** Answers of a file system that mean: there is no such file. */
const ABSENT: ReadonlySet<string | undefined> = new Set(["ENOENT", "ENOTDIR"]);

/** What the journal says of the files of a quarantined batch. `bodyBytes` null: no body is kept. */
interface Kept {
  readonly file: Digest;
  readonly hasManifest: number;
  readonly bodyBytes: number | null;
}

type Looked = BigIntStats | Damage;

async function lookAt(path: string): Promise<Looked> {
  try {
    const found = await stat(path, { bigint: true });
    return found.isFile() ? found : "unreadable";
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return ABSENT.has(codeOf(error)) ? "missing" : "unreadable";
  }
}

/** Changes whenever somebody writes to the file, replaces it or gives it another name; it says nothing of what a disk does by itself. */
const stampOf = (file: BigIntStats): string => `${file.ino}/${file.size}/${file.mtimeNs}/${file.ctimeNs}`;

/** The two files of a staged batch as the file system has them. A word says what is wrong with the first that is damaged. */
export async function stampsOf(
  folder: string,
  batch: Pick<StagedBatch, "device" | "chain" | "seq" | "manifest">,
): Promise<
  { readonly stamps: string; readonly bodyLength: number; readonly manifestLength: number } | Damage
> {
  const body = await lookAt(bodyFile(folder, batch, "age"));
  if (typeof body === "string") return body;
  const manifest = await lookAt(bodyFile(folder, batch, "cose"));
  if (typeof manifest === "string") return manifest;
  return {
    stamps: `${stampOf(body)} ${stampOf(manifest)}`,
    bodyLength: Number(body.size),
    manifestLength: Number(manifest.size),
  };
}

/** The staged batches of a store as files. */
export class SqliteHoldings implements Holdings {
  readonly #folder: string;
  readonly #journal: Journal;

  constructor(folder: string, journal: Journal) {
    this.#folder = folder;
    this.#journal = journal;
  }

  of(device: DeviceId): readonly Holding[] {
    return this.#journal.all(`${HOLDING} WHERE device = ? ORDER BY chain, seq`, device);
  }

  *all(): Generator<Holding> {
    for (let after = 0; ; ) {
      const page = this.#journal.all<Holding & { no: number }>(
        `SELECT no, device, chain, seq, manifest, length, damage FROM batches WHERE no > ? ORDER BY no LIMIT ${PAGE}`,
        after,
      );
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.no;
    }
  }

  size(): { batches: number; bytes: number } {
    const row = this.#journal.get<{ batches: number; bytes: number }>(
      "SELECT count(*) AS batches, coalesce(sum(length), 0) AS bytes FROM batches",
    );
    return row ?? { batches: 0, bytes: 0 };
  }

  async look(batch: StagedBatch): Promise<FileLook> {
    const row = this.#journal.get<{ length: number; manifestLength: number | null; stamps: string | null }>(
      "SELECT length, manifest_length AS manifestLength, stamps FROM batches WHERE device = ? AND chain = ? AND seq = ?",
      ...[batch.device, batch.chain, batch.seq],
    );
    if (row === undefined) throw new Error("a batch that was never staged");
    const found = await stampsOf(this.#folder, batch);
    if (typeof found === "string") return { type: "damaged", why: found };
    if (found.bodyLength !== row.length) return { type: "damaged", why: "wrong-length" };
    if (row.manifestLength !== null && found.manifestLength !== row.manifestLength)
      return { type: "damaged", why: "wrong-length" };
    return {
      type: "there",
      stamps: found.stamps,
      manifestLength: found.manifestLength,
      isAsRead: found.stamps === row.stamps,
    };
  }

  saveWhole(
    read: readonly { readonly batch: Holding; readonly stamps: string; readonly manifestLength: number }[],
    event: (batch: Holding) => AuditEvent,
  ): void {
    if (read.length === 0) return;
    this.#journal.change(null, () => {
      for (const { batch, stamps, manifestLength } of read) {
        this.#journal.run(
          `UPDATE batches SET damage = NULL, damaged_at = NULL, stamps = @stamps, manifest_length = @manifestLength
           WHERE device = @device AND chain = @chain AND seq = @seq`,
          { ...batch, stamps, manifestLength },
        );
        if (batch.damage !== null) this.#journal.audit.append(event(batch));
      }
    });
  }

  saveDamage(found: readonly FoundDamage[]): void {
    const isNew = ({ batch }: { readonly batch: StagedBatch }): boolean =>
      this.#journal.get(
        "SELECT 1 FROM batches WHERE device = ? AND chain = ? AND seq = ? AND damage IS NULL",
        ...[batch.device, batch.chain, batch.seq],
      ) !== undefined;
    const fresh = found.filter(isNew);
    if (fresh.length === 0) return;
    this.#journal.change(null, () => {
      for (const { batch, why } of fresh) {
        this.#journal.run(
          `UPDATE batches SET damage = @why, damaged_at = @at, stamps = NULL
           WHERE device = @device AND chain = @chain AND seq = @seq`,
          { ...batch, why, at: this.#journal.time() },
        );
        this.#journal.audit.append(damagedEvent(batch, why));
      }
    });
  }

  async *quarantined(): AsyncGenerator<QuarantinedFiles> {
    for (let after = 0; ; ) {
      const page = this.#journal.all<Kept & Omit<QuarantinedFiles, "damage">>(
        `SELECT id, device, chain, seq, coalesce(body_bytes, 0) AS bytes, file, has_manifest AS hasManifest, body_bytes AS bodyBytes
         FROM quarantine WHERE resolved_at IS NULL AND id > ? ORDER BY id LIMIT ${PAGE}`,
        after,
      );
      for (const { file, hasManifest, bodyBytes, ...row } of page)
        yield { ...row, damage: await this.#lookKept({ file, hasManifest, bodyBytes }) };
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }

  async lookQuarantined(id: number): Promise<Damage | null> {
    const row = this.#journal.get<Kept>(
      "SELECT file, has_manifest AS hasManifest, body_bytes AS bodyBytes FROM quarantine WHERE id = ?",
      id,
    );
    return row === undefined ? "missing" : this.#lookKept(row);
  }

  async #lookKept({ file, hasManifest, bodyBytes }: Kept): Promise<Damage | null> {
    if (hasManifest === 1) {
      const manifest = await lookAt(quarantineFile(this.#folder, file, "cose"));
      if (typeof manifest === "string") return manifest;
    }
    if (bodyBytes === null) return null;
    const body = await lookAt(quarantineFile(this.#folder, file, "age"));
    if (typeof body === "string") return body;
    return Number(body.size) === bodyBytes ? null : "wrong-length";
  }

  lastDeepCheck(): string | null {
    return (
      this.#journal.get<{ value: string }>("SELECT value FROM facts WHERE name = 'deep-check'")?.value ?? null
    );
  }

  saveDeepCheck(event: AuditEvent): void {
    this.#journal.change(event, () =>
      this.#journal.run(
        "INSERT INTO facts (name, value) VALUES ('deep-check', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        this.#journal.time(),
      ),
    );
  }
}
