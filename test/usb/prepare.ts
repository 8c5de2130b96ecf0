import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { type BatchOptions, TabletBuilder } from "../../fixtures/outbox.ts";
import { compose } from "../../main/compose.ts";
import { must } from "../integration/desk.ts";

/** What is made on this machine, where that is fast, for the tests in the lab: a station's store, and outboxes. */

const MIB = 1_048_576;
export const OUTBOX = "Sanaq/outbox";

/** A tablet that was made, and what must be in the store when it has been unloaded. */
export interface MadeTablet {
  readonly device: string;
  /** By seq; null: the batch is not to be staged. */
  readonly bodies: Readonly<Record<string, { readonly bytes: number; readonly sha256: string } | null>>;
}

export interface LabPlan {
  /** A store with the campaign and a station's certificate; the passphrase is empty. */
  readonly store: string;
  readonly tablets: Readonly<Record<string, MadeTablet>>;
}

/** Thirty bodies: none at all, the seams of packets and chunks, what is usual, and a large one in the middle. */
const THIRTY: readonly BatchOptions[] = [
  { bodyOnTablet: () => new Uint8Array(0) },
  ...[
    511 - 12,
    512 - 12,
    513,
    1_024 - 12,
    4_096,
    65_536 - 12,
    65_536,
    MIB - 13,
    MIB - 12,
    MIB - 1,
    MIB,
    MIB + 1,
  ].map((bodyBytes) => ({ bodyBytes })),
  { bodyBytes: 2 * MIB - 12 },
  { bodyBytes: 3 * MIB + 700 },
  { bodyBytes: 64 * MIB },
  { bodyBytes: 5 * MIB },
  ...Array.from({ length: 13 }, (_, at) => ({ bodyBytes: 700 + at * 30_000 })),
];

async function makeTablet(
  campaign: TestCampaign,
  name: string,
  folder: string,
  batches: readonly BatchOptions[],
): Promise<MadeTablet> {
  const tablet = new TabletBuilder(campaign, await campaign.tablet(name));
  for (const batch of batches) await tablet.add(batch);
  await mkdir(join(folder, OUTBOX), { recursive: true });
  await tablet.write(join(folder, OUTBOX));
  const bodies = tablet.batches.map(({ seq, body, options }) => {
    if (body === null || options.bodyOnTablet !== undefined) return [seq, null] as const;
    const sha256 = createHash("sha256");
    for (const window of body.windows()) sha256.update(window);
    return [seq, { bytes: body.length, sha256: sha256.digest("hex") }] as const;
  });
  return { device: tablet.device, bodies: Object.fromEntries(bodies) };
}

const small = (...sizes: readonly number[]): readonly BatchOptions[] =>
  sizes.map((bodyBytes) => ({ bodyBytes }));

/** The outboxes of a run, by the folder's name. */
const TABLETS: Readonly<Record<string, readonly BatchOptions[]>> = {
  thirty: THIRTY,
  twin: small(900, 2 * MIB + 5),
  other: small(1_200, 800, MIB),
  old: small(500, 70_000),
  sealed: small(600, 40_000),
  frozen: small(700, 12 * MIB, 900),
};

/** Makes everything in `top`, which the lab is given, and writes plan.json there. Value: the folders of the tablets by name. */
export async function prepare(top: string): Promise<Readonly<Record<string, string>>> {
  const campaign = await TestCampaign.create();
  const tablets: Record<string, MadeTablet> = {};
  const folders: Record<string, string> = {};
  for (const [name, batches] of Object.entries(TABLETS)) {
    const folder = join(top, "tablets", name);
    tablets[name] = await makeTablet(campaign, name, folder, batches);
    folders[name] = folder;
  }
  const store = join(top, "store");
  const engine = must(await compose({ storeFolder: store }));
  must(await engine.loadCampaign(await campaign.write(join(top, "campaign"))));
  const { request } = must(await engine.init(""));
  must(await engine.takeStationCertificate(await campaign.stationCertificate(request)));
  engine.close();
  const plan: LabPlan = { store, tablets };
  await writeFile(join(top, "plan.json"), JSON.stringify(plan));
  return folders;
}
