import type { Answer, Desk, Method } from "../../shared/ipc/contract.ts";
import { type ComposedDesk, composeDesk, type StoreProblem } from "../compose.ts";
import type { DeskHost } from "../engine/ports-desk.ts";
import {
  chosenSchema,
  type FromEngine,
  type HostCall,
  sealedSchema,
  type ToEngine,
  toEngineSchema,
  unsealedSchema,
} from "./wire.ts";

/** The engine's process: one store, one cable, one desk. It does what its parent says and nothing else. */

const parent = process.parentPort;
const post = (message: FromEngine): void => parent.postMessage(message);

const asked = new Map<number, (value: unknown) => void>();
let questions = 0;
const ask = (call: HostCall, ...args: readonly unknown[]): Promise<unknown> =>
  new Promise((resolve) => {
    const id = questions++;
    asked.set(id, resolve);
    post({ type: "host", id, call, args: [...args] });
  });

const host: DeskHost = {
  chooseFile: async (kind) => chosenSchema.parse(await ask("chooseFile", kind)),
  chooseFolder: async (kind) => chosenSchema.parse(await ask("chooseFolder", kind)),
  saveFile: async (kind, suggested) => chosenSchema.parse(await ask("saveFile", kind, suggested)),
  copy: async (text) => void (await ask("copy", text)),
  seal: async (secret) => sealedSchema.parse(await ask("seal", secret)),
  unseal: async (sealed) => unsealedSchema.parse(await ask("unseal", sealed)),
};

/** What the message of a store that cannot be opened needs. */
function valuesOf(problem: StoreProblem): Record<string, string | number | null> {
  if (problem.type === "owned") return { holder: `${problem.owner.host}, ${problem.owner.pid}` };
  return Object.fromEntries(
    Object.entries(problem).filter(
      (entry): entry is [string, string | number] =>
        entry[0] !== "type" && ["string", "number"].includes(typeof entry[1]),
    ),
  );
}

let composed: ComposedDesk | null = null;

async function open(storeFolder: string, version: string): Promise<void> {
  const result = await composeDesk({ storeFolder, version, host });
  if (!result.ok)
    return post({ type: "not-opened", problem: result.error.type, values: valuesOf(result.error) });
  composed = result.value;
  post({ type: "opened" });
  composed.desk.subscribe((snapshot) => post({ type: "snapshot", snapshot }));
}

async function answer(desk: Desk, id: number, method: Method, input: unknown): Promise<void> {
  const given = (await desk.call(method, input as never)) as Answer<Method>;
  post({ type: "answer", id, answer: given });
}

async function take(message: ToEngine): Promise<void> {
  switch (message.type) {
    case "open":
      return open(message.storeFolder, message.version);
    case "call":
      if (composed === null) throw new Error("called before the store was open");
      return answer(composed.desk, message.id, message.method, message.input);
    case "host-answer":
      asked.get(message.id)?.(message.value);
      asked.delete(message.id);
      return;
    case "close":
      await composed?.close();
      post({ type: "closed" });
  }
}

/** A bug ends the process: its parent starts a new one, and the store is as good as its last transaction. */
const crash = (error: unknown): never => {
  console.error(error);
  process.exit(70);
};
process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);
parent.on("message", ({ data }) => void take(toEngineSchema.parse(data)).catch(crash));
