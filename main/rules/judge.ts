import { CHUNK_BYTES, type ChainId, type DeviceId, type Digest } from "../../shared/ids.ts";
import type { Reason } from "../../shared/reasons.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { parseSign1 } from "../formats/cose.ts";
import { type Manifest, parseManifest, recordsIn } from "../formats/manifest.ts";
import { judgeSigner } from "./signed.ts";
import type { Trust } from "./trust.ts";
import type { VerifiedBatch } from "./verified.ts";

/** Judging one batch, in the order of the reasons: its manifest, its body, its place among the others. */

const DAY_SECONDS = 86_400;

/** What a manifest file turned out to be. */
export interface JudgedManifest {
  /** The name it stands under. */
  readonly chain: ChainId;
  readonly seq: number;
  /** SHA-256 of the file's name and bytes. */
  readonly file: Digest;
  /** null where the file is malformed: then it counts for nothing. */
  readonly content: {
    readonly digest: Digest;
    readonly manifest: Manifest;
    /** Signature and certificate are good: it counts for forks, conflicts, listings and its successor. */
    readonly believed: boolean;
  } | null;
  /** The first reason that the manifest alone gives; null: none. */
  readonly reason: Reason | null;
  readonly staleCas: readonly string[];
}

const malformed = (name: { chain: ChainId; seq: number }, file: Digest): JudgedManifest => ({
  chain: name.chain,
  seq: name.seq,
  file,
  content: null,
  reason: "malformed",
  staleCas: [],
});

/** What a believed manifest says against the campaign and the ledger beside it. */
function judgeClaims(manifest: Manifest, trust: Trust, ledgerDevice: DeviceId | null): Reason | null {
  const { campaign } = trust;
  if (ledgerDevice !== null && manifest.device !== ledgerDevice) return "wrong-device";
  if (manifest.campaign !== campaign.id) return "wrong-campaign";
  const { utc } = manifest.made;
  if (utc < campaign.from - DAY_SECONDS || utc > campaign.to + DAY_SECONDS) return "wrong-campaign";
  if (!campaign.schemas.has(manifest.schema)) return "unknown-schema";
  for (const code of manifest.form.keys()) if (!campaign.forms.has(code)) return "unknown-schema";
  if (!manifest.recipients.some((recipient) => campaign.central.has(recipient)))
    return "central-not-recipient";
  return null;
}

/**
 * Judges a manifest file. `bytes` null: it is over its limit and was not read. `ledgerDevice`: the device of the ledger beside
 * it, null where that was missing or refused.
 */
export function judgeManifest(
  name: { readonly chain: ChainId; readonly seq: number },
  file: Digest,
  bytes: Uint8Array | null,
  trust: Trust,
  ledgerDevice: DeviceId | null,
): JudgedManifest {
  const object = bytes === null ? err("malformed" as const) : parseSign1(bytes, "manifest");
  if (!object.ok) return malformed(name, file);
  const parsed = parseManifest(object.value.payload);
  if (!parsed.ok) return malformed(name, file);
  const manifest = parsed.value;
  if (manifest.chain !== name.chain || manifest.seq !== name.seq) return malformed(name, file);

  const signer = judgeSigner(
    object.value,
    "tablet",
    trust,
    (leaf) =>
      leaf.serialNumbers[0] === manifest.device && leaf.states[0]?.slice(0, 2) === manifest.area.slice(0, 2),
  );
  return {
    chain: name.chain,
    seq: name.seq,
    file,
    content: { digest: object.value.digest, manifest, believed: signer.reason === null },
    reason: signer.reason ?? judgeClaims(manifest, trust, ledgerDevice),
    staleCas: signer.staleCas,
  };
}

/**
 * A manifest file that was judged a moment ago, with all that stands in it: the same bytes, so neither its certificates nor its
 * signature are looked at again. `before`: what was found then.
 */
export function readJudged(
  name: { readonly chain: ChainId; readonly seq: number },
  file: Digest,
  bytes: Uint8Array | null,
  before: { readonly believed: boolean; readonly reason: Reason | null },
): JudgedManifest {
  const object = bytes === null ? err("malformed" as const) : parseSign1(bytes, "manifest");
  const manifest = object.ok ? parseManifest(object.value.payload) : object;
  if (!object.ok || !manifest.ok) return malformed(name, file);
  const content = { digest: object.value.digest, manifest: manifest.value, believed: before.believed };
  return { chain: name.chain, seq: name.seq, file, content, reason: before.reason, staleCas: [] };
}

/** What was seen of a body while its bytes went by. */
export interface BodyFacts {
  /** Bytes. */
  readonly length: number;
  /** Every chunk's digest was the manifest's. */
  readonly chunksMatch: boolean;
  /** It can be an age file for that many recipients. */
  readonly isAge: boolean;
}

/** Whether the lengths alone already speak against a body of `length` bytes. */
export const lengthFits = (manifest: Manifest, length: number): boolean =>
  length === manifest.length && manifest.chunks.length === Math.ceil(manifest.length / CHUNK_BYTES);

/** The first reason that a body gives; `body` null: it is not there. */
export function judgeBody(manifest: Manifest, body: BodyFacts | null): Reason | null {
  if (body === null) return "body-missing";
  if (!lengthFits(manifest, body.length)) return "length-mismatch";
  if (!body.chunksMatch) return "chunk-mismatch";
  return body.isAge ? null : "not-age";
}

/** What is known around a batch, by (device, chain, seq). */
export interface Surroundings {
  /** Digests known for the batch before: staged here, believed in this outbox, or listed by the ledger. */
  readonly previous: ReadonlySet<Digest>;
  /** Digest of the batch staged under the same name; null: none. */
  readonly staged: Digest | null;
  /** What the ledger lists for it; null: nothing, or no ledger. */
  readonly listed: { readonly manifest: Digest; readonly length: number } | null;
}

/** The first reason that a batch's place gives. */
export function judgePlace(digest: Digest, manifest: Manifest, around: Surroundings): Reason | null {
  const { previous, staged, listed } = around;
  if (manifest.prev !== null && previous.size > 0 && !previous.has(manifest.prev)) return "previous-mismatch";
  if (staged !== null && staged !== digest) return "conflict";
  if (listed !== null && (listed.manifest !== digest || listed.length !== manifest.length))
    return "ledger-mismatch";
  return null;
}

/**
 * The whole judgement of a batch that was pulled. The only maker of a VerifiedBatch. `manifestBytes`: the file judged before;
 * `body` null: there is none.
 */
export function judge(
  judged: JudgedManifest,
  manifestBytes: Uint8Array | null,
  body: BodyFacts | null,
  around: Surroundings,
): Result<VerifiedBatch, Reason> {
  if (judged.content === null || manifestBytes === null) return err("malformed");
  const { manifest, digest } = judged.content;
  const reason = judged.reason ?? judgeBody(manifest, body) ?? judgePlace(digest, manifest, around);
  if (reason !== null) return err(reason);
  return ok({
    device: manifest.device,
    chain: manifest.chain,
    seq: manifest.seq,
    manifest: digest,
    prev: manifest.prev,
    length: manifest.length,
    campaign: manifest.campaign,
    area: manifest.area,
    madeUtc: manifest.made.utc,
    madeOffset: manifest.made.offset,
    records: recordsIn(manifest),
    manifestBytes,
    manifestFile: judged.file,
  } as VerifiedBatch);
}
