import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import { openStation } from "./station.ts";

/**
 * One upload as a process of its own, to be killed: `node upload-process.ts STORE CAMPAIGN URL`. A line for each step; the last one ends
 * with the most memory that was resident, in KiB. Exit 0: everything was answered.
 */
const [folder = "", campaign = "", url = ""] = process.argv.slice(2);
const station = await openStation(folder, campaign);
const centre = postgresCentre(url);
if (!centre.ok) throw new Error("bad url");
const result = await station.engine.upload(
  centre.value,
  ({ batchesDone, bytesDone }) => process.stdout.write(`${batchesDone} ${bytesDone}\n`),
  new AbortController().signal,
);
await centre.value.close();
station.close();
const failed = !result.ok || result.value.failed + result.value.waitingForCrl + result.value.revoked > 0;
if (failed) process.stderr.write(`${JSON.stringify(result)}\n`);
process.stdout.write(`done ${process.resourceUsage().maxRSS}\n`);
process.exitCode = failed ? 3 : 0;
