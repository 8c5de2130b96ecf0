import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printList } from "../../hosting/reporter.ts";
import type { Role } from "../../rules/trust.ts";
import type { Context } from "../context.ts";
import type { LeafState } from "../register.ts";
import { withFolder } from "./with-folder.ts";

/** `list`: the certificates that were issued, from the log. */
export const list = (
  context: Context,
  command: { readonly role: Role | null; readonly state: LeafState | null; readonly oblast: string | null },
): Promise<Exit> =>
  withFolder(context, async ({ register, now }) => {
    const { role, state, oblast } = command;
    const rows = register.leaves
      .map((leaf) => ({
        id: leaf.id,
        role: leaf.role,
        oblast: register.cas.get(leaf.ca)?.oblast ?? null,
        label: leaf.label,
        serial: leaf.serial,
        issued: leaf.time,
        expires: new Date(leaf.notAfter * 1000).toISOString(),
        state: register.stateOf(leaf, now),
        reason: register.revoked.get(leaf.serial)?.reason ?? null,
      }))
      .filter(
        (row) =>
          (role === null || row.role === role) &&
          (state === null || row.state === state) &&
          (oblast === null || row.oblast === oblast),
      );
    if (context.json) await printList(context, "certificates", rows);
    else
      for (const row of rows)
        await context.out.line(
          [row.id, row.role, row.oblast, row.state, row.reason ?? "-", row.expires, row.label ?? ""].join(
            "  ",
          ),
        );
    return EXIT.done;
  });
