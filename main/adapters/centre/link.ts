import { Socket } from "node:net";
import pg from "pg";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { Address } from "./address.ts";
import { type ContentRefused, classify, type LinkFailure } from "./errors.ts";
import { tlsOptions } from "./tls.ts";

/** How long to wait for a server, in milliseconds. Every wait on it ends by one of these. */
export interface Patience {
  /** For name, TCP, TLS and log-in together. */
  readonly connect: number;
  /** While an answer is due, without a byte moving either way. One MiB must pass in this time. */
  readonly stall: number;
  /** For the whole answer to one statement, from its turn on, whatever else the server says meanwhile. */
  readonly answer: number;
  /** For one statement at the server. */
  readonly statement: number;
  /** For a lock at the server. */
  readonly lock: number;
}

export const PATIENCE: Patience = {
  connect: 15_000,
  stall: 120_000,
  answer: 240_000,
  statement: 100_000,
  lock: 20_000,
};

/** Bytes of one answer at most. The largest, a long-lived station's heads of its log, has some 10 MiB. */
const MAX_ANSWER_BYTES = 64 * 1_048_576;
/** How often the bytes of an answer are looked at, in milliseconds: a server that sends rows without end may be fast. */
const LOOK_MS = 200;

/** For the server to close its side of a connection that nothing is due on. */
const GOODBYE_MS = 1_000;

/** A statement that is prepared once for each connection, or, without a name, a script run as it stands. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

type Value = Buffer | string | number | readonly Buffer[] | readonly number[];
type Row = Readonly<Record<string, unknown>>;
export type Answer = Result<readonly Row[], LinkFailure | ContentRefused>;

/** A standby answers so. The next connection may find the server that took over; this one never will. */
const READ_ONLY = "25006";

const cancelled = err({ type: "cancelled" } as const);
const SETTINGS = `
  SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),
    set_config('idle_in_transaction_session_timeout', $1, false),
    set_config('synchronous_commit', CASE setting WHEN 'off' THEN 'on' ELSE setting END, false)
  FROM current_setting('synchronous_commit') AS setting`;

/**
 * One connection to the server. Statements may be given without waiting for the ones before: they are sent at once and
 * answered in order, each a transaction of its own unless BEGIN was sent. Values are copied when `run` is called.
 */
export class Link {
  readonly #client: pg.Client;
  readonly #hide: readonly string[];
  readonly #socket: Socket;
  #lost: string | null = null;
  #due = 0;
  #moved = 0;
  #movedAt = 0;
  #watch: NodeJS.Timeout | undefined;
  /** When the oldest statement that is due had its turn, and the bytes that had been read by then. */
  #turnAt = 0;
  #turnBytes = 0;

  private constructor(client: pg.Client, socket: Socket, hide: readonly string[]) {
    this.#client = client;
    this.#socket = socket;
    this.#hide = hide;
    client.on("error", (error) => this.#breakOff("code" in error ? String(error.code) : "connection-lost"));
    client.on("end", () => this.#breakOff("connection-lost"));
  }

  /** Connects, logs in and sets the limits. `hide`: what no error may show. */
  static async connect(
    address: Address,
    hide: readonly string[],
    patience: Patience,
    signal: AbortSignal,
  ): Promise<Result<Link, LinkFailure>> {
    if (signal.aborted) return cancelled;
    const { host, port, user, password, database, applicationName, tls } = address;
    const options = tls === null ? ok(false) : await tlsOptions(tls, host);
    if (!options.ok) return options;
    const socket = new Socket();
    const client = new pg.Client({
      host,
      port,
      ssl: options.value,
      ...(user === null ? {} : { user }),
      ...(password === null ? {} : { password }),
      ...(database === null ? {} : { database }),
      application_name: applicationName ?? "sanaq-unload",
      stream: () => socket,
      pipeline: true,
      keepAlive: true,
    });
    const link = new Link(client, socket, hide);
    const timer = setTimeout(() => link.#breakOff("ETIMEDOUT"), patience.connect);
    const abort = () => link.#breakOff("cancelled");
    signal.addEventListener("abort", abort, { once: true });
    try {
      await client.connect();
      link.#startWatch(patience);
      const set = await link.run({ text: SETTINGS }, [`${patience.statement}`, `${patience.lock}`], signal);
      if (set.ok) return ok(link);
      link.#breakOff("connection-lost");
      return err(asLink(set.error));
    } catch (error) {
      const late = link.#lost === "ETIMEDOUT" ? link.#lost : null;
      link.#breakOff("connection-lost");
      return signal.aborted ? cancelled : err(asLink(classify(error, late, hide)));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  get alive(): boolean {
    return this.#lost === null;
  }

  /**
   * Runs a statement. After an abort the answer is `cancelled` at once, whatever becomes of the statement: it may still be
   * carried out.
   */
  run(statement: Statement, values: readonly Value[], signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) return Promise.resolve(cancelled);
    if (this.#due === 0) {
      this.#movedAt = Date.now();
      this.#nextTurn();
    }
    this.#due++;
    const query =
      values.length === 0
        ? this.#client.query(statement)
        : this.#client.query({ ...statement, values: [...values] });
    const answer: Promise<Answer> = query
      .then(
        (result) => ok(result.rows as readonly Row[]),
        (error: unknown) => {
          const failure = classify(error, this.#lost, this.#hide);
          if (failure.type === "busy" && failure.code === READ_ONLY) this.#breakOff("read-only");
          return err(failure);
        },
      )
      .finally(() => {
        this.#due--;
        this.#nextTurn();
      });
    return new Promise((resolve) => {
      const abort = () => resolve(cancelled);
      signal.addEventListener("abort", abort, { once: true });
      void answer.then((settled) => {
        signal.removeEventListener("abort", abort);
        resolve(settled);
      });
    });
  }

  /** Says good-bye where nothing is due, else breaks off. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    if (this.#lost !== null) return;
    if (this.#due > 0) return this.#breakOff("closed");
    this.#lost = "closed";
    this.#client.end().catch(() => {});
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
      this.#socket.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #breakOff(why: string): void {
    this.#lost ??= why;
    clearInterval(this.#watch);
    this.#socket.destroy();
  }

  #nextTurn(): void {
    this.#turnAt = Date.now();
    this.#turnBytes = this.#socket.bytesRead;
  }

  #startWatch({ stall, answer }: Patience): void {
    this.#watch = setInterval(
      () => {
        const now = Date.now();
        const moved = this.#socket.bytesRead + this.#socket.bytesWritten - this.#socket.writableLength;
        if (moved !== this.#moved || this.#due === 0) {
          this.#moved = moved;
          this.#movedAt = now;
        }
        if (this.#due === 0) return;
        if (now - this.#movedAt > stall || now - this.#turnAt > answer) this.#breakOff("ETIMEDOUT");
        else if (this.#socket.bytesRead - this.#turnBytes > MAX_ANSWER_BYTES)
          this.#breakOff("answer-too-long");
      },
      Math.min(LOOK_MS, stall / 8),
    );
    this.#watch.unref();
  }
}

/** While connecting no content is sent, so a refusal of content is one of the server. */
export const asLink = (failure: LinkFailure | ContentRefused): LinkFailure =>
  failure.type === "content-refused" ? { type: "refused", code: failure.code, detail: "" } : failure;
