import type { Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { type AuditHead, parseAuditHead } from "../formats/audit-head.ts";
import { parseBagReceipt, parseBagStatement } from "../formats/bag.ts";
import { parseCertificate, pemBlocks } from "../formats/certificate.ts";
import { parseSign1, type SignedKind } from "../formats/cose.ts";
import { verifyEd25519 } from "../formats/ed25519.ts";
import { parseReceipt, type Receipt } from "../formats/receipt.ts";
import type { Trust } from "../rules/trust.ts";
import { codeIn, headIn as headOfAct } from "./act-code.ts";
import type { AnchorFault, AuditProblem, BadWitness, Mark } from "./audit-problems.ts";
import { lost, type Told } from "./audit-told.ts";
import type { Store } from "./ports.ts";

/** Anchors of the audit log: signed words that left the store, and what each of them says of the log as it is now. */

/** A file that may hold an anchor. */
export interface AnchorFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Whether it is the key of this station's present certificate, and the root in force believes that. So what the station signed under a
 * former root, as in a rehearsal, goes on counting.
 */
function isOwnKey(key: Uint8Array, store: Store, trust: Trust): boolean {
  const chain = pemBlocks(store.station()?.certificate ?? "", "CERTIFICATE");
  const leaf = parseCertificate(chain[0] ?? new Uint8Array(0));
  if (!leaf.ok || Buffer.compare(leaf.value.publicKey, key) !== 0) return false;
  const verdict = trust.judgeChain(chain, "station");
  return verdict !== null && verdict.reason !== "certificate-untrusted";
}

/** Whoever signed it is a station, and its signature verifies. Expiry and revocation are of no account for what was signed long ago. */
function signedBy(
  object: Uint8Array,
  kind: SignedKind,
  store: Store,
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
    if (!isOwnKey(leaf.value.publicKey, store, trust)) return err("certificate-untrusted");
  return ok({ payload, digest, serial: leaf.value.serialNumbers[0] ?? null });
}

/**
 * A head that speaks of this log, by this station. One of the store that this one was restored from does too, up to the backup's last line.
 */
export function headIn(
  object: Uint8Array,
  store: Store,
  trust: Trust | null,
  told: Pick<Told, "isOurs">,
): Result<AuditHead, AnchorFault> {
  const signed = signedBy(object, "audit-head", store, trust);
  if (!signed.ok) return signed;
  const head = parseAuditHead(signed.value.payload);
  if (!head.ok) return err("not-an-anchor");
  if (head.value.station !== signed.value.serial) return err("certificate-untrusted");
  if (!told.isOurs(head.value.store, head.value.no)) return err("other-store");
  return head.value.station === store.station()?.station ? head : err("other-station");
}

/** The head that a bag's statement, or the receipt for a bag, carries; null: it carries none. */
export function headInBag(
  file: Uint8Array,
  store: Store,
  trust: Trust | null,
  told: Told,
): Result<AuditHead | null, AnchorFault> {
  for (const kind of ["bag", "bagReceipt"] as const) {
    const signed = signedBy(file, kind, store, trust);
    if (!signed.ok) {
      if (signed.error === "not-an-anchor") continue;
      return signed;
    }
    const { payload } = signed.value;
    const said = kind === "bag" ? parseBagStatement(payload) : parseBagReceipt(payload);
    if (!said.ok) return err("not-an-anchor");
    return said.value.audit === null ? ok(null) : headIn(said.value.audit, store, trust, told);
  }
  return err("not-an-anchor");
}

/** The head in a file: the head itself, or the one that a bag's statement or receipt carries. */
function headWithin(
  file: Uint8Array,
  store: Store,
  trust: Trust | null,
  told: Told,
): Result<AuditHead, AnchorFault> {
  const head = headIn(file, store, trust, told);
  if (head.ok || head.error !== "not-an-anchor") return head;
  const carried = headInBag(file, store, trust, told);
  if (!carried.ok) return carried;
  return carried.value === null ? err("not-an-anchor") : ok(carried.value);
}

export function receiptIn(
  object: Uint8Array,
  store: Store,
  trust: Trust | null,
): Result<Receipt & { readonly digest: Digest }, AnchorFault> {
  const signed = signedBy(object, "receipt", store, trust);
  if (!signed.ok) return signed;
  const receipt = parseReceipt(signed.value.payload);
  if (!receipt.ok) return err("not-an-anchor");
  if (receipt.value.station !== signed.value.serial) return err("certificate-untrusted");
  if (receipt.value.station !== store.station()?.station) return err("other-station");
  return ok({ ...receipt.value, digest: signed.value.digest });
}

export const badWitness = (
  by: BadWitness["by"],
  name: string,
  why: AnchorFault,
): { readonly ok: false; readonly error: BadWitness } => err({ type: "anchor-bad", by, name, why });

/** What an anchor vouches for: lines `from` to `no` of the log. */
export interface Anchor {
  readonly name: string;
  readonly from: number;
  readonly no: number;
  /** The line as it was then; null of a receipt, which names its own line and says nothing of the lines before. */
  readonly mark: Mark | null;
}

/** What a signed head says of the log, as a mark. */
export const markOf = ({ no, hash, made }: AuditHead, of: Pick<Mark, "by" | "name" | "held">): Mark => ({
  no,
  hash,
  made: made.utc,
  ...of,
});

const upTo = (mark: Mark): Anchor => ({ name: mark.name, from: 1, no: mark.no, mark });

/** What a file from outside says of this log: a mark over all lines up to one or, of a receipt, that its own line is there. */
export function anchorOf(
  file: AnchorFile,
  store: Store,
  trust: Trust | null,
  told: Told,
): Result<Anchor, AuditProblem> {
  const { name, bytes } = file;
  const bad = (why: AnchorFault) => badWitness("anchor", name, why);
  const head = headWithin(bytes, store, trust, told);
  if (head.ok) return ok(upTo(markOf(head.value, { by: "anchor", name, held: "outside" })));
  if (head.error !== "not-an-anchor") return bad(head.error);
  const receipt = receiptIn(bytes, store, trust);
  if (receipt.ok) {
    const at = told.receipts.get(receipt.value.digest);
    return at === undefined
      ? err(lost(told.receipts, receipt.value.no, told.lines, "anchor", name))
      : ok({ name, from: at.line, no: at.line, mark: null });
  }
  if (receipt.error !== "not-an-anchor") return bad(receipt.error);
  return anchorInAct(file, store, trust, told);
}

/**
 * An act's file: the signed head in it, over the line that tells of the act. The code counts only with that line, since anybody can print a
 * code: where the line is what it was and tells of another code, the file is not what this store printed.
 */
function anchorInAct(
  { name, bytes }: AnchorFile,
  store: Store,
  trust: Trust | null,
  told: Told,
): Result<Anchor, AuditProblem> {
  const bad = (why: AnchorFault) => badWitness("anchor", name, why);
  const [code, cose] = [codeIn(bytes), headOfAct(bytes)];
  if (code === null || cose === null) return bad("not-an-anchor");
  const head = headIn(cose, store, trust, told);
  if (!head.ok) return bad(head.error);
  const { no, hash } = head.value;
  if (store.custody.hashAt(no) === hash && told.acts.get(code)?.line !== no) return bad("code-differs");
  return ok(upTo(markOf(head.value, { by: "anchor", name, held: "outside" })));
}
