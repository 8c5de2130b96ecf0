import type { Campaign } from "../formats/campaign.ts";
import type { Certificate, Crl } from "../formats/certificate.ts";
import { parseCertificate } from "../formats/certificate.ts";
import { verifyEd25519 } from "../formats/ed25519.ts";
import { sha256 } from "../formats/sha256.ts";

/** Who may sign: certificate paths, roles, oblasts, validity and revocation (docs/formats.md, certificates). */

export type Role = "tablet" | "station" | "central";

export type ChainReason = "certificate-untrusted" | "certificate-expired" | "certificate-revoked";

/** What the campaign's trust says of one x5chain in one role. */
export interface ChainVerdict {
  readonly leaf: Certificate;
  readonly reason: ChainReason | null;
  /** CAs met on a good path whose CRL is past its nextUpdate, or of which there is none: their names. */
  readonly staleCas: readonly string[];
}

const ROLE_NUMBER: Readonly<Record<Role, number>> = { tablet: 1, station: 2, central: 3 };
const DAY_SECONDS = 86_400;
/** Bytes of the longest chain whose verdict is remembered; a real one has some 2,000. */
const MAX_REMEMBERED_BYTES = 16_384;
/** Verdicts that are remembered at most: together some 16 MiB. */
const MAX_REMEMBERED = 1_024;
const ID = /^[0-9a-f]{32}$/;
const OBLAST = /^[0-9]{9}$/;

const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

const issued = (ca: Certificate, certificate: Certificate): boolean =>
  ca.subject === certificate.issuer && verifyEd25519(ca.publicKey, certificate.signed, certificate.signature);

/** RFC 5280, section 6.1.4, (k) to (o): may sign certificates with `below` CA certificates under it. */
const mayIssue = (ca: Certificate, below: number): boolean =>
  ca.version === 3 &&
  ca.isCa &&
  !ca.unknownCritical &&
  (ca.keyUsage === null || ca.keyUsage.certSign) &&
  (ca.pathLength === null || ca.pathLength >= below);

/** A certificate that can stand as a campaign's root: a CA that signed itself. */
export const isRoot = (certificate: Certificate): boolean =>
  mayIssue(certificate, 1) && issued(certificate, certificate);

/**
 * The trust of one campaign at one moment. `now`: seconds since 1970 UTC by the workstation's clock. Verdicts are remembered, so
 * that a tablet's chain costs public-key work once an unloading, not once a batch.
 */
export class Trust {
  readonly campaign: Campaign;
  readonly now: number;
  readonly #root: Certificate;
  readonly #crls: readonly Crl[];
  readonly #verdicts = new Map<string, ChainVerdict | null>();
  readonly #crlsOf = new Map<string, readonly Crl[]>();

  constructor(campaign: Campaign, root: Certificate, crls: readonly Crl[], now: number) {
    this.campaign = campaign;
    this.now = now;
    this.#root = root;
    this.#crls = crls;
  }

  /**
   * Judges an x5chain (DER, leaf first, at most 3) for a role. null where the leaf is no certificate with an Ed25519 key, so that
   * not even a signature can be checked.
   */
  judgeChain(chain: readonly Uint8Array[], role: Role): ChainVerdict | null {
    // Anybody can put a certificate of megabytes into a manifest: only chains of a usual size are remembered, and not without end.
    if (chain.reduce((sum, one) => sum + one.length, 0) > MAX_REMEMBERED_BYTES)
      return this.#judge(chain, role);
    const key = `${role} ${chain.map(sha256).join(" ")}`;
    let verdict = this.#verdicts.get(key);
    if (verdict === undefined) {
      verdict = this.#judge(chain, role);
      if (this.#verdicts.size >= MAX_REMEMBERED) this.#verdicts.clear();
      this.#verdicts.set(key, verdict);
    }
    return verdict;
  }

  #judge(chain: readonly Uint8Array[], role: Role): ChainVerdict | null {
    const parsed = chain.map(parseCertificate);
    const [first] = parsed;
    if (first === undefined || !first.ok) return null;
    const leaf = first.value;
    const certificates = parsed.flatMap((one) => (one.ok ? [one.value] : []));
    if (
      certificates.length !== chain.length ||
      !this.#isPath(certificates) ||
      !this.#isLeafOf(certificates, role)
    )
      return { leaf, reason: "certificate-untrusted", staleCas: [] };

    const path = [...certificates, this.#root];
    const crls = path.slice(1).map((ca) => this.#inForce(ca));
    const staleCas = path.slice(1).filter((_, at) => this.#isStale(crls[at] ?? []));
    const expired = path.some((one) => {
      const grace = one === leaf ? this.campaign.graceDays * DAY_SECONDS : 0;
      return this.now < one.notBefore || this.now > one.notAfter + grace;
    });
    const revoked = certificates.some(
      (one, at) => crls[at]?.some((crl) => crl.revoked.has(one.serial)) === true,
    );
    const reason = expired ? "certificate-expired" : revoked ? "certificate-revoked" : null;
    return { leaf, reason, staleCas: staleCas.map((ca) => ca.subjectText) };
  }

  /** Every certificate is issued by the next, the last by the root; the root itself is not in the chain. */
  #isPath(certificates: readonly Certificate[]): boolean {
    const path = [...certificates, this.#root];
    return certificates.every((certificate, at) => {
      const ca = path[at + 1];
      if (ca === undefined || same(certificate.publicKey, this.#root.publicKey)) return false;
      if (!mayIssue(ca, at) || !issued(ca, certificate)) return false;
      return at !== 0 || ca.pathLength === 0;
    });
  }

  #isLeafOf([leaf, issuer]: readonly Certificate[], role: Role): boolean {
    if (leaf === undefined || issuer === undefined) return false;
    if (leaf.version !== 3 || leaf.isCa || leaf.unknownCritical) return false;
    if (leaf.keyUsage !== null && (!leaf.keyUsage.sign || leaf.keyUsage.certSign)) return false; // RFC 5280, section 4.2.1.9
    const arc = this.campaign.roleArc;
    const roles = leaf.extendedKeyUsage.filter((oid) =>
      Object.values(ROLE_NUMBER).some((n) => oid === `${arc}.${n}`),
    );
    if (roles.length !== 1 || roles[0] !== `${arc}.${ROLE_NUMBER[role]}`) return false;
    const [oblast] = leaf.states;
    return (
      leaf.serialNumbers.length === 1 &&
      ID.test(leaf.serialNumbers[0] ?? "") &&
      leaf.states.length === 1 &&
      issuer.states.length === 1 &&
      OBLAST.test(oblast ?? "") &&
      oblast === issuer.states[0]
    );
  }

  /** Every list that a CA signed, whatever else is wrong with it. */
  #signedBy(ca: Certificate): readonly Crl[] {
    const known = this.#crlsOf.get(ca.fingerprint);
    if (known !== undefined) return known;
    const signed = this.#crls.filter(
      (crl) =>
        crl.issuer === ca.subject &&
        ca.keyUsage?.crlSign !== false &&
        verifyEd25519(ca.publicKey, crl.signed, crl.signature),
    );
    this.#crlsOf.set(ca.fingerprint, signed);
    return signed;
  }

  /**
   * The CRLs in force for a CA: of the complete ones that have begun, the one with the highest number. Where a CA gave one number to
   * two lists, both count.
   */
  #inForce(ca: Certificate): readonly Crl[] {
    const counting = this.#signedBy(ca).filter(
      (crl) => crl.isComplete && crl.thisUpdate !== null && crl.thisUpdate <= this.now,
    );
    const highest = counting.reduce(
      (most, { number }) => ((number ?? -1n) > most ? (number ?? -1n) : most),
      -1n,
    );
    return counting.filter(({ number }) => (number ?? -1n) === highest);
  }

  #isStale(crls: readonly Crl[]): boolean {
    return !crls.some((crl) => crl.nextUpdate === null || crl.nextUpdate >= this.now);
  }
}
