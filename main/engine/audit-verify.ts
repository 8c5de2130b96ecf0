import type { Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { type AuditHead, parseAuditHead } from "../formats/audit-head.ts";
import { parseBagReceipt, parseBagStatement } from "../formats/bag.ts";
import { parseCertificate } from "../formats/certificate.ts";
import { parseSign1, type SignedKind } from "../formats/cose.ts";
import { verifyEd25519 } from "../formats/ed25519.ts";
import { parseReceipt, type Receipt } from "../formats/receipt.ts";
import type { Trust } from "../rules/trust.ts";
import { codeIn, readCode } from "./act-code.ts";
import type { Store } from "./ports.ts";
import type { LogPlace } from "./ports-custody.ts";

/**
 * Whether the log is what it was: its chain of hashes first, then every anchor within reach. A chain can be made anew by whoever holds
 * the store; what was signed, printed, or written to a tablet cannot.
 */

/** What bears witness: a head, a receipt, an act kept in this store, or a file from outside. */
export type Witness = "chain" | "head" | "receipt" | "act" | "anchor";

export type AuditProblem =
  /** Line `no` is the first that is not what it was or is gone, `upTo` the last that may be it. `name`: which witness says so. */
  | {
      readonly type: "audit-broken";
      readonly no: number;
      readonly upTo: number;
      readonly by: Witness;
      readonly name: string | null;
    }
  /** The log tells of something that the store does not hold any more, or holds otherwise. */
  | {
      readonly type: "line-without-record";
      readonly no: number;
      readonly what: "staged" | "receipt-made" | "act-made";
    }
  /** The store holds something that the log does not tell of. */
  | {
      readonly type: "record-without-line";
      readonly what: "staged" | "receipt-made" | "act-made";
      readonly name: string;
    }
  /** A witness that proves nothing. */
  | { readonly type: "anchor-bad"; readonly name: string; readonly why: AnchorFault };

export const ANCHOR_FAULTS = [
  "not-an-anchor",
  "signature-invalid",
  "certificate-untrusted",
  "other-store",
  "other-station",
] as const;
export type AnchorFault = (typeof ANCHOR_FAULTS)[number];

/** A log that stood every test, and by how much. */
export interface AuditProof {
  readonly lines: number;
  /** Hash of the last line; null of an empty log. */
  readonly head: Digest | null;
  readonly heads: { readonly signed: number; readonly unsigned: number };
  readonly receipts: number;
  readonly acts: number;
  readonly staged: number;
  /** Files given as anchors: how far each one vouches for the log. */
  readonly anchors: readonly { readonly name: string; readonly no: number }[];
}

/** A file that may hold an anchor. */
export interface AnchorFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Whoever signed it is a station, and its signature verifies. Expiry and revocation are of no account for what was signed long ago. */
function signedBy(
  object: Uint8Array,
  kind: SignedKind,
  trust: Trust | null,
): Result<
  { readonly payload: Uint8Array; readonly digest: Digest; readonly serial: string | null },
  AnchorFault
> {
  const parsed = parseSign1(object, kind);
  if (!parsed.ok) return err("not-an-anchor");
  const { chain, payload, signed, signature, digest } = parsed.value;
  const leaf = parseCertificate(chain[0] ?? new Uint8Array(0));
  if (!leaf.ok) return err("certificate-untrusted");
  if (!verifyEd25519(leaf.value.publicKey, signed, signature)) return err("signature-invalid");
  if (trust !== null && trust.judgeChain(chain, "station")?.reason === "certificate-untrusted")
    return err("certificate-untrusted");
  return ok({ payload, digest, serial: leaf.value.serialNumbers[0] ?? null });
}

/** A head that speaks of this log. One of the store that this one was restored from does, up to the backup's last line. */
function headIn(object: Uint8Array, told: Told, trust: Trust | null): Result<AuditHead, AnchorFault> {
  const signed = signedBy(object, "audit-head", trust);
  if (!signed.ok) return signed;
  const head = parseAuditHead(signed.value.payload);
  if (!head.ok) return err("not-an-anchor");
  if (head.value.station !== signed.value.serial) return err("certificate-untrusted");
  return told.isOurs(head.value.store, head.value.no) ? head : err("other-store");
}

/** The head in a file: the head itself, or the one that a bag's statement or receipt carries. */
function headWithin(file: Uint8Array, told: Told, trust: Trust | null): Result<AuditHead, AnchorFault> {
  const head = headIn(file, told, trust);
  if (head.ok || head.error !== "not-an-anchor") return head;
  for (const kind of ["bag", "bagReceipt"] as const) {
    const signed = signedBy(file, kind, trust);
    if (!signed.ok) {
      if (signed.error === "not-an-anchor") continue;
      return signed;
    }
    const { payload } = signed.value;
    const said = kind === "bag" ? parseBagStatement(payload) : parseBagReceipt(payload);
    return said.ok && said.value.audit !== null
      ? headIn(said.value.audit, told, trust)
      : err("not-an-anchor");
  }
  return head;
}

function receiptIn(
  object: Uint8Array,
  store: Store,
  trust: Trust | null,
): Result<Receipt & { readonly digest: Digest }, AnchorFault> {
  const signed = signedBy(object, "receipt", trust);
  if (!signed.ok) return signed;
  const receipt = parseReceipt(signed.value.payload);
  if (!receipt.ok) return err("not-an-anchor");
  if (receipt.value.station !== signed.value.serial) return err("certificate-untrusted");
  if (receipt.value.station !== store.station()?.station) return err("other-station");
  return ok({ ...receipt.value, digest: signed.value.digest });
}

/** Lines that other records must agree with, by what they name. */
class Told {
  /** Line number of a receipt, by its digest; of an act, by its code; of a staged batch, by its names. */
  readonly receipts = new Map<string, { readonly line: number; readonly no: number }>();
  readonly acts = new Map<string, { readonly line: number; readonly no: number }>();
  readonly staged = new Map<string, number>();
  /** Stores that this log is of: how many of its lines are theirs. */
  readonly #stores: Map<string, number>;

  constructor(store: Store) {
    this.#stores = new Map([[store.id, Number.MAX_SAFE_INTEGER]]);
    for (const { no: line, type, data } of store.audit()) {
      if (type === "receipt-made") this.receipts.set(String(data.digest), { line, no: Number(data.no) });
      if (type === "act-made") this.acts.set(String(data.code), { line, no: Number(data.no) });
      if (type === "staged") this.staged.set(batchName(data), line);
      if (type === "restored" && typeof data.was === "string") this.#stores.set(data.was, Number(data.lines));
    }
  }

  /** Whether line `no` of the log of that store is a line of this log. */
  isOurs(store: string, no: number): boolean {
    return no <= (this.#stores.get(store) ?? 0);
  }
}

const batchName = (of: {
  readonly device?: unknown;
  readonly chain?: unknown;
  readonly seq?: unknown;
  readonly manifest?: unknown;
}): string => `${of.device} ${of.chain} ${of.seq} ${of.manifest}`;

type Broken = Extract<AuditProblem, { type: "audit-broken" }>;

/** Where a numbered record's line should have stood: after its predecessor's, before its successor's. */
function lost(
  told: ReadonlyMap<string, { readonly line: number; readonly no: number }>,
  no: number,
  lines: number,
  by: Witness,
  name: string,
): Broken {
  let after = 0;
  let before = lines + 1;
  for (const one of told.values()) {
    if (one.no < no) after = Math.max(after, one.line);
    if (one.no > no) before = Math.min(before, one.line);
  }
  return { type: "audit-broken", no: after + 1, upTo: Math.max(after + 1, before - 1), by, name };
}

interface Mark extends LogPlace {
  readonly by: Witness;
  readonly name: string;
}

/**
 * The first line that cannot be what it was, by marks that were taken of the log earlier. Where the marked line is there and differs, the
 * change lies between the last mark that holds and this one; where it is gone, everything after the log's end is.
 */
function checkMarks(store: Store, marks: readonly Mark[], lines: number): Broken | null {
  let good = 0;
  for (const { no, hash, by, name } of [...marks].sort((a, b) => a.no - b.no)) {
    const here = store.custody.hashAt(no);
    if (here === hash) good = no;
    else return { type: "audit-broken", no: here === null ? lines + 1 : good + 1, upTo: no, by, name };
  }
  return null;
}

function anchorOf(
  file: AnchorFile,
  store: Store,
  trust: Trust | null,
  told: Told,
  lines: number,
): Result<Mark, AuditProblem> {
  const { name, bytes } = file;
  const bad = (why: AnchorFault): Result<Mark, AuditProblem> => err({ type: "anchor-bad", name, why });
  const head = headWithin(bytes, told, trust);
  if (head.ok) return ok({ no: head.value.no, hash: head.value.hash, by: "anchor", name });
  if (head.error !== "not-an-anchor") return bad(head.error);
  const receipt = receiptIn(bytes, store, trust);
  if (receipt.ok) {
    const at = told.receipts.get(receipt.value.digest);
    const hash = at === undefined ? null : store.custody.hashAt(at.line);
    return at === undefined || hash === null
      ? err(lost(told.receipts, receipt.value.no, lines, "anchor", name))
      : ok({ no: at.line, hash, by: "anchor", name });
  }
  if (receipt.error !== "not-an-anchor") return bad(receipt.error);
  const code = readCode(codeIn(bytes) ?? "");
  if (code === null) return bad("not-an-anchor");
  if (!told.isOurs(code.store, code.log.no)) return bad("other-store");
  return ok({ no: code.log.no, hash: code.log.hash, by: "anchor", name });
}

/** Kept receipts and acts, and rows of staged batches, against the lines that tell of them. */
function checkRecords(
  store: Store,
  trust: Trust | null,
  told: Told,
  lines: number,
): Result<{ receipts: number; acts: number; staged: number }, AuditProblem> {
  const receipts = new Set<string>();
  for (const { no, bytes, name } of store.custody.receipts()) {
    const receipt = receiptIn(bytes, store, trust);
    if (!receipt.ok) return err({ type: "anchor-bad", name, why: receipt.error });
    if (!told.receipts.has(receipt.value.digest)) return err(lost(told.receipts, no, lines, "receipt", name));
    receipts.add(receipt.value.digest);
  }
  for (const [digest, { line }] of told.receipts)
    if (!receipts.has(digest)) return err({ type: "line-without-record", no: line, what: "receipt-made" });

  const acts = new Set<string>();
  for (const { no, code } of store.custody.acts()) {
    if (!told.acts.has(code)) return err(lost(told.acts, no, lines, "act", String(no)));
    acts.add(code);
  }
  for (const [code, { line }] of told.acts)
    if (!acts.has(code)) return err({ type: "line-without-record", no: line, what: "act-made" });

  let staged = 0;
  for (const batch of store.custody.stagedBatches()) {
    const name = batchName(batch);
    if (!told.staged.delete(name)) return err({ type: "record-without-line", what: "staged", name });
    staged++;
  }
  for (const line of told.staged.values())
    return err({ type: "line-without-record", no: line, what: "staged" });
  return ok({ receipts: receipts.size, acts: acts.size, staged });
}

/** Walks the log and asks every witness. Error: the first problem found; `files` are anchors from outside. */
export function verifyAudit(
  store: Store,
  trust: Trust | null,
  files: readonly AnchorFile[],
): Result<AuditProof, AuditProblem> {
  const walked = store.verifyAudit();
  if (!walked.ok) {
    const { no } = walked.error;
    return err({ type: "audit-broken", no, upTo: no, by: "chain", name: null });
  }
  const lines = walked.value;
  const told = new Told(store);
  const marks: Mark[] = [];
  const heads = { signed: 0, unsigned: 0 };
  for (const { id, no, hash, cose } of store.custody.heads()) {
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
    const read = readCode(code);
    if (read === null) return err({ type: "anchor-bad", name: `act ${no}`, why: "not-an-anchor" });
    marks.push({ ...read.log, by: "act", name: String(no) });
  }
  const anchors: Mark[] = [];
  let missing: AuditProblem | null = null;
  for (const file of files) {
    const anchor = anchorOf(file, store, trust, told, lines);
    if (anchor.ok) anchors.push(anchor.value);
    else if (anchor.error.type === "audit-broken") missing ??= anchor.error;
    else return anchor;
  }
  const broken = checkMarks(store, [...marks, ...anchors], lines) ?? missing;
  if (broken !== null) return err(broken);
  const records = checkRecords(store, trust, told, lines);
  if (!records.ok) return records;
  return ok({
    lines,
    head: store.custody.lastLine()?.hash ?? null,
    heads,
    ...records.value,
    anchors: anchors.map(({ name, no }) => ({ name, no })),
  });
}
