import { join } from "node:path";
import type { Result } from "../../shared/result.ts";
import type { Engine } from "../engine/api.ts";
import { PASSPHRASE } from "./command-line.ts";
import { ROLES, storageOf } from "./roles.ts";
import type { Scene } from "./scene.ts";

/** The demo's workstation and the tablets beside it, made ready. */

/** Where a cable is pulled, as a share of a tablet's bodies. */
const PULLED_AT = 0.6;

export function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** Key, campaign and certificate. */
export async function prepareStation(engine: Engine, scene: Scene): Promise<void> {
  const { request } = must(await engine.init(PASSPHRASE));
  must(await engine.loadCampaign(scene.campaignFolder));
  must(await engine.takeStationCertificate(await scene.campaign.stationCertificate(request)));
}

/** Writes the storages of the scene's tablets. */
export async function layOut(folder: string, scene: Scene): Promise<void> {
  for (const role of ROLES)
    await scene[role].write(join(storageOf(folder, role), "Sanaq", "outbox"), {
      no: role === "troubled" ? 2 : 1,
    });
}

/** After how many bytes of bodies the cable of the one is pulled. */
export const pulledAfter = (scene: Scene): number =>
  Math.floor(scene.pulled.batches.reduce((sum, batch) => sum + (batch.body?.length ?? 0), 0) * PULLED_AT);
