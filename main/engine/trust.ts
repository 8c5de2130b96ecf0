import { err, ok, type Result } from "../../shared/result.ts";
import { type Campaign, parseCampaign } from "../formats/campaign.ts";
import { type Certificate, type Crl, crlsFromFile, parseCrl } from "../formats/certificate.ts";
import { Trust } from "../rules/trust.ts";
import type { CampaignLoaded, CrlLine, EngineProblem, Misuse } from "./api.ts";
import { readRoot } from "./held-campaign.ts";
import type { CampaignFiles, CampaignFolderFiles, ReadCampaignFolder, Store } from "./ports.ts";

/** Loading what the campaign trusts, and bringing it to judgement. */

const badCampaign = (file: string, why: string): Misuse => ({ type: "bad-campaign", file, why });

function readCrls(files: CampaignFolderFiles["crls"]): Result<readonly Crl[], Misuse> {
  const crls: Crl[] = [];
  for (const { name, bytes } of files)
    for (const der of crlsFromFile(bytes)) {
      const crl = parseCrl(der);
      if (!crl.ok) return err(badCampaign(name, crl.error));
      crls.push(crl.value);
    }
  return ok(crls);
}

function parseFiles(
  files: CampaignFolderFiles,
): Result<{ campaign: Campaign; root: Certificate; crls: readonly Crl[] }, Misuse> {
  const campaign = parseCampaign(files.json);
  if (!campaign.ok) return err(badCampaign("campaign.json", campaign.error));
  const root = readRoot(files.rootPem);
  if (root === null) return err(badCampaign("root.pem", "not-a-root"));
  const crls = readCrls(files.crls);
  return crls.ok ? ok({ campaign: campaign.value, root, crls: crls.value }) : crls;
}

const asFolder = (files: CampaignFiles): CampaignFolderFiles => ({
  json: files.json,
  rootPem: files.rootPem,
  crls: files.crls.map((bytes, at) => ({ name: `held CRL ${at + 1}`, bytes })),
});

/** The trust in force. `now`: the workstation's clock. */
export function trustOf(store: Store, now: Date): Result<Trust, Misuse> {
  const files = store.campaign();
  if (files === null) return err({ type: "no-campaign" });
  const parsed = parseFiles(asFolder(files));
  if (!parsed.ok) return parsed;
  const { campaign, root, crls } = parsed.value;
  return ok(new Trust(campaign, root, crls, Math.floor(now.getTime() / 1000)));
}

function crlLine(crl: Crl): CrlLine {
  const number = crl.number;
  return {
    issuer: crl.issuerText,
    number: number === null ? null : number <= Number.MAX_SAFE_INTEGER ? Number(number) : String(number),
    nextUpdate: crl.nextUpdate === null ? null : new Date(crl.nextUpdate * 1000).toISOString(),
  };
}

/** Of the CRLs held, the one with the highest number of every issuer. */
export function heldCrls(store: Store): readonly CrlLine[] {
  const newest = new Map<string, Crl>();
  for (const der of store.campaign()?.crls ?? []) {
    const crl = parseCrl(der);
    if (!crl.ok) continue;
    const before = newest.get(crl.value.issuer);
    if (before === undefined || (crl.value.number ?? -1n) > (before.number ?? -1n))
      newest.set(crl.value.issuer, crl.value);
  }
  return [...newest.values()].map(crlLine);
}

/**
 * Reads a campaign folder, keeps it as the one in force and adds its CRLs to those held. Nothing changes where a file is bad. `judge` judges anew what is
 * held here, by the trust that will be in force.
 */
export async function loadCampaign(
  store: Store,
  read: ReadCampaignFolder,
  folder: string,
  now: Date,
  judge: (trust: Trust) => Promise<void>,
): Promise<Result<CampaignLoaded, EngineProblem>> {
  const files = await read(folder);
  if (!files.ok)
    return files.error.type === "missing" ? err(badCampaign(files.error.file, "missing")) : err(files.error);
  const parsed = parseFiles(files.value);
  if (!parsed.ok) return parsed;
  const { campaign, root, crls } = parsed.value;

  const before = store.campaign();
  const held = before === null ? ok([]) : readCrls(asFolder(before).crls);
  if (!held.ok) return held;
  const lower = crls.filter((crl) =>
    held.value.some((old) => old.issuer === crl.issuer && (old.number ?? -1n) > (crl.number ?? -1n)),
  );
  const oldRoot = before === null ? null : readRoot(before.rootPem);
  const rootChanged = oldRoot !== null && oldRoot.fingerprint !== root.fingerprint;

  // Judged before the campaign is kept: after a crash in between, loading it again does both.
  await judge(new Trust(campaign, root, [...held.value, ...crls], Math.floor(now.getTime() / 1000)));
  store.saveCampaign(
    files.value.json,
    files.value.rootPem,
    crls.map((crl) => crl.der),
    {
      type: "campaign-loaded",
      data: {
        campaign: campaign.id,
        root: root.fingerprint,
        rootChanged,
        crls: crls.length,
        lower: lower.length,
      },
    },
  );
  return ok({ campaign: campaign.id, crls: crls.map(crlLine), lower: lower.map(crlLine), rootChanged });
}
