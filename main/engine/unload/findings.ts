import type { ChainId, DeviceId } from "../../../shared/ids.ts";
import type { Finding } from "../../../shared/views.ts";
import { findForks, findGaps, type Link } from "../../rules/findings.ts";
import { headsOf, lists } from "../../rules/ledger.ts";
import type { ActiveLedger } from "./active-ledger.ts";
import type { UnloadContext } from "./context.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import { believed, type Outbox } from "./read-outbox.ts";

/** Clocks further apart than this are a finding; nothing else depends on them. */
const CLOCK_SKEW_SECONDS = 120;

function held(
  outbox: Outbox,
  active: ActiveLedger,
  hood: Neighbourhood,
  context: UnloadContext,
): ReadonlyMap<ChainId, ReadonlySet<number>> {
  const { device, chain } = active.ledger;
  const sets = new Map<ChainId, Set<number>>();
  const add = (of: ChainId, seq: number) => {
    const set = sets.get(of);
    if (set === undefined) sets.set(of, new Set([seq]));
    else set.add(seq);
  };
  for (const files of outbox.inventory.batches) if (files.manifest !== null) add(files.chain, files.seq);
  for (const row of hood.known(device)) add(row.chain, row.seq);
  for (const row of context.store.quarantinedNames(device)) add(row.chain, row.seq);
  for (const row of context.elsewhere?.(device) ?? []) add(row.chain, row.seq);
  for (const seq of active.acknowledged) add(chain, seq);
  return sets;
}

function forkLinks(outbox: Outbox, hood: Neighbourhood): readonly Finding[] {
  const byDevice = new Map<DeviceId, Link[]>();
  for (const one of believed(outbox)) {
    const links = byDevice.get(one.device) ?? [...hood.known(one.device)];
    links.push({ chain: one.files.chain, seq: one.files.seq, manifest: one.digest, prev: one.prev });
    byDevice.set(one.device, links);
  }
  return [...byDevice.values()].flatMap(findForks);
}

/** Every finding that is not about one batch, in the order of docs/formats.md. */
export function findingsOf(
  outbox: Outbox,
  active: ActiveLedger | null,
  hood: Neighbourhood,
  staleCas: ReadonlySet<string>,
  clockOffset: number | null,
  context: UnloadContext,
): readonly Finding[] {
  const findings: Finding[] = [];
  if (active === null) findings.push({ kind: "ledger-invalid", reason: outbox.ledger?.reason ?? "missing" });
  else {
    const { ledger } = active;
    if (active.rollback) findings.push({ kind: "ledger-rollback", chain: ledger.chain });
    for (const seq of active.falseAcks) findings.push({ kind: "false-ack", chain: ledger.chain, seq });
    for (const one of believed(outbox)) {
      const { chain, seq } = one.files;
      if (one.device === ledger.device && !lists(ledger, active.entries, chain, seq))
        findings.push({ kind: "not-listed", chain, seq });
    }
  }
  findings.push(...forkLinks(outbox, hood));
  for (const { chain, seq } of outbox.bodiesOnly) findings.push({ kind: "growing", chain, seq });
  for (const issuer of staleCas) findings.push({ kind: "crl-stale", issuer });
  for (const path of outbox.inventory.unlisted) findings.push({ kind: "unlisted", name: path });
  if (active !== null) {
    const ahead = active.ledger.made.utc - context.trust.now;
    if (ahead > CLOCK_SKEW_SECONDS) findings.push({ kind: "clock-skew", of: "ledger", seconds: ahead });
  }
  if (clockOffset !== null && Math.abs(clockOffset) > CLOCK_SKEW_SECONDS)
    findings.push({ kind: "clock-skew", of: "tablet", seconds: clockOffset });
  if (active !== null)
    findings.push(...findGaps(headsOf(active.ledger), held(outbox, active, hood, context)));
  return findings;
}
