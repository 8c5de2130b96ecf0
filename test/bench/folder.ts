import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { openStation } from "../integration/station.ts";
import { median, type Ratio, speed, timed } from "./ratio.ts";
import { tabletOf, workshop } from "./workshop.ts";

/** Unloading a folder (ledger, signatures, every chunk's digest, age header, fsync, journal) beside `dd conv=fsync` of the same body. */
const BODY = 512 * 1_048_576;
const ROUNDS = 5;
const run = promisify(execFile);

export async function folder(): Promise<readonly Ratio[]> {
  await using shop = await workshop();
  const tablet = await tabletOf(shop.campaign, "0417", 1, BODY);
  const outbox = await tablet.write(join(shop.top, "outbox"));
  const body = join(shop.top, "body");
  await pipeline(tablet.batch(1).body?.windows() ?? [], createWriteStream(body));

  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const copy = join(shop.top, "copy");
    theirs.push(
      await timed(() => run("dd", [`if=${body}`, `of=${copy}`, "bs=1M", "conv=fsync", "status=none"])),
    );
    await rm(copy);

    const store = join(shop.top, "store");
    const station = await openStation(store, shop.campaignFolder);
    ours.push(
      await timed(async () => {
        const report = await station.engine.unload(
          [{ type: "folder", path: outbox }],
          { receipts: false, passphrase: null },
          () => {},
          new AbortController().signal,
        );
        if (!report.ok || report.value.totals.staged !== 1) throw new Error(JSON.stringify(report));
      }),
    );
    station.close();
    await rm(store, { recursive: true });
  }
  return [
    {
      what: "a folder with one batch of 512 MiB, verified and staged",
      ours: speed(BODY, median(ours)),
      beside: `dd conv=fsync, ${speed(BODY, median(theirs))}`,
      ratio: median(theirs) / median(ours),
      aim: "at least 0.8",
    },
  ];
}
