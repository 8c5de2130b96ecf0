import type { Database } from "better-sqlite3";
import type { ChainId, DeviceId, Digest } from "../../../shared/ids.ts";
import { isUnsettled, type Reason, type TabletState } from "../../../shared/reasons.ts";
import type { ReconcileLine } from "../../../shared/views.ts";
import type { CentreAnswer } from "../../engine/ports.ts";
import { isHeld } from "../../rules/held.ts";
import { verdictOf } from "../../rules/verdict.ts";
import { ACKED, CENTRE } from "./answers.ts";

/** Tablet, station and centre side by side, one device at a time. */

/** Numbers that no entry lists and nothing holds, told one by one for each tablet up to this many; as many as `unload` lists gaps. */
const MAX_UNHELD = 1_000;

interface Entry {
  manifest: Digest;
  state: TabletState;
  acknowledged: number;
  found: number;
}

interface Sides {
  entry: Entry | null;
  staged: {
    manifest: Digest;
    centre: CentreAnswer | null;
    acked: number;
    damage: string | null;
    barred: number;
  } | null;
  refused: Reason | null;
  /** The content of the refusal that `refused` is of; null: it does not parse. */
  refusedManifest: Digest | null;
  /** Contents that have a good signature and certificate, in quarantine under this number. */
  believed: Digest[];
  /** Contents that a ledger has once marked as sent. */
  marked: Digest[];
  /** Its manifest lay in the outbox when that was looked into last. */
  onTablet: boolean;
  /** Contents that a ledger or a believed manifest named beside the ledger in force. */
  named: { manifest: Digest; acknowledged: boolean }[];
  /** Contents that are here, on the tablet or at another station, whatever became of them. */
  held: Set<Digest>;
  /** Something lies under this number whose content nobody knows. */
  isUnknownThere: boolean;
}

const nothing = (): Sides => ({
  entry: null,
  staged: null,
  refused: null,
  refusedManifest: null,
  believed: [],
  marked: [],
  onTablet: false,
  named: [],
  held: new Set(),
  isUnknownThere: false,
});

/** Whether two contents of one number are known where only one can be right: what is staged or acknowledged, and something else. */
function isTwofold({ entry, staged, believed }: Sides): boolean {
  const right = staged?.manifest ?? (entry?.acknowledged === 1 ? entry.manifest : null);
  if (right === null) return false;
  return believed.some((one) => one !== right) || (entry !== null && entry.manifest !== right);
}

function lineOf(device: DeviceId | null, chain: ChainId, seq: number, sides: Sides): ReconcileLine {
  const { entry, staged, refused } = sides;
  const centre = staged?.centre ?? null;
  const isDamaged = staged !== null && staged.damage !== null;
  return {
    device,
    chain,
    seq,
    manifest:
      staged?.manifest ?? (refused === null ? null : sides.refusedManifest) ?? entry?.manifest ?? null,
    tablet: entry?.state ?? null,
    station: isDamaged ? "damaged" : staged !== null ? "staged" : refused !== null ? "quarantined" : null,
    centre: centre === "conflict" ? "conflict" : centre === null ? null : "accepted",
    verdict: verdictOf({
      tablet: entry?.state ?? null,
      acknowledged: entry?.acknowledged === 1 || staged?.acked === 1,
      found: entry?.found === 1 || sides.onTablet,
      marked: staged !== null && sides.marked.includes(staged.manifest),
      twofold: isTwofold(sides),
      staged: staged !== null && !isDamaged,
      damaged: isDamaged,
      barred: staged?.barred === 1,
      refused,
      centre,
    }),
  };
}

/** The lines of one number: its own, then one for every other content that was named and that nobody has. */
function linesOf(
  device: DeviceId | null,
  chain: ChainId,
  seq: number,
  sides: Sides,
): readonly ReconcileLine[] {
  const own = lineOf(device, chain, seq, sides);
  const { entry } = sides;
  const listed = entry === null ? [] : [{ manifest: entry.manifest, acknowledged: entry.acknowledged === 1 }];
  const missing = [...listed, ...sides.named].filter(
    (one) =>
      one.manifest !== own.manifest &&
      !isHeld(one, { digests: sides.held, isUnknownThere: sides.isUnknownThere }),
  );
  return [
    own,
    ...missing.map(
      ({ manifest }): ReconcileLine => ({
        device,
        chain,
        seq,
        manifest,
        tablet: entry?.manifest === manifest ? entry.state : null,
        station: null,
        centre: null,
        verdict: "missing",
      }),
    ),
  ];
}

/**
 * One line for each number, for tables that have room for one: where another content of a number is missing, somebody has to look at
 * the number, whatever became of the rest.
 */
export function onePerNumber(lines: readonly ReconcileLine[]): readonly ReconcileLine[] {
  const found = new Map<string, ReconcileLine>();
  for (const line of lines) {
    const key = `${line.chain} ${line.seq}`;
    const before = found.get(key);
    if (before === undefined) found.set(key, line);
    else if (!isUnsettled(before.verdict)) found.set(key, { ...before, verdict: "conflict" });
  }
  return [...found.values()];
}

/** All lines of one device, in order of chain and number; null: of no known device. */
export function linesOfDevice(db: Database, device: DeviceId | null): readonly ReconcileLine[] {
  const chains = new Map<ChainId, Map<number, Sides>>();
  const at = (chain: ChainId, seq: number): Sides => {
    const of = chains.get(chain) ?? new Map<number, Sides>();
    chains.set(chain, of);
    const sides = of.get(seq) ?? nothing();
    of.set(seq, sides);
    return sides;
  };
  type Named<T> = T & { chain: ChainId; seq: number };
  const entries = db
    .prepare("SELECT chain, seq, manifest, state, acknowledged, found FROM entries WHERE device = ?")
    .all(device);
  for (const row of entries as Named<NonNullable<Sides["entry"]>>[]) at(row.chain, row.seq).entry = row;
  const staged = db
    .prepare(
      `SELECT chain, seq, manifest, ${CENTRE} AS centre, ${ACKED} AS acked, damage, barred FROM batches WHERE device = ?`,
    )
    .all(device);
  for (const row of staged as Named<NonNullable<Sides["staged"]>>[]) {
    const sides = at(row.chain, row.seq);
    sides.staged = row;
    sides.held.add(row.manifest);
  }
  const named = db
    .prepare(
      "SELECT chain, seq, manifest, acknowledged FROM named WHERE device = ? ORDER BY chain, seq, manifest",
    )
    .all(device);
  for (const row of named as Named<{ manifest: Digest; acknowledged: number }>[])
    at(row.chain, row.seq).named.push({ manifest: row.manifest, acknowledged: row.acknowledged === 1 });
  const refused = db
    .prepare(
      `SELECT chain, seq, reason, manifest, believed, resolved_at IS NULL AS isOpen FROM quarantine
       WHERE device IS ? ORDER BY id`,
    )
    .all(device);
  type Refused = { reason: Reason; manifest: Digest | null; believed: number; isOpen: number };
  for (const row of refused as Named<Refused>[]) {
    if (row.believed === 1 && row.manifest !== null)
      chains.get(row.chain)?.get(row.seq)?.held.add(row.manifest);
    if (row.isOpen === 0) continue;
    const sides = at(row.chain, row.seq);
    if (row.believed === 1 && row.manifest !== null) sides.held.add(row.manifest);
    else sides.isUnknownThere = true;
    if (sides.refused !== "conflict") {
      sides.refused = row.reason;
      sides.refusedManifest = row.manifest;
    }
    if (row.believed === 1 && row.manifest !== null) sides.believed.push(row.manifest);
  }
  const seen = db
    .prepare(
      `SELECT chain, seq, manifest FROM on_tablet WHERE device = @device
       UNION SELECT chain, seq, manifest FROM elsewhere WHERE device = @device`,
    )
    .all({ device });
  for (const row of seen as Named<{ manifest: Digest | null }>[]) {
    const sides = at(row.chain, row.seq);
    sides.onTablet = true;
    if (row.manifest === null) sides.isUnknownThere = true;
    else sides.held.add(row.manifest);
  }
  const marks = db.prepare("SELECT chain, seq, manifest FROM sent_marks WHERE device = ?").all(device);
  for (const row of marks as Named<{ manifest: Digest }>[])
    chains.get(row.chain)?.get(row.seq)?.marked.push(row.manifest);
  const heads = db.prepare("SELECT chain, head FROM chains WHERE device = ? ORDER BY chain").all(device);
  let unheld = 0;
  for (const { chain, head } of heads as { chain: ChainId; head: number }[]) {
    const held = chains.get(chain);
    for (let seq = 1; seq <= head && unheld < MAX_UNHELD; seq++) {
      if (held?.has(seq) === true) continue;
      at(chain, seq);
      unheld++;
    }
  }
  return [...chains.keys()].sort().flatMap((chain) => {
    const of = chains.get(chain) ?? new Map<number, Sides>();
    return [...of.keys()]
      .sort((a, b) => a - b)
      .flatMap((seq) => linesOf(device, chain, seq, of.get(seq) ?? nothing()));
  });
}

const NEXT_DEVICE = `SELECT min(device) AS device FROM (
  SELECT min(device) AS device FROM entries WHERE device > @after
  UNION ALL SELECT min(device) FROM chains WHERE device > @after
  UNION ALL SELECT min(device) FROM batches WHERE device > @after
  UNION ALL SELECT min(device) FROM on_tablet WHERE device > @after
  UNION ALL SELECT min(device) FROM elsewhere WHERE device > @after
  UNION ALL SELECT min(device) FROM named WHERE device > @after
  UNION ALL SELECT min(device) FROM quarantine WHERE device > @after AND resolved_at IS NULL)`;

/** Every device that anything is known of, in order; null, for what belongs to none, last. */
export function* devicesOf(db: Database): Generator<DeviceId | null> {
  const next = db.prepare(NEXT_DEVICE);
  for (let after = ""; ; ) {
    const { device } = next.get({ after }) as { device: DeviceId | null };
    if (device === null) break;
    yield device;
    after = device;
  }
  yield null;
}

/** Lines in order of device, chain and number; `only` null: of all devices, those of no known device last. */
export function* reconcileLines(db: Database, only: DeviceId | null): Generator<ReconcileLine> {
  if (only !== null) yield* linesOfDevice(db, only);
  else for (const device of devicesOf(db)) yield* linesOfDevice(db, device);
}
