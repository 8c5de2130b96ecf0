import type { ChainId, DeviceId, Digest, StationId } from "../../shared/ids.ts";
import type { Reason, Verdict } from "../../shared/reasons.ts";
import type { Finding, LedgerReport } from "../../shared/views.ts";
import type { TimeMark } from "../formats/base.ts";
import type { LogPlace } from "./ports-custody.ts";

/** The hand-over act: what its pages say, and who prints it. */

export interface ActBatch {
  readonly chain: ChainId;
  readonly seq: number;
  /** digest(manifest) of what is held here, else of what the ledger lists; null where nobody has seen one. */
  readonly manifest: Digest | null;
  /** Bytes of the body, as held here, else as listed. */
  readonly bytes: number | null;
  readonly verdict: Verdict;
  /** Why it is in quarantine. */
  readonly reason: Reason | null;
}

/** All that an act says. It is kept as it was when the act was made; the pages follow from it alone. */
export interface ActFacts {
  readonly v: 1;
  readonly no: number;
  readonly made: TimeMark;
  readonly campaign: { readonly id: string; readonly kk: string; readonly ru: string };
  readonly station: { readonly id: StationId; readonly name: string };
  /** KATO of the oblast, 9 digits, from the station's certificate. */
  readonly oblast: string;
  readonly tablet: { readonly id: DeviceId; readonly name: string | null };
  readonly unloading: {
    readonly no: number;
    readonly way: "cable" | "folder";
    readonly began: TimeMark;
    readonly ended: TimeMark;
    /** Type of the failure that ended it early; null: it went to its end. */
    readonly failure: string | null;
  };
  readonly ledger: LedgerReport | null;
  /** Tablet's clock minus the station's; null where the tablet does not tell it. */
  readonly clockSeconds: number | null;
  readonly batches: readonly ActBatch[];
  readonly findings: readonly Finding[];
  readonly receipts: readonly {
    readonly no: number;
    readonly chain: ChainId;
    readonly digest: Digest;
    /** Written to the tablet and read back. */
    readonly delivered: boolean;
  }[];
  /** The audit log's last line before the act. */
  readonly log: LogPlace;
}

/**
 * Makes an act's pages: PDF. The same facts, code and head give the same bytes, on every machine. `code`: text of the QR code; `head`:
 * the signed head of the log as text, which the file carries and no page shows.
 */
export type PrintAct = (facts: ActFacts, code: string, head: string) => Promise<Uint8Array>;
