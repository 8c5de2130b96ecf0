import { SimulatedCable } from "../../fixtures/tablet/cable.ts";
import { DiskFolder } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import { compose } from "../../main/compose.ts";
import type { UnloadTarget } from "../../main/engine/api.ts";

/**
 * One unloading as a process of its own, to be killed: `node unload-process.ts STORE FROM PATH [receipts]`. FROM is `folder`: PATH is the
 * outbox; or `cable`: PATH is the storage of a simulated tablet. A line `settled N` for each step, N batches being told as done; the last
 * line is `done`, the report's totals and the most memory that was resident, in KiB.
 */
const [storeFolder = "", from = "", path = "", receipts] = process.argv.slice(2);
const cable = new SimulatedCable();
if (from === "cable") cable.plug(new SimulatedTablet(new DiskFolder(path)));
const engine = await compose({ storeFolder, cable });
if (!engine.ok) throw new Error(`the store cannot be opened: ${engine.error.type}`);
const target: UnloadTarget = from === "cable" ? { type: "all" } : { type: "folder", path };
process.stdout.write("begun\n");
const result = await engine.value.unload(
  [target],
  { receipts: receipts === "receipts", passphrase: "" },
  ({ phase, batchesDone }) => {
    if (phase === "pulling") process.stdout.write(`settled ${batchesDone}\n`);
  },
  new AbortController().signal,
);
engine.value.close();
if (!result.ok) throw new Error(JSON.stringify(result.error));
const { tablets, totals } = result.value;
for (const { failure } of tablets) if (failure !== null) throw new Error(JSON.stringify(failure));
process.stdout.write(`done ${JSON.stringify(totals)} ${process.resourceUsage().maxRSS}\n`);
