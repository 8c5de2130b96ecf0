import { cable } from "./cable.ts";
import { centre } from "./centre.ts";
import { clock } from "./clock.ts";
import { crash } from "./crash.ts";
import { disk } from "./disk.ts";
import { fuzz } from "./fuzz.ts";
import { guest } from "./guest.ts";
import { lies } from "./lies.ts";
import { long } from "./long.ts";
import { power } from "./power.ts";
import type { Torture } from "./row.ts";
import { slow } from "./slow.ts";
import { station } from "./station.ts";

export const TORTURES = {
  crash,
  power,
  guest,
  disk,
  slow,
  cable,
  lies,
  centre,
  clock,
  long,
  fuzz,
  station,
} as const satisfies Readonly<Record<string, Torture>>;

export type Name = keyof typeof TORTURES;

export const NAMES = Object.keys(TORTURES) as readonly Name[];
