import { ok, type Result } from "../../shared/result.ts";
import type { Trust } from "../rules/trust.ts";
import { fetchAcks } from "./acks.ts";
import type { EngineProblem, UploadReport } from "./api.ts";
import type { CentreFailure } from "./ports.ts";
import { type UploadParts, uploadStaged } from "./upload.ts";

/** One call at the centre: what is staged goes there, and its signed word about what is there comes back. */

/** After a failure of one batch the centre still answers. */
const answers = (problem: CentreFailure | null): boolean =>
  problem === null ||
  problem.type === "batch-refused" ||
  problem.type === "body-changed" ||
  problem.type === "disk";

export async function sendToCentre(
  parts: UploadParts & { readonly trust: Trust },
): Promise<Result<UploadReport, EngineProblem>> {
  const sent = await uploadStaged(parts);
  if (!sent.ok || !answers(sent.value.problem)) return sent;
  const acks = await fetchAcks(parts);
  const { kept, refused } = acks.ok ? acks.value : acks.error.report;
  return ok({
    ...sent.value,
    acks: kept,
    acksRefused: refused,
    problem: sent.value.problem ?? (acks.ok ? null : acks.error.failure),
  });
}
