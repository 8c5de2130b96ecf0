import { err, ok, type Result } from "../../shared/result.ts";
import { parseCertificate } from "../formats/certificate.ts";
import { parseRequest } from "../formats/request.ts";
import type { Role, Trust } from "../rules/trust.ts";
import type { Refusal } from "./context.ts";
import type { Issued } from "./log.ts";
import type { Ca, Leaf, Register } from "./register.ts";

/** Judging who gets a certificate. Nothing is read or written here. */

const ID = /^[0-9a-f]{32}$/;
const ROLE_NUMBERS: Readonly<Record<Role, number>> = { tablet: 1, station: 2, central: 3 };

/** A request that may get a certificate. */
export interface Fit {
  readonly id: string;
  readonly publicKey: Uint8Array;
  /** The certificate that this key and id have already; null: none. */
  readonly already: Leaf | null;
}

/** Whether an id and a key (hex) may get a certificate of a CA in a role. */
export function judgeHolder(
  register: Register,
  holder: { readonly id: string; readonly key: string; readonly role: Role },
  ca: Ca,
  now: number,
): Result<Leaf | null, Refusal> {
  const { id, key, role } = holder;
  const known = register.leafOf(id);
  if (known !== undefined && (known.key !== key || known.role !== role)) return err("id-taken");
  const other = register.holderOf(key);
  if (other !== undefined && other !== id) return err("key-taken");
  if (known !== undefined && register.revoked.has(known.serial)) return err("revoked");
  if (known !== undefined && known.ca !== ca.name) return err("wrong-oblast");
  if (known !== undefined) return ok(known);
  return now > register.campaign.to ? err("campaign-over") : ok(null);
}

/** What a request says of its holder before it is known which CA is meant. */
export interface Asked {
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly oblasts: readonly string[];
}

/** Reads a request and checks what does not depend on the CA. */
export function readRequest(register: Register, file: Uint8Array, role: Role): Result<Asked, Refusal> {
  const request = parseRequest(file);
  if (!request.ok) return request;
  const { ids, oblasts, usages, publicKey } = request.value;
  const [id] = ids;
  if (id === undefined || ids.length !== 1 || !ID.test(id)) return err("no-id");
  const { roleArc } = register.campaign;
  const asksOther = Object.entries(ROLE_NUMBERS).some(
    ([other, number]) => other !== role && usages.includes(`${roleArc}.${number}`),
  );
  return asksOther ? err("wrong-role") : ok({ id, publicKey, oblasts });
}

/** Whether a request that was read may get a certificate of this CA. */
export function judgeRequest(
  register: Register,
  asked: Asked,
  role: Role,
  ca: Ca,
  now: number,
): Result<Fit, Refusal> {
  const { id, publicKey, oblasts } = asked;
  // The centre belongs to no oblast; its issuer writes its own.
  if (role !== "central" && oblasts.some((one) => one !== ca.oblast)) return err("wrong-oblast");
  const key = Buffer.from(publicKey).toString("hex");
  const already = judgeHolder(register, { id, key, role }, ca, now);
  return already.ok ? ok({ id, publicKey, already: already.value }) : already;
}

/**
 * Whether the station's own judge takes a certificate that was just made. It is asked before the certificate goes into the log, so
 * that nothing is issued that a station would refuse.
 */
export function passesJudge(register: Register, trust: Trust, ca: Ca, leaf: Issued): boolean {
  const chain = [new Uint8Array(Buffer.from(leaf.certificate, "base64")), ...register.chainOf(ca)];
  return trust.judgeChain(chain, leaf.role)?.reason === null;
}

/** SHA-256 of a certificate in base64, hex. */
export function fingerprintOf(certificate: string): string {
  const parsed = parseCertificate(new Uint8Array(Buffer.from(certificate, "base64")));
  if (!parsed.ok) throw new Error("a certificate of the log cannot be read");
  return parsed.value.fingerprint;
}
