import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { CONTRACT, METHODS, type Method } from "../../shared/ipc/contract.ts";
import { Office, PIN } from "./office.ts";

/** The lock and the people of a real station: real PINs under Argon2id, a real store, restarts. */

const wrongPins = async (
  office: Office,
  person: number,
  times: number,
): Promise<readonly (string | null)[]> => {
  const words = [];
  for (let at = 0; at < times; at++) words.push(await office.refusal("unlock", { person, pin: "000000" }));
  return words;
};

describe("a new station", () => {
  it("asks for its administrator first, and lets nobody else in", async () => {
    await using office = await Office.open();
    expect((await office.snapshot()).session).toMatchObject({ state: "set-up", people: [], language: "kk" });
    expect(await office.refusal("settings", null)).toBe("locked");
    await office.call("firstAdministrator", { name: "  Елена Соколова ", pin: PIN });
    expect((await office.snapshot()).session).toMatchObject({
      state: "open",
      person: { name: "Елена Соколова", roles: ["administrator"] },
    });
    expect(await office.refusal("firstAdministrator", { name: "Другой", pin: PIN })).toBe("not-allowed");
  });

  it("keeps its people, its language and its settings", async () => {
    await using office = await Office.ready();
    await office.person("Айгүл Сәрсенбаева", ["employee"]);
    await office.call("setLanguage", { language: "ru" });
    await office.call("setOption", { name: "stationName", value: "БҚО · станция 3" });
    await office.call("setOption", { name: "idleMinutes", value: 3 });
    await office.call("setOption", { name: "receipts", value: false });
    await office.restart();
    const { session, station, unload } = await office.snapshot();
    expect(session).toMatchObject({ state: "locked", language: "ru", idleMinutes: 3 });
    expect(session.people.map((one) => one.name)).toEqual(["Елена Соколова", "Айгүл Сәрсенбаева"]);
    expect(station).toMatchObject({ name: "БҚО · станция 3", campaign: { id: "kz-2021" } });
    expect(unload.receipts).toBe(false);
  });
});

describe("roles", () => {
  const GARBAGE = { "no such": "input" };

  it.each(["employee", "auditor", "operator"] as const)(
    "of an %s are enforced by the desk, before it even looks at what it was given",
    async (role) => {
      await using office = await Office.ready();
      const person = await office.person("Нұрлан", [role], "222222");
      await office.call("unlock", { person, pin: "222222" });
      const before = (await office.snapshot()).session;
      for (const method of METHODS) {
        const { access } = CONTRACT[method];
        const may = access === "anybody" || access === "signed-in" || access.includes(role);
        const given = may ? GARBAGE : (GARBAGE as never);
        const word = await office.refusal(method, given as never);
        expect(word, method).toBe(may ? "bad-request" : "not-allowed");
      }
      expect((await office.snapshot()).session).toEqual(before);
    },
    30_000,
  );

  it("are those of the person who is there now: what is taken away counts at once", async () => {
    await using office = await Office.ready();
    const other = await office.person("Өмірбек", ["administrator"], "222222");
    await office.call("unlock", { person: other, pin: "222222" });
    await office.call("removePerson", { person: 1 });
    await office.call("addPerson", { name: "Айгүл", roles: ["administrator"], pin: "333333" });
    await office.call("removePerson", { person: other });
    expect((await office.snapshot()).session).toMatchObject({ state: "locked", person: null });
    expect(await office.refusal("settings", null)).toBe("locked");
  });

  it("cannot be asked for by a method that there is not", async () => {
    await using office = await Office.ready();
    for (const name of ["constructor", "__proto__", "close", "toString", ""])
      expect(await office.refusal(name as Method, null as never)).toBe("bad-request");
  });
});

describe("PINs", () => {
  it("that do not fit make people wait, through a restart too, and all of it is in the log", async () => {
    await using office = await Office.ready();
    await office.call("lock", null);
    expect(await wrongPins(office, 1, 4)).toEqual(["wrong-pin", "wrong-pin", "wrong-pin", "wait"]);
    expect((await office.snapshot()).session.waits).toMatchObject([{ person: 1 }]);
    await office.restart();
    expect((await office.snapshot()).session.waits).toMatchObject([{ person: 1 }]);
    expect(await office.refusal("unlock", { person: 1, pin: PIN })).toBe("wait");
    await office.until("the end of the wait", ({ session }) => session.waits.length === 0);
    await office.call("unlock", { person: 1, pin: PIN });
    const { rows } = await office.call("log", { offset: 0, limit: 50 });
    expect(rows.map((row) => row.type)).toEqual(
      expect.arrayContaining(["pin-failed", "unlocked", "locked", "person-added"]),
    );
    expect(rows.filter((row) => row.type === "pin-failed")).toHaveLength(3);
  });

  it("stand nowhere in the store but as Argon2id", async () => {
    await using office = await Office.ready();
    await office.person("Айгүл", ["employee"], "987654321098");
    await office.stop();
    const db = new Database(`${office.store}/store.db`, { readonly: true });
    const pins = db.prepare("SELECT pin FROM people").pluck().all() as string[];
    const everything = JSON.stringify([
      db.prepare("SELECT * FROM people").all(),
      db.prepare("SELECT * FROM settings").all(),
      db.prepare("SELECT * FROM audit").all(),
    ]);
    db.close();
    for (const pin of pins) expect(pin).toMatch(/^\$argon2id\$v=19\$m=65536,t=2,p=1\$/);
    expect(new Set(pins).size).toBe(2);
    expect(everything).not.toContain("987654321098");
    expect(everything).not.toContain(PIN);
  });

  it("of six to twelve digits are taken, others are not", async () => {
    await using office = await Office.ready();
    for (const pin of ["12345", "1234567890123", "12345a", "", " 123456"])
      expect(await office.refusal("changePin", { person: 1, pin }), pin).toBe("bad-request");
    await office.call("changePin", { person: 1, pin: "654321" });
    await office.call("lock", null);
    await office.call("unlock", { person: 1, pin: "654321" });
  });

  it("always leave an administrator", async () => {
    await using office = await Office.ready();
    expect(await office.refusal("removePerson", { person: 1 })).toBe("last-administrator");
    await office.person("Айгүл", ["employee", "administrator"]);
    await office.call("removePerson", { person: 1 });
    expect((await office.snapshot()).session.people.map((one) => one.name)).toEqual(["Айгүл"]);
  });
});

describe("the audit log", () => {
  it("is shown from its end, in pages, and its chain can be checked", async () => {
    await using office = await Office.ready();
    for (let at = 0; at < 12; at++) await office.call("setOption", { name: "sound", value: at % 2 === 0 });
    const first = await office.call("log", { offset: 0, limit: 5 });
    const second = await office.call("log", { offset: 5, limit: 5 });
    expect(first.rows.map((row) => row.no)).toEqual([0, 1, 2, 3, 4].map((at) => first.total - at));
    expect(second.rows[0]?.no).toBe(first.total - 5);
    expect(first.rows[0]).toMatchObject({ type: "setting-changed", data: { name: "sound", value: false } });
    expect(first.rows[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
    expect(await office.call("verifyLog", null)).toMatchObject({ lines: first.total, fault: null });

    await office.stop();
    const db = new Database(`${office.store}/store.db`);
    db.prepare("UPDATE audit SET data = '{}' WHERE no = 4").run();
    db.close();
    await office.start();
    await office.call("unlock", { person: 1, pin: PIN });
    expect(await office.call("verifyLog", null)).toMatchObject({
      proof: null,
      fault: { type: "audit-broken", no: 4, upTo: 4, by: "chain" },
    });
  });
});
