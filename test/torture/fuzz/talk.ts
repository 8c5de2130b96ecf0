import type { TestCampaign } from "../../../fixtures/campaign.ts";
import { TabletBuilder } from "../../../fixtures/outbox.ts";
import { memoryStorage } from "../../../fixtures/tablet/objects.ts";
import { SimulatedTablet, type TabletOptions } from "../../../fixtures/tablet/tablet.ts";
import { openMtpLink } from "../../../main/adapters/tablets/usb/link.ts";
import type { TabletLink } from "../../../main/engine/ports.ts";
import type { BulkPipe, PipeFailure } from "../../../main/mtp/pipe.ts";
import { err, ok, type Result } from "../../../shared/result.ts";

/** What a tablet says in an unloading, as bytes that can be changed and said again: transfer after transfer, each behind its length. */

const never = new AbortController().signal;
const LENGTH_BYTES = 2;
/** Reads after which a session that still goes on would never end. */
const TOO_MANY_READS = 100_000;
const OUTBOX = "/Sanaq/outbox";

/** Everything that the engine asks of a link. */
async function everything(link: TabletLink): Promise<void> {
  await link.clockOffset(never);
  for (const folder of ["", "batches", "receipts"] as const) {
    const entries = await link.list(folder, never);
    if (!entries.ok) continue;
    for (const entry of entries.value.slice(0, 4)) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      // The engine asks for names of the format's patterns alone; one with a slash the link never remembers.
      if (entry.kind === "file" && !entry.name.includes("/")) await link.read(path, 0, () => true, never);
    }
  }
  await link.writeReceipt("00112233445566ff-00000001.cose", Buffer.from("a receipt"), never);
}

async function talk(pipe: BulkPipe): Promise<void> {
  const link = await openMtpLink(pipe, "usb:talk", OUTBOX, never);
  if (!link.ok) return;
  await everything(link.value);
  await link.value.close();
}

class Recorder implements BulkPipe {
  readonly packetBytes = 512;
  readonly #pipe: BulkPipe;
  readonly said: Uint8Array[] = [];

  constructor(pipe: BulkPipe) {
    this.#pipe = pipe;
  }

  write(...args: Parameters<BulkPipe["write"]>): Promise<Result<void, PipeFailure>> {
    return this.#pipe.write(...args);
  }

  async read(...args: Parameters<BulkPipe["read"]>): Promise<Result<Uint8Array, PipeFailure>> {
    const read = await this.#pipe.read(...args);
    if (read.ok) {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16LE(read.value.length);
      this.said.push(length, Uint8Array.from(read.value));
    }
    return read;
  }

  close(): Promise<void> {
    return this.#pipe.close();
  }
}

class Replayer implements BulkPipe {
  readonly packetBytes = 512;
  readonly #said: Uint8Array;
  #at = 0;
  #rest: Uint8Array | null = null;
  #reads = 0;

  constructor(said: Uint8Array) {
    this.#said = said;
  }

  async write(): Promise<Result<void, PipeFailure>> {
    return ok(undefined);
  }

  async read(size: number): Promise<Result<Uint8Array, PipeFailure>> {
    if (++this.#reads > TOO_MANY_READS) throw new Error("the session goes on without end");
    if (this.#rest === null) {
      if (this.#at + LENGTH_BYTES > this.#said.length) return err({ type: "timeout" });
      const length = Buffer.from(this.#said.subarray(this.#at, this.#at + LENGTH_BYTES)).readUInt16LE();
      const from = this.#at + LENGTH_BYTES;
      this.#rest = this.#said.subarray(from, from + length);
      this.#at = from + length;
    }
    const now = this.#rest.subarray(0, size);
    this.#rest = now.length < this.#rest.length ? this.#rest.subarray(size) : null;
    return ok(Uint8Array.from(now));
  }

  async close(): Promise<void> {}
}

/** Talks of honest tablets of different manners. */
export async function recordedTalks(campaign: TestCampaign): Promise<readonly Uint8Array[]> {
  const builder = new TabletBuilder(campaign, await campaign.tablet("0417"));
  await builder.add({ bodyBytes: 400 });
  await builder.add({ bodyBytes: 300, state: "sent" });
  const manners: readonly TabletOptions[] = [
    {},
    { operations: "partial", propertyLists: false },
    { operations: "whole", splitHeader: true },
    { clock: null, storageInfo: false },
  ];
  const talks: Uint8Array[] = [];
  for (const options of manners) {
    const tablet = new SimulatedTablet(memoryStorage(builder.files()), { clock: 0, ...options });
    const recorder = new Recorder(tablet.connect());
    await talk(recorder);
    talks.push(Buffer.concat(recorder.said));
  }
  return talks;
}

/** Says it again to a real session. */
export const replay = (said: Uint8Array): Promise<void> => talk(new Replayer(said));
