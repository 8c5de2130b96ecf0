import type { StationId } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { stampOf } from "../../shared/time.ts";
import { parseCertificate, pemBlocks } from "../formats/certificate.ts";
import type { Trust } from "../rules/trust.ts";
import type { EngineProblem, Misuse } from "./api.ts";
import type { Signer, StationKeys, StationRecord, Store } from "./ports.ts";
import type { ReceiptSigner } from "./receipts.ts";

/** This station's key and certificate. */

const badCertificate = (why: string): Misuse => ({ type: "bad-certificate", why });

/** Makes the store's station key once. */
export async function initStation(
  store: Store,
  keys: StationKeys,
  passphrase: string,
): Promise<Result<{ readonly station: StationId; readonly request: string }, EngineProblem>> {
  const existing = store.station();
  if (existing !== null) return err({ type: "station-exists", station: existing.station });
  const { station, sealedKey, request } = await keys.create(passphrase);
  store.saveStation(
    { station, sealedKey, request, certificate: null },
    { type: "station-key-made", data: { station } },
  );
  return ok({ station, request });
}

/** Whether the certificate is of this station's request, and, where a campaign is loaded, of its trust. */
function checkCertificate(
  record: StationRecord,
  keys: StationKeys,
  pem: string,
  trust: Trust | null,
): Misuse | null {
  const chain = pemBlocks(pem, "CERTIFICATE");
  if (chain.length < 2 || chain.length > 3) return badCertificate("not-two-certificates");
  const leaf = parseCertificate(chain[0] ?? new Uint8Array(0));
  if (!leaf.ok) return badCertificate(leaf.error);
  if (!Buffer.from(leaf.value.publicKey).equals(keys.publicKeyOf(record.request)))
    return badCertificate("other-key");
  if (leaf.value.serialNumbers[0] !== record.station) return badCertificate("other-station");
  const reason = trust === null ? null : (trust.judgeChain(chain, "station")?.reason ?? null);
  return reason === null ? null : badCertificate(reason);
}

/** Takes the certificate chain that the campaign's authority issued for this station. `pem`: leaf, then issuer(s). */
export function takeStationCertificate(
  store: Store,
  keys: StationKeys,
  trust: Trust | null,
  pem: string,
): Result<{ readonly station: StationId }, EngineProblem> {
  const record = store.station();
  if (record === null) return err({ type: "no-station" });
  const bad = checkCertificate(record, keys, pem, trust);
  if (bad !== null) return err(bad);
  store.saveStation(
    { ...record, certificate: pem },
    { type: "station-certificate-taken", data: { station: record.station } },
  );
  return ok({ station: record.station });
}

/** The station's key, once it is open, with the record it belongs to. */
export interface OpenKey {
  readonly station: StationId;
  readonly signer: Signer;
}

/** Opens the station's key by its passphrase. */
export function openKey(store: Store, keys: StationKeys, passphrase: string): Result<OpenKey, EngineProblem> {
  const record = store.station();
  if (record === null) return err({ type: "no-station" });
  const signer = keys.open(record.sealedKey, passphrase);
  return signer.ok ? ok({ station: record.station, signer: signer.value }) : signer;
}

/** Names the clock and both dates where the station's own certificate is not in force at this time, and nothing else is wrong with it. */
function outsideTime(pem: string, trust: Trust, bad: Misuse): Misuse {
  const leaf = parseCertificate(pemBlocks(pem, "CERTIFICATE")[0] ?? new Uint8Array(0));
  if (bad.type !== "bad-certificate" || bad.why !== "certificate-expired" || !leaf.ok) return bad;
  const { notBefore, notAfter } = leaf.value;
  if (trust.now >= notBefore && trust.now <= notAfter) return bad;
  const [now, from, to] = [trust.now, notBefore, notAfter].map((one) => stampOf(new Date(one * 1000)));
  return { type: "clock-outside-certificate", now: now ?? "", notBefore: from ?? "", notAfter: to ?? "" };
}

/** The station's key for signing receipts, open already or by its passphrase; the certificate must be good today. */
export function openSigner(
  store: Store,
  keys: StationKeys,
  trust: Trust,
  key: OpenKey | string,
): Result<ReceiptSigner, EngineProblem> {
  const record = store.station();
  if (record === null) return err({ type: "no-station" });
  if (record.certificate === null) return err({ type: "no-station-certificate" });
  const bad = checkCertificate(record, keys, record.certificate, trust);
  if (bad !== null) return err(outsideTime(record.certificate, trust, bad));
  const open = typeof key === "string" ? openKey(store, keys, key) : ok(key);
  if (!open.ok) return open;
  return ok({
    station: record.station,
    chain: pemBlocks(record.certificate, "CERTIFICATE"),
    sign: open.value.signer.sign,
  });
}
