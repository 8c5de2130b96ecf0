import type { Reason, TabletState, Verdict } from "../../shared/reasons.ts";

/** What tablet, station and centre say of one batch. */
export interface ThreeSides {
  /** The ledger's mark; null: the ledger does not list it. */
  readonly tablet: TabletState | null;
  /** The centre's acknowledgement is held and verifies: the ledger has it, or the station has fetched it. */
  readonly acknowledged: boolean;
  /** Its manifest was in the outbox at the last unloading. */
  readonly found: boolean;
  /** Its manifest and body are whole on this disk, as far as anybody has looked. */
  readonly staged: boolean;
  /** Staged once, and no longer whole on this disk. */
  readonly damaged: boolean;
  /** Staged, and may not be sent: its signer was revoked, or the campaign has another root. */
  readonly barred: boolean;
  /** Why another or the same content is in quarantine; null: nothing is. */
  readonly refused: Reason | null;
  /** A ledger has once marked it as sent, whatever the newest says. */
  readonly marked: boolean;
  /** Another content under the same number is known: believed in quarantine, or listed by the ledger. */
  readonly twofold: boolean;
  /** The centre's answer to the upload from here. */
  readonly centre: "accepted" | "already-there" | "conflict" | null;
}

/**
 * The one word for a batch, from the three sides (docs/cli.md, verdicts). An acknowledgement that does not verify is no more than the
 * mark of sending (docs/formats.md, `false-ack`).
 */
export function verdictOf(sides: ThreeSides): Verdict {
  const { tablet, acknowledged, found, marked, twofold, staged, damaged, barred, refused, centre } = sides;
  if (centre === "conflict" || refused === "conflict" || twofold) return "conflict";
  if (acknowledged) return "safe";
  if (centre === "accepted" && (marked || tablet === "sent" || tablet === "acknowledged"))
    return "lost-in-vpn";
  if (centre !== null) return "safe";
  if (damaged) return "damaged";
  if (staged) return barred ? "revoked" : "to-upload";
  if (refused !== null) return "refused";
  return found ? "on-tablet-only" : "missing";
}
