import { err, ok, type Result } from "../../shared/result.ts";
import { judgeAckOf } from "../rules/ack.ts";
import type { Trust } from "../rules/trust.ts";
import type { Centre, CentreFailure, Store } from "./ports.ts";
import type { BatchName, CentreAck, HeldAck } from "./ports-centre.ts";

/** The centre's signed word for what was sent from here. It is fetched after each sending, since the centre signs when it has looked. */

/** Batches asked about at once. */
const PAGE = 256;

export interface AckReport {
  /** Acknowledgements kept now. */
  readonly kept: number;
  /** Acknowledgements that do not verify, whose signer is refused, or that speak of another batch. They are not kept. */
  readonly refused: number;
}

const keyOf = (one: BatchName): string => `${one.device} ${one.chain} ${one.seq} ${one.manifest}`;

/** An acknowledgement for a batch that was asked about, judged; null where it is not good. */
function judged(given: CentreAck, asked: ReadonlySet<string>, trust: Trust): HeldAck | null {
  if (!asked.has(keyOf(given))) return null;
  const { device, chain, seq, manifest } = given;
  const { valid, ack } = judgeAckOf(
    given.cose,
    { campaign: trust.campaign.id, device, chain, seq, manifest },
    trust,
  );
  return valid && ack !== null ? { ...given, received: ack.received } : null;
}

/**
 * Fetches, judges and keeps the acknowledgements that are not held yet. What was kept before a failure stays; the rest is asked for the
 * next time.
 */
export async function fetchAcks(parts: {
  readonly store: Store;
  readonly centre: Centre;
  readonly trust: Trust;
  readonly signal: AbortSignal;
}): Promise<Result<AckReport, { readonly failure: CentreFailure; readonly report: AckReport }>> {
  const { store, centre, trust, signal } = parts;
  const report = { kept: 0, refused: 0 };
  for (let after: BatchName | null = null; ; ) {
    const batches: readonly BatchName[] = store.centre.awaitingAck(after, PAGE);
    after = batches.at(-1) ?? null;
    if (after === null) return ok(report);
    const given = await centre.acks(batches, signal);
    if (!given.ok) return err({ failure: given.error, report });
    const asked = new Set(batches.map(keyOf));
    const good = given.value.flatMap((ack) => judged(ack, asked, trust) ?? []);
    const refused = given.value.length - good.length;
    report.kept += good.length;
    report.refused += refused;
    if (given.value.length > 0)
      store.centre.keepAcks(good, { type: "acks-fetched", data: { kept: good.length, refused } });
  }
}
