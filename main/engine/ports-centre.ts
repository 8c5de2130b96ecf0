import type { ChainId, DeviceId, Digest } from "../../shared/ids.ts";
import type { AuditEvent } from "./audit-events.ts";

/** What the engine and the centre tell each other beside the batches themselves. */

/** Why there is no protected line to the centre. `server-…`: its certificate; `client-…`: ours, or the lack of one. */
export type TlsFault =
  /** The server answers, and offers no TLS. */
  | "no-tls"
  | "server-expired"
  | "server-not-yet-valid"
  /** The certificate is of another host. */
  | "server-other-host"
  /** Signed by none of the authorities that are trusted for this address. */
  | "server-unknown-authority"
  | "server-revoked"
  /** The revocation list given with the address is missing one, or is past its date. */
  | "server-unknown-revocation"
  /** The server wants a certificate, and none was given. */
  | "client-missing"
  | "client-expired"
  | "client-revoked"
  | "client-unknown-authority"
  /** The certificate names another user than the address. */
  | "client-other-user"
  | "client-refused"
  /** A file named in the address cannot be read, or holds something else. */
  | "bad-file"
  /** Others than its owner may read the key's file. */
  | "key-not-private"
  | "handshake";

/** What is wrong with the address of a centre. */
export type AddressFault =
  | "not-postgres"
  /** A parameter this program does not know: it might ask for a check that would not be made. */
  | "unknown-parameter"
  | "unknown-mode"
  /** Asks for an unprotected line to another machine. */
  | "unprotected"
  /** A client certificate without its key, or a key without its certificate. */
  | "half-a-certificate";

/** `parameter`: the one that is wrong, where it is a name that every PostgreSQL client knows, else null. */
export interface BadAddress {
  readonly type: "bad-url";
  readonly why: AddressFault;
  readonly parameter: string | null;
}

/** What the centre says of a batch that was sent. */
export type CentreAnswer = "accepted" | "already-there" | "conflict";

/** Names one batch at the centre. */
export interface BatchName {
  readonly device: DeviceId;
  readonly chain: ChainId;
  readonly seq: number;
  readonly manifest: Digest;
}

/** An acknowledgement as the centre gives it: not judged yet. */
export interface CentreAck extends BatchName {
  readonly cose: Uint8Array;
}

/** The head of a station's audit log, to be kept at the centre. */
export interface AuditHead {
  /** 32 hex digits: the station that signed it, or the store's id where it is not signed. */
  readonly station: string;
  /** Number of the log's last line. */
  readonly no: number;
  /** The signed statement, as bytes. */
  readonly head: Uint8Array;
}

/** What the store keeps of the centre beside its answers. */
export interface CentreBook {
  /** Batches that the centre has answered for in this way, the newest answer first, at most `limit` after the first `skip`. */
  lastAnswered(
    answer: "accepted" | "already-there",
    limit: number,
    skip: number,
  ): readonly (BatchName & { readonly length: number })[];
  /** Whether the centre was seen to have forgotten batches, and has not been offered all of them since. */
  owesOffer(): boolean;
  /**
   * The centre was seen to have forgotten: all that it answered for until now no longer counts until it answers anew, and is owed to it. Durable when
   * it returns.
   */
  forget(event: AuditEvent): void;
  /** All was offered again. What the centre has not answered for since still does not count. */
  offered(): void;
  /** Whether answers were ever put in doubt. */
  isDoubted(): boolean;
  /** A staged batch may not be sent, or may be again. Durable when it returns; nothing happens where that was known. */
  bar(batch: BatchName, barred: boolean): void;
  /** Every acknowledgement that was fetched from the centre, in pages. */
  heldAcks(): IterableIterator<CentreAck & { readonly counts: boolean }>;
  /** Whether an acknowledgement that is held counts, by the trust of today. */
  countAck(batch: BatchName, counts: boolean): void;
  /** Batches that the centre has answered for as being there and whose acknowledgement is not held, oldest first, after the given one. */
  awaitingAck(after: BatchName | null, limit: number): readonly BatchName[];
  /** Keeps acknowledgements that were judged good; durable with their line when it returns. */
  keepAcks(acks: readonly HeldAck[], event: AuditEvent): void;
  /** The acknowledgement held for a batch, a COSE_Sign1; null: none. */
  ackOf(batch: BatchName): Uint8Array | null;
}

/** An acknowledgement that was judged good. */
export interface HeldAck extends CentreAck {
  /** The centre's time of receiving: seconds since 1970 UTC and minutes east of UTC. */
  readonly received: { readonly utc: number; readonly offset: number };
}
