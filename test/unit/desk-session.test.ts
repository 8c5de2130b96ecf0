import { describe, expect, it } from "vitest";
import { Session } from "../../main/desk/session.ts";
import { DeskSettings } from "../../main/desk/settings.ts";
import type { AuditEvent } from "../../main/engine/audit-events.ts";
import { DiskError } from "../../main/engine/ports.ts";
import type { People, PersonRecord, PinKeys, Settings } from "../../main/engine/ports-desk.ts";
import { HeldClock } from "./held-clock.ts";

/** The lock of a station in a user's words. The store is in memory here, so that hours pass in no time. */

const PIN = "271828";
const plainPins: PinKeys = { hash: (pin) => `<${pin}>`, fits: (hash, pin) => hash === `<${pin}>` };

/** What outlives a restart of the program. */
class Kept {
  readonly clock = new HeldClock();
  readonly log: AuditEvent[] = [];
  diskIsFull = false;
  readonly #values = new Map<string, string>();
  #people: PersonRecord[] = [];
  #numbers = 0;
  readonly #failures = new Map<number, number>();

  readonly settings: Settings = {
    get: (name) => JSON.parse(this.#values.get(name) ?? "null") as unknown,
    set: (name, value, event) => {
      this.#values.set(name, JSON.stringify(value));
      if (event !== null) this.log.push(event);
    },
  };

  readonly people: People = {
    list: () => this.#people,
    add: (person, event) => {
      const id = ++this.#numbers;
      this.#people = [...this.#people, { id, ...person }];
      this.log.push(event(id));
      return id;
    },
    setPin: (id, pin, event) => {
      this.#people = this.#people.map((one) => (one.id === id ? { ...one, pin } : one));
      this.log.push(event);
    },
    pinFailures: () => this.#failures,
    setPinFailures: (person, count) => {
      if (count === 0) this.#failures.delete(person);
      else this.#failures.set(person, count);
    },
    remove: (id, event) => {
      this.#people = this.#people.filter((one) => one.id !== id);
      this.log.push(event);
    },
  };

  start(): Session {
    return new Session({
      people: this.people,
      pins: plainPins,
      log: {
        record: (event) => {
          if (this.diskIsFull) throw new DiskError({ type: "disk", code: "ENOSPC", path: "store.db" });
          this.log.push(event);
        },
      },
      settings: new DeskSettings(this.settings),
      clock: this.clock,
      changed: () => {},
    });
  }

  said(): readonly string[] {
    return this.log.map((event) => event.type);
  }
}

function station(): { kept: Kept; session: Session } {
  const kept = new Kept();
  const session = kept.start();
  session.firstAdministrator("Елена", PIN);
  session.lock();
  kept.log.length = 0;
  return { kept, session };
}

const wrong = (session: Session, times: number): void => {
  for (let at = 0; at < times; at++) session.unlock(1, "000000");
};
const seconds = (session: Session, kept: Kept): number => {
  const [wait] = session.view().waits;
  return wait === undefined ? 0 : (Date.parse(wait.until) - kept.clock.now().getTime()) / 1000;
};

describe("the first start", () => {
  it("has nobody to unlock for, until there is an administrator", () => {
    const kept = new Kept();
    const session = kept.start();
    expect(session.view()).toMatchObject({ state: "set-up", person: null, people: [] });
    session.firstAdministrator("Елена", PIN);
    expect(session.view()).toMatchObject({
      state: "open",
      person: { name: "Елена", roles: ["administrator"] },
    });
    expect(kept.said()).toEqual(["person-added", "unlocked"]);
  });
});

describe("a PIN", () => {
  it("that fits opens the desk for that person", () => {
    const { session } = station();
    expect(session.unlock(1, PIN)).toEqual({ ok: true, value: null });
    expect(session.standing()).toMatchObject({ state: "open", person: { id: 1 } });
  });

  it("that does not fit is refused and logged, with no word of what was typed", () => {
    const { kept, session } = station();
    expect(session.unlock(1, "999999")).toMatchObject({ ok: false, error: { type: "wrong-pin" } });
    expect(kept.log).toEqual([{ type: "pin-failed", data: { person: 1, failures: 1 } }]);
    expect(session.standing().state).toBe("locked");
  });

  it("of nobody is refused like a wrong one", () => {
    const { session } = station();
    expect(session.unlock(77, PIN)).toMatchObject({ ok: false, error: { type: "wrong-pin" } });
  });

  it("makes people wait longer with each one that does not fit", () => {
    const { kept, session } = station();
    const waits: number[] = [];
    for (let at = 0; at < 11; at++) {
      wrong(session, 1);
      waits.push(seconds(session, kept));
      kept.clock.pass(seconds(session, kept) * 1000);
    }
    expect(waits).toEqual([0, 0, 5, 15, 30, 60, 120, 300, 900, 900, 900]);
  });

  it("is not even looked at before the wait is over, however right it is", () => {
    const { kept, session } = station();
    wrong(session, 3);
    kept.clock.pass(4_999);
    expect(session.unlock(1, PIN)).toMatchObject({ ok: false, error: { type: "wait" } });
    expect(kept.said()).toEqual(["pin-failed", "pin-failed", "pin-failed"]);
    kept.clock.pass(1);
    expect(session.unlock(1, PIN).ok).toBe(true);
  });

  it("that fits forgives those that did not", () => {
    const { kept, session } = station();
    wrong(session, 2);
    session.unlock(1, PIN);
    session.lock();
    wrong(session, 2);
    expect(seconds(session, kept)).toBe(0);
  });

  it("is waited for after a restart too, from the beginning, whatever the clock was set to meanwhile", () => {
    const { kept, session } = station();
    wrong(session, 3);
    kept.clock.pass(1_000);
    kept.clock.set("2031-01-01T00:00:00Z");
    const again = kept.start();
    expect(seconds(again, kept)).toBe(5);
    expect(again.unlock(1, PIN)).toMatchObject({ ok: false, error: { type: "wait" } });
  });

  it("counts as one that did not fit if the program is killed while it is looked at", () => {
    const { kept, session } = station();
    wrong(session, 2);
    const killed = new Session({
      people: kept.people,
      pins: {
        hash: plainPins.hash,
        fits: () => {
          throw new Error("killed");
        },
      },
      log: { record: () => {} },
      settings: new DeskSettings(kept.settings),
      clock: kept.clock,
      changed: () => {},
    });
    expect(() => killed.unlock(1, "000000")).toThrow("killed");
    expect(seconds(kept.start(), kept)).toBe(5);
  });

  it.each(["2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"])(
    "makes people wait as long with the clock set to %s",
    (moment) => {
      const { kept, session } = station();
      wrong(session, 3);
      kept.clock.set(moment);
      kept.clock.pass(4_999);
      expect(session.unlock(1, PIN)).toMatchObject({ ok: false, error: { type: "wait" } });
      kept.clock.pass(1);
      expect(session.view().waits).toEqual([]);
      expect(session.unlock(1, PIN).ok).toBe(true);
    },
  );

  it("that fits forgives no guesses at another person's", () => {
    const { kept, session } = station();
    session.add("Айгүл", ["employee"], "111111");
    const answers: string[] = [];
    for (let round = 0; round < 2; round++) {
      for (let guess = 0; guess < 2; guess++) {
        const tried = session.unlock(1, "000000");
        answers.push(tried.ok ? "open" : tried.error.type);
      }
      expect(session.unlock(2, "111111").ok).toBe(true);
    }
    expect(answers).toEqual(["wrong-pin", "wrong-pin", "wrong-pin", "wait"]);
    expect(session.view().waits.map(({ person }) => person)).toEqual([1]);
    expect(kept.log.filter(({ type }) => type === "pin-failed").at(-1)?.data).toEqual({
      person: 1,
      failures: 3,
    });
  });
});

describe("the idle lock", () => {
  it("comes after ten minutes without a hand, and is logged as such", () => {
    const { kept, session } = station();
    session.unlock(1, PIN);
    kept.clock.pass(10 * 60_000 - 1);
    expect(session.standing().state).toBe("open");
    kept.clock.pass(1);
    expect(session.standing().state).toBe("locked");
    expect(kept.log.at(-1)).toEqual({ type: "locked", data: { person: 1, idle: true } });
  });

  it.each(["2020-01-01T00:00:00Z", "2031-01-01T00:00:00Z"])(
    "comes as soon with the clock set to %s",
    (moment) => {
      const { kept, session } = station();
      session.unlock(1, PIN);
      kept.clock.pass(5 * 60_000);
      kept.clock.set(moment);
      kept.clock.pass(5 * 60_000 - 1);
      expect(session.standing().state).toBe("open");
      kept.clock.pass(1);
      expect(session.standing().state).toBe("locked");
    },
  );

  it("begins anew with every touch", () => {
    const { kept, session } = station();
    session.unlock(1, PIN);
    for (let minute = 0; minute < 60; minute += 9) {
      kept.clock.pass(9 * 60_000);
      session.touch();
    }
    expect(session.standing().state).toBe("open");
    kept.clock.pass(10 * 60_000);
    expect(session.standing().state).toBe("locked");
  });

  it("follows the setting at once", () => {
    const { kept, session } = station();
    session.unlock(1, PIN);
    kept.clock.pass(5 * 60_000);
    new DeskSettings(kept.settings).setOption({ idleMinutes: 2 });
    session.retime();
    kept.clock.pass(0);
    expect(session.standing().state).toBe("locked");
  });

  it("comes even where the disk takes no line for the log, which gets it later", () => {
    const { kept, session } = station();
    session.unlock(1, PIN);
    kept.diskIsFull = true;
    kept.clock.pass(10 * 60_000);
    expect(session.standing().state).toBe("locked");
    kept.clock.pass(5 * 60_000);
    kept.diskIsFull = false;
    kept.clock.pass(60_000);
    expect(kept.log.slice(1)).toEqual([{ type: "locked", data: { person: 1, idle: true } }]);
  });

  it("is not put off by a touch at the lock", () => {
    const { kept, session } = station();
    session.touch();
    kept.clock.pass(60 * 60_000);
    expect(kept.said()).toEqual([]);
  });
});

describe("people", () => {
  it("are added with their roles, each once, and may unlock", () => {
    const { session } = station();
    session.add("Айгүл", ["employee", "auditor", "employee"], "111111");
    const added = session.view().people.at(-1);
    expect(added).toEqual({ id: 2, name: "Айгүл", roles: ["employee", "auditor"] });
    expect(session.unlock(2, "111111").ok).toBe(true);
  });

  it("are never shown with their PIN", () => {
    const { session } = station();
    expect(JSON.stringify(session.view())).not.toContain(PIN);
  });

  it("get another PIN, and the old one opens nothing", () => {
    const { session } = station();
    session.changePin(1, "161803");
    expect(session.unlock(1, PIN)).toMatchObject({ ok: false });
    expect(session.unlock(1, "161803").ok).toBe(true);
    expect(session.changePin(9, "161803")).toMatchObject({ ok: false, error: { type: "bad-request" } });
  });

  it("always have an administrator among them", () => {
    const { session } = station();
    session.unlock(1, PIN);
    expect(session.remove(1)).toMatchObject({ ok: false, error: { type: "last-administrator" } });
    session.add("Өмірбек", ["administrator"], "111111");
    expect(session.remove(1).ok).toBe(true);
    expect(session.remove(2)).toMatchObject({ ok: false, error: { type: "last-administrator" } });
  });

  it("who are removed while at the desk are out at once", () => {
    const { session } = station();
    session.unlock(1, PIN);
    session.add("Өмірбек", ["administrator"], "111111");
    session.remove(1);
    expect(session.standing().state).toBe("locked");
    expect(session.unlock(1, PIN)).toMatchObject({ ok: false, error: { type: "wrong-pin" } });
  });

  it("are in the log by their numbers, with who changed what", () => {
    const { kept, session } = station();
    session.unlock(1, PIN);
    session.add("Айгүл", ["employee"], "111111");
    session.changePin(2, "222222");
    session.remove(2);
    expect(kept.log.slice(1)).toEqual([
      { type: "person-added", data: { person: 2, roles: "employee", by: 1 } },
      { type: "pin-changed", data: { person: 2, by: 1 } },
      { type: "person-removed", data: { person: 2, by: 1 } },
    ]);
    expect(JSON.stringify(kept.log)).not.toContain("Айгүл");
  });
});
