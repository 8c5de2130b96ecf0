import { readFileSync } from "node:fs";
import type { DeviceId } from "../../../../shared/ids.ts";
import type { Reason } from "../../../../shared/reasons.ts";
import type { ReconcileLine } from "../../../../shared/views.ts";
import type { StagedBatch } from "../../../engine/ports.ts";
import { signerName } from "../../../formats/signer.ts";
import { READ_FLAGS } from "../../disk/regular.ts";
import { bodyFile } from "../files.ts";
import type { Journal } from "../journal.ts";
import { linesOfDevice, onePerNumber } from "../reconcile.ts";
import { countCells, type Marks, packCells } from "./cells.ts";
import { areaCode, dayCode, NONE, reasonCode, stateCode, verdictCode } from "./codes.ts";
import type { Tablet } from "./shelf.ts";

/** Keeps `lines` and `tablets` as the journal is: what `stale` names is worked out anew, one tablet at a time. */

/** Tablets worked in by one transaction at most. */
const AT_ONCE = 50;

interface Line extends Marks {
  readonly chain: number;
  readonly seq: number;
  readonly bytes: number;
  readonly staged: number;
}

interface StagedRow {
  readonly chain: string;
  readonly seq: number;
  readonly manifest: string;
  readonly length: number;
  readonly area: string;
  readonly at: string;
}
interface RefusedRow {
  readonly chain: string;
  readonly seq: number;
  readonly reason: Reason;
  readonly bytes: number | null;
  readonly at: string;
}

const named = <T extends { readonly chain: string; readonly seq: number }>(
  rows: readonly T[],
): ReadonlyMap<string, T> => new Map(rows.map((row) => [`${row.chain} ${row.seq}`, row]));

/** Of several under one name the newest counts, but a conflict before all others. */
function refusedByName(rows: readonly RefusedRow[]): ReadonlyMap<string, RefusedRow> {
  const found = new Map<string, RefusedRow>();
  for (const row of rows) {
    const key = `${row.chain} ${row.seq}`;
    if (found.get(key)?.reason !== "conflict") found.set(key, row);
  }
  return found;
}

/** The signer of a staged manifest; null where its file cannot be read: the name is a comfort, and the upload will tell of the file. */
function nameInFile(path: string): string | null {
  try {
    return signerName(readFileSync(path, { flag: READ_FLAGS }), "manifest");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}

export class Upkeep {
  readonly #journal: Journal;
  readonly #folder: string;

  constructor(journal: Journal, folder: string) {
    this.#journal = journal;
    this.#folder = folder;
  }

  /** Whether something waits to be worked in. */
  isBehind(): boolean {
    return this.#journal.get("SELECT 1 FROM stale LIMIT 1") !== undefined;
  }

  /** Works in some of what is stale, in one transaction, until `deadline` (performance.now()). Value: these tablets as they are now. */
  step(deadline: number): readonly Tablet[] {
    const stale = this.#journal.all<{ device: string }>("SELECT device FROM stale LIMIT ?", AT_ONCE);
    if (stale.length === 0) return [];
    return this.#journal.change(null, () => {
      const done: Tablet[] = [];
      for (const { device } of stale) {
        done.push(this.#renew(device));
        this.#journal.run("DELETE FROM stale WHERE device = ?", device);
        if (performance.now() >= deadline) break;
      }
      return done;
    });
  }

  #renew(device: string): Tablet {
    const known = device === "" ? null : device;
    const reconciled = onePerNumber(linesOfDevice(this.#journal.db, known as DeviceId | null));
    const staged = this.#journal.all<StagedRow>(
      "SELECT chain, seq, manifest, length, area, staged_at AS at FROM batches WHERE device = ?",
      known,
    );
    const before = this.#journal.get<Pick<Tablet, "no" | "name" | "area"> & { ledger: string | null }>(
      "SELECT no, name, area, ledger FROM tablets WHERE device = ?",
      device,
    );
    const newest = staged.reduce<StagedRow | null>(
      (last, row) => (last === null || row.at >= last.at ? row : last),
      null,
    );
    const area = newest?.area ?? before?.area ?? null;
    const { name, ledger } = this.#nameOf(known, before ?? null, newest);
    const chains = [...new Set(reconciled.map((line) => line.chain as string))];
    const lines = this.#linesOf(known, reconciled, staged, chains, area);
    const cells = countCells(lines);
    const no =
      before?.no ??
      this.#journal.get<{ no: number }>("SELECT coalesce(max(no), 0) + 1 AS no FROM tablets")?.no ??
      1;
    this.#journal.run(
      `INSERT INTO tablets (no, device, name, area, ledger, chains, cells) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (no) DO UPDATE SET name = excluded.name, area = excluded.area, ledger = excluded.ledger,
         chains = excluded.chains, cells = excluded.cells`,
      ...[no, device, name, area, ledger, JSON.stringify(chains), packCells(cells)],
    );
    this.#save(no, lines);
    return { no, device, name, area, chains, cells, lines: lines.length };
  }

  /** CN of the newest ledger's certificate, else of the newest staged manifest's. Read once for each ledger. */
  #nameOf(
    device: string | null,
    before: { readonly name: string | null; readonly ledger: string | null } | null,
    newest: StagedRow | null,
  ): { readonly name: string | null; readonly ledger: string | null } {
    const ledger = this.#journal.get<{ digest: string }>(
      "SELECT digest FROM ledgers WHERE device = ? ORDER BY read_at DESC, no DESC LIMIT 1",
      device,
    );
    if (ledger !== undefined) {
      if (before?.ledger === ledger.digest) return before;
      const row = this.#journal.get<{ cose: Uint8Array }>(
        "SELECT cose FROM ledgers WHERE device = ? AND digest = ?",
        device,
        ledger.digest,
      );
      const name = row === undefined ? null : signerName(row.cose, "ledger");
      return { name: name ?? before?.name ?? null, ledger: ledger.digest };
    }
    if (before !== null && before.name !== null) return before;
    if (device === null || newest === null) return { name: null, ledger: null };
    const batch = { device, ...newest } as unknown as StagedBatch;
    return { name: nameInFile(bodyFile(this.#folder, batch, "cose")), ledger: null };
  }

  #linesOf(
    device: string | null,
    reconciled: readonly ReconcileLine[],
    stagedRows: readonly StagedRow[],
    chains: readonly string[],
    area: string | null,
  ): readonly Line[] {
    const staged = named(stagedRows);
    const refused = refusedByName(
      this.#journal.all<RefusedRow>(
        `SELECT chain, seq, reason, body_bytes AS bytes, since AS at FROM quarantine
         WHERE device IS ? AND resolved_at IS NULL ORDER BY id`,
        device,
      ),
    );
    const entries = named(
      this.#journal.all<{ chain: string; seq: number; length: number }>(
        "SELECT chain, seq, length FROM entries WHERE device = ?",
        device,
      ),
    );
    const numbers = new Map(chains.map((chain, at) => [chain, at]));
    return reconciled.map((line) => {
      const key = `${line.chain} ${line.seq}`;
      const [held, kept] = [staged.get(key), refused.get(key)];
      const at = held?.at ?? kept?.at ?? null;
      return {
        chain: numbers.get(line.chain) ?? 0,
        seq: line.seq,
        verdict: verdictCode(line.verdict),
        reason: reasonCode(kept?.reason ?? null),
        state: stateCode(line.tablet),
        day: at === null ? NONE : dayCode(at),
        area: areaCode(held?.area ?? area),
        bytes: held?.length ?? kept?.bytes ?? entries.get(key)?.length ?? NONE,
        staged: at === null ? NONE : Math.floor(Date.parse(at) / 1000),
      };
    });
  }

  /** Writes the lines that differ from what is there, and takes those away that are no more. */
  #save(tablet: number, lines: readonly Line[]): void {
    const before = new Map(
      this.#journal
        .all<Line>(
          "SELECT chain, seq, verdict, reason, state, day, area, bytes, staged FROM lines WHERE tablet = ?",
          tablet,
        )
        .map((line) => [`${line.chain} ${line.seq}`, line]),
    );
    for (const line of lines) {
      const key = `${line.chain} ${line.seq}`;
      const old = before.get(key);
      before.delete(key);
      if (old !== undefined && isSame(old, line)) continue;
      this.#journal.run(
        `INSERT OR REPLACE INTO lines (tablet, chain, seq, verdict, reason, state, day, area, bytes, staged)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[tablet, line.chain, line.seq, line.verdict, line.reason, line.state, line.day, line.area],
        ...[line.bytes, line.staged],
      );
    }
    for (const { chain, seq } of before.values())
      this.#journal.run("DELETE FROM lines WHERE tablet = ? AND chain = ? AND seq = ?", tablet, chain, seq);
  }
}

const isSame = (a: Line, b: Line): boolean =>
  a.verdict === b.verdict &&
  a.reason === b.reason &&
  a.state === b.state &&
  a.day === b.day &&
  a.area === b.area &&
  a.bytes === b.bytes &&
  a.staged === b.staged;
