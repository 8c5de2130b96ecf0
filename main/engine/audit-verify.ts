import type { Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Trust } from "../rules/trust.ts";
import { factsDigest, readCode } from "./act-code.ts";
import {
  type Anchor,
  type AnchorFile,
  anchorOf,
  badWitness,
  headIn,
  headInBag,
  markOf,
  receiptIn,
} from "./audit-anchors.ts";
import type { AuditBroken, AuditProblem, BadWitness, Mark, Recorded } from "./audit-problems.ts";
import { answerName, batchName, type ClockBack, lost, Told } from "./audit-told.ts";
import { heldCampaign } from "./held-campaign.ts";
import type { Store } from "./ports.ts";
import type { AuditHead } from "./ports-centre.ts";
import type { KeptAct } from "./ports-custody.ts";
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
  /** Heads in what was signed for bags: those that went away, and those that came in. */
  readonly bags: number;
  readonly staged: number;
  /**
   * The last line that no later one vouches for by the rows beside it: what was recorded up to there, by a version that did not hold rows
   * in its lines, is not witnessed. 0: everything is.
   */
  readonly notWitnessed: number;
  /** Tables that changed since the last line, as after a crash: the next line will hold them. */
  readonly unbound: readonly string[];
  /** Lines that are earlier than the one before them by more than two minutes: what came before was written with a clock that was set. */
  readonly clockBack: readonly ClockBack[];
  /** Files given as anchors: which lines each one vouches for. */
  readonly anchors: readonly { readonly name: string; readonly from: number; readonly no: number }[];
  /**
   * Heads that the centre keeps of this log, the last line they vouch for (0: none), and heads of other stores under this station's key,
   * as after a restoration. null: the centre was not asked.
   */
  readonly centre: { readonly heads: number; readonly no: number; readonly others: number } | null;
}

const STRENGTH = { noted: 0, signed: 1, outside: 2 } as const;

/**
 * The last line that is vouched for by marks which are at least as hard to make as `than`, and signed at that: whoever made a chain anew
 * has noted his own lines beside it, and with the key signed them. Of those, only what was signed before `made`: a store that was put back
 * to an older copy and used on signs heads of its second life, and they say nothing of the lines before it parted from the first.
 */
const vouchedFor = (good: readonly Mark[], than: Mark["held"], made: number | null = null): number =>
  Math.max(
    0,
    ...good
      .filter(({ held }) => STRENGTH[held] >= Math.max(STRENGTH[than], 1))
      .filter((one) => made === null || one.made === null || one.made <= made)
      .map((one) => one.no),
  );

/** Whether the log's last line was written after a moment, in seconds since 1970. */
function isUsedAfter(store: Store, lines: number, made: number): boolean {
  for (const { no, at } of store.audit(lines - 1))
    if (no === lines) return Date.parse(at) >= (made + 1) * 1000;
  return false;
}

/**
 * The first line that cannot be what it was, by marks that were taken of the log earlier. Where the marked line is there and differs, the
 * change lies behind the last line that is vouched for and not behind the marked one; where it is gone, everything after the log's end is,
 * and also what was written here after the mark was signed: it continues an older copy. A mark that differs where a strictly harder one over
 * the same lines does not is itself what somebody has changed; two that are as hard and disagree show a log that parted.
 */
function checkMarks(store: Store, marks: readonly Mark[], lines: number): AuditBroken | BadWitness | null {
  const all = marks.map((mark) => ({ mark, here: store.custody.hashAt(mark.no) }));
  const good = all.filter(({ mark, here }) => here === mark.hash).map(({ mark }) => mark);
  const bad = all
    .filter(({ mark, here }) => here !== mark.hash)
    .sort((a, b) => a.mark.no - b.mark.no || STRENGTH[b.mark.held] - STRENGTH[a.mark.held]);
  const [first] = bad;
  if (first === undefined) return null;
  const { no, by, name, held } = first.mark;
  const harder = good.filter((one) => STRENGTH[one.held] > STRENGTH[held] && STRENGTH[one.held] > 0);
  if (first.here !== null && harder.some((one) => one.no >= no))
    return { type: "anchor-bad", by, name, why: "record-changed" };
  const signed = bad.flatMap(({ mark }) => mark.made ?? []);
  const made = signed.length === 0 ? null : Math.min(...signed);
  const before = good.filter((one) => one.no < no);
  const after = vouchedFor(before, held, made) + 1;
  if (first.here !== null) return { type: "audit-broken", no: after, upTo: no, by, name };
  const parted = made !== null && isUsedAfter(store, lines, made);
  return { type: "audit-broken", no: parted ? after : lines + 1, upTo: no, by, name };
}

/** What is missing lies after the lines that marks from outside vouch for. */
function afterMarks(missing: AuditBroken, marks: readonly Mark[]): AuditBroken {
  const good = vouchedFor(marks, "outside");
  return good < missing.upTo ? { ...missing, no: Math.max(missing.no, good + 1) } : missing;
}

const noRecord = (no: number, what: Recorded) => err({ type: "line-without-record", no, what } as const);
const noLine = (what: Recorded, name: string) => err({ type: "record-without-line", what, name } as const);

/** The campaign in force against the line that tells of its loading: what signatures are judged by was not brought past the log. */
function checkCampaign(store: Store, told: Told): Result<void, AuditProblem> {
  const held = heldCampaign(store);
  if (told.campaign === null) return held === null ? ok(undefined) : noLine("campaign-loaded", held.id ?? "");
  const { line, id, root } = told.campaign;
  return held?.id === id && held.root === root ? ok(undefined) : noRecord(line, "campaign-loaded");
}

function* checkReceipts(store: Store, trust: Trust | null, told: Told): Slices<Result<number, AuditProblem>> {
  const receipts = new Set<string>();
  for (const { no, bytes, name } of store.custody.receipts()) {
    yield;
    const receipt = receiptIn(bytes, store, trust);
    if (!receipt.ok) return badWitness("receipt", name, receipt.error);
    const { digest } = receipt.value;
    if (told.receipts.has(digest)) receipts.add(digest);
    else if (!told.isNew(digest)) return err(lost(told.receipts, no, told.lines, "receipt", name));
  }
  for (const [digest, { line }] of told.receipts)
    if (!receipts.has(digest)) return noRecord(line, "receipt-made");
  return ok(receipts.size);
}

/** An act is what its code was made of, and its head is over the line that tells of the code: what is printed again is what was printed. */
function checkAct(
  { no, code, facts, head: cose }: KeptAct,
  store: Store,
  trust: Trust | null,
  told: Told,
): Result<void, AuditProblem> {
  if (readCode(code)?.facts !== factsDigest(facts)) return badWitness("act", String(no), "record-changed");
  const head = headIn(cose, store, trust, told);
  if (!head.ok) return badWitness("act", String(no), head.error);
  const line = told.acts.get(code)?.line;
  return line === undefined || line === head.value.no
    ? ok(undefined)
    : badWitness("act", String(no), "code-differs");
}

function* checkActs(store: Store, trust: Trust | null, told: Told): Slices<Result<number, AuditProblem>> {
  const acts = new Set<string>();
  for (const act of store.custody.acts()) {
    yield;
    const { no, code } = act;
    if (told.acts.has(code)) acts.add(code);
    else if (!told.isNew(code)) return err(lost(told.acts, no, told.lines, "act", String(no)));
    const checked = checkAct(act, store, trust, told);
    if (!checked.ok) return checked;
  }
  for (const [code, { line }] of told.acts) if (!acts.has(code)) return noRecord(line, "act-made");
  return ok(acts.size);
}

/** Rows of staged batches, with the centre's answers, against the lines that tell of them. */
function* checkStaged(store: Store, told: Told): Slices<Result<number, AuditProblem>> {
  let staged = 0;
  for (const batch of store.custody.stagedBatches()) {
    yield;
    const name = batchName(batch);
    const line = told.staged.get(name);
    if (line === undefined) {
      if (!told.isNew(name)) return noLine("staged", name);
      continue;
    }
    told.staged.delete(name);
    staged++;
    if (line.answer !== batch.centre && !told.isNew(answerName(batch)))
      return batch.centre === null ? noRecord(line.answered, "uploaded") : noLine("uploaded", name);
  }
  for (const { line } of told.staged.values()) return noRecord(line, "staged");
  return ok(staged);
}

/** The last line before the first that holds the rows; a new store's first line is written before there are any. */
const notWitnessed = (from: number | null, lines: number): number => {
  const before = from === null ? lines : from - 1;
  return before <= 1 ? 0 : before;
};

/** Everything beside the log that it tells of. */
function* checkRecords(
  store: Store,
  trust: Trust | null,
  told: Told,
): Slices<Result<{ receipts: number; acts: number; staged: number }, AuditProblem>> {
  const receipts = yield* checkReceipts(store, trust, told);
  if (!receipts.ok) return receipts;
  const acts = yield* checkActs(store, trust, told);
  if (!acts.ok) return acts;
  const staged = yield* checkStaged(store, told);
  if (!staged.ok) return staged;
  return ok({ receipts: receipts.value, acts: acts.value, staged: staged.value });
}

/** Marks that are kept in the store itself: heads, and what acts and bags say. */
function* ownMarks(
  store: Store,
  trust: Trust | null,
  told: Told,
): Slices<
  Result<
    { readonly marks: readonly Mark[]; readonly heads: AuditProof["heads"]; readonly bags: number },
    AuditProblem
  >
> {
  const marks: Mark[] = [];
  const heads = { signed: 0, unsigned: 0 };
  for (const { id, no, hash, cose } of store.custody.heads()) {
    yield;
    const name = String(id);
    marks.push({ no, hash, by: "head", name, held: "noted", made: null });
    if (cose === null) heads.unsigned++;
    else {
      const head = headIn(cose, store, trust, told);
      if (!head.ok) return badWitness("head", name, head.error);
      marks.push(markOf(head.value, { by: "head", name, held: "signed" }));
      heads.signed++;
    }
  }
  for (const { no, code } of store.custody.acts()) {
    yield;
    const read = readCode(code);
    if (read === null) return badWitness("act", String(no), "not-an-anchor");
    marks.push({ ...read.log, by: "act", name: String(no), held: "noted", made: null });
  }
  let bags = 0;
  for (const { name, cose } of store.custody.signedForBags()) {
    yield;
    const head = headInBag(cose, store, trust, told);
    if (!head.ok) return badWitness("bag", name, head.error);
    if (head.value === null) continue;
    bags++;
    marks.push(markOf(head.value, { by: "bag", name, held: "signed" }));
  }
  return ok({ marks, heads, bags });
}

/** Heads that the centre keeps. One of another store is no witness of this log, and no fault of it. */
function* centreMarks(
  heads: readonly AuditHead[],
  store: Store,
  trust: Trust | null,
  told: Told,
): Slices<Result<{ readonly marks: readonly Mark[]; readonly others: number }, AuditProblem>> {
  const marks: Mark[] = [];
  let others = 0;
  for (const { no, head: cose } of heads) {
    yield;
    const name = String(no);
    const head = headIn(cose, store, trust, told);
    if (head.ok) marks.push(markOf(head.value, { by: "centre", name, held: "outside" }));
    else if (head.error === "other-store") others++;
    else return badWitness("centre", name, head.error);
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
  const campaign = checkCampaign(store, told);
  const own = yield* ownMarks(store, trust, told);
  if (!own.ok) return own;
  const centre = yield* centreMarks(atCentre ?? [], store, trust, told);
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
  if (!campaign.ok) return campaign;
  const records = yield* checkRecords(store, trust, told);
  if (!records.ok) return records;
  const rows = yield* store.custody.compareRows();
  if (rows.type === "changed") return err({ type: "rows-changed", tables: rows.tables, no: rows.line });
  const { marks: heads, others } = centre.value;
  return ok({
    lines,
    head: last,
    heads: own.value.heads,
    bags: own.value.bags,
    ...records.value,
    notWitnessed: notWitnessed(rows.from, lines),
    unbound: rows.unbound,
    clockBack: told.clockBack,
    anchors: anchors.map(({ name, from, no }) => ({ name, from, no })),
    centre:
      atCentre === null
        ? null
        : { heads: heads.length, no: Math.max(0, ...heads.map((one) => one.no)), others },
  });
}
