import { expect, it } from "vitest";
import { AUDIT_TYPES } from "../../main/engine/audit-events.ts";
import { en } from "../../renderer/messages/en.ts";
import { kk } from "../../renderer/messages/kk.ts";
import { ru } from "../../renderer/messages/ru.ts";

it("every event of the audit log has words in the windows, in all three languages", () => {
  for (const words of [kk, ru, en] as readonly Readonly<Record<string, string>>[]) {
    const named = Object.keys(words).filter((key) => key.startsWith("log.type."));
    expect(named.sort()).toEqual(AUDIT_TYPES.map((type) => `log.type.${type}`).sort());
  }
});
