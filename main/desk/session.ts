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

/** Seconds until a person's next PIN is taken, after so many in a row that did not fit; the last goes for all further ones. */
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

/** A delay that runs. `end`: by the clock's elapsed time, whatever the time of day is set to; `until`: the same for people to read. */
interface Delay {
  readonly end: number;
  readonly until: string;
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
  readonly #delays = new Map<number, Delay>();

  /** Delays that a restart has cut short begin anew: how much of them had passed is known to no clock that nobody can set. */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    for (const [person, count] of parts.people.pinFailures()) this.#delay(person, count);
    this.#watchDelays();
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
    return {
      ...this.standing(),
      people: people.list().map(shown),
      language: settings.language(),
      waits: [...this.#delays]
        .filter(([person]) => this.#isDelayed(person))
        .map(([person, { until }]) => ({ person, until })),
      idleMinutes: settings.options().idleMinutes,
    };
  }

  #isDelayed(person: number): boolean {
    return (this.#delays.get(person)?.end ?? 0) > this.#parts.clock.elapsed();
  }

  #delay(person: number, count: number): void {
    const { clock } = this.#parts;
    const delay = (DELAYS[Math.min(count, DELAYS.length) - 1] ?? 0) * 1000;
    this.#delays.delete(person);
    if (delay === 0) return;
    const until = stampOf(new Date(clock.now().getTime() + delay));
    this.#delays.set(person, { end: clock.elapsed() + delay, until });
  }

  /**
   * Each try counts as a failure before it is looked at, so that ending the program in the middle wins nothing. Tries count by the person
   * whom they are to open for: a PIN of one's own that fits forgives no guesses at another's.
   */
  unlock(id: number, pin: string): Result<null, Problem> {
    const { people, pins, log } = this.#parts;
    const person = people.list().find((one) => one.id === id);
    if (person === undefined) {
      log.record({ type: "pin-failed", data: { person: null, failures: 1 } });
      return refuse("wrong-pin");
    }
    if (this.#isDelayed(id)) return refuse("wait");
    const count = (people.pinFailures().get(id) ?? 0) + 1;
    people.setPinFailures(id, count);
    if (!pins.fits(person.pin, pin)) {
      this.#delay(id, count);
      this.#watchDelays();
      log.record({ type: "pin-failed", data: { person: id, failures: count } });
      this.#parts.changed();
      return refuse("wrong-pin");
    }
    people.setPinFailures(id, 0);
    this.#delays.delete(id);
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
    this.#touched = this.#parts.clock.elapsed();
    if (this.#stopIdle === null) this.#watchIdle();
  }

  /** One timer however often a hand moves: when it rings too early, it is set again for the rest. */
  #watchIdle(): void {
    const { clock, settings } = this.#parts;
    const left = this.#touched + settings.options().idleMinutes * 60_000 - clock.elapsed();
    this.#stopIdle = clock.after(Math.max(0, left), () => {
      this.#stopIdle = null;
      if (this.#touched + settings.options().idleMinutes * 60_000 <= clock.elapsed()) this.lock(true);
      else this.#watchIdle();
    });
  }

  /** The idle time was changed. */
  retime(): void {
    this.#stopIdle?.();
    this.#stopIdle = null;
    if (this.#person !== null) this.#watchIdle();
  }

  /** Windows learn that a delay is over. */
  #watchDelays(): void {
    this.#stopDelay?.();
    const now = this.#parts.clock.elapsed();
    const ends = [...this.#delays.values()].map(({ end }) => end).filter((end) => end > now);
    this.#stopDelay =
      ends.length === 0
        ? null
        : this.#parts.clock.after(Math.max(1, Math.ceil(Math.min(...ends) - now)), () => {
            this.#parts.changed();
            this.#watchDelays();
          });
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
