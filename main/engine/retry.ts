import { err, ok, type Result } from "../../shared/result.ts";
import { type JudgedManifest, judge, judgeManifest, judgePlace, type Surroundings } from "../rules/judge.ts";
import type { Trust } from "../rules/trust.ts";
import type { EngineProblem, QuarantineRetry } from "./api.ts";
import type { Locks } from "./locks.ts";
import {
  DiskError,
  type DiskFailure,
  type KeptBody,
  type QuarantineRow,
  type RefusedBatch,
  type Store,
} from "./ports.ts";
import { inspectPart } from "./unload/pull.ts";

/** Judging the quarantine again, after new trust data or new knowledge of a chain. */

/** What the store knows around a quarantined batch: rows staged, believed manifests in quarantine, the ledger's list. */
function surroundings(judged: JudgedManifest, store: Store): Surroundings {
  const manifest = judged.content?.manifest;
  if (manifest === undefined) return { previous: new Set(), staged: null, listed: null };
  const known = store.known(manifest.device);
  const at = (seq: number) => known.filter((row) => row.chain === manifest.chain && row.seq === seq);
  const ledger = store.ledgerEntries(manifest.device).filter((row) => row.chain === manifest.chain);
  const previous = [...at(manifest.seq - 1), ...ledger.filter((row) => row.seq === manifest.seq - 1)].map(
    (row) => row.manifest,
  );
  const listed = ledger.find((row) => row.seq === manifest.seq);
  return {
    previous: new Set(previous),
    staged: at(manifest.seq).find((row) => row.state !== "quarantined")?.manifest ?? null,
    listed: listed === undefined ? null : { manifest: listed.manifest, length: listed.length },
  };
}

async function takeBody(row: QuarantineRow, store: Store): Promise<Result<KeptBody | null, DiskFailure>> {
  return row.hasBody ? store.quarantinedBody(row.id) : ok(null);
}

interface Retried {
  readonly staged: boolean;
  readonly reason: QuarantineRow["reason"];
}

/** Judges one row, while no unloading touches its device. Value: whether it is staged now, and the row's reason as it is now. */
async function retryOne(
  row: QuarantineRow,
  store: Store,
  trust: Trust,
  locks: Locks,
): Promise<Result<Retried, DiskFailure>> {
  const bytes = store.quarantinedManifest(row.id);
  const judged = judgeManifest(row, row.manifestFile, bytes, trust, row.ledgerDevice);
  if (judged.content === null || (judged.reason !== null && judged.reason === row.reason))
    return ok({ staged: false, reason: row.reason });
  const { content } = judged;
  return locks.run([content.manifest.device], () => settle(row, store, { ...judged, content }, bytes));
}

type Parsed = JudgedManifest & { readonly content: NonNullable<JudgedManifest["content"]> };

async function settle(
  row: QuarantineRow,
  store: Store,
  judged: Parsed,
  bytes: Uint8Array | null,
): Promise<Result<Retried, DiskFailure>> {
  const { manifest, believed, digest } = judged.content;
  const around = surroundings(judged, store);
  if (around.staged === digest && judged.reason === null && judgePlace(digest, manifest, around) === null) {
    store.resolveQuarantine(row.id);
    return ok({ staged: true, reason: row.reason });
  }

  const part = await takeBody(row, store);
  if (!part.ok) return part;
  const facts = part.value === null ? ok(null) : await inspectPart(part.value, manifest);
  if (!facts.ok) {
    await part.value?.close();
    return facts;
  }
  const verdict = judge(judged, bytes, facts.value, around);
  if (verdict.ok && part.value !== null) {
    const staged = await store.stage(verdict.value, part.value, row.source);
    return staged.ok ? ok({ staged: true, reason: row.reason }) : staged;
  }
  const reason = verdict.ok ? row.reason : verdict.error;
  const refused: RefusedBatch = {
    device: believed || around.staged === digest ? manifest.device : row.ledgerDevice,
    chain: row.chain,
    seq: row.seq,
    manifest: digest,
    believed,
    prev: believed ? manifest.prev : null,
    ledgerDevice: row.ledgerDevice,
    reason,
    manifestBytes: bytes,
    manifestFile: row.manifestFile,
    source: row.source,
  };
  const kept = await store.quarantine(refused, part.value);
  return kept.ok ? ok({ staged: false, reason }) : kept;
}

const inOrder = (a: QuarantineRow, b: QuarantineRow): number =>
  a.chain < b.chain ? -1 : a.chain > b.chain ? 1 : a.seq - b.seq;

/** Judges every quarantined batch again. One that passes is staged, the others stay with their reason of today. */
export async function retryQuarantine(
  store: Store,
  trust: Trust,
  locks: Locks,
): Promise<Result<QuarantineRetry, EngineProblem>> {
  const lines: QuarantineRetry["lines"][number][] = [];
  let failure: DiskFailure | null = null;
  for (const row of [...store.quarantineList()].sort(inOrder)) {
    // One file that cannot be read stays refused and stops no other.
    let result: Result<Retried, DiskFailure>;
    try {
      result = await retryOne(row, store, trust, locks);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      result = err(error.failure);
    }
    if (result.ok) lines.push({ ...row, ...result.value });
    else {
      failure ??= result.error;
      lines.push({ ...row, staged: false, reason: row.reason });
    }
  }
  const staged = lines.filter((line) => line.staged).length;
  return ok({ staged, stillRefused: lines.length - staged, failure, lines });
}
