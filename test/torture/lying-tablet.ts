import { TestCampaign } from "../../fixtures/campaign.ts";
import type { TabletBuilder } from "../../fixtures/outbox.ts";
import type { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import type { BulkPipe } from "../../main/mtp/pipe.ts";
import { differing, tabletOf } from "./at-the-cable.ts";
import type { Answers, Message, Question, Reply } from "./far-tablet.ts";
import { lieOf } from "./lying.ts";
import { Random } from "./random.ts";

/** The process of a lying tablet: see far-tablet.ts. */

const SIZES = [300, 400, 1_048_576, 1_300_000];
const HURRY = 1_000;

interface Being {
  readonly builder: TabletBuilder;
  readonly tablet: SimulatedTablet;
  readonly told: () => number;
}

const campaign = await TestCampaign.create({ seed: "torture" });
const aborts = new Map<number, AbortController>();
let being: Being | null = null;
let pipe: BulkPipe | null = null;

async function become(seed: string): Promise<Answers["become"]> {
  const random = new Random(seed);
  const { builder, tablet } = await tabletOf(campaign, "0417", SIZES, {
    hurry: HURRY,
    operations: random.pick(["partial64", "partial", "whole"] as const),
    propertyLists: random.below(2) === 0,
  });
  const { lie, told } = lieOf(random, random.pick([2, 5, 20, 60]));
  tablet.lie = lie;
  being = { builder, tablet, told };
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
      const { builder, told } = the(being);
      return {
        told: told(),
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
