import type { Concern } from "../../shared/ipc/views.ts";
import { shown } from "../../shared/printable.ts";
import type { Finding, TabletReport } from "../../shared/views.ts";

/** What a person should know of one unloading, said once for each kind, reason and name. */

const SHOWN_BATCHES = 8;
const MOST = 40;

interface Growing {
  readonly concern: Omit<Concern, "count" | "batches">;
  /** The first of several names, where they do not part concerns. */
  readonly example: string | null;
  count: number;
  readonly batches: number[];
}

class Gathering {
  readonly #found = new Map<string, Growing>();

  add(
    concern: Omit<Concern, "count" | "batches">,
    count: number,
    seq: number | null,
    example: string | null = null,
  ): void {
    const key = JSON.stringify(concern);
    const growing = this.#found.get(key) ?? { concern, example, count: 0, batches: [] };
    this.#found.set(key, growing);
    growing.count += count;
    if (seq !== null && growing.batches.length < SHOWN_BATCHES) growing.batches.push(seq);
  }

  list(): readonly Concern[] {
    return [...this.#found.values()].slice(0, MOST).map(({ concern, example, count, batches }) => ({
      ...concern,
      name: concern.name ?? example,
      count,
      batches,
    }));
  }
}

/** What a finding adds: the concern it belongs to, for how many, the batch it names and a name to show. */
type Added = Parameters<Gathering["add"]>;

function added(finding: Finding): Added {
  const plain = { kind: finding.kind, reason: null, name: null, clock: null };
  switch (finding.kind) {
    case "gap":
      if ("more" in finding) return [plain, finding.more, null];
      return [plain, 1, finding.seq];
    case "fork":
    case "not-listed":
    case "damaged":
    case "growing":
    case "false-ack":
      return [plain, 1, finding.seq];
    case "ledger-rollback":
    case "head-lowered":
      return [plain, 1, null];
    case "chain-forgotten":
      return [plain, 1, null, finding.chain];
    case "unsealed":
      return [plain, finding.count, null];
    case "ledger-invalid":
      return [{ ...plain, reason: finding.reason }, 1, null];
    case "crl-stale":
      return [{ ...plain, name: finding.issuer.slice(0, 400) }, 1, null];
    case "unlisted":
      return [plain, 1, null, shown(finding.name)];
    case "clock-skew":
      return [{ ...plain, clock: { of: finding.of, seconds: Math.trunc(finding.seconds) } }, 1, null];
  }
}

export function concernsOf(report: TabletReport): readonly Concern[] {
  const gathering = new Gathering();
  for (const { outcome, reason, seq } of report.batches)
    if (outcome === "quarantined" || outcome === "failed")
      gathering.add({ kind: outcome, reason, name: null, clock: null }, 1, seq);
  for (const finding of report.findings) gathering.add(...added(finding));
  return gathering.list();
}
