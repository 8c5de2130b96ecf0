import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Name, TORTURES } from "./all.ts";
import { removeLeft } from "./mounts.ts";
import { Random } from "./random.ts";

/** The process of one torture: see alone.ts. */
const [name, seed, share] = process.argv.slice(2) as [Name, string, string];
const folder = await mkdtemp(join(tmpdir(), `sanaq-torture-${name}-`));
try {
  const rows = await TORTURES[name]({ random: new Random(seed).part(name), share: Number(share), folder });
  await new Promise((sent) => process.send?.(rows, sent));
} finally {
  await removeLeft(folder);
}
// PostgreSQL's own hooks would end this process with 0 whatever happened.
process.exit(0);
