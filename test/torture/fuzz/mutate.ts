/** Numbers for mutating, millions of them: fast, and the same at every run with the same seed (Marsaglia's xorshift). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return Math.floor(((this.#state >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

const BYTES = [
  0x00, 0x01, 0x0a, 0x0d, 0x20, 0x2f, 0x5c, 0x7f, 0x80, 0xa0, 0xbf, 0xc2, 0xd2, 0xf6, 0xf9, 0xfb, 0xff,
];
const NUMBERS = [
  0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

function changed(bytes: Buffer, others: readonly Uint8Array[], words: readonly string[], dice: Dice): Buffer {
  const at = dice.below(bytes.length + 1);
  const length = 1 + dice.below(Math.min(64, bytes.length - at + 1));
  const around = (middle: Uint8Array, removed = 0) =>
    Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + removed)]);
  switch (dice.below(10)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = dice.below(2) === 0 ? dice.pick(BYTES) : dice.below(256);
      return bytes;
    case 2: {
      const number = Buffer.alloc(4);
      if (dice.below(2) === 0) number.writeUInt32LE(dice.pick(NUMBERS));
      else number.writeUInt32BE(dice.pick(NUMBERS));
      const piece = number.subarray(dice.below(4));
      return around(piece, dice.below(2) * piece.length);
    }
    case 3:
      return around(new Uint8Array(0), length);
    case 4:
      return around(bytes.subarray(at, at + length));
    case 5:
      return bytes.subarray(0, at);
    case 6: {
      const other = dice.pick(others);
      const from = dice.below(other.length + 1);
      return around(other.subarray(from, from + length), dice.below(2) * length);
    }
    case 7: {
      const other = dice.pick(others);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(dice.below(other.length + 1))]);
    }
    case 8:
      return around(Buffer.alloc(length, dice.pick(BYTES)), dice.below(2) * length);
    default:
      if (words.length === 0) return bytes;
      return around(Buffer.from(dice.pick(words), "latin1"), dice.below(2) * length);
  }
}

/** One to eight changes to an input: bits, bytes, numbers, pieces taken out, doubled or brought from other inputs, words. */
export function mutate(
  bytes: Uint8Array,
  others: readonly Uint8Array[],
  words: readonly string[],
  limit: number,
  dice: Dice,
): Uint8Array {
  let changing: Buffer = Buffer.from(bytes);
  for (let times = dice.below(2) === 0 ? 1 : 1 + dice.below(8); times > 0; times--)
    changing = changed(changing, others, words, dice);
  return Uint8Array.from(changing.subarray(0, limit));
}
