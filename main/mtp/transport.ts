import { err, ok, type Result } from "../../shared/result.ts";
import { RESPONSE } from "./codes.ts";
import type { BulkPipe, PipeFailure } from "./pipe.ts";
import { WAITS } from "./waits.ts";

/** Containers and transactions of MTP over USB (USB Still Image Capture Device Definition, section 7; MTP 1.1, section 4.7). */

const HEADER_BYTES = 12;
const COMMAND = 1;
const DATA = 2;
const RESPONSE_TYPE = 3;
/** In a data header: 4 GiB or more, or not known; the data ends with a short packet. */
const UNKNOWN_LENGTH = 0xffffffff;
/** Bytes asked for at once in a long data phase. Small requests are four to five times slower. */
const READ_BYTES = 1_048_576;
/** Room for a small answer: a response container, or a data set that fits. */
const SMALL_READ_BYTES = 16_384;
/** Empty transfers in a row; a tablet sends one, where a transfer ended with its last packet full. */
const MAX_EMPTY = 8;
/** Transfers that one data phase may come in pieces of; a tablet sends one, or the header and the rest. */
const MAX_SHORT = 1_024;

export type TransportFailure =
  | PipeFailure
  /** The command was not taken in time. */
  | { readonly type: "not-taken" }
  /** What came is no answer to what was asked; only a new session helps. */
  | { readonly type: "lost-sync"; readonly detail: string };

/** A response: its code, and up to five parameters. */
export interface Response {
  readonly code: number;
  readonly params: readonly number[];
}

/** What the tablet is asked. */
export interface Request {
  readonly operation: number;
  readonly params?: readonly number[];
  /** Sent after the command. */
  readonly data?: Uint8Array;
  /** How long the response may take, in milliseconds. */
  readonly patience?: number;
  /** How long the tablet may take until it takes the command, in milliseconds. */
  readonly takes?: number;
}

/** Takes a data phase as it comes. false: it is more than anybody asked for, and the transaction ends as lost sync. */
type Sink = (bytes: Uint8Array) => boolean | Promise<boolean>;

interface Header {
  readonly length: number;
  readonly type: number;
  readonly code: number;
  readonly transaction: number;
}

function container(type: number, code: number, transaction: number, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + payload.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(code, 6);
  header.writeUInt32LE(transaction, 8);
  return Buffer.concat([header, payload]);
}

function uint32s(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, at * 4);
  return bytes;
}

const lost = (detail: string): { ok: false; error: TransportFailure } => err({ type: "lost-sync", detail });

type Arrival = Promise<Result<Uint8Array, TransportFailure>>;

/** One transaction at a time over a pipe. After any failure the transport is done for, and says so without touching the pipe. */
export class Transport {
  readonly #pipe: BulkPipe;
  #transaction = 0;
  /** Between the first byte of a transaction and its response nothing else may begin. */
  #isWhole = true;
  /** Bytes that came with the end of the container before. */
  #rest: Uint8Array = new Uint8Array(0);

  constructor(pipe: BulkPipe) {
    this.#pipe = pipe;
  }

  /** The transaction id of the next request; 0 for OpenSession alone (MTP 1.1, 4.3.1). */
  startSession(): void {
    this.#transaction = 0;
  }

  #roundUp(size: number): number {
    const packet = this.#pipe.packetBytes;
    return (Math.floor(size / packet) + 1) * packet;
  }

  /** Some bytes, none of them empty transfers: first what is left over, then from the pipe. */
  async #some(size: number, timeoutMs: number, signal: AbortSignal): Arrival {
    if (this.#rest.length > 0) {
      const rest = this.#rest;
      this.#rest = new Uint8Array(0);
      return ok(rest);
    }
    for (let empty = 0; empty <= MAX_EMPTY; empty++) {
      const read = await this.#pipe.read(this.#roundUp(size), timeoutMs, signal);
      if (!read.ok || read.value.length > 0) return read;
    }
    return lost("nothing but empty transfers");
  }

  async #header(
    first: Arrival,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Result<{ header: Header; after: Uint8Array }, TransportFailure>> {
    const read = await first;
    if (!read.ok) return read;
    let bytes = Buffer.from(read.value.buffer, read.value.byteOffset, read.value.length);
    while (bytes.length < HEADER_BYTES) {
      const more = await this.#some(SMALL_READ_BYTES, timeoutMs, signal);
      if (!more.ok) return more;
      bytes = Buffer.concat([bytes, more.value]);
    }
    const header = {
      length: bytes.readUInt32LE(0),
      type: bytes.readUInt16LE(4),
      code: bytes.readUInt16LE(6),
      transaction: bytes.readUInt32LE(8),
    };
    if (header.length < HEADER_BYTES) return lost(`container of ${header.length} bytes`);
    return ok({ header, after: bytes.subarray(HEADER_BYTES) });
  }

  /**
   * Runs one transaction. `expected`: payload bytes of the data phase that are likely, so that they come in one transfer; `sink` takes the data
   * phase, in pieces as they come.
   */
  async run(
    request: Request,
    expected: number,
    sink: Sink | null,
    signal: AbortSignal,
  ): Promise<Result<Response, TransportFailure>> {
    if (!this.#isWhole) return lost("after an earlier failure");
    this.#isWhole = false;
    const response = await this.#transact(request, expected, sink, signal);
    this.#isWhole = response.ok;
    return response;
  }

  async #transact(
    request: Request,
    expected: number,
    sink: Sink | null,
    signal: AbortSignal,
  ): Promise<Result<Response, TransportFailure>> {
    const { operation, params = [], data, patience = WAITS.answer, takes = WAITS.send } = request;
    const transaction = this.#transaction++;
    const phases = [container(COMMAND, operation, transaction, uint32s(params))];
    if (data !== undefined) phases.push(container(DATA, operation, transaction, data));
    // The read begins when the command has been taken: QEMU's device forgets a read that came before it had an answer.
    for (const [at, phase] of phases.entries()) {
      const sent = await this.#pipe.write(phase, takes, signal);
      if (sent.ok) continue;
      const isCutShort = at > 0 && (sent.error.type === "failed" || sent.error.type === "stall");
      if (isCutShort) return this.#refusal(transaction, sent.error, signal);
      return sent.error.type === "timeout" ? err({ type: "not-taken" }) : sent;
    }
    const size = Math.min(HEADER_BYTES + expected, READ_BYTES + HEADER_BYTES);
    let next = await this.#header(this.#some(size, patience, signal), patience, signal);
    if (!next.ok) return next;
    if (next.value.header.type === DATA) {
      const { header, after } = next.value;
      if (header.transaction !== transaction || sink === null) return lost("data of another transaction");
      const taken = await this.#data(header, after, this.#roundUp(size), sink, patience, signal);
      if (!taken.ok) return taken;
      next = await this.#header(taken.value.response, patience, signal);
      if (!next.ok) return next;
    }
    return this.#response(next.value.header, next.value.after, transaction, signal);
  }

  /** A tablet that takes not all of the data has refused it, and says why; where it does not, the failure stands. */
  async #refusal(
    transaction: number,
    failure: PipeFailure,
    signal: AbortSignal,
  ): Promise<Result<Response, TransportFailure>> {
    const next = await this.#header(this.#some(SMALL_READ_BYTES, WAITS.hello, signal), WAITS.hello, signal);
    if (!next.ok) return err(failure);
    const response = await this.#response(next.value.header, next.value.after, transaction, signal);
    return response.ok && response.value.code !== RESPONSE.ok ? response : err(failure);
  }

  /** Hands the data phase over. `room`: bytes that its first read had room for. While a piece is worked on, the next one, or the response, is on the cable already. */
  async #data(
    header: Header,
    after: Uint8Array,
    room: number,
    sink: Sink,
    patience: number,
    signal: AbortSignal,
  ): Promise<Result<{ readonly response: Arrival }, TransportFailure>> {
    if (header.length === UNKNOWN_LENGTH) return this.#endless(after, room, sink, patience, signal);
    let left = header.length - HEADER_BYTES;
    let bytes = after;
    for (let short = 0; short < MAX_SHORT; ) {
      const mine = bytes.subarray(0, left);
      if (bytes.length > left) this.#rest = bytes.subarray(left);
      left -= mine.length;
      const wanted = Math.min(left, READ_BYTES - 1);
      const next =
        left === 0 ? this.#some(SMALL_READ_BYTES, patience, signal) : this.#some(wanted, WAITS.data, signal);
      if (mine.length > 0 && !(await sink(mine))) return lost("more data than was asked for");
      if (left === 0) return ok({ response: next });
      const more = await next;
      if (!more.ok) return more;
      bytes = more.value;
      if (bytes.length < wanted) short++;
    }
    return lost("data in crumbs");
  }

  /**
   * A data phase that only its short packet ends, which may be empty: a read that comes back with room left has met it. A header in a transfer
   * of its own is not yet the end. `room`: bytes that the first read had room for.
   */
  async #endless(
    after: Uint8Array,
    room: number,
    sink: Sink,
    patience: number,
    signal: AbortSignal,
  ): Promise<Result<{ readonly response: Arrival }, TransportFailure>> {
    let bytes = after;
    let isOver = after.length > 0 && HEADER_BYTES + after.length < room;
    for (;;) {
      if (bytes.length > 0 && !(await sink(bytes))) return lost("more data than was asked for");
      if (isOver) return ok({ response: this.#some(SMALL_READ_BYTES, patience, signal) });
      const more = await this.#pipe.read(READ_BYTES, WAITS.data, signal);
      if (!more.ok) return more;
      bytes = more.value;
      isOver = bytes.length < READ_BYTES;
    }
  }

  async #response(
    header: Header,
    after: Uint8Array,
    transaction: number,
    signal: AbortSignal,
  ): Promise<Result<Response, TransportFailure>> {
    const bytes = header.length - HEADER_BYTES;
    if (header.type !== RESPONSE_TYPE) return lost(`container of type ${header.type} for a response`);
    if (header.transaction !== transaction) return lost("response to another transaction");
    if (bytes > 20 || bytes % 4 !== 0) return lost(`response of ${header.length} bytes`);
    let params = Buffer.from(after);
    while (params.length < bytes) {
      const more = await this.#some(SMALL_READ_BYTES, WAITS.data, signal);
      if (!more.ok) return more;
      params = Buffer.concat([params, more.value]);
    }
    if (params.length > bytes) return lost("bytes after the response");
    return ok({
      code: header.code,
      params: Array.from({ length: bytes / 4 }, (_, at) => params.readUInt32LE(at * 4)),
    });
  }
}
