import type { Problem } from "../../shared/ipc/contract.ts";
import type { SettingsView } from "../../shared/ipc/views.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Engine } from "../engine/api.ts";
import type { Centre } from "../engine/ports.ts";
import type { AreaNames, Chosen, DeskFiles, DeskHost } from "../engine/ports-desk.ts";
import { parseAreaNames } from "./area-names.ts";
import { problemOf, refuse } from "./problems.ts";
import type { DeskSettings } from "./settings.ts";

/** What an administrator does once: station key, certificate, campaign, centre, names of districts. */

/** Bytes of a certificate file and of a classifier at most. */
const MAX_PEM_BYTES = 256 * 1024;
const MAX_NAMES_BYTES = 8 * 1_048_576;

type Named = { readonly name: string } | null;
type Done<T> = Promise<Result<T, Problem>>;

export interface SettingUpParts {
  readonly engine: Engine;
  readonly host: DeskHost;
  readonly files: DeskFiles;
  readonly areas: AreaNames;
  readonly settings: DeskSettings;
  readonly connect: (url: string) => Result<Centre, { readonly type: "bad-url" }>;
  /** Whether the caller may still do it: a dialog can stand open longer than the desk. */
  readonly stillAllowed: () => Problem | null;
  /** Station, certificate or campaign is another. */
  readonly renewed: () => void;
}

export class SettingUp {
  readonly #parts: SettingUpParts;

  constructor(parts: SettingUpParts) {
    this.#parts = parts;
  }

  async createStation(passphrase: string): Done<null> {
    const made = await this.#parts.engine.init(passphrase);
    if (!made.ok) return err(problemOf(made.error));
    const open = this.#parts.engine.openKey(passphrase);
    this.#parts.renewed();
    return open.ok ? ok(null) : err(problemOf(open.error));
  }

  async saveRequest(): Done<Named> {
    const { engine, host } = this.#parts;
    const { station } = engine.about();
    if (station === null) return refuse("no-station");
    const chosen = await host.saveFile("request", `station-${station.id.slice(0, 8)}.csr.pem`);
    return this.#with(chosen, async ({ path }) => this.#parts.files.write(path, [station.request]));
  }

  async takeCertificate(): Done<Named> {
    const chosen = await this.#parts.host.chooseFile("certificate");
    return this.#with(chosen, async ({ path }) => {
      const file = await this.#parts.files.read(path, MAX_PEM_BYTES);
      if (!file.ok)
        return file.error.type === "too-large"
          ? err({ type: "bad-certificate", why: "not-two-certificates" })
          : err(file.error);
      return this.#parts.engine.takeStationCertificate(new TextDecoder("latin1").decode(file.value));
    });
  }

  async loadCampaign(): Done<Named> {
    const chosen = await this.#parts.host.chooseFolder("campaign");
    return this.#with(chosen, ({ path }) => this.#parts.engine.loadCampaign(path));
  }

  async loadAreaNames(): Done<Named> {
    const chosen = await this.#parts.host.chooseFile("area-names");
    return this.#with(chosen, async ({ path }) => {
      const file = await this.#parts.files.read(path, MAX_NAMES_BYTES);
      if (!file.ok) return file.error.type === "too-large" ? err({ type: "bad-names" }) : err(file.error);
      const names = parseAreaNames(file.value);
      if (names === null) return err({ type: "bad-names" });
      this.#parts.areas.replace(names, {
        type: "setting-changed",
        data: { name: "area-names", value: names.length },
      });
      return ok(undefined);
    });
  }

  /** Does `work` with what was chosen, if the person may still do it then. */
  async #with(
    chosen: Chosen | null,
    work: (chosen: Chosen) => Promise<Result<unknown, { readonly type: string }>>,
  ): Done<Named> {
    if (chosen === null) return ok(null);
    const problem = this.#parts.stillAllowed();
    if (problem !== null) return err(problem);
    const done = await work(chosen);
    if (!done.ok) return err(problemOf(done.error));
    this.#parts.renewed();
    return ok({ name: chosen.name.slice(0, 400) });
  }

  /**
   * Keeps the centre's address. A password in it is never kept in clear: the host seals it under the system's own key store, which no other user
   * of the machine can open; where there is no such store, an address with a password is refused, and the password belongs into the
   * database's own password file.
   */
  async setCentre(text: string): Done<null> {
    const url = text.trim();
    if (!this.#parts.connect(url).ok) return refuse("bad-address");
    const shown = withoutPassword(url);
    const sealed = shown === url ? null : await this.#parts.host.seal(url);
    if (shown !== url && sealed === null) return refuse("no-key-store");
    const problem = this.#parts.stillAllowed();
    if (problem !== null) return err(problem);
    this.#parts.settings.setCentre({
      shown,
      sealed: sealed === null ? null : Buffer.from(sealed).toString("hex"),
    });
    this.#parts.renewed();
    return ok(null);
  }

  view(): Pick<SettingsView, "station" | "campaign" | "centre"> {
    const { engine, settings } = this.#parts;
    const { station, campaign } = engine.about();
    return {
      station:
        station === null
          ? null
          : { id: station.id, request: station.request.slice(0, 8_000), certificate: station.certificate },
      campaign:
        campaign === null
          ? null
          : {
              ...campaign,
              crls: campaign.crls.slice(0, 200).map((crl) => ({
                ...crl,
                issuer: crl.issuer.slice(0, 400),
                number: crl.number === null ? null : String(crl.number),
              })),
            },
      centre: settings.centre()?.shown ?? null,
    };
  }
}

/** The same address without what must not be shown: a password may stand before the host or among the parameters. */
function withoutPassword(text: string): string {
  const url = new URL(text);
  if (url.password === "" && !url.searchParams.has("password")) return text;
  url.password = "";
  url.searchParams.delete("password");
  return url.href;
}
