import { readFileWithin } from "../../adapters/disk/regular.ts";
import type { CrlLine } from "../../engine/api.ts";
import { type Context, passphraseFor, printJson, stop, stopOn, warn } from "../context.ts";
import { EXIT, type Exit } from "../exit.ts";
import type { Words } from "../words.ts";

/** A chain of certificates is far smaller. */
const MAX_PEM_BYTES = 1_048_576;

/** `init`: the store, the station's key, and the request for its certificate. */
export async function init(context: Context): Promise<Exit> {
  const passphrase = await passphraseFor(context, true);
  if (typeof passphrase !== "string") return passphrase.exit;
  const made = await context.engine.init(passphrase);
  if (!made.ok) return stopOn(context, made.error);
  const { station, request } = made.value;
  if (context.json) await printJson(context, { station, request });
  else {
    await warn(context, context.words.t("init.done", { station }));
    await context.out.line(request.trimEnd());
  }
  return EXIT.done;
}

/** `station certificate FILE`. */
export async function takeCertificate(context: Context, file: string): Promise<Exit> {
  const { t } = context.words;
  let pem: string;
  try {
    pem = (await readFileWithin(file, MAX_PEM_BYTES)).toString("latin1");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    const told = {
      what: t("usage.no-file", { path: file, code }),
      todo: t("failure.disk.do", { code }),
    };
    return stop(context, { type: "no-file" }, told, EXIT.usage);
  }
  const taken = await context.engine.takeStationCertificate(pem);
  if (!taken.ok) return stopOn(context, taken.error);
  if (context.json) await printJson(context, { station: taken.value.station });
  else await context.out.line(t("certificate.done", { station: taken.value.station }));
  return EXIT.done;
}

const crlValues = (crl: CrlLine, words: Words) => ({
  issuer: crl.issuer,
  number: crl.number === null ? words.t("campaign.none") : String(crl.number),
  nextUpdate: crl.nextUpdate === null ? words.t("campaign.none") : words.moment(crl.nextUpdate),
});

/** `campaign load DIR`. A lower CRL and another root are told on standard error; neither changes the exit code. */
export async function loadCampaign(context: Context, folder: string): Promise<Exit> {
  const { words } = context;
  const loaded = await context.engine.loadCampaign(folder);
  if (!loaded.ok) return stopOn(context, loaded.error);
  const { campaign, crls, lower, rootChanged } = loaded.value;
  for (const crl of lower) await warn(context, words.t("campaign.lower", crlValues(crl, words)));
  if (rootChanged) await warn(context, words.t("campaign.root-changed"));
  if (context.json) {
    const lines = crls.map(({ issuer, number, nextUpdate }) => ({ issuer, number, nextUpdate }));
    await printJson(context, { campaign, crls: lines });
    return EXIT.done;
  }
  await context.out.line(words.t("campaign.done", { campaign }));
  for (const crl of crls) await context.out.line(`  ${words.t("campaign.crl", crlValues(crl, words))}`);
  if (crls.length === 0) await warn(context, words.t("campaign.no-crls"));
  return EXIT.done;
}
