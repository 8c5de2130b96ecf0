import { CHUNK_BYTES, type ChainId, type DeviceId, type Digest } from "../../../shared/ids.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { Centre, CentreAnswer, CentreFailure, UploadBatch } from "../../engine/ports.ts";
import type { AuditHead, BadAddress, BatchName, CentreAck } from "../../engine/ports-centre.ts";
import { type Address, parseAddress, secretsOf } from "./address.ts";
import type { ContentRefused, LinkFailure } from "./errors.ts";
import { asLink, Link, PATIENCE, type Patience } from "./link.ts";
import { ensureSchema } from "./schema.ts";
import { Settling } from "./settling.ts";

/** The centre as tables of a PostgreSQL database (migrations/, docs/adr/0005). */

/** Body bytes that were sent and not answered yet, of all uploads together. */
const IN_FLIGHT_BYTES = 2 * CHUNK_BYTES;
/** Chunks from which on a body goes over two connections, so that the server computes digests on two of its processors. */
const SHARED_FROM = 4;
/** Places of missing chunks asked for at once. */
const MISSING_AT_ONCE = 256;
/** A body up to this size is sent along with the question whether it is there. */
const SENT_UNASKED_BYTES = 65_536;

/**
 * Keeps a chunk. Its commit need not wait for the disk: what is waited for in the end comes later in the server's log, and the log is
 * on the disk up to there by then (PostgreSQL's documentation, "Asynchronous Commit").
 */
const KEEP_CHUNK = {
  name: "keep-chunk",
  text: `
    WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))
    INSERT INTO chunks (device, digest, body) SELECT $1, $2, $3 FROM unhurried
    ON CONFLICT (device, digest) DO NOTHING`,
} as const;

/** Files a batch. Its commit does not wait for the disk either; its answer is told when that is done (settling.ts). */
const FILE_BATCH = {
  name: "file-batch",
  text: `
    WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))
    SELECT answer, missing FROM unhurried, file_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
} as const;

const ACKS_OF = {
  name: "acks-of",
  text: "SELECT chain, seq, manifest, cose FROM acks_of($1, $2, $3, $4)",
} as const;

const ANCHOR = {
  name: "anchor",
  text: "INSERT INTO audit_heads (station, no, digest, head) VALUES ($1, $2, sha256($3), $3) ON CONFLICT (station, no, digest) DO NOTHING",
} as const;

const ANCHORS = {
  name: "anchors",
  text: "SELECT no, head FROM audit_heads WHERE station = $1 AND no >= $2 ORDER BY no, digest",
} as const;

type Filed =
  | { readonly type: "answer"; readonly answer: CentreAnswer }
  | { readonly type: "missing"; readonly places: readonly number[] };

interface Sent {
  readonly helped: Promise<unknown>;
  readonly kept: Promise<Result<void, CentreFailure>>;
}

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function ackOf(device: DeviceId, row: Readonly<Record<string, unknown>>): CentreAck {
  const { chain, seq, manifest, cose } = row as {
    chain: Buffer;
    seq: number;
    manifest: Buffer;
    cose: Buffer;
  };
  return {
    device,
    chain: chain.toString("hex") as ChainId,
    seq,
    manifest: manifest.toString("hex") as Digest,
    cose,
  };
}

/** A refusal of content speaks of the one batch that was sent. */
const ofBatch = (failure: LinkFailure | ContentRefused, batch: UploadBatch): CentreFailure =>
  failure.type === "content-refused"
    ? { type: "batch-refused", code: failure.code, seq: batch.seq }
    : failure;

/** Bytes that may be under way at once; a larger piece goes alone. */
class Budget {
  #used = 0;
  readonly #waiting: (() => void)[] = [];

  async take(bytes: number): Promise<void> {
    while (this.#used > 0 && this.#used + bytes > IN_FLIGHT_BYTES)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

class PostgresCentre implements Centre {
  readonly #address: Address;
  readonly #hide: readonly string[];
  readonly #patience: Patience;
  readonly #budget = new Budget();
  readonly #settling = new WeakMap<Link, Settling>();
  readonly #helpers = new WeakMap<Link, Promise<Result<Link, LinkFailure>>>();
  #link: Promise<Result<Link, LinkFailure>> | null = null;

  constructor(address: Address, hide: readonly string[], patience: Patience) {
    this.#address = address;
    this.#hide = hide;
    this.#patience = patience;
  }

  async open(signal: AbortSignal): Promise<Result<void, CentreFailure>> {
    const link = await this.#connected(signal);
    return link.ok ? ok(undefined) : link;
  }

  async upload(
    batch: UploadBatch,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Result<CentreAnswer, CentreFailure>> {
    const connected = await this.#connected(signal);
    if (!connected.ok) return connected;
    const link = connected.value;
    let places: readonly number[] =
      batch.chunks.length === 1 && batch.length <= SENT_UNASKED_BYTES ? [0] : [];
    const rounds = Math.ceil(batch.chunks.length / MISSING_AT_ONCE) + 1;
    for (let round = 0; round < rounds; round++) {
      const sent = await this.#send(link, batch, places, onBytes, signal);
      if (!sent.ok) return sent;
      await sent.value.helped;
      const [kept, filed] = await Promise.all([sent.value.kept, this.#file(link, batch, signal)]);
      if (!kept.ok) return kept;
      if (!filed.ok) return filed;
      if (filed.value.type === "answer") {
        const settled = await this.#settlingOf(link).settled(signal);
        return settled.ok ? ok(filed.value.answer) : settled;
      }
      places = filed.value.places;
    }
    return err({ type: "busy", code: "chunks-vanish" });
  }

  async holds(batch: UploadBatch, signal: AbortSignal): Promise<Result<boolean, CentreFailure>> {
    const connected = await this.#connected(signal);
    if (!connected.ok) return connected;
    const link = connected.value;
    const filed = await this.#file(link, batch, signal);
    if (!filed.ok) return filed.error.type === "batch-refused" ? ok(true) : filed;
    if (filed.value.type !== "answer" || filed.value.answer === "conflict") return ok(false);
    // It may have been filed just now.
    const settled = await this.#settlingOf(link).settled(signal);
    return settled.ok ? ok(true) : settled;
  }

  async acks(
    batches: readonly BatchName[],
    signal: AbortSignal,
  ): Promise<Result<readonly CentreAck[], CentreFailure>> {
    const connected = await this.#connected(signal);
    if (!connected.ok) return connected;
    const byDevice = Map.groupBy(batches, (batch) => batch.device);
    const answers = await Promise.all(
      [...byDevice].map(async ([device, of]) => {
        const values = [
          hex(device),
          of.map((batch) => hex(batch.chain)),
          of.map((batch) => batch.seq),
          of.map((batch) => hex(batch.manifest)),
        ];
        const answer = await connected.value.run(ACKS_OF, values, signal);
        return answer.ok ? ok(answer.value.map((row) => ackOf(device, row))) : err(asLink(answer.error));
      }),
    );
    const acks: CentreAck[] = [];
    for (const answer of answers) {
      if (!answer.ok) return answer;
      acks.push(...answer.value);
    }
    return ok(acks);
  }

  async anchor(head: AuditHead, signal: AbortSignal): Promise<Result<void, CentreFailure>> {
    const connected = await this.#connected(signal);
    if (!connected.ok) return connected;
    const answer = await connected.value.run(ANCHOR, [hex(head.station), head.no, view(head.head)], signal);
    return answer.ok ? ok(undefined) : err(asLink(answer.error));
  }

  async anchors(
    station: string,
    from: number,
    signal: AbortSignal,
  ): Promise<Result<readonly AuditHead[], CentreFailure>> {
    const connected = await this.#connected(signal);
    if (!connected.ok) return connected;
    const answer = await connected.value.run(ANCHORS, [hex(station), from], signal);
    return answer.ok
      ? ok(answer.value.map(({ no, head }) => ({ station, no: Number(no), head: head as Buffer })))
      : err(asLink(answer.error));
  }

  /**
   * A second connection beside this one, for long bodies; null where the server gives none, or it broke: then all goes over the first. It
   * is asked for once in a connection's life.
   */
  async #helperOf(link: Link, signal: AbortSignal): Promise<Link | null> {
    const known = this.#helpers.get(link) ?? Link.connect(this.#address, this.#hide, this.#patience, signal);
    this.#helpers.set(link, known);
    const helper = await known;
    return helper.ok && helper.value.alive ? helper.value : null;
  }

  #settlingOf(link: Link): Settling {
    const known = this.#settling.get(link) ?? new Settling(link);
    this.#settling.set(link, known);
    return known;
  }

  async close(): Promise<void> {
    const link = await this.#link;
    this.#link = null;
    if (!link?.ok) return;
    const helper = await this.#helpers.get(link.value);
    if (helper?.ok) await helper.value.close();
    await link.value.close();
  }

  /** The standing connection, or a new one in place of one that broke. */
  async #connected(signal: AbortSignal): Promise<Result<Link, LinkFailure>> {
    const standing = this.#link;
    const link = await standing;
    if (link?.ok && link.value.alive) return link;
    if (this.#link !== standing && this.#link !== null) return this.#link;
    this.#link = this.#connect(signal);
    return this.#link;
  }

  async #connect(signal: AbortSignal): Promise<Result<Link, LinkFailure>> {
    const link = await Link.connect(this.#address, this.#hide, this.#patience, signal);
    if (!link.ok) return link;
    const ready = await ensureSchema(link.value, signal);
    if (ready.ok) return link;
    await link.value.close();
    return ready;
  }

  async #file(link: Link, batch: UploadBatch, signal: AbortSignal): Promise<Result<Filed, CentreFailure>> {
    const answered = await link.run(
      FILE_BATCH,
      [
        hex(batch.device),
        hex(batch.chain),
        batch.seq,
        hex(batch.manifest),
        batch.campaign,
        batch.length,
        batch.chunks.map(view),
        view(batch.cose),
        hex(batch.uploader),
        MISSING_AT_ONCE,
      ],
      signal,
    );
    if (!answered.ok) return err(ofBatch(answered.error, batch));
    const row = answered.value[0];
    switch (row?.answer) {
      case "accepted":
      case "already-there":
      case "conflict":
        return ok({ type: "answer", answer: row.answer });
      case "incomplete":
        return ok({ type: "missing", places: row.missing as readonly number[] });
      case "contradictory":
        return err({ type: "batch-refused", code: "contradictory", seq: batch.seq });
      default:
        throw new Error(`file_batch answered ${String(row?.answer)}`);
    }
  }

  /**
   * Sends the chunks at `places` (ascending), several at once. Settles when the last was given to a connection. What is run on `link`
   * next comes after those that went there; `helped` settles when those that went over a second one were answered. `kept` tells
   * when all were answered, with the first failure.
   */
  async #send(
    link: Link,
    batch: UploadBatch,
    places: readonly number[],
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Result<Sent, CentreFailure>> {
    const device = hex(batch.device);
    const helper = places.length >= SHARED_FROM ? await this.#helperOf(link, signal) : null;
    const answers: Promise<void>[] = [];
    const helped: Promise<void>[] = [];
    let failure: CentreFailure | null = null;
    const keep = async (over: Link, digest: Uint8Array, body: Uint8Array): Promise<void> => {
      const { length } = body;
      const answer = await over.run(KEEP_CHUNK, [device, view(digest), view(body)], signal);
      this.#budget.give(length);
      if (answer.ok) onBytes(length);
      else failure ??= ofBatch(answer.error, batch);
    };

    for (const [from, to] of runs(places)) {
      let place = from;
      const read = await batch.read(from * CHUNK_BYTES, async (window) => {
        await this.#budget.take(window.length);
        const digest = batch.chunks[place++];
        if (failure !== null || digest === undefined) {
          this.#budget.give(window.length);
          return false;
        }
        const byHelper = helper !== null && place % 2 === 0;
        const answer = keep(byHelper ? helper : link, digest, window);
        answers.push(answer);
        if (byHelper) helped.push(answer);
        return place < to;
      });
      if (!read.ok) return err(read.error);
      if (failure !== null) break;
    }
    return ok({
      helped: Promise.all(helped),
      kept: Promise.all(answers).then(() => (failure === null ? ok(undefined) : err(failure))),
    });
  }
}

/** Ascending places as ranges [from, to). */
function runs(places: readonly number[]): readonly (readonly [from: number, to: number])[] {
  const ranges: [number, number][] = [];
  for (const place of places) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === place) last[1]++;
    else ranges.push([place, place + 1]);
  }
  return ranges;
}

/**
 * The centre at a `postgresql://` address (address.ts). Nothing is connected yet. The address itself appears in no error, since it may
 * hold a password.
 */
export function postgresCentre(url: string, patience: Patience = PATIENCE): Result<Centre, BadAddress> {
  const address = parseAddress(url);
  if (!address.ok) return address;
  return ok(new PostgresCentre(address.value, secretsOf(url, address.value), patience));
}
