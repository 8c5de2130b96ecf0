import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";
import { type CborValue, hexOf, int, text } from "./cbor.ts";

/** Fields and shapes that several signed objects share. */

export const id16 = hexOf<ChainId>(16);
export const digest = hexOf<Digest>(32);

/** Seconds since 1970 UTC, and minutes east of UTC on the writer's clock. */
export interface TimeMark {
  readonly utc: number;
  readonly offset: number;
}

export function time(value: CborValue): TimeMark | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [utc, offset] = value.map(int);
  if (utc === undefined || offset === undefined || offset < -1440 || offset > 1440) return undefined;
  return { utc, offset };
}

export const encodeTime = (mark: TimeMark): readonly number[] => [mark.utc, mark.offset];

const version1 = (value: CborValue): 1 | undefined => (value === 1 ? 1 : undefined);

/** v, campaign, device, chain: in every signed object. */
export const base = {
  v: { read: version1 },
  campaign: { read: text },
  device: { read: hexOf<DeviceId>(16) },
  chain: { read: id16 },
} as const;

export const MAX_SEQ = 99_999_999;

export const fromHex = (hex: string): Uint8Array => Buffer.from(hex, "hex");
