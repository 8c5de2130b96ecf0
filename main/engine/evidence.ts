import type { BatchEvent } from "../../shared/ipc/views.ts";
import { rfc3339, stampOf } from "../../shared/time.ts";
import { parseAck } from "../formats/ack.ts";
import type { TimeMark } from "../formats/base.ts";
import { parseCertificate } from "../formats/certificate.ts";
import { parseSign1, type Sign1, type SignedKind } from "../formats/cose.ts";
import { parseLedger } from "../formats/ledger.ts";
import { type Manifest, parseManifest } from "../formats/manifest.ts";
import { parseReceipt } from "../formats/receipt.ts";
import { sha256 } from "../formats/sha256.ts";
import { certificateFacts } from "./about.ts";
import type { BatchEvidence, CertificateFacts } from "./api.ts";
import type { Store } from "./ports.ts";
import type { BatchFacts } from "./ports-desk.ts";

/** One batch's history out of what the store keeps: signed objects are read again, so that the page shows what they say. */

type Proof = BatchEvent["proof"];
const NO_TIMES = { tabletTime: null, stationTime: null, centreTime: null } as const;
const MOST_FORMS = 64;

const stamp = (mark: TimeMark): string | null => rfc3339(mark.utc, mark.offset);

/** The certificates that the page names, each once, and the proof that stands on each. */
class Certificates {
  readonly #facts = new Map<string, CertificateFacts>();

  /** The signer's name as the proof of what it signed; null where no certificate can be read. */
  signedBy(object: Sign1, role: CertificateFacts["role"]): Proof {
    let proof: Proof = null;
    for (const [at, der] of object.chain.entries()) {
      const certificate = parseCertificate(der);
      if (!certificate.ok) continue;
      const key = sha256(der);
      if (!this.#facts.has(key))
        this.#facts.set(key, certificateFacts(certificate.value, at === 0 ? role : "issuer"));
      if (at === 0) proof = { kind: "certificate", text: certificate.value.subjectText.slice(0, 400) };
    }
    return proof;
  }

  list(): readonly CertificateFacts[] {
    return [...this.#facts.values()].slice(0, 8);
  }
}

const logProof = (line: number | null): Proof => (line === null ? null : { kind: "log", text: String(line) });

interface ReadManifest {
  readonly object: Sign1;
  readonly manifest: Manifest;
}

async function readManifest(facts: BatchFacts, store: Store): Promise<ReadManifest | null> {
  const { staged, refused } = facts;
  let bytes: Uint8Array | null = null;
  if (staged !== null) {
    const read = await store.manifestOf(staged);
    bytes = read.ok ? read.value : null;
  } else if (refused !== null) bytes = store.quarantinedManifest(refused.id);
  const object = bytes === null ? null : parseSign1(bytes, "manifest");
  if (object === null || !object.ok) return null;
  const manifest = parseManifest(object.value.payload);
  return manifest.ok ? { object: object.value, manifest: manifest.value } : null;
}

const opened = (bytes: Uint8Array, kind: SignedKind): Sign1 | null => {
  const object = parseSign1(bytes, kind);
  return object.ok ? object.value : null;
};

/** The centre's signed word for the batch, wherever it came from. */
function acknowledgement(cose: Uint8Array, certificates: Certificates): BatchEvent | null {
  const signed = opened(cose, "ack");
  const read = signed === null ? null : parseAck(signed.payload);
  if (signed === null || !read?.ok) return null;
  const proof = certificates.signedBy(signed, "central");
  return { ...NO_TIMES, kind: "acknowledged", centreTime: stamp(read.value.received), proof };
}

/** What the ledger shows of the batch: that it is listed, its mark, and the centre's acknowledgement. */
function ledgerEvents(facts: BatchFacts, certificates: Certificates): readonly BatchEvent[] {
  const { entry, ledger, row } = facts;
  if (entry === null || ledger === null) return [];
  const events: BatchEvent[] = [];
  const object = opened(ledger.cose, "ledger");
  const proof = object === null ? null : certificates.signedBy(object, "tablet");
  if (entry.syncedUtc !== null)
    events.push({
      ...NO_TIMES,
      kind: "marked-sent",
      tabletTime: rfc3339(entry.syncedUtc, entry.syncedOffset ?? 0),
      proof: { kind: "none", text: "" },
    });
  const parsed = object === null ? null : parseLedger(object.payload);
  const ack = parsed?.ok ? parsed.value.entries.find((one) => one.seq === row.seq)?.ack : undefined;
  const acknowledged = ack === undefined ? null : acknowledgement(ack, certificates);
  if (acknowledged !== null) events.push(acknowledged);
  events.push({
    ...NO_TIMES,
    kind: "listed",
    tabletTime: rfc3339(ledger.madeUtc, ledger.madeOffset),
    proof,
  });
  return events;
}

/** The first receipt that speaks of the batch. */
function receiptOf(facts: BatchFacts, certificates: Certificates): { no: number; event: BatchEvent } | null {
  const manifest = facts.staged?.manifest ?? facts.refused?.manifest ?? null;
  for (const { no, bytes, deliveredAt } of facts.receipts) {
    const object = opened(bytes, "receipt");
    const receipt = object === null ? null : parseReceipt(object.payload);
    if (object === null || !receipt?.ok || deliveredAt === null) continue;
    if (!receipt.value.items.some((one) => one.seq === facts.row.seq && one.manifest === manifest)) continue;
    const proof = certificates.signedBy(object, "station");
    const stationTime = stampOf(deliveredAt);
    return { no, event: { ...NO_TIMES, kind: "receipt", stationTime, proof } };
  }
  return null;
}

function stationEvents(facts: BatchFacts): readonly BatchEvent[] {
  const { staged, refused, unloading, lines } = facts;
  const events: BatchEvent[] = [];
  const add = (kind: BatchEvent["kind"], at: string, line: number | null) =>
    events.push({ ...NO_TIMES, kind, stationTime: stampOf(at), proof: logProof(line) });
  if (unloading !== null) add("unload-began", unloading.began, lines.unloading);
  if (refused !== null) add("quarantined", refused.since, lines.refused);
  if (staged !== null) add("staged", staged.stagedAt, lines.staged);
  return events;
}

/** The page of one batch but for its row and its neighbours. What cannot be read any more is missing from it; nothing is made up. */
export async function evidenceOf(facts: BatchFacts, store: Store): Promise<BatchEvidence> {
  const certificates = new Certificates();
  const read = await readManifest(facts, store);
  const made: readonly BatchEvent[] =
    read === null
      ? []
      : [
          {
            ...NO_TIMES,
            kind: "made",
            tabletTime: stamp(read.manifest.made),
            proof: certificates.signedBy(read.object, "tablet"),
          },
        ];
  const ledger = ledgerEvents(facts, certificates);
  const receipt = receiptOf(facts, certificates);
  const { answer, entry, staged, refused } = facts;
  const answered: readonly BatchEvent[] =
    answer === null
      ? []
      : [
          {
            ...NO_TIMES,
            kind: answer.word,
            stationTime: stampOf(answer.at),
            proof: logProof(facts.lines.answered),
          },
        ];
  const fetched = facts.ack === null ? null : acknowledgement(facts.ack, certificates);
  return {
    manifest:
      read === null
        ? null
        : {
            digest: read.object.digest,
            prev: read.manifest.prev,
            made: stamp(read.manifest.made),
            schema: read.manifest.schema,
            forms: [...read.manifest.form]
              .slice(0, MOST_FORMS)
              .map(([form, records]) => ({ form: form.slice(0, 400), records })),
            recipients: read.manifest.recipients.length,
            chunks: read.manifest.chunks.length,
          },
    ledger:
      entry === null || facts.ledger === null
        ? null
        : {
            no: facts.ledger.no,
            made: rfc3339(facts.ledger.madeUtc, facts.ledger.madeOffset),
            digest: facts.ledger.digest,
            manifest: entry.manifest,
            length: entry.length,
            found: entry.found,
          },
    station:
      staged !== null
        ? {
            source: staged.source.slice(0, 400),
            at: stampOf(staged.stagedAt),
            sha: staged.manifest,
            receiptNo: receipt?.no ?? null,
          }
        : refused !== null
          ? {
              source: refused.source.slice(0, 400),
              at: stampOf(refused.since),
              sha: refused.manifest,
              receiptNo: receipt?.no ?? null,
            }
          : null,
    certificates: certificates.list(),
    events: [
      ...made,
      ...ledger,
      ...stationEvents(facts),
      ...(receipt === null ? [] : [receipt.event]),
      ...answered,
      ...(fetched === null ? [] : [fetched]),
    ],
  };
}
