import * as z from "zod";
import { problemSchema } from "../../shared/ipc/contract.ts";
import { METHODS } from "../../shared/ipc/methods.ts";
import { snapshotSchema } from "../../shared/ipc/views.ts";
import { PRINT_OUTCOMES } from "../engine/ports-desk.ts";

/** What the program with the windows and the engine's process say to each other. Every message is checked where it arrives. */

const id = z.int().min(0);
const secretBytes = z.instanceof(Uint8Array).nullable();

/** What the engine may ask of the program with the windows: DeskHost, by name. */
export const HOST_CALLS = [
  "chooseFile",
  "chooseFolder",
  "saveFile",
  "copy",
  "print",
  "seal",
  "unseal",
] as const;
export type HostCall = (typeof HOST_CALLS)[number];

export const toEngineSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("open"), storeFolder: z.string(), version: z.string() }),
  z.strictObject({ type: z.literal("call"), id, method: z.enum(METHODS), input: z.unknown() }),
  z.strictObject({ type: z.literal("host-answer"), id, value: z.unknown() }),
  z.strictObject({ type: z.literal("close") }),
]);
export type ToEngine = z.infer<typeof toEngineSchema>;

export const fromEngineSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("opened") }),
  /** The store cannot be opened; `problem`: the type of StoreProblem, `values`: what its message needs. */
  z.strictObject({
    type: z.literal("not-opened"),
    problem: z.string(),
    values: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  }),
  z.strictObject({
    type: z.literal("answer"),
    id,
    answer: z.union([
      z.strictObject({ ok: z.literal(true), value: z.unknown() }),
      z.strictObject({ ok: z.literal(false), error: problemSchema }),
    ]),
  }),
  z.strictObject({ type: z.literal("snapshot"), snapshot: snapshotSchema }),
  z.strictObject({
    type: z.literal("host"),
    id,
    call: z.enum(HOST_CALLS),
    args: z.array(z.unknown()).max(2),
  }),
  z.strictObject({ type: z.literal("closed") }),
]);
export type FromEngine = z.infer<typeof fromEngineSchema>;

export const printOutcomeSchema = z.enum(PRINT_OUTCOMES);
export const chosenSchema = z.strictObject({ path: z.string(), name: z.string() }).nullable();
export const sealedSchema = secretBytes;
export const unsealedSchema = z.string().nullable();

/** One end of the line: a utility process, its parent, or a test's own. */
export interface Line<Out> {
  post(message: Out): void;
  onMessage(take: (message: unknown) => void): void;
}
