import { describe, expect, it } from "vitest";
import { refusal, type Standing } from "../../main/desk/access.ts";
import { CONTRACT, METHODS, type Method } from "../../shared/ipc/contract.ts";
import { ROLES, type Role } from "../../shared/ipc/views.ts";

/** Who may do what at a station, method by method: the table an auditor would ask for, written down apart from the contract. */

const AT_THE_LOCK: readonly Method[] = ["snapshot", "unlock", "lock", "touch", "setLanguage"];
const FIRST_START: readonly Method[] = ["firstAdministrator"];
const EVERYBODY_SIGNED_IN: readonly Method[] = ["copy", "areaNames", "openKey"];
const OF_ROLE: Readonly<Record<Role, readonly Method[]>> = {
  employee: ["unloadTablet", "unloadFolder", "stopTablet", "clearCard", "today", "saveAct", "printAct"],
  auditor: [
    "saveAct",
    "printAct",
    "batches",
    "verdictCounts",
    "facets",
    "tablets",
    "sequence",
    "days",
    "batch",
    "saveCsv",
    "saveReport",
    "stopJob",
    "clearJob",
    "retryQuarantine",
    "log",
    "verifyLog",
  ],
  operator: [
    "batches",
    "verdictCounts",
    "facets",
    "tablets",
    "sequence",
    "days",
    "batch",
    "saveCsv",
    "saveReport",
    "stopJob",
    "clearJob",
    "retryQuarantine",
    "queue",
    "startSending",
    "pauseSending",
    "exportBag",
    "importBag",
  ],
  administrator: METHODS.filter(
    (method) => ![...AT_THE_LOCK, ...FIRST_START, ...EVERYBODY_SIGNED_IN].includes(method),
  ),
};

const signedIn = (...roles: Role[]): Standing => ({ state: "open", person: { id: 1, name: "А", roles } });
const LOCKED: Standing = { state: "locked", person: null };
const FRESH: Standing = { state: "set-up", person: null };

const may = (method: Method, standing: Standing): boolean =>
  refusal(CONTRACT[method].access, standing) === null;

describe("who may do what", () => {
  it.each(METHODS.map((method) => [method]))("%s", (method) => {
    for (const role of ROLES) {
      const expected =
        AT_THE_LOCK.includes(method) ||
        EVERYBODY_SIGNED_IN.includes(method) ||
        OF_ROLE[role].includes(method);
      expect(may(method, signedIn(role)), role).toBe(expected);
    }
    expect(may(method, LOCKED), "at the lock").toBe(AT_THE_LOCK.includes(method));
    expect(may(method, FRESH), "at the first start").toBe(
      AT_THE_LOCK.includes(method) || FIRST_START.includes(method),
    );
  });

  it("adds up for somebody with several roles", () => {
    const both = signedIn("employee", "operator");
    expect(may("unloadTablet", both)).toBe(true);
    expect(may("startSending", both)).toBe(true);
    expect(may("log", both)).toBe(false);
    expect(may("addPerson", both)).toBe(false);
  });

  it("tells the locked desk apart from the wrong role", () => {
    expect(refusal(CONTRACT.addPerson.access, LOCKED)).toBe("locked");
    expect(refusal(CONTRACT.addPerson.access, signedIn("employee"))).toBe("not-allowed");
    expect(refusal(CONTRACT.firstAdministrator.access, signedIn("administrator"))).toBe("not-allowed");
  });
});
