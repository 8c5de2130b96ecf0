import type { Result } from "../../../shared/result.ts";
import { err, ok } from "../../../shared/result.ts";
import type { LinkFailure } from "./errors.ts";
import { asLink, type Link, type Statement } from "./link.ts";

/**
 * Waits for the server's disk once for many. Filings are committed without waiting, so that eight under way over one connection do not queue
 * for eight writes to a disk; then one small transaction that does wait stands for all that were committed before it. The server's log is
 * written in order: when this one's end is on the disk, and at the standbys it has to be at, everything before it is too.
 */
const SETTLE: Statement = { name: "settle", text: "SELECT pg_logical_emit_message(true, 'sanaq', '')" };

type Settled = Result<void, LinkFailure>;

export class Settling {
  readonly #link: Link;
  #underWay: Promise<Settled> | null = null;
  #next: Promise<Settled> | null = null;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Resolves when all that the server has answered so far is durable there. */
  settled(signal: AbortSignal): Promise<Settled> {
    this.#next ??= this.#run(signal);
    return this.#next;
  }

  async #run(signal: AbortSignal): Promise<Settled> {
    await this.#underWay;
    this.#underWay = this.#next;
    this.#next = null;
    const answer = await this.#link.run(SETTLE, [], signal);
    return answer.ok ? ok(undefined) : err(asLink(answer.error));
  }
}
