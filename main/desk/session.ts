import type { Problem } from "../../shared/ipc/contract.ts";
import type { Person, Role, SessionView } from "../../shared/ipc/views.ts";
import { ok, type Result } from "../../shared/result.ts";
import { stampOf } from "../../shared/time.ts";
import { DiskError } from "../engine/ports.ts";
import type { Clock, LogBook, People, PersonRecord, PinKeys } from "../engine/ports-desk.ts";
import type { Standing } from "./access.ts";
import { refuse } from "./problems.ts";
import type { DeskSettings } from "./settings.ts";

/** Who is at the desk: the lock, PINs with a growing delay, and the time without a hand on the keyboard. */

/** Seconds until the next PIN is taken, after so many in a row that did not fit; the last goes for all further ones. */
const DELAYS = [0, 0, 5, 15, 30, 60, 120, 300, 900] as const;

/** Milliseconds until the log is tried again after the disk has refused. */
const AFTER_DISK_MS = 60_000;

export interface SessionParts {
  readonly people: People;
  readonly pins: PinKeys;
  readonly log: Pick<LogBook, "record">;
  readonly settings: DeskSettings;
  readonly clock: Clock;
  readonly changed: () => void;
}

const shown = ({ id, name, roles }: PersonRecord): Person => ({ id, name, roles });
const isAdministrator = (person: PersonRecord): boolean => person.roles.includes("administrator");

export class Session {
  readonly #parts: SessionParts;
  #person: number | null = null;
  #isClosed = false;
  #touched = 0;
  #stopIdle: (() => void) | null = null;
  #stopDelay: (() => void) | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#watchDelay();
  }

  standing(): Standing {
    const people = this.#parts.people.list();
    if (!people.some(isAdministrator)) return { state: "set-up", person: null };
    const person = people.find((one) => one.id === this.#person);
    return person === undefined
      ? { state: "locked", person: null }
      : { state: "open", person: shown(person) };
  }

  view(): SessionView {
    const { people, settings } = this.#parts;
    const next = this.#nextTry();
    return {
      ...this.standing(),
      people: people.list().map(shown),
      language: settings.language(),
      nextTryAt: next === null ? null : stampOf(next),
      idleMinutes: settings.options().idleMinutes,
    };
  }

  /** When the next PIN is taken; null: now. A clock that was set back makes nobody wait longer than the delay. */
  #nextTry(): Date | null {
    const failures = this.#parts.settings.pinFailures();
    if (failures === null || failures.count === 0) return null;
    const now = this.#parts.clock.now().getTime();
    const delay = (DELAYS[Math.min(failures.count, DELAYS.length) - 1] ?? 0) * 1000;
    const at = Math.min(Date.parse(failures.at), now) + delay;
    return at > now ? new Date(at) : null;
  }

  /**
   * Each try counts as a failure before it is looked at, so that ending the program in the middle wins nothing. The delay is one for the
   * whole station.
   */
  unlock(id: number, pin: string): Result<null, Problem> {
    const { people, pins, settings, clock, log } = this.#parts;
    if (this.#nextTry() !== null) return refuse("wait");
    const count = (settings.pinFailures()?.count ?? 0) + 1;
    settings.setPinFailures({ count, at: clock.now().toISOString() });
    const person = people.list().find((one) => one.id === id);
    if (person === undefined || !pins.fits(person.pin, pin)) {
      log.record({ type: "pin-failed", data: { person: person === undefined ? null : id, failures: count } });
      this.#watchDelay();
      this.#parts.changed();
      return refuse("wrong-pin");
    }
    settings.setPinFailures(null);
    this.#signIn(id);
    return ok(null);
  }

  #signIn(id: number): void {
    const before = this.standing().person;
    if (before !== null) this.#leave(before.id, false);
    this.#person = id;
    this.#parts.log.record({ type: "unlocked", data: { person: id } });
    this.touch();
    this.#parts.changed();
  }

  /** Locks first, and then says so in the log. */
  lock(idle = false): void {
    const { person } = this.standing();
    this.#person = null;
    this.#stopIdle?.();
    this.#stopIdle = null;
    this.#parts.changed();
    if (person !== null) this.#leave(person.id, idle);
  }

  /** A disk that cannot take the line now gets it later: the lock does not depend on it. */
  #leave(person: number, idle: boolean): void {
    try {
      this.#parts.log.record({ type: "locked", data: { person, idle } });
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      if (!this.#isClosed) this.#parts.clock.after(AFTER_DISK_MS, () => this.#leave(person, idle));
    }
  }

  /** A hand moved. */
  touch(): void {
    if (this.#person === null) return;
    this.#touched = this.#parts.clock.now().getTime();
    if (this.#stopIdle === null) this.#watchIdle();
  }

  /** One timer however often a hand moves: when it rings too early, it is set again for the rest. */
  #watchIdle(): void {
    const { clock, settings } = this.#parts;
    const left = this.#touched + settings.options().idleMinutes * 60_000 - clock.now().getTime();
    this.#stopIdle = clock.after(Math.max(0, left), () => {
      this.#stopIdle = null;
      if (this.#touched + settings.options().idleMinutes * 60_000 <= clock.now().getTime()) this.lock(true);
      else this.#watchIdle();
    });
  }

  /** The idle time was changed. */
  retime(): void {
    this.#stopIdle?.();
    this.#stopIdle = null;
    if (this.#person !== null) this.#watchIdle();
  }

  /** Windows learn that the delay is over. */
  #watchDelay(): void {
    this.#stopDelay?.();
    const next = this.#nextTry();
    this.#stopDelay =
      next === null
        ? null
        : this.#parts.clock.after(next.getTime() - this.#parts.clock.now().getTime(), () =>
            this.#parts.changed(),
          );
  }

  // -------------------------------------------------------------- people

  firstAdministrator(name: string, pin: string): Result<null, Problem> {
    this.#signIn(this.#add(name, ["administrator"], pin));
    return ok(null);
  }

  add(name: string, roles: readonly Role[], pin: string): Result<null, Problem> {
    this.#add(name, roles, pin);
    return ok(null);
  }

  #add(name: string, roles: readonly Role[], pin: string): number {
    const { people, pins, changed } = this.#parts;
    const id = people.add({ name, roles: [...new Set(roles)], pin: pins.hash(pin) }, (person) => ({
      type: "person-added",
      data: { person, roles: [...new Set(roles)].join(" "), by: this.#person },
    }));
    changed();
    return id;
  }

  changePin(person: number, pin: string): Result<null, Problem> {
    const { people, pins } = this.#parts;
    if (!people.list().some((one) => one.id === person)) return refuse("bad-request");
    people.setPin(person, pins.hash(pin), { type: "pin-changed", data: { person, by: this.#person } });
    return ok(null);
  }

  remove(person: number): Result<null, Problem> {
    const { people, changed } = this.#parts;
    const all = people.list();
    const one = all.find(({ id }) => id === person);
    if (one === undefined) return refuse("bad-request");
    if (isAdministrator(one) && all.filter(isAdministrator).length === 1) return refuse("last-administrator");
    const own = this.#person === person;
    people.remove(person, { type: "person-removed", data: { person, by: this.#person } });
    if (own) this.lock();
    changed();
    return ok(null);
  }

  /** The end of the program: whoever is at the desk leaves it. */
  close(): void {
    this.#isClosed = true;
    this.lock();
    this.#stopIdle?.();
    this.#stopDelay?.();
  }
}
