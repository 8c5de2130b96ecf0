import { ok, type Result } from "../../shared/result.ts";
import type { Trust } from "../rules/trust.ts";
import { fetchAcks } from "./acks.ts";
import type { EngineProblem, UploadReport } from "./api.ts";
import type { CentreFailure } from "./ports.ts";
import { type UploadParts, uploadStaged } from "./upload.ts";

/** One call at the centre: what is staged goes there, its signed word about what is there comes back, and heads of the log stay there. */

/** After a failure of one batch the centre still answers. */
const answers = (problem: CentreFailure | null): boolean =>
  problem === null ||
  problem.type === "batch-refused" ||
  problem.type === "body-changed" ||
  problem.type === "disk";

/** Heads sent at a time. */
const HEADS_AT_ONCE = 64;

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

export async function sendToCentre(
  parts: UploadParts & { readonly trust: Trust },
): Promise<Result<UploadReport, EngineProblem>> {
  const sent = await uploadStaged(parts);
  if (!sent.ok || !answers(sent.value.problem)) return sent;
  const acks = await fetchAcks(parts);
  const { kept, refused } = acks.ok ? acks.value : acks.error.report;
  const anchored = acks.ok ? await anchorHeads(parts) : ok(undefined);
  return ok({
    ...sent.value,
    acks: kept,
    acksRefused: refused,
    problem: sent.value.problem ?? (acks.ok ? (anchored.ok ? null : anchored.error) : acks.error.failure),
  });
}
