import type { DeviceId } from "../../shared/ids.ts";
import type { Answer, Problem } from "../../shared/ipc/contract.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { ActReport, Engine } from "../engine/api.ts";
import type { DeskFiles, DeskHost } from "../engine/ports-desk.ts";
import { problemOf, refuse } from "./problems.ts";

export interface ActsParts {
  readonly engine: Pick<Engine, "act" | "isKeyOpen" | "about">;
  readonly host: Pick<DeskHost, "saveFile" | "print">;
  readonly files: DeskFiles;
  /** Whether the person may still save, after a dialog has closed. */
  readonly stillAllowed: () => Problem | null;
}

/** Hand-over acts: made, and brought into a file or onto paper. */
export class Acts {
  readonly #parts: ActsParts;

  constructor(parts: ActsParts) {
    this.#parts = parts;
  }

  /** The act is made before a dialog opens: what hinders it is said at once, and where the dialog is closed it is kept all the same. */
  async #make(device: DeviceId): Promise<Result<ActReport, Problem>> {
    const { engine } = this.#parts;
    if (engine.about().station?.certificate && !engine.isKeyOpen()) return refuse("key-closed");
    const act = await engine.act(device, null);
    return act.ok ? act : err(problemOf(act.error));
  }

  /** Value: the file's name; null where the dialog was closed. */
  async save(device: DeviceId): Promise<Answer<"saveAct">> {
    const { host, files } = this.#parts;
    const act = await this.#make(device);
    if (!act.ok) return act;
    const chosen = await host.saveFile("act", `act-${act.value.no}.pdf`);
    if (chosen === null) return ok(null);
    const no = this.#parts.stillAllowed();
    if (no !== null) return err(no);
    const written = await files.write(chosen.path, [act.value.bytes]);
    return written.ok ? ok({ name: chosen.name.slice(0, 400) }) : err(problemOf(written.error));
  }

  /** Value: whether it went to a printer; it did not where the dialog was closed. */
  async print(device: DeviceId): Promise<Answer<"printAct">> {
    const act = await this.#make(device);
    if (!act.ok) return act;
    const outcome = await this.#parts.host.print(act.value.bytes);
    return outcome === "printed" || outcome === "closed"
      ? ok({ printed: outcome === "printed" })
      : refuse(outcome);
  }
}
