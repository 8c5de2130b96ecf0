import type { Answer, Method } from "../../shared/ipc/contract.ts";
import type { Result } from "../../shared/result.ts";
import type { ComposedDesk, StoreProblem } from "../compose.ts";
import type { DeskHost, FileKind, FolderKind } from "../engine/ports-desk.ts";
import {
  chosenSchema,
  type FromEngine,
  type HostCall,
  type Line,
  printOutcomeSchema,
  sealedSchema,
  type ToEngine,
  toEngineSchema,
  unsealedSchema,
} from "./wire.ts";

/** The engine's side of the line to the windows: one store, one cable, one desk. It does what its parent says and nothing else. */

/** Makes the desk over a store; in the shipped program that is `composeDesk`. */
export type OpenDesk = (
  storeFolder: string,
  version: string,
  host: DeskHost,
) => Promise<Result<ComposedDesk, StoreProblem>>;

/** What the host does for the engine, asked for over the line. */
class AskedHost implements DeskHost {
  readonly #line: Line<FromEngine>;
  readonly #asked = new Map<number, (value: unknown) => void>();
  #questions = 0;

  constructor(line: Line<FromEngine>) {
    this.#line = line;
  }

  #ask(call: HostCall, ...args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve) => {
      const id = this.#questions++;
      this.#asked.set(id, resolve);
      this.#line.post({ type: "host", id, call, args: [...args] });
    });
  }

  answered(id: number, value: unknown): void {
    this.#asked.get(id)?.(value);
    this.#asked.delete(id);
  }

  chooseFile = async (kind: FileKind) => chosenSchema.parse(await this.#ask("chooseFile", kind));
  chooseFolder = async (kind: FolderKind) => chosenSchema.parse(await this.#ask("chooseFolder", kind));
  saveFile = async (kind: FileKind, suggested: string) =>
    chosenSchema.parse(await this.#ask("saveFile", kind, suggested));
  copy = async (text: string) => void (await this.#ask("copy", text));
  print = async (pdf: Uint8Array) => printOutcomeSchema.parse(await this.#ask("print", pdf));
  seal = async (secret: string) => sealedSchema.parse(await this.#ask("seal", secret));
  unseal = async (sealed: Uint8Array) => unsealedSchema.parse(await this.#ask("unseal", sealed));
}

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

/** Answers the messages of one line. A rejection is a bug: whoever owns the process should end it. */
export function serveEngine(
  line: Line<FromEngine>,
  openDesk: OpenDesk,
  crash: (error: unknown) => void,
): void {
  const host = new AskedHost(line);
  let composed: ComposedDesk | null = null;

  async function open(storeFolder: string, version: string): Promise<void> {
    const result = await openDesk(storeFolder, version, host);
    if (!result.ok) {
      line.post({ type: "not-opened", problem: result.error.type, values: valuesOf(result.error) });
      return;
    }
    composed = result.value;
    line.post({ type: "opened" });
    composed.desk.subscribe((snapshot) => line.post({ type: "snapshot", snapshot }));
  }

  async function answer(id: number, method: Method, input: unknown): Promise<void> {
    if (composed === null) throw new Error("called before the store was open");
    const given: Answer<Method> = await composed.desk.call(method, input as never);
    line.post({ type: "answer", id, answer: given });
  }

  async function take(message: ToEngine): Promise<void> {
    switch (message.type) {
      case "open":
        return open(message.storeFolder, message.version);
      case "call":
        return answer(message.id, message.method, message.input);
      case "host-answer":
        return host.answered(message.id, message.value);
      case "close":
        await composed?.close();
        line.post({ type: "closed" });
    }
  }

  line.onMessage((message) => void take(toEngineSchema.parse(message)).catch(crash));
}

/**
 * Serves a desk from this utility process to its parent. A bug ends the process: its parent starts a new one, and the store is as good as its
 * last transaction.
 */
export function serveEngineProcess(openDesk: OpenDesk): void {
  const crash = (error: unknown): never => {
    console.error(error);
    process.exit(70);
  };
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  const parent = process.parentPort;
  serveEngine(
    {
      post: (message) => parent.postMessage(message),
      onMessage: (take) => void parent.on("message", ({ data }) => take(data)),
    },
    openDesk,
    crash,
  );
}
