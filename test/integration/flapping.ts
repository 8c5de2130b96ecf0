import type { Centre, CentreFailure } from "../../main/engine/ports.ts";
import { err, ok, type Result } from "../../shared/result.ts";

const SECOND = 1_000;

/** A real centre's methods, to be replaced one by one. */
export function methodsOf(centre: Centre): Centre {
  return {
    open: (signal) => centre.open(signal),
    upload: (...args) => centre.upload(...args),
    holds: (...args) => centre.holds(...args),
    acks: (...args) => centre.acks(...args),
    anchor: (...args) => centre.anchor(...args),
    anchors: (...args) => centre.anchors(...args),
    close: () => centre.close(),
  };
}

/** A real centre behind a line that is up and down by a virtual clock; each call takes some of its time. */
export class Flapping {
  /** Milliseconds of the virtual clock. */
  now = 0;
  /** Answers that were given and did not arrive. */
  lost = 0;
  /** Calls that met a line that was down. */
  unreached = 0;
  readonly #real: Centre;
  readonly #roll: () => number;
  #up = true;
  #until = 0;

  /** `roll`: a number from 0 up to, and without, 1. */
  constructor(real: Centre, roll: () => number) {
    this.#real = real;
    this.#roll = roll;
  }

  #weather(): Result<void, CentreFailure> {
    while (this.now >= this.#until) {
      this.#up = !this.#up;
      // Up for half a minute to ten minutes, down for five seconds to forty minutes.
      this.#until += this.#up ? (30 + this.#roll() * 570) * SECOND : (5 + this.#roll() ** 3 * 2_400) * SECOND;
    }
    if (this.#up) return ok(undefined);
    this.unreached++;
    const codes = ["ECONNREFUSED", "ENETUNREACH", "57P03", "ETIMEDOUT"] as const;
    this.now += this.#roll() * 15 * SECOND;
    return err({ type: "unreachable", code: codes[Math.floor(this.#roll() * codes.length)] ?? "" });
  }

  centre(): Centre {
    return {
      ...methodsOf(this.#real),
      open: async (signal) => {
        const weather = this.#weather();
        return weather.ok ? this.#real.open(signal) : weather;
      },
      upload: async (batch, onBytes, signal) => {
        this.now += (0.5 + this.#roll() * 20) * SECOND;
        const weather = this.#weather();
        if (!weather.ok) return weather;
        const roll = this.#roll();
        if (roll < 0.05)
          return err({ type: "busy", code: roll < 0.02 ? "53100" : roll < 0.03 ? "25006" : "53300" });
        const answer = await this.#real.upload(batch, onBytes, signal);
        if (this.#roll() >= 0.1) return answer;
        this.lost++;
        return err({ type: "unreachable", code: "ECONNRESET" });
      },
    };
  }
}
