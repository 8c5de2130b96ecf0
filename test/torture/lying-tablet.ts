import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { memoryStorage } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import type { BulkPipe } from "../../main/mtp/pipe.ts";
import { differing } from "./at-the-cable.ts";
import type { Answers, Message, Question, Reply } from "./far-tablet.ts";
import { lieOf } from "./lying.ts";
import { Random } from "./random.ts";

/** The process of a lying tablet: see far-tablet.ts. */

const SIZES = [300, 400, 1_048_576, 1_300_000];
const HURRY = 1_000;

interface Being {
  readonly tablet: SimulatedTablet;
  readonly told: () => number;
}

const campaign = await TestCampaign.create({ seed: "torture" });
const builder = new TabletBuilder(campaign, await campaign.tablet("0417"));
for (const bodyBytes of SIZES) await builder.add({ bodyBytes });
const aborts = new Map<number, AbortController>();
let being: Being | null = null;
let pipe: BulkPipe | null = null;

function become(seed: string): Answers["become"] {
  const random = new Random(seed);
  const tablet = new SimulatedTablet(memoryStorage(builder.files()), {
    hurry: HURRY,
    operations: random.pick(["partial64", "partial", "whole"] as const),
    propertyLists: random.below(2) === 0,
  });
  const { lie, told } = lieOf(random, random.pick([2, 5, 20, 60]));
  tablet.lie = lie;
  being = { tablet, told };
  pipe = null;
  return { serial: tablet.serial, manufacturer: tablet.manufacturer, product: tablet.product };
}

function the<T>(value: T | null): T {
  if (value === null) throw new Error("asked before it was anything");
  return value;
}

async function answer(question: Question, signal: AbortSignal): Promise<Reply["answer"]> {
  switch (question.ask) {
    case "become":
      return become(question.seed);
    case "connect":
      pipe = the(being).tablet.connect();
      return { packetBytes: pipe.packetBytes };
    case "write":
      return the(pipe).write(question.bytes, question.timeoutMs, signal);
    case "read":
      return the(pipe).read(question.size, question.timeoutMs, signal);
    case "close":
      await the(pipe).close();
      return null;
    case "confess": {
      return {
        told: the(being).told(),
        differing: await differing(question.store, builder.batches, builder.device),
      };
    }
  }
}

process.on("message", async (message: Message) => {
  if (message.ask === "abort") {
    aborts.get(message.id)?.abort();
    return;
  }
  const abort = new AbortController();
  aborts.set(message.id, abort);
  const reply: Reply = { id: message.id, answer: await answer(message, abort.signal) };
  aborts.delete(message.id);
  process.send?.(reply);
});
process.on("disconnect", () => process.exit(0));
