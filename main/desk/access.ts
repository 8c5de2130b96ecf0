import type { Access } from "../../shared/ipc/contract.ts";
import type { Person } from "../../shared/ipc/views.ts";

/** Who may call what. The one place that decides it, before the input is looked at. */

/** The desk as access sees it. `person`: who has unlocked it, as the store has that person now. */
export interface Standing {
  readonly state: "set-up" | "locked" | "open";
  readonly person: Person | null;
}

/** null: may be called. */
export function refusal(access: Access, { state, person }: Standing): "locked" | "not-allowed" | null {
  if (access === "anybody") return null;
  if (access === "set-up") return state === "set-up" ? null : "not-allowed";
  if (state !== "open" || person === null) return "locked";
  if (access === "signed-in") return null;
  return person.roles.some((role) => access.includes(role)) ? null : "not-allowed";
}
