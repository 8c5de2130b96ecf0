import type { ChainId, Digest } from "../../shared/ids.ts";
import type { Finding } from "../../shared/views.ts";

/** Findings that are not about one batch, from what is on the tablet and what is known here. */

/** Gaps listed one by one; the rest is a number. */
export const MAX_LISTED_GAPS = 1_000;

/**
 * Numbers at or below a chain's head under which nothing is held. `held`: numbers of which the named batches are present, staged,
 * quarantined or acknowledged, by chain.
 * Cost follows what is held and listed, not the head that a tablet claims.
 */
export function findGaps(
  heads: ReadonlyMap<ChainId, number>,
  held: ReadonlyMap<ChainId, ReadonlySet<number>>,
): readonly Finding[] {
  const listed: Finding[] = [];
  const rest: Finding[] = [];
  for (const [chain, head] of heads) {
    const have = held.get(chain) ?? new Set<number>();
    let missing = head;
    for (const seq of have) if (seq >= 1 && seq <= head) missing--;
    for (let seq = 1; missing > 0 && listed.length < MAX_LISTED_GAPS; seq++) {
      if (have.has(seq)) continue;
      listed.push({ kind: "gap", chain, seq });
      missing--;
    }
    if (missing > 0) rest.push({ kind: "gap", chain, more: missing });
  }
  return [...listed, ...rest];
}

/** A believed manifest of one device: in this outbox, staged, or quarantined before. */
export interface Link {
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
  readonly prev: Digest | null;
}

/** Forks among the believed manifests of one device: two under one number, or two that follow the same one. */
export function findForks(links: Iterable<Link>): readonly Finding[] {
  const byName = new Map<string, Digest>();
  const byPrev = new Map<string, Link>();
  const forks = new Map<string, Finding>();
  const report = (chain: ChainId, seq: number) => forks.set(`${chain} ${seq}`, { kind: "fork", chain, seq });
  for (const link of links) {
    const name = `${link.chain} ${link.seq}`;
    const other = byName.get(name);
    if (other === undefined) byName.set(name, link.manifest);
    else if (other !== link.manifest) report(link.chain, link.seq);
    if (link.prev === null) continue;
    const prev = `${link.chain} ${link.prev}`;
    const twin = byPrev.get(prev);
    if (twin === undefined) byPrev.set(prev, link);
    else if (twin.manifest !== link.manifest) report(link.chain, Math.max(link.seq, twin.seq));
  }
  return [...forks.values()];
}
