import type { DeviceId, Digest } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { LinkFailure } from "../../../shared/views.ts";
import { MAX_SIGNED_BYTES } from "../../formats/cose.ts";
import { sha256 } from "../../formats/sha256.ts";
import { type JudgedManifest, judgeManifest, readJudged } from "../../rules/judge.ts";
import { type JudgedLedger, judgeLedger } from "../../rules/ledger.ts";
import {
  type BatchFiles,
  type FileFound,
  type Inventory,
  LEDGER_PATH,
  takeInventory,
} from "../../rules/outbox.ts";
import type { Trust } from "../../rules/trust.ts";
import { endsLink, type TabletLink } from "../ports.ts";

/** Reading an outbox in the order of the formats: names, ledger, then each manifest. Bodies come later, one by one. */

/** Manifest files are kept in memory up to this many bytes together; beyond it they are read again when their turn comes. */
const MANIFEST_MEMORY_BYTES = 32 * 1_048_576;

/** What must be remembered of a judged manifest while thousands of others are read. */
export interface ManifestNote {
  readonly files: BatchFiles;
  /** Identity of the manifest file. */
  readonly file: Digest;
  /** null: malformed. */
  readonly content: {
    readonly device: DeviceId;
    readonly digest: Digest;
    readonly prev: Digest | null;
    readonly length: number;
    readonly believed: boolean;
  } | null;
  readonly reason: JudgedManifest["reason"];
  /** The file's bytes; `later`: read them again; null: over the limit, never read. */
  readonly bytes: Uint8Array | "later" | null;
}

export interface Outbox {
  readonly inventory: Inventory;
  /** Sizes of the files in receipts/ by name, in bytes. */
  readonly receiptSizes: ReadonlyMap<string, number>;
  /** null: there is no ledger. */
  readonly ledger: JudgedLedger | null;
  /** Why the ledger could not be read though it is there; null: it was read. */
  readonly ledgerFailure: LinkFailure | null;
  readonly manifests: readonly ManifestNote[];
  /** Batches whose manifest could not be read, and why. */
  readonly unreadable: readonly { readonly files: BatchFiles; readonly failure: LinkFailure }[];
  readonly bodiesOnly: readonly BatchFiles[];
  readonly staleCas: ReadonlySet<string>;
}

/** Reads a signed object as a whole; null where it is over its limit. `changed` where it is not as long as listed. */
export async function readSigned(
  link: TabletLink,
  path: string,
  size: number,
  signal: AbortSignal,
): Promise<Result<Uint8Array | null, LinkFailure>> {
  if (size > MAX_SIGNED_BYTES) return ok(null);
  const bytes = new Uint8Array(size);
  let at = 0;
  const read = await link.read(
    path,
    0,
    (window) => {
      if (at + window.length > size) {
        at = size + 1;
        return false;
      }
      bytes.set(window, at);
      at += window.length;
      return true;
    },
    signal,
  );
  if (!read.ok) return read;
  return at === size ? ok(bytes) : err({ type: "changed", path });
}

/**
 * Identity of a manifest file: the digest of its name and bytes, or of its name and size where it is too large to be read. The name counts,
 * because files that were cut to nothing all have the same bytes.
 */
const fileIdentity = (file: { path: string; size: number }, bytes: Uint8Array | null): Digest =>
  sha256(`${file.path} ${bytes === null ? file.size : sha256(bytes)}`);

/** One judged manifest with all its chunk digests; read from the tablet once more where it was not kept. */
export async function wholeManifest(
  link: TabletLink,
  note: ManifestNote,
  signal: AbortSignal,
): Promise<Result<{ judged: JudgedManifest; bytes: Uint8Array | null }, LinkFailure>> {
  const { files, file: identity, content, reason } = note;
  let bytes = note.bytes;
  if (bytes === "later") {
    const file = note.files.manifest;
    if (file === null) throw new Error("a note without a manifest");
    const read = await readSigned(link, file.path, file.size, signal);
    if (!read.ok) return read;
    if (read.value === null || fileIdentity(file, read.value) !== note.file)
      return err({ type: "changed", path: file.path });
    bytes = read.value;
  }
  if (content === null)
    return ok({ judged: { ...files, file: identity, content, reason, staleCas: [] }, bytes });
  return ok({ judged: readJudged(files, identity, bytes, { believed: content.believed, reason }), bytes });
}

async function readLedger(
  link: TabletLink,
  inventory: Inventory,
  trust: Trust,
  signal: AbortSignal,
): Promise<Result<Pick<Outbox, "ledger" | "ledgerFailure">, LinkFailure>> {
  if (inventory.ledgerSize === null) return ok({ ledger: null, ledgerFailure: null });
  const bytes = await readSigned(link, LEDGER_PATH, inventory.ledgerSize, signal);
  if (bytes.ok) return ok({ ledger: judgeLedger(bytes.value, trust), ledgerFailure: null });
  if (endsLink(bytes.error)) return bytes;
  const ledger = { ledger: null, digest: null, bytes: null, reason: "io" as const, staleCas: [] };
  return ok({ ledger, ledgerFailure: bytes.error });
}

/** The items in order, with those last that a tablet stopped answering on before: what comes after such an object is lost with the link. */
export function hardLast<T>(items: readonly T[], isHard: (item: T) => boolean): readonly T[] {
  const hard = new Set(items.filter(isHard));
  return hard.size === 0 ? items : [...items.filter((one) => !hard.has(one)), ...hard];
}

/** The device that the manifests are held against: that of a ledger which counts. */
export const ledgerDeviceOf = (ledger: JudgedLedger | null): DeviceId | null =>
  ledger === null || ledger.reason !== null ? null : (ledger.ledger?.device ?? null);

/**
 * Reads names, ledger and manifests. A failure that ends the link ends it all; one manifest that cannot be read is only noted.
 * `onLedger` and `onManifest` tell how far it is.
 */
export async function readOutbox(
  link: TabletLink,
  trust: Trust,
  onLedger: (ledger: JudgedLedger | null) => void,
  onManifest: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Result<Outbox, LinkFailure>> {
  const root = await link.list("", signal);
  if (!root.ok) return root;
  const holds = (name: string): boolean =>
    root.value.some((one) => one.name === name && one.kind === "folder");
  const batches = holds("batches") ? await link.list("batches", signal) : ok([]);
  if (!batches.ok) return batches;
  const receipts = holds("receipts") ? await link.list("receipts", signal) : ok([]);
  if (!receipts.ok) return receipts;
  const inventory = takeInventory(root.value, batches.value, receipts.value);

  const read = await readLedger(link, inventory, trust, signal);
  if (!read.ok) return read;
  const { ledger, ledgerFailure } = read.value;
  onLedger(ledger);
  const ledgerDevice = ledgerDeviceOf(ledger);

  const manifests: ManifestNote[] = [];
  const unreadable: { files: BatchFiles; failure: LinkFailure }[] = [];
  const staleCas = new Set(ledger?.staleCas ?? []);
  const withManifest = hardLast(
    inventory.batches.flatMap(({ manifest, ...files }) =>
      manifest === null ? [] : [{ ...files, manifest }],
    ),
    ({ manifest }) => link.isHard?.(manifest.path) === true,
  );
  const readManifest = (files: { readonly manifest: FileFound } | undefined) =>
    files && readSigned(link, files.manifest.path, files.manifest.size, signal);
  let kept = 0;
  let next = readManifest(withManifest[0]);
  for (const [at, files] of withManifest.entries()) {
    const { manifest } = files;
    const bytes = await next;
    if (bytes === undefined) throw new Error("a manifest that nobody reads");
    if (!bytes.ok && endsLink(bytes.error)) return bytes;
    next = readManifest(withManifest[at + 1]); // It is on the cable while this one is judged.
    if (!bytes.ok) {
      unreadable.push({ files, failure: bytes.error });
      continue;
    }
    const judged = judgeManifest(
      files,
      fileIdentity(manifest, bytes.value),
      bytes.value,
      trust,
      ledgerDevice,
    );
    for (const ca of judged.staleCas) staleCas.add(ca);
    const keep = kept + manifest.size <= MANIFEST_MEMORY_BYTES;
    if (keep) kept += manifest.size;
    manifests.push({
      files,
      file: judged.file,
      content: judged.content && {
        device: judged.content.manifest.device,
        digest: judged.content.digest,
        prev: judged.content.manifest.prev,
        length: judged.content.manifest.length,
        believed: judged.content.believed,
      },
      reason: judged.reason,
      bytes: bytes.value === null ? null : keep ? bytes.value : "later",
    });
    onManifest(manifests.length + unreadable.length, withManifest.length);
  }
  return ok({
    inventory,
    receiptSizes: new Map(
      receipts.value.flatMap((one) => (one.kind === "file" ? [[one.name, one.size]] : [])),
    ),
    ledger,
    ledgerFailure,
    manifests,
    unreadable,
    bodiesOnly: inventory.batches.filter((files) => files.manifest === null),
    staleCas,
  });
}

/** The manifests whose signature and certificate are good, with the names they lie under. */
export const believed = (outbox: Outbox) =>
  outbox.manifests.flatMap((note) =>
    note.content?.believed ? [{ ...note.content, files: note.files }] : [],
  );
