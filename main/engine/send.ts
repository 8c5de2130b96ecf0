import { ok, type Result } from "../../shared/result.ts";
import type { Trust } from "../rules/trust.ts";
import { fetchAcks } from "./acks.ts";
import type { EngineProblem, UploadReport } from "./api.ts";
import type { CentreFailure } from "./ports.ts";
import { askCentre, LANES, mayPass, readyToSend, type UploadParts, uploadStaged } from "./upload.ts";

/** One call at the centre: what is staged goes there, its signed word about what is there comes back, and heads of the log stay there. */

/** After a failure of one batch the centre still answers. */
const answers = (problem: CentreFailure | null): boolean =>
  problem === null ||
  problem.type === "batch-refused" ||
  problem.type === "body-changed" ||
  problem.type === "disk";

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

/**
 * Whether the centre still holds what it answered for last. Of as many answers as there are lanes one is for the batch that it filed last
 * of all: a backup from before any loss is one from before that. It needs no key of the station, and a head may be older than what was lost.
 */
async function holdsLastBatches(parts: UploadParts): Promise<Result<boolean, CentreFailure>> {
  const { store, centre, signal } = parts;
  const held = await Promise.all(
    store.centre.lastAnswered(LANES).map(async (row): Promise<Result<boolean, CentreFailure>> => {
      const ready = await readyToSend(parts, row);
      // What cannot be offered again cannot be asked about: sending tells why.
      if (!ready.ok || ready.value.type === "held") return ok(true);
      return centre.holds(ready.value.batch, signal);
    }),
  );
  return held.find((one) => !one.ok) ?? ok(held.every((one) => one.ok && one.value));
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
 * rest costs one question a batch. It is asked before anything new is sent, since what was answered last is what it is asked about. Heads
 * go along once all has been offered; until then the next sending notices again.
 */
async function sendBatches(parts: UploadParts): Promise<Result<UploadReport, EngineProblem>> {
  if (parts.again) return uploadStaged(parts);
  const opened = await askCentre(parts, () => parts.centre.open(parts.signal));
  if (!opened.ok) return opened;
  const remembered = await askCentre(parts, () => remembers(parts));
  if (!remembered.ok && (mayPass(remembered.error) || remembered.error.type === "cancelled"))
    return remembered;
  const forgotten = remembered.ok && !remembered.value;
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
  const { forgotten, failed, problem } = sent.value;
  const acks = await fetchAcks(parts);
  const { kept, refused } = acks.ok ? acks.value : acks.error.report;
  const isAgain = parts.again === true || forgotten;
  if (isAgain && failed === 0) parts.store.custody.sendHeadsAgain();
  const anchored = acks.ok && (!isAgain || failed === 0) ? await anchorHeads(parts) : ok(undefined);
  return ok({
    ...sent.value,
    acks: kept,
    acksRefused: refused,
    problem: problem ?? (acks.ok ? (anchored.ok ? null : anchored.error) : acks.error.failure),
  });
}
