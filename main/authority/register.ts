import { type Campaign, parseCampaign } from "../formats/campaign.ts";
import { type Certificate, type Crl, parseCertificate, parseCrl } from "../formats/certificate.ts";
import { Trust } from "../rules/trust.ts";
import type { CaMade, CrlMade, Issued, Line, RevocationReason } from "./log.ts";

/** What the log says when all of its lines are taken together. Nothing is read or written here. */

/** A CA of the campaign. */
export interface Ca {
  readonly name: string;
  readonly oblast: string | null;
  readonly parent: string | null;
  readonly serial: string;
  readonly der: Uint8Array;
  readonly certificate: Certificate;
}

/** A certificate that was issued, and when. */
export interface Leaf extends Issued {
  /** RFC 3339, UTC. */
  readonly time: string;
}

export interface Revocation {
  readonly reason: RevocationReason;
  /** RFC 3339, UTC. */
  readonly time: string;
}

export type LeafState = "valid" | "revoked" | "expired";

const der = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** The register of one campaign. Lines of a log that was checked go in one by one, in order. */
export class Register {
  #founded: { readonly json: string; readonly campaign: Campaign } | null = null;
  #shares: { readonly needed: number; readonly officers: number } | null = null;
  readonly cas = new Map<string, Ca>();
  readonly leaves: Leaf[] = [];
  readonly #byId = new Map<string, Leaf>();
  readonly #byLabel = new Map<string, Leaf>();
  readonly #bySerial = new Map<string, Leaf>();
  readonly #byKey = new Map<string, { readonly id: string }>();
  readonly revoked = new Map<string, Revocation>();
  /** The newest list of each CA. */
  readonly crls = new Map<string, CrlMade>();
  readonly handed = new Set<string>();

  take(line: Line): void {
    switch (line.act) {
      case "founded": {
        const campaign = parseCampaign(line.campaign);
        if (!campaign.ok) throw new Error(`the log's campaign cannot be read: ${campaign.error}`);
        this.#founded = { json: line.campaign, campaign: campaign.value };
        this.#shares = line.shares;
        return;
      }
      case "ca":
        this.#takeCa(line);
        return;
      case "issued":
        this.#takeLeaf(line);
        return;
      case "revoked":
        this.revoked.set(line.serial, { reason: line.reason, time: line.time });
        return;
      case "crl":
        this.crls.set(line.ca, line);
        return;
      case "handed":
        this.handed.add(line.run);
        return;
      case "written":
      case "repaired":
        return;
    }
  }

  #takeCa(line: CaMade): void {
    const bytes = der(line.certificate);
    const certificate = parseCertificate(bytes);
    if (!certificate.ok) throw new Error(`the log's certificate of ${line.ca} cannot be read`);
    const { ca: name, oblast, parent, serial } = line;
    this.cas.set(name, { name, oblast, parent, serial, der: bytes, certificate: certificate.value });
    this.#byKey.set(Buffer.from(certificate.value.publicKey).toString("hex"), { id: name });
  }

  #takeLeaf(line: Leaf): void {
    this.leaves.push(line);
    this.#byId.set(line.id, line);
    this.#bySerial.set(line.serial, line);
    if (line.label !== null) this.#byLabel.set(line.label, line);
    this.#byKey.set(line.key, { id: line.id });
  }

  get json(): string {
    return this.#must().json;
  }

  get campaign(): Campaign {
    return this.#must().campaign;
  }

  get shares(): { readonly needed: number; readonly officers: number } | null {
    return this.#shares;
  }

  #must(): { readonly json: string; readonly campaign: Campaign } {
    if (this.#founded === null) throw new Error("the log does not begin with a founding");
    return this.#founded;
  }

  get root(): Ca {
    const root = this.cas.get("root");
    if (root === undefined) throw new Error("the log has no root");
    return root;
  }

  leafOf(id: string): Leaf | undefined {
    return this.#byId.get(id);
  }

  leafOfLabel(label: string): Leaf | undefined {
    return this.#byLabel.get(label);
  }

  leafOfSerial(serial: string): Leaf | undefined {
    return this.#bySerial.get(serial);
  }

  /** Who has a public key (hex) already: an id, or a CA's name. */
  holderOf(key: string): string | undefined {
    return this.#byKey.get(key)?.id;
  }

  stateOf(leaf: Leaf, now: number): LeafState {
    if (this.revoked.has(leaf.serial)) return "revoked";
    return leaf.notAfter < now ? "expired" : "valid";
  }

  /** The CA that issues for an oblast; for the centre, the centre's. */
  issuerOf(oblast: string | "centre"): Ca | undefined {
    return this.cas.get(oblast === "centre" ? "centre" : `issuer-${oblast}`);
  }

  /** A CA and those above it without the root, as an x5chain goes on behind the leaf. */
  chainOf(ca: Ca): readonly Uint8Array[] {
    const chain: Uint8Array[] = [];
    for (let at: Ca | undefined = ca; at !== undefined && at.parent !== null; at = this.cas.get(at.parent))
      chain.push(at.der);
    return chain;
  }

  /** The station's own judge, with the lists in force. */
  trust(now: number): Trust {
    const crls: Crl[] = [];
    for (const { crl } of this.crls.values()) {
      const parsed = parseCrl(der(crl));
      if (parsed.ok) crls.push(parsed.value);
    }
    return new Trust(this.campaign, this.root.certificate, crls, now);
  }

  /** Serials that a CA's list must name, with the second of each revocation, in the order of the log. */
  revokedOf(ca: Ca): readonly { readonly serial: string; readonly at: number }[] {
    const below = new Set(
      [...this.cas.values()].filter((one) => one.parent === ca.name).map((one) => one.serial),
    );
    return [...this.revoked]
      .filter(([serial]) => below.has(serial) || this.#bySerial.get(serial)?.ca === ca.name)
      .map(([serial, { time }]) => ({ serial, at: Math.floor(Date.parse(time) / 1000) }));
  }
}
