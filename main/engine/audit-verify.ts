import type { Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Trust } from "../rules/trust.ts";
import { readCode } from "./act-code.ts";
import { type Anchor, type AnchorFile, anchorOf, headIn, receiptIn } from "./audit-anchors.ts";
import type { AuditBroken, AuditProblem, Mark } from "./audit-problems.ts";
import { batchName, lost, Told } from "./audit-told.ts";
import type { Store } from "./ports.ts";
import type { AuditHead } from "./ports-centre.ts";
import type { Slices } from "./slices.ts";

/**
 * Whether the log is what it was: its chain of hashes first, then every anchor within reach. A chain can be made anew by whoever holds
 * the store; what was signed, printed, or written to a tablet cannot.
 */

/** A log that stood every test, and by how much. */
export interface AuditProof {
  readonly lines: number;
  /** Hash of the last line; null of an empty log. */
  readonly head: Digest | null;
  readonly heads: { readonly signed: number; readonly unsigned: number };
  readonly receipts: number;
  readonly acts: number;
  readonly staged: number;
  /** Files given as anchors: which lines each one vouches for. */
  readonly anchors: readonly { readonly name: string; readonly from: number; readonly no: number }[];
  /**
   * Heads that the centre keeps of this log, the last line they vouch for (0: none), and heads of other stores under this station's key,
   * as after a restoration. null: the centre was not asked.
   */
  readonly centre: { readonly heads: number; readonly no: number; readonly others: number } | null;
}

/**
 * The first line that cannot be what it was, by marks that were taken of the log earlier. Where the marked line is there and differs, the
 * change lies between the last mark that holds and this one; where it is gone, everything after the log's end is.
 */
function checkMarks(store: Store, marks: readonly Mark[], lines: number): AuditBroken | null {
  let good = 0;
  for (const { no, hash, by, name } of [...marks].sort((a, b) => a.no - b.no)) {
    const here = store.custody.hashAt(no);
    if (here === hash) good = no;
    else return { type: "audit-broken", no: here === null ? lines + 1 : good + 1, upTo: no, by, name };
  }
  return null;
}

/** What is missing lies after the lines that other marks vouch for. */
function afterMarks(missing: AuditBroken, marks: readonly Mark[]): AuditBroken {
  const good = Math.max(0, ...marks.map((one) => one.no));
  return good < missing.upTo ? { ...missing, no: Math.max(missing.no, good + 1) } : missing;
}

/** Kept receipts and acts, and rows of staged batches, against the lines that tell of them. */
function* checkRecords(
  store: Store,
  trust: Trust | null,
  told: Told,
): Slices<Result<{ receipts: number; acts: number; staged: number }, AuditProblem>> {
  const receipts = new Set<string>();
  for (const { no, bytes, name } of store.custody.receipts()) {
    yield;
    const receipt = receiptIn(bytes, store, trust);
    if (!receipt.ok) return err({ type: "anchor-bad", name, why: receipt.error });
    const { digest } = receipt.value;
    if (told.receipts.has(digest)) receipts.add(digest);
    else if (!told.isNew(digest)) return err(lost(told.receipts, no, told.lines, "receipt", name));
  }
  for (const [digest, { line }] of told.receipts)
    if (!receipts.has(digest)) return err({ type: "line-without-record", no: line, what: "receipt-made" });

  const acts = new Set<string>();
  for (const { no, code } of store.custody.acts()) {
    yield;
    if (told.acts.has(code)) acts.add(code);
    else if (!told.isNew(code)) return err(lost(told.acts, no, told.lines, "act", String(no)));
  }
  for (const [code, { line }] of told.acts)
    if (!acts.has(code)) return err({ type: "line-without-record", no: line, what: "act-made" });

  let staged = 0;
  for (const batch of store.custody.stagedBatches()) {
    yield;
    const name = batchName(batch);
    if (told.staged.delete(name)) staged++;
    else if (!told.isNew(name)) return err({ type: "record-without-line", what: "staged", name });
  }
  for (const line of told.staged.values())
    return err({ type: "line-without-record", no: line, what: "staged" });
  return ok({ receipts: receipts.size, acts: acts.size, staged });
}

/** Marks that are kept in the store itself: heads, and what acts say. */
function* ownMarks(
  store: Store,
  trust: Trust | null,
  told: Told,
): Slices<Result<{ readonly marks: readonly Mark[]; readonly heads: AuditProof["heads"] }, AuditProblem>> {
  const marks: Mark[] = [];
  const heads = { signed: 0, unsigned: 0 };
  for (const { id, no, hash, cose } of store.custody.heads()) {
    yield;
    const name = String(id);
    marks.push({ no, hash, by: "head", name });
    if (cose === null) heads.unsigned++;
    else {
      const head = headIn(cose, told, trust);
      if (!head.ok) return err({ type: "anchor-bad", name: `head ${name}`, why: head.error });
      marks.push({ no: head.value.no, hash: head.value.hash, by: "head", name });
      heads.signed++;
    }
  }
  for (const { no, code } of store.custody.acts()) {
    yield;
    const read = readCode(code);
    if (read === null) return err({ type: "anchor-bad", name: `act ${no}`, why: "not-an-anchor" });
    marks.push({ ...read.log, by: "act", name: String(no) });
  }
  return ok({ marks, heads });
}

/** Heads that the centre keeps. One of another store is no witness of this log, and no fault of it. */
function* centreMarks(
  heads: readonly AuditHead[],
  trust: Trust | null,
  told: Told,
): Slices<Result<{ readonly marks: readonly Mark[]; readonly others: number }, AuditProblem>> {
  const marks: Mark[] = [];
  let others = 0;
  for (const { no, head: cose } of heads) {
    yield;
    const name = String(no);
    const head = headIn(cose, told, trust);
    if (head.ok) marks.push({ no: head.value.no, hash: head.value.hash, by: "centre", name });
    else if (head.error === "other-store") others++;
    else return err({ type: "anchor-bad", name: `centre, ${name}`, why: head.error });
  }
  return ok({ marks, others });
}

/**
 * Walks the log and asks every witness, in slices. Error: the first problem found. `files`: anchors from outside; `atCentre`: the heads that the centre
 * keeps for this station, null where it was not asked.
 */
export function* verifyAudit(
  store: Store,
  trust: Trust | null,
  files: readonly AnchorFile[],
  atCentre: readonly AuditHead[] | null,
): Slices<Result<AuditProof, AuditProblem>> {
  const walked = yield* store.verifyAudit();
  if (!walked.ok) {
    const { no } = walked.error;
    return err({ type: "audit-broken", no, upTo: no, by: "chain", name: null });
  }
  const lines = walked.value;
  const last = lines === 0 ? null : store.custody.hashAt(lines);
  const told = yield* Told.by(store, lines);
  const own = yield* ownMarks(store, trust, told);
  if (!own.ok) return own;
  const centre = yield* centreMarks(atCentre ?? [], trust, told);
  if (!centre.ok) return centre;
  const anchors: Anchor[] = [];
  let missing: AuditBroken | null = null;
  for (const file of files) {
    yield;
    const anchor = anchorOf(file, store, trust, told);
    if (anchor.ok) anchors.push(anchor.value);
    else if (anchor.error.type === "audit-broken") missing ??= anchor.error;
    else return anchor;
  }
  const given = anchors.flatMap((one) => one.mark ?? []);
  const marks = [...own.value.marks, ...centre.value.marks, ...given];
  const broken = checkMarks(store, marks, lines) ?? (missing === null ? null : afterMarks(missing, marks));
  if (broken !== null) return err(broken);
  const records = yield* checkRecords(store, trust, told);
  if (!records.ok) return records;
  const { marks: heads, others } = centre.value;
  return ok({
    lines,
    head: last,
    heads: own.value.heads,
    ...records.value,
    anchors: anchors.map(({ name, from, no }) => ({ name, from, no })),
    centre:
      atCentre === null
        ? null
        : { heads: heads.length, no: Math.max(0, ...heads.map((one) => one.no)), others },
  });
}
