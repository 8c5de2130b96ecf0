import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { manifestFile } from "../../fixtures/outbox/manifest-file.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import type { Centre, CentreAnswer, UploadBatch } from "../../main/engine/ports.ts";
import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";
import { ok } from "../../shared/result.ts";
import { ask } from "../integration/postgres.ts";

/** What the two measurements of the centre have in common. */

export const never = new AbortController().signal;

export function centreAt(url: string): Centre {
  const centre = postgresCentre(url);
  if (!centre.ok) throw new Error("bad url");
  return centre.value;
}

/** Makes a station's role. Value: the database's address for it. */
export async function stationAt(owner: string): Promise<string> {
  const name = `station_${randomBytes(5).toString("hex")}`;
  await ask(owner, `CREATE ROLE ${name} LOGIN PASSWORD 'x' IN ROLE sanaq_station`);
  const address = new URL(owner);
  address.username = name;
  address.password = "x";
  return address.href;
}

const hex = (bytes: number): string => randomBytes(bytes).toString("hex");

/** A tablet's batches of one chunk each. */
export function batches(count: number, bodyBytes: number, manifestBytes = 1_100): readonly UploadBatch[] {
  const [device, chain, uploader] = [hex(16) as DeviceId, hex(16) as ChainId, hex(16)];
  return Array.from({ length: count }, (_, at) => {
    const body = randomBytes(bodyBytes);
    const chunks = [createHash("sha256").update(body).digest()];
    const seq = at + 1;
    const campaign = "kz-2021";
    const content = { campaign, device, chain, seq, length: body.length, chunks };
    const file = manifestFile(content, Math.max(1, manifestBytes - 400));
    return {
      uploader,
      device,
      chain,
      ...{ seq, campaign, chunks },
      manifest: file.digest as Digest,
      length: body.length,
      cose: file.bytes,
      read: async (_offset, take) => {
        await take(body);
        return ok(undefined);
      },
    };
  });
}

/** Sends them `lanes` at a time. Value: the time of each, in milliseconds. */
export async function sendAll(
  centre: Centre,
  all: readonly UploadBatch[],
  lanes: number,
  wanted: CentreAnswer = "accepted",
): Promise<readonly number[]> {
  const times: number[] = [];
  const queue = all.values();
  const lane = async (): Promise<void> => {
    for (const batch of queue) {
      const began = performance.now();
      const answer = await centre.upload(batch, () => {}, never);
      times.push(performance.now() - began);
      if (!answer.ok || answer.value !== wanted) throw new Error(JSON.stringify(answer));
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return times;
}

/** Linux counts in hundredths of a second (proc(5), sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10;

/** CPU time of a process, its children and those that have ended, in milliseconds; null where the system does not tell. */
export async function cpuOf(processId: number): Promise<number | null> {
  if (process.platform !== "linux") return null;
  const fieldsOf = async (pid: string): Promise<readonly string[]> => {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  };
  let ticks = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^[0-9]+$/.test(pid)) continue;
    const fields = await fieldsOf(pid);
    const [own, children] = [
      Number(fields[11]) + Number(fields[12]),
      Number(fields[13]) + Number(fields[14]),
    ];
    if (Number(pid) === processId) ticks += own + children;
    else if (Number(fields[1]) === processId) ticks += own;
  }
  return ticks * TICK_MS;
}
