import { parseCampaign } from "../formats/campaign.ts";
import { type Certificate, parseCertificate, pemBlocks } from "../formats/certificate.ts";
import { isRoot } from "../rules/trust.ts";
import type { Store } from "./ports.ts";

/** What the campaign in force is known by. */

/** The one certificate of a root.pem; null where it holds none, several, or one that is no root. */
export function readRoot(pem: string): Certificate | null {
  const [der, ...others] = pemBlocks(pem, "CERTIFICATE");
  if (der === undefined || others.length > 0) return null;
  const certificate = parseCertificate(der);
  return certificate.ok && isRoot(certificate.value) ? certificate.value : null;
}

/** What the campaign in force is known by: its id and the fingerprint of its root, each null where it cannot be read; null: none is loaded. */
export function heldCampaign(
  store: Store,
): { readonly id: string | null; readonly root: string | null } | null {
  const files = store.campaign();
  if (files === null) return null;
  const campaign = parseCampaign(files.json);
  return {
    id: campaign.ok ? campaign.value.id : null,
    root: readRoot(files.rootPem)?.fingerprint ?? null,
  };
}
