import { randomBytes } from "node:crypto";
import sodium from "libsodium-wrappers-sumo";
import { type Issuer, type NameParts, type Sign, writeCertificate, writeCrl } from "../formats/issuing.ts";
import type { Role } from "../rules/trust.ts";
import type { CaMade, CrlMade, Issued } from "./log.ts";
import {
  BACKDATED,
  ISSUER_AFTER,
  ISSUER_LIST,
  LEAF_AFTER,
  LIST_BACKDATED,
  ROOT_AFTER,
  ROOT_LIST_AFTER,
} from "./policy.ts";
import type { Ca, Register } from "./register.ts";

await sodium.ready;

/** Makes certificates and lists for the log. Keys come opened; nothing is read or written here. */

/** An Ed25519 key in memory. */
export interface KeyPair {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly sign: Sign;
}

export function keyPairOf(seed: Uint8Array): KeyPair {
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
  return { seed, publicKey, sign: (message) => sodium.crypto_sign_detached(message, privateKey) };
}

export const newKeyPair = (): KeyPair => keyPairOf(new Uint8Array(randomBytes(32)));

/** 16 random bytes that begin with the bits 01: a positive number of full length. */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

const base64 = (der: Uint8Array): string => Buffer.from(der).toString("base64");

/** Names of the CAs of a campaign. They differ, so that no list of one is taken for another's. */
const caName = (campaign: string, ca: string, oblast: string | null): NameParts =>
  oblast === null
    ? { commonName: `Sanaq ${campaign} ${ca}` }
    : { commonName: `Sanaq ${campaign} ${ca}`, oblast };

/** What stands on a CA's certificates as their issuer, with the CA's opened key. */
export const issuerWith = (campaign: string, ca: Pick<Ca, "name" | "oblast">, key: KeyPair): Issuer => ({
  name: caName(campaign, ca.name, ca.oblast),
  publicKey: key.publicKey,
  sign: key.sign,
});

/** A CA to be made. */
export interface NewCa {
  readonly name: string;
  readonly oblast: string | null;
  readonly parent: string | null;
}

/** Makes a CA's certificate. `parent` null: a root, which signs itself. `to`: the campaign's end. */
export function makeCa(
  campaign: { readonly id: string; readonly to: number },
  ca: NewCa,
  key: KeyPair,
  parent: Issuer | null,
  now: number,
): CaMade {
  const serial = newSerial();
  const own = issuerWith(campaign.id, ca, key);
  const certificate = writeCertificate(
    {
      subject: own.name,
      publicKey: key.publicKey,
      serial,
      notBefore: now - BACKDATED,
      notAfter: campaign.to + (parent === null ? ROOT_AFTER : ISSUER_AFTER),
      kind: { type: "ca", pathLength: ca.oblast === null ? (parent === null ? null : 1) : 0 },
    },
    parent ?? own,
  );
  const { name, oblast } = ca;
  return { act: "ca", ca: name, oblast, parent: ca.parent, serial, certificate: base64(certificate) };
}

/** Makes a CA's list. Its number is one above the last; `published`: the highest number seen outside of the log. */
export function makeCrl(
  campaign: { readonly id: string; readonly to: number },
  ca: Pick<Ca, "name" | "oblast">,
  key: KeyPair,
  last: number,
  revoked: readonly { readonly serial: string; readonly at: number }[],
  now: number,
): CrlMade {
  const number = last + 1;
  const nextUpdate =
    ca.oblast === null ? Math.max(campaign.to + ROOT_LIST_AFTER, now + ISSUER_LIST) : now + ISSUER_LIST;
  const crl = writeCrl(
    { number, thisUpdate: now - LIST_BACKDATED, nextUpdate, revoked },
    issuerWith(campaign.id, ca, key),
  );
  return { act: "crl", ca: ca.name, number, nextUpdate, entries: revoked.length, crl: base64(crl) };
}

const ROLE_NUMBER: Readonly<Record<Role, number>> = { tablet: 1, station: 2, central: 3 };
const ROLE_NAME: Readonly<Record<Role, string>> = { tablet: "Tablet", station: "Station", central: "Centre" };

/** Whom a leaf is for. */
export interface Holder {
  readonly role: Role;
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly label: string | null;
  readonly hardware: string | null;
  readonly district: string | null;
  readonly run: string | null;
}

/** Makes a leaf's certificate. The authority writes the whole name; only key and id come from the request. */
export function makeLeaf(register: Register, ca: Ca, key: KeyPair, holder: Holder, now: number): Issued {
  const { campaign } = register;
  const serial = newSerial();
  const notAfter = campaign.to + LEAF_AFTER;
  const { role, id, publicKey, label, hardware, district, run } = holder;
  const subject: NameParts = {
    commonName: `${ROLE_NAME[role]} ${label ?? id.slice(0, 8)}`,
    id,
    ...(ca.oblast === null ? {} : { oblast: ca.oblast }),
  };
  const certificate = writeCertificate(
    {
      subject,
      publicKey,
      serial,
      notBefore: now - BACKDATED,
      notAfter,
      kind: { type: "leaf", usage: `${campaign.roleArc}.${ROLE_NUMBER[role]}` },
    },
    issuerWith(campaign.id, ca, key),
  );
  return {
    act: "issued",
    role,
    ca: ca.name,
    id,
    serial,
    key: Buffer.from(publicKey).toString("hex"),
    notAfter,
    certificate: base64(certificate),
    label,
    hardware,
    district,
    run,
  };
}
