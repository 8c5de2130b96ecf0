import { LANGUAGES, type Language } from "../../shared/ipc/views.ts";
import type { Settings } from "../engine/ports-desk.ts";

/** The station's settings, each with what it is until somebody sets it. */

export interface Options {
  /** Unloading starts by itself at plugging in. */
  readonly automatic: boolean;
  readonly receipts: boolean;
  readonly sound: boolean;
  readonly idleMinutes: number;
  readonly stationName: string | null;
}

const DEFAULTS: Options = {
  automatic: true,
  receipts: true,
  sound: true,
  idleMinutes: 10,
  stationName: null,
};

/** Whether sending goes on by itself, was halted by a person, or was never begun. */
export type SendingWish = "off" | "on" | "paused";

/** The centre's address. `shown` has no password; `sealed` (hex) is the whole address under the host's key, null where it has no password. */
export interface CentreAddress {
  readonly shown: string;
  readonly sealed: string | null;
}

export class DeskSettings {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  options(): Options {
    const held = this.#settings.get("options");
    return { ...DEFAULTS, ...(held as Partial<Options> | null) };
  }

  setOption(change: Partial<Options>): void {
    const [name, value] = Object.entries(change)[0] ?? [];
    if (name === undefined) return;
    const data = name === "stationName" ? { name } : { name, value: value as boolean | number };
    this.#settings.set("options", { ...this.options(), ...change }, { type: "setting-changed", data });
  }

  language(): Language {
    const held = this.#settings.get("language");
    return LANGUAGES.find((one) => one === held) ?? "kk";
  }

  setLanguage(language: Language): void {
    this.#settings.set("language", language, null);
  }

  centre(): CentreAddress | null {
    return this.#settings.get("centre") as CentreAddress | null;
  }

  /** The log gets no address: it may name a user. */
  setCentre(address: CentreAddress): void {
    const data = { name: "centre", password: address.sealed !== null };
    this.#settings.set("centre", address, { type: "setting-changed", data });
  }

  sending(): SendingWish {
    const held = this.#settings.get("sending");
    return held === "on" || held === "paused" ? held : "off";
  }

  setSending(wish: SendingWish): void {
    if (wish !== this.sending()) this.#settings.set("sending", wish, null);
  }

  lastSent(): string | null {
    return this.#settings.get("last-sent") as string | null;
  }

  setLastSent(at: string): void {
    this.#settings.set("last-sent", at, null);
  }
}
