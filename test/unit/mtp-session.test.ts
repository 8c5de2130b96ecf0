import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesSource } from "../../fixtures/outbox/body.ts";
import { MemoryFolder } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import type { Transfer } from "../../fixtures/tablet/wire.ts";
import { ROOT } from "../../main/mtp/codes.ts";
import type { BulkPipe, PipeFailure } from "../../main/mtp/pipe.ts";
import { MtpSession, type SessionFailure } from "../../main/mtp/session.ts";
import { err, ok, type Result } from "../../shared/result.ts";

/** A session over bytes that make no sense: it ends with a reason, in bounded time and memory, whatever comes. */

const never = new AbortController().signal;
const PACKET = 512;

/** A pipe that hands over what it was given, transfer by transfer, and then nothing. */
class ScriptedPipe implements BulkPipe {
  readonly packetBytes = PACKET;
  readonly #transfers: Uint8Array[];
  readonly #again: boolean;
  reads = 0;
  bytes = 0;

  /** `again`: the script begins anew when it is over, so that it never ends. */
  constructor(transfers: readonly Uint8Array[], again = false) {
    this.#transfers = [...transfers];
    this.#again = again;
  }

  async write(): Promise<Result<void, PipeFailure>> {
    return ok(undefined);
  }

  async read(size: number): Promise<Result<Uint8Array, PipeFailure>> {
    this.reads++;
    if (this.reads % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    const next = this.#transfers.shift();
    if (next === undefined) return err({ type: "timeout" });
    const now = next.subarray(0, size);
    if (now.length === size) this.#transfers.unshift(next.subarray(size));
    else if (this.#again) this.#transfers.push(next);
    this.bytes += now.length;
    return ok(now);
  }

  async close(): Promise<void> {}
}

const REASONS: ReadonlySet<SessionFailure["type"]> = new Set([
  "disconnected",
  "timeout",
  "not-taken",
  "stall",
  "cancelled",
  "failed",
  "lost-sync",
  "refused",
  "too-many",
  "short",
  "nonsense",
  "locked",
]);

function expectReason(result: Result<unknown, SessionFailure>): void {
  if (!result.ok) expect(REASONS).toContain(result.error.type);
}

/** Everything that an unloading asks of a session. */
async function everything(pipe: BulkPipe): Promise<void> {
  const opened = await MtpSession.open(pipe, never);
  expectReason(opened);
  if (!opened.ok) return;
  const session = opened.value;
  const storages = await session.storages(never);
  expectReason(storages);
  if (!storages.ok) return;
  for (const storage of storages.value.slice(0, 2)) {
    const root = await session.list(storage, ROOT, 1_000, never);
    expectReason(root);
    if (!root.ok) return;
    for (const entry of root.value.slice(0, 5)) {
      if (entry.isFolder) expectReason(await session.list(storage, entry.handle, 1_000, never));
      else {
        let came = 0;
        const take = (piece: Uint8Array): boolean => {
          came += piece.length;
          return came < 700_000;
        };
        expectReason(await session.read(entry, 0, take, never));
        expect(came).toBeLessThanOrEqual(entry.size);
      }
    }
  }
  expectReason(await session.clock(never));
  expectReason(await session.makeObject(65_537, ROOT, "a", Buffer.from("abc"), never));
  await session.close(never);
}

/** Something that looks like a container. */
const container = fc
  .record({
    length: fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 0, max: 0xffff_ffff })),
    type: fc.oneof(fc.constantFrom(1, 2, 3, 4), fc.integer({ min: 0, max: 0xffff })),
    code: fc.oneof(fc.constant(0x2001), fc.constant(0x201e), fc.integer({ min: 0, max: 0xffff })),
    transaction: fc.nat({ max: 6 }),
    payload: fc.uint8Array({ maxLength: 300 }),
    honest: fc.boolean(),
  })
  .map(({ length, type, code, transaction, payload, honest }) => {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(honest ? 12 + payload.length : length, 0);
    head.writeUInt16LE(type, 4);
    head.writeUInt16LE(code, 6);
    head.writeUInt32LE(transaction, 8);
    return Buffer.concat([head, payload]);
  });
const transfers = fc.array(fc.oneof(container, fc.uint8Array({ maxLength: 600 })), { maxLength: 30 });

describe("a session", () => {
  it("over any bytes ends with a value or a reason", async () => {
    await fc.assert(
      fc.asyncProperty(transfers, (script) => everything(new ScriptedPipe(script))),
      { numRuns: 1_000 },
    );
  });

  it("over bytes that never end is over soon, and keeps little of them", async () => {
    await fc.assert(
      fc.asyncProperty(transfers, async (script) => {
        const pipe = new ScriptedPipe(script, true);
        await everything(pipe);
        expect(pipe.reads).toBeLessThan(50_000);
        expect(pipe.bytes).toBeLessThan(200 * 1_048_576);
      }),
      { numRuns: 300 },
    );
  });

  it("is not filled up by a data phase without an end", async () => {
    const endless = Buffer.alloc(1_048_576, 0x41);
    const head = Buffer.from("ffffffff0200041001000000", "hex");
    const opened = Buffer.from("0c0000000300012000000000", "hex");
    const pipe = new ScriptedPipe([
      opened,
      Buffer.concat([head, ...Array.from({ length: 200 }, () => endless)]),
    ]);
    const session = await MtpSession.open(pipe, never);
    expect(session.ok ? "open" : session.error.type).toBe("lost-sync");
    // What was taken for an answer, at most 32 MiB, and then what was listened to until the tablet would be quiet, of which nothing is kept.
    expect(pipe.bytes).toBeLessThan(100 * 1_048_576);
  });
});

function tabletWithEverything(): SimulatedTablet {
  const storage = new MemoryFolder("");
  storage.put("a/b.age", bytesSource(Buffer.alloc(3_000, 1)));
  storage.put("c.cose", bytesSource(Buffer.alloc(700, 2)));
  storage.put("d.cose", bytesSource(Buffer.alloc(512 - 12, 3)));
  storage.put("empty", bytesSource(new Uint8Array(0)));
  return new SimulatedTablet(storage, { hurry: 30_000 });
}

/** A transfer with one byte changed, cut short, or grown. */
function hurt(transfer: Transfer, at: number, value: number, grow: number): Transfer {
  return {
    length: Math.max(0, transfer.length + grow),
    async *windows() {
      const pieces: Uint8Array[] = [];
      for await (const piece of transfer.windows()) pieces.push(Uint8Array.from(piece));
      const all = Buffer.concat([...pieces, Buffer.alloc(Math.max(0, grow))]);
      if (all.length > 0) all[at % all.length] = value;
      yield all.subarray(0, Math.max(0, transfer.length + grow));
    },
    bodyBytes: 0,
  };
}

describe("a session with a tablet whose answers are damaged on their way", () => {
  it("ends with a value or a reason, whichever byte it is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 40 }),
        fc.nat({ max: 1 }),
        fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 4_000 })),
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom(0, 0, 0, -1, -12, -500, 1, 12, 512),
        async (answer, part, at, value, grow) => {
          const tablet = tabletWithEverything();
          let answers = 0;
          tablet.lie = (_, honest) =>
            answers++ === answer
              ? honest.map((one, index) =>
                  index === part % honest.length ? hurt(one, at, value, grow) : one,
                )
              : null;
          await everything(tablet.connect());
        },
      ),
      { numRuns: 500 },
    );
  });
});
