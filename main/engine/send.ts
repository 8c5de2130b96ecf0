import { ok, type Result } from "../../shared/result.ts";
import type { Trust } from "../rules/trust.ts";
import { fetchAcks } from "./acks.ts";
import type { EngineProblem, UploadReport } from "./api.ts";
import type { CentreFailure, StagedBatch } from "./ports.ts";
import { askCentre, LANES, mayPass, readyToSend, type UploadParts, uploadStaged } from "./upload.ts";

/** One call at the centre: what is staged goes there, its signed word about what is there comes back, and heads of the log stay there. */

/** After a failure of one batch the centre still answers. */
const answers = (problem: CentreFailure | null): boolean =>
  problem === null ||
  problem.type === "batch-refused" ||
  problem.type === "body-changed" ||
  problem.type === "disk";

/** Answers that are looked through for some that can be asked about. */
const LOOKED_BACK = 1_024;

/** Heads sent at a time. */
const HEADS_AT_ONCE = 64;

/** Whether the centre still shows the head that was left there last. */
async function showsLastHead({
  store,
  centre,
  signal,
}: UploadParts): Promise<Result<boolean, CentreFailure>> {
  const station = store.station()?.station;
  const left = store.custody.lastHeadAtCentre();
  if (station === undefined || left === null) return ok(true);
  const kept = await centre.anchors(station, left.no, signal);
  return kept.ok ? ok(kept.value.some(({ head }) => Buffer.compare(head, left.cose) === 0)) : kept;
}

/** Whether a batch that was answered for is there; null: it cannot be offered again, so nothing can be asked about it. Sending tells why. */
async function isHeld(parts: UploadParts, row: StagedBatch): Promise<Result<boolean | null, CentreFailure>> {
  const ready = await readyToSend(parts, row);
  if (!ready.ok || ready.value.type === "held") return ok(null);
  return parts.centre.holds(ready.value.batch, parts.signal);
}

/** Whether the centre still holds the last batches that it gave this answer for: as many as there are lanes, of those that can be asked about. */
async function holdsLast(
  parts: UploadParts,
  answer: "accepted" | "already-there",
): Promise<Result<boolean, CentreFailure>> {
  let asked = 0;
  for (let skip = 0; asked < LANES && skip < LOOKED_BACK; skip += LANES) {
    const rows = parts.store.centre.lastAnswered(answer, LANES, skip);
    if (rows.length === 0) break;
    for (const held of await Promise.all(rows.map((row) => isHeld(parts, row)))) {
      if (!held.ok) return held;
      if (held.value === false) return ok(false);
      if (held.value !== null) asked++;
    }
  }
  return ok(true);
}

/**
 * Whether the centre still holds what it answered for last. Of as many batches as there are lanes one is that which it filed last of all: a
 * backup from before any loss is one from before that. What another station brought is asked about apart, since any number of such answers
 * may have come after. It needs no key of the station, and a head may be older than what was lost.
 */
async function holdsLastBatches(parts: UploadParts): Promise<Result<boolean, CentreFailure>> {
  const own = await holdsLast(parts, "accepted");
  return own.ok && own.value ? holdsLast(parts, "already-there") : own;
}

/** Whether the centre is the one that answered. One that was put back to an older backup has forgotten what came since. */
async function remembers(parts: UploadParts): Promise<Result<boolean, CentreFailure>> {
  const shown = await showsLastHead(parts);
  return shown.ok && shown.value ? holdsLastBatches(parts) : shown;
}

/** Leaves the signed heads of this station's log at the centre: there nobody at this machine can take them back. */
async function anchorHeads({ store, centre, signal }: UploadParts): Promise<Result<void, CentreFailure>> {
  const station = store.station()?.station;
  if (station === undefined) return ok(undefined);
  for (;;) {
    const heads = store.custody.headsForCentre(HEADS_AT_ONCE);
    if (heads.length === 0) return ok(undefined);
    for (const { id, no, cose } of heads) {
      const kept = await centre.anchor({ station, no, head: cose }, signal);
      if (!kept.ok) return kept;
      store.custody.headAtCentre(id);
    }
  }
}

/**
 * Sends what is staged. Where the centre has forgotten what it answered for, all of that is offered again: it takes what it lacks, and the
 * rest costs one question a batch. It is asked before anything new is sent, since what was answered last is what it is asked about. That it
 * has forgotten is kept here until all has been offered: new answers would cover the trace. Heads go along only then.
 */
async function sendBatches(parts: UploadParts): Promise<Result<UploadReport, EngineProblem>> {
  if (parts.again) return uploadStaged(parts);
  const opened = await askCentre(parts, () => parts.centre.open(parts.signal));
  if (!opened.ok) return opened;
  const owed = parts.store.centre.owesOffer();
  const remembered = owed ? ok(false) : await askCentre(parts, () => remembers(parts));
  if (!remembered.ok && (mayPass(remembered.error) || remembered.error.type === "cancelled"))
    return remembered;
  const forgotten = remembered.ok && !remembered.value;
  if (forgotten && !owed) parts.store.centre.forget({ type: "centre-forgot", data: {} });
  const sent = await uploadStaged({ ...parts, again: forgotten });
  if (!sent.ok) return sent;
  const problem = sent.value.problem ?? (remembered.ok ? null : remembered.error);
  return ok({ ...sent.value, forgotten, problem });
}

export async function sendToCentre(
  parts: UploadParts & { readonly trust: Trust },
): Promise<Result<UploadReport, EngineProblem>> {
  const sent = await sendBatches(parts);
  if (!sent.ok || !answers(sent.value.problem)) return sent;
  const { forgotten, failed, waitingForCrl, problem } = sent.value;
  const acks = await fetchAcks(parts);
  const { kept, refused } = acks.ok ? acks.value : acks.error.report;
  const isAgain = parts.again === true || forgotten;
  const isAllOffered = failed + waitingForCrl === 0;
  if (isAgain && isAllOffered) {
    parts.store.custody.sendHeadsAgain();
    parts.store.centre.offered();
  }
  const anchored = acks.ok && (!isAgain || isAllOffered) ? await anchorHeads(parts) : ok(undefined);
  return ok({
    ...sent.value,
    acks: kept,
    acksRefused: refused,
    problem: problem ?? (acks.ok ? (anchored.ok ? null : anchored.error) : acks.error.failure),
  });
}
