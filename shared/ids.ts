/** Identities travel as lower-case hex text: the same in JSON, in SQLite, in file names and on screens. */
declare const brand: unique symbol;
type Hex<Name extends string> = string & { readonly [brand]: Name };

/** A tablet: the 16-byte serialNumber of its certificate's subject. 32 hex digits. */
export type DeviceId = Hex<"DeviceId">;
/** A chain of batches on one tablet, new after a reset. 32 hex digits. */
export type ChainId = Hex<"ChainId">;
/** A workstation: the 16-byte serialNumber of its certificate's subject. 32 hex digits. */
export type StationId = Hex<"StationId">;
/** A store, made at random with it: one station may have had several. 32 hex digits. */
export type StoreId = Hex<"StoreId">;
/** A SHA-256. 64 hex digits. */
export type Digest = Hex<"Digest">;

const hex32 = /^[0-9a-f]{32}$/;
const hex64 = /^[0-9a-f]{64}$/;

export const isDeviceId = (text: string): text is DeviceId => hex32.test(text);
export const isChainId = (text: string): text is ChainId => hex32.test(text);
export const isStationId = (text: string): text is StationId => hex32.test(text);
export const isDigest = (text: string): text is Digest => hex64.test(text);

/** Bytes of one chunk of a body, of one MTP window and of one row of the centre's chunk table. */
export const CHUNK_BYTES = 1_048_576;
