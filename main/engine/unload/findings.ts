import type { ChainId, DeviceId, Digest } from "../../../shared/ids.ts";
import type { Finding } from "../../../shared/views.ts";
import { findForks, findGaps, type Link } from "../../rules/findings.ts";
import { type Held, isHeld } from "../../rules/held.ts";
import { headsOf, lists } from "../../rules/ledger.ts";
import type { ActiveLedger } from "./active-ledger.ts";
import type { UnloadContext } from "./context.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import { believed, type Outbox } from "./read-outbox.ts";

/** Clocks further apart than this are a finding; nothing else depends on them. */
const CLOCK_SKEW_SECONDS = 120;

/** What the findings of one unloading are made from. */
export interface FindingFacts {
  readonly outbox: Outbox;
  /** The ledger that counts; null: none. */
  readonly active: ActiveLedger | null;
  /** What is known around the batches, after they were staged. */
  readonly hood: Neighbourhood;
  /** The highest head known for each chain of the device before this ledger. */
  readonly headsBefore: ReadonlyMap<ChainId, number>;
  readonly staleCas: ReadonlySet<string>;
  /** Tablet's clock minus ours in seconds; null where it does not tell it. */
  readonly clockOffset: number | null;
  readonly context: UnloadContext;
}

/** What is held under each number of a device's chains, and which contents were ever named there. */
class ChainMemory {
  readonly #held = new Map<ChainId, Map<number, { digests: Set<Digest>; isUnknownThere: boolean }>>();
  readonly #named: { chain: ChainId; seq: number; manifest: Digest; acknowledged: boolean }[] = [];

  constructor({ outbox, active, hood, context }: FindingFacts, device: DeviceId) {
    // A manifest that cannot be believed may be a broken copy of what was named: nobody knows its content.
    for (const { files, content } of outbox.manifests)
      this.#hold(files.chain, files.seq, content?.believed === true ? content.digest : null);
    for (const { files } of outbox.unreadable) this.#hold(files.chain, files.seq, null);
    for (const row of hood.known(device)) this.#hold(row.chain, row.seq, row.manifest);
    for (const row of context.store.quarantined(device))
      if (row.believed) this.#hold(row.chain, row.seq, row.manifest);
      else if (row.open) this.#hold(row.chain, row.seq, null);
    for (const row of context.elsewhere?.(device) ?? []) this.#hold(row.chain, row.seq, row.manifest);
    this.#named.push(...context.store.named(device));
    if (active === null) return;
    const { chain, entries } = active.ledger;
    for (const { seq, manifest } of entries)
      this.#named.push({ chain, seq, manifest, acknowledged: active.acknowledged.has(seq) });
    for (const seq of active.acknowledged) this.#hold(chain, seq, active.entries.get(seq)?.manifest ?? null);
    for (const row of context.store.ledgerEntries(device))
      if (row.chain !== chain) {
        this.#named.push(row);
        if (row.acknowledged) this.#hold(row.chain, row.seq, row.manifest);
      }
  }

  #hold(chain: ChainId, seq: number, manifest: Digest | null): void {
    const of = this.#held.get(chain) ?? new Map<number, { digests: Set<Digest>; isUnknownThere: boolean }>();
    this.#held.set(chain, of);
    const held = of.get(seq) ?? { digests: new Set(), isUnknownThere: false };
    of.set(seq, held);
    if (manifest === null) held.isUnknownThere = true;
    else held.digests.add(manifest);
  }

  #at = (chain: ChainId, seq: number): Held | undefined => this.#held.get(chain)?.get(seq);

  /** Numbers of a chain under which all that was named is held. */
  heldNumbers(): ReadonlyMap<ChainId, ReadonlySet<number>> {
    const numbers = new Map([...this.#held].map(([chain, of]) => [chain, new Set(of.keys())]));
    for (const one of this.missing()) numbers.get(one.chain)?.delete(one.seq);
    return numbers;
  }

  /** Contents that were named and that nobody has. */
  missing(): readonly { readonly chain: ChainId; readonly seq: number }[] {
    return this.#named.filter((one) => !isHeld(one, this.#at(one.chain, one.seq)));
  }
}

/** The devices whose batches the outbox holds. */
function devicesIn({ outbox, active }: FindingFacts): readonly DeviceId[] {
  const devices = new Set(believed(outbox).map((one) => one.device));
  if (active !== null) devices.add(active.ledger.device);
  return [...devices];
}

function forks(facts: FindingFacts): readonly Finding[] {
  const { outbox, active, hood, context } = facts;
  return devicesIn(facts).flatMap((device) => {
    const links: Link[] = [...hood.known(device)];
    for (const row of context.store.quarantined(device))
      if (row.believed && row.manifest !== null) links.push({ ...row, manifest: row.manifest });
    for (const one of believed(outbox))
      if (one.device === device)
        links.push({ chain: one.files.chain, seq: one.files.seq, manifest: one.digest, prev: one.prev });
    // A ledger is held against what is staged and against earlier ledgers; against the outbox it makes `ledger-mismatch`.
    const staged = hood.known(device).filter((row) => row.state !== "quarantined");
    const listed = [
      ...context.store.ledgerEntries(device),
      ...context.store.named(device).filter((one) => one.isListed),
      ...(active?.ledger.device === device
        ? active.ledger.entries.map((entry) => ({ chain: active.ledger.chain, ...entry }))
        : []),
    ].map(({ chain, seq, manifest }) => ({ chain, seq, manifest, prev: null }));
    return uniqueForks([
      ...findForks(links),
      ...findForks([...staged.map((row) => ({ ...row, prev: null })), ...listed]),
    ]);
  });
}

function uniqueForks(found: readonly Finding[]): readonly Finding[] {
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

/** What a ledger that counts says about itself and about what was known before. */
function ofLedger(facts: FindingFacts, active: ActiveLedger): readonly Finding[] {
  const { outbox, headsBefore } = facts;
  const { ledger } = active;
  const findings: Finding[] = [];
  if (active.rollback) findings.push({ kind: "ledger-rollback", chain: ledger.chain });
  else
    for (const [chain, head] of headsOf(ledger))
      if (head < (headsBefore.get(chain) ?? 0)) findings.push({ kind: "head-lowered", chain });
  for (const seq of active.falseAcks) findings.push({ kind: "false-ack", chain: ledger.chain, seq });
  if (ledger.open > 0) findings.push({ kind: "unsealed", chain: ledger.chain, count: ledger.open });
  for (const one of believed(outbox)) {
    const { chain, seq } = one.files;
    if (one.device === ledger.device && !lists(ledger, active.entries, chain, seq))
      findings.push({ kind: "not-listed", chain, seq });
  }
  return findings;
}

/** The heads that the chains of a ledger have at least: the ledger's own, or higher ones that were seen before. */
function highestHeads({ headsBefore }: FindingFacts, active: ActiveLedger): ReadonlyMap<ChainId, number> {
  const heads = new Map(headsOf(active.ledger));
  for (const [chain, head] of heads) heads.set(chain, Math.max(head, headsBefore.get(chain) ?? 0));
  return heads;
}

/** Chains of the device that the ledger does not name any more, and of which something is missing, refused or damaged. */
function forgottenChains(facts: FindingFacts, active: ActiveLedger, memory: ChainMemory): readonly Finding[] {
  const { hood, headsBefore, context } = facts;
  const { device } = active.ledger;
  const named = headsOf(active.ledger);
  const open = new Set<ChainId>(memory.missing().map((one) => one.chain));
  for (const finding of findGaps(headsBefore, memory.heldNumbers()))
    if ("chain" in finding) open.add(finding.chain);
  for (const row of hood.known(device)) if (row.state === "damaged") open.add(row.chain);
  for (const row of context.store.quarantined(device)) if (row.open) open.add(row.chain);
  return [...open]
    .filter((chain) => !named.has(chain))
    .sort()
    .map((chain) => ({ kind: "chain-forgotten", chain }));
}

/** Batches that were staged here and are no longer whole, and that the tablet could not give again. */
function damaged(facts: FindingFacts): readonly Finding[] {
  const { active, hood } = facts;
  const isAcknowledged = (device: DeviceId, chain: ChainId, seq: number, manifest: Digest): boolean =>
    active?.ledger.device === device &&
    active.ledger.chain === chain &&
    active.acknowledged.has(seq) &&
    active.entries.get(seq)?.manifest === manifest;
  return devicesIn(facts).flatMap((device) =>
    hood
      .known(device)
      .filter((row) => row.state === "damaged" && !isAcknowledged(device, row.chain, row.seq, row.manifest))
      .map(({ chain, seq }): Finding => ({ kind: "damaged", chain, seq })),
  );
}

/** Every finding that is not about one batch, in the order of docs/formats.md. */
export function findingsOf(facts: FindingFacts): readonly Finding[] {
  const { outbox, active, staleCas, clockOffset, context } = facts;
  const findings: Finding[] =
    active === null
      ? [{ kind: "ledger-invalid", reason: outbox.ledger?.reason ?? "missing" }]
      : [...ofLedger(facts, active)];
  findings.push(...forks(facts));
  findings.push(...damaged(facts));
  for (const { chain, seq } of outbox.bodiesOnly) findings.push({ kind: "growing", chain, seq });
  for (const issuer of staleCas) findings.push({ kind: "crl-stale", issuer });
  for (const path of outbox.inventory.unlisted) findings.push({ kind: "unlisted", name: path });
  if (active !== null) {
    const ahead = active.ledger.made.utc - context.trust.now;
    if (ahead > CLOCK_SKEW_SECONDS) findings.push({ kind: "clock-skew", of: "ledger", seconds: ahead });
  }
  if (clockOffset !== null && Math.abs(clockOffset) > CLOCK_SKEW_SECONDS)
    findings.push({ kind: "clock-skew", of: "tablet", seconds: clockOffset });
  if (active !== null) {
    const memory = new ChainMemory(facts, active.ledger.device);
    findings.push(...forgottenChains(facts, active, memory));
    findings.push(...findGaps(highestHeads(facts, active), memory.heldNumbers()));
  }
  return findings;
}
