import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findForks, findGaps, type Link, MAX_LISTED_GAPS } from "../../main/rules/findings.ts";
import type { ChainId, Digest } from "../../shared/ids.ts";

const A = "aa".repeat(16) as ChainId;
const B = "bb".repeat(16) as ChainId;
const gaps = (head: number, held: readonly number[]) =>
  findGaps(new Map([[A, head]]), new Map([[A, new Set(held)]]));
const seqs = (findings: ReturnType<typeof findGaps>) =>
  findings.flatMap((one) => ("seq" in one ? [one.seq] : []));

describe("gaps", () => {
  it("are the numbers up to the head under which nothing is held", () => {
    expect(gaps(5, [1, 3])).toEqual([2, 4, 5].map((seq) => ({ kind: "gap", chain: A, seq })));
  });

  it("are none where all is held, where the head is 0, and above the head", () => {
    expect(gaps(3, [3, 1, 2])).toEqual([]);
    expect(gaps(0, [])).toEqual([]);
    expect(gaps(2, [1, 2, 4, 9])).toEqual([]);
  });

  it("are looked for where nothing at all is held", () => {
    expect(findGaps(new Map([[A, 2]]), new Map())).toHaveLength(2);
  });

  it("are looked for in every chain", () => {
    const found = findGaps(
      new Map([
        [A, 1],
        [B, 2],
      ]),
      new Map([[B, new Set([1])]]),
    );
    expect(found).toEqual([
      { kind: "gap", chain: A, seq: 1 },
      { kind: "gap", chain: B, seq: 2 },
    ]);
  });

  it("are listed up to a thousand", () => {
    const found = gaps(1_000, []);
    expect(seqs(found)).toHaveLength(MAX_LISTED_GAPS);
    expect(found.some((one) => "more" in one)).toBe(false);
  });

  it("beyond a thousand are a number, said last", () => {
    const found = gaps(100_000, []);
    expect(seqs(found)).toEqual(Array.from({ length: 1_000 }, (_, at) => at + 1));
    expect(found.at(-1)).toEqual({ kind: "gap", chain: A, more: 99_000 });
  });

  it("beyond a thousand do not count what is held", () => {
    expect(gaps(2_000, [1, 1_500, 2_000, 3_000]).at(-1)).toEqual({ kind: "gap", chain: A, more: 997 });
  });

  it("of a tablet that claims a head of 99,999,999 are found at once", () => {
    expect(gaps(99_999_999, [1]).at(-1)).toEqual({ kind: "gap", chain: A, more: 99_999_998 - 1_000 });
  });

  it("and what is held make up the head, whatever they are", () => {
    fc.assert(
      fc.property(fc.nat(3_000), fc.uniqueArray(fc.integer({ min: 1, max: 4_000 })), (head, held) => {
        const found = gaps(head, held);
        const more = found.flatMap((one) => ("more" in one ? [one.more] : []));
        const below = held.filter((seq) => seq <= head);
        expect(seqs(found).length + (more[0] ?? 0) + below.length).toBe(head);
        expect(seqs(found).some((seq) => below.includes(seq))).toBe(false);
      }),
    );
  });
});

const digest = (letter: string) => letter.repeat(64) as Digest;
const link = (seq: number, manifest: string, prev: string | null, chain = A): Link => ({
  chain,
  seq,
  manifest: digest(manifest),
  prev: prev === null ? null : digest(prev),
});
const forks = (...links: Link[]) => findForks(links);

describe("forks", () => {
  it("are none in a chain where each follows the one before", () => {
    expect(forks(link(1, "a", null), link(2, "b", "a"), link(3, "c", "b"))).toEqual([]);
  });

  it("are none where the same manifest is met twice, here and in the store", () => {
    expect(forks(link(1, "a", null), link(2, "b", "a"), link(1, "a", null), link(2, "b", "a"))).toEqual([]);
  });

  it("are two manifests of one seq", () => {
    expect(forks(link(2, "b", "a"), link(2, "c", "a"))).toEqual([{ kind: "fork", chain: A, seq: 2 }]);
    expect(forks(link(2, "b", "a"), link(2, "c", "f"))).toEqual([{ kind: "fork", chain: A, seq: 2 }]);
    expect(forks(link(1, "a", null), link(1, "b", null))).toEqual([{ kind: "fork", chain: A, seq: 1 }]);
  });

  it("are two seqs with one prev", () => {
    expect(forks(link(2, "b", "a"), link(3, "c", "a"))).toEqual([{ kind: "fork", chain: A, seq: 3 }]);
    expect(forks(link(3, "c", "a"), link(2, "b", "a"))).toEqual([{ kind: "fork", chain: A, seq: 3 }]);
  });

  it("of one place are said once", () => {
    expect(forks(link(2, "b", "a"), link(2, "c", "a"), link(2, "d", "a"))).toHaveLength(1);
  });

  it("are not seen between chains, nor between first batches", () => {
    expect(
      forks(link(1, "a", null, A), link(1, "b", null, B), link(2, "c", "a", A), link(2, "d", "b", B)),
    ).toEqual([]);
  });
});
