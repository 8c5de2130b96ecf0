import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { SimulatedCable } from "../../fixtures/tablet/cable.ts";
import { memoryStorage } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet, type TabletOptions } from "../../fixtures/tablet/tablet.ts";
import { type ComposedDesk, composeDesk } from "../../main/compose.ts";
import type { DeskHost, FileKind, FolderKind, PrintOutcome } from "../../main/engine/ports-desk.ts";
import type { Answer, Input, Method, Output } from "../../shared/ipc/contract.ts";
import type { Card, Role, Snapshot } from "../../shared/ipc/views.ts";
import { must } from "./desk.ts";

/** A Department's office for tests: the desk behind the windows on a real store, a simulated cable, and a person at the dialogs. */

export const PIN = "314159";
export const PASSPHRASE = "ақ боз үй";

/** Somebody who answers the dialogs as told, and a machine that keeps secrets or does not. */
export class TestHost implements DeskHost {
  readonly #next = new Map<FileKind | FolderKind, string | null>();
  clipboard = "";
  keepsSecrets = true;
  /** Whether a secret can be opened again: false on another machine. */
  opensSecrets = true;
  /** Called while a dialog stands open. */
  whileOpen: () => Promise<void> = async () => {};

  /** What is chosen in the next dialog of this kind; null: it is closed. */
  choose(kind: FileKind | FolderKind, path: string | null): void {
    this.#next.set(kind, path);
  }

  async #chosen(kind: FileKind | FolderKind) {
    const path = this.#next.get(kind);
    if (path === undefined) throw new Error(`nobody expected a dialog for ${kind}`);
    await this.whileOpen();
    return path === null ? null : { path, name: basename(path) };
  }

  chooseFile = (kind: FileKind) => this.#chosen(kind);
  chooseFolder = (kind: FolderKind) => this.#chosen(kind);
  saveFile = (kind: FileKind) => this.#chosen(kind);

  async copy(text: string): Promise<void> {
    this.clipboard = text;
  }

  /** What came to the printer, and what becomes of it. */
  readonly printed: Uint8Array[] = [];
  printer: PrintOutcome = "printed";

  async print(pdf: Uint8Array): Promise<PrintOutcome> {
    await this.whileOpen();
    if (this.printer === "printed") this.printed.push(pdf);
    return this.printer;
  }

  async seal(secret: string): Promise<Uint8Array | null> {
    return this.keepsSecrets ? Buffer.from(secret, "utf8").map((byte) => byte ^ 0x5a) : null;
  }

  async unseal(sealed: Uint8Array): Promise<string | null> {
    return this.opensSecrets ? Buffer.from(sealed.map((byte) => byte ^ 0x5a)).toString("utf8") : null;
  }
}

export class Office implements AsyncDisposable {
  readonly folder: string;
  readonly campaign: TestCampaign;
  cable = new SimulatedCable();
  readonly host = new TestHost();
  #composed: ComposedDesk | null = null;

  private constructor(folder: string, campaign: TestCampaign) {
    this.folder = folder;
    this.campaign = campaign;
  }

  /** `campaign`: another office's, where the two work together. */
  static async open(campaign?: TestCampaign): Promise<Office> {
    const folder = await mkdtemp(join(tmpdir(), "sanaq-office-"));
    const office = new Office(folder, campaign ?? (await TestCampaign.create()));
    await office.start();
    return office;
  }

  /** The same, with an administrator at the desk and the campaign loaded. */
  static async ready(campaign?: TestCampaign): Promise<Office> {
    const office = await Office.open(campaign);
    await office.call("firstAdministrator", { name: "Елена Соколова", pin: PIN });
    await office.loadCampaign();
    return office;
  }

  path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  get store(): string {
    return this.path("store");
  }

  get desk() {
    if (this.#composed === null) throw new Error("the office is closed");
    return this.#composed.desk;
  }

  async start(): Promise<void> {
    this.#composed = must(
      await composeDesk({
        storeFolder: this.store,
        cable: this.cable,
        host: this.host,
        version: "0.0.0-test",
      }),
    );
  }

  /** Ends the program in order. */
  async stop(): Promise<void> {
    await this.#composed?.close();
    this.#composed = null;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  ask<M extends Method>(method: M, input: Input<M>): Promise<Answer<M>> {
    return this.desk.call(method, input);
  }

  /** What a call gives that must go well. */
  async call<M extends Method>(method: M, input: Input<M>): Promise<Output<M>> {
    return must(await this.ask(method, input)) as Output<M>;
  }

  /** The word of a refusal; null where the call went well. */
  async refusal<M extends Method>(method: M, input: Input<M>): Promise<string | null> {
    const answer = await this.ask(method, input);
    return answer.ok ? null : answer.error.type;
  }

  snapshot(): Promise<Snapshot> {
    return this.call("snapshot", null);
  }

  /** The first snapshot, from now on, of which `is` is true. */
  async until(what: string, is: (snapshot: Snapshot) => boolean, patience = 20_000): Promise<Snapshot> {
    let last: Snapshot | null = null;
    let stop = () => {};
    try {
      return await new Promise<Snapshot>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${what} did not come: ${JSON.stringify(last, null, 1)}`)),
          patience,
        );
        stop = this.desk.subscribe((snapshot) => {
          last = snapshot;
          if (!is(snapshot)) return;
          clearTimeout(timer);
          resolve(snapshot);
        });
      });
    } finally {
      stop();
    }
  }

  /** The card of a tablet once it is as `is` says. */
  async card(what: string, is: (card: Card) => boolean): Promise<Card> {
    const snapshot = await this.until(what, ({ unload }) => unload.cards.some(is));
    const card = snapshot.unload.cards.find(is);
    if (card === undefined) throw new Error("the card is gone");
    return card;
  }

  async loadCampaign(): Promise<void> {
    this.host.choose("campaign", await this.campaign.write(this.path("campaign")));
    await this.call("loadCampaign", null);
  }

  /** A person with these roles. Value: the number. */
  async person(name: string, roles: Role[], pin = PIN): Promise<number> {
    await this.call("addPerson", { name, roles, pin });
    const person = (await this.snapshot()).session.people.find((one) => one.name === name);
    if (person === undefined) throw new Error(`${name} was not added`);
    return person.id;
  }

  /** A tablet with so many batches, built by `fill`; its campaign is loaded again, with its issuer's CRL. */
  async tablet(
    name: string,
    fill: number | ((builder: TabletBuilder) => Promise<unknown>),
    options: TabletOptions = {},
  ): Promise<{ readonly builder: TabletBuilder; readonly tablet: SimulatedTablet }> {
    const builder = new TabletBuilder(this.campaign, await this.campaign.tablet(name, { commonName: name }));
    if (typeof fill === "number") await builder.addMany(fill);
    else await fill(builder);
    return { builder, tablet: new SimulatedTablet(memoryStorage(builder.files()), options) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }
}

/** Gives the office a station key, open for the session, and a certificate. */
export async function becomeStation(office: Office): Promise<void> {
  await office.call("createStation", { passphrase: PASSPHRASE });
  office.host.choose("request", office.path("request.pem"));
  await office.call("saveRequest", null);
  const request = await readFile(office.path("request.pem"), "utf8");
  await writeFile(office.path("station.pem"), await office.campaign.stationCertificate(request));
  office.host.choose("certificate", office.path("station.pem"));
  await office.call("takeCertificate", null);
}
