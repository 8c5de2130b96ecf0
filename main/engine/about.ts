import { rfc3339 } from "../../shared/time.ts";
import { type Certificate, parseCertificate, pemBlocks } from "../formats/certificate.ts";
import type { CampaignAbout, CertificateFacts, StationAbout } from "./api.ts";
import type { Store } from "./ports.ts";
import { heldCrls, trustOf } from "./trust.ts";

/** What there is to say of the station, of its campaign and of a certificate, for people who set up or look into it. */

const stamp = (utc: number): string => rfc3339(utc, 0) ?? "";

/** Characters of a name that are shown: what a stranger's certificate or a campaign file says may be of any length. */
const LONGEST = 400;
const short = (text: string): string => text.slice(0, LONGEST);

/** What a window shows of a certificate. `role`: what it stands for there. */
export const certificateFacts = (
  certificate: Certificate,
  role: CertificateFacts["role"],
): CertificateFacts => ({
  role,
  name: short(certificate.commonNames[0] ?? certificate.subjectText),
  serial: short(certificate.serialNumbers[0] ?? certificate.serial),
  issuer: short(certificate.issuerText),
  from: stamp(certificate.notBefore),
  to: stamp(certificate.notAfter),
});

export function aboutStation(store: Store): StationAbout | null {
  const record = store.station();
  if (record === null) return null;
  const [der] = record.certificate === null ? [] : pemBlocks(record.certificate, "CERTIFICATE");
  const leaf = der === undefined ? null : parseCertificate(der);
  return {
    id: record.station,
    request: record.request,
    certificate: leaf?.ok ? certificateFacts(leaf.value, "station") : null,
  };
}

/** The campaign in force with the CRLs in force; null where none is loaded, or what is kept of it cannot be read. */
export function aboutCampaign(store: Store, now: Date): CampaignAbout | null {
  const trust = trustOf(store, now);
  if (!trust.ok) return null;
  const { id, name, from, to } = trust.value.campaign;
  return {
    id: short(id),
    name: { kk: short(name.kk), ru: short(name.ru), en: short(name.en) },
    from: stamp(from),
    to: stamp(to),
    crls: heldCrls(store),
  };
}
