import type { Digest } from "../../shared/ids.ts";

/** What is held under one number of a chain: staged, quarantined, in the outbox or at another station. */
export interface Held {
  readonly digests: ReadonlySet<Digest>;
  /** Something lies there whose content nobody knows, such as a manifest that does not parse. It may be any. */
  readonly isUnknownThere: boolean;
}

/**
 * Whether somebody has the batch that a ledger or a believed manifest named. The digest decides: another batch under the same number does not
 * count (docs/formats.md, `gap`). A valid acknowledgement says that the centre has it.
 */
export const isHeld = (
  named: { readonly manifest: Digest; readonly acknowledged: boolean },
  held: Held | undefined,
): boolean =>
  named.acknowledged || held?.isUnknownThere === true || held?.digests.has(named.manifest) === true;
