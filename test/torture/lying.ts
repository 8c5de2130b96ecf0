import type { Lie, Transfer } from "../../fixtures/tablet/wire.ts";
import type { Random } from "./random.ts";

/** Lies on the wire: lengths, counts, names, handles, order, bytes without end. */

/** Of a listing or a body that is lied about, so much is brought into memory to be changed; the rest is dropped. */
const KEPT_BYTES = 2_000_000;
const EDGES = [0, 1, 12, 0x7fffffff, 0xffffffff, 0x80000000, 0xfffffffe, 511, 512, 513];

async function bytesOf(transfer: Transfer): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of transfer.windows()) {
    pieces.push(Uint8Array.from(piece));
    size += piece.length;
    if (size >= KEPT_BYTES) break;
  }
  return Buffer.concat(pieces);
}

const transferOf = (bytes: Uint8Array): Transfer => ({
  length: bytes.length,
  *windows() {
    yield bytes;
  },
  bodyBytes: 0,
});

/** Without an end: what a broken or hostile tablet may do with any answer. */
const endless = (bytes: Buffer): Transfer => ({
  length: Number.POSITIVE_INFINITY,
  *windows() {
    for (;;) yield bytes.length === 0 ? Buffer.alloc(512) : bytes;
  },
  bodyBytes: 0,
});

function spoil(bytes: Buffer, random: Random): Buffer {
  const spoiled = Buffer.from(bytes);
  const times = 1 + random.below(4);
  for (let time = 0; time < times && spoiled.length > 0; time++) {
    // Mostly near the front, where headers, counts and lengths stand.
    const reach = random.below(3) === 0 ? spoiled.length : Math.min(spoiled.length, 64);
    const at = random.below(reach);
    if (random.below(2) === 0 && at + 4 <= spoiled.length) spoiled.writeUInt32LE(random.pick(EDGES), at);
    else spoiled.writeUInt8(random.below(256), at);
  }
  return spoiled;
}

async function lied(honest: readonly Transfer[], random: Random): Promise<readonly Transfer[]> {
  const at = random.below(Math.max(1, honest.length));
  const victim = honest[at];
  if (victim === undefined) return [];
  const around = (...instead: readonly Transfer[]) => [
    ...honest.slice(0, at),
    ...instead,
    ...honest.slice(at + 1),
  ];
  const bytes = await bytesOf(victim);
  switch (random.below(9)) {
    case 0:
      return around();
    case 1:
      return around(transferOf(bytes), transferOf(bytes));
    case 2:
      return around(transferOf(bytes.subarray(0, random.below(bytes.length + 1))));
    case 3:
      return around(transferOf(Buffer.concat([bytes, Buffer.alloc(1 + random.below(5_000), 0x41)])));
    case 4:
      return around(endless(bytes));
    case 5:
      return [...honest].reverse();
    case 6:
      return Array.from({ length: 1 + random.below(2_000) }, () => transferOf(new Uint8Array(0)));
    default:
      return around(transferOf(spoil(bytes, random)));
  }
}

/** Every `oneIn`-th answer is a lie. */
export function lieOf(random: Random, oneIn: number): { readonly lie: Lie; readonly told: () => number } {
  let told = 0;
  const lie: Lie = (_command, honest) => {
    if (random.below(oneIn) !== 0) return null;
    told++;
    return lied(honest, random);
  };
  return { lie, told: () => told };
}
