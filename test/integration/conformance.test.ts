import { createHash, verify, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "cborg";
import { describe, expect, it } from "vitest";
import { certifyStation, readAuthority } from "../../fixtures/campaign.ts";
import { cbor } from "../../fixtures/outbox/sign1.ts";
import { TEST_ASSETS } from "../../fixtures/test-assets.ts";
import type { Finding, TabletReport, UnloadReport } from "../../shared/views.ts";
import { run } from "./command-line.ts";

/** Outboxes written by another program, each with what must be found. They lie beside the project; without them nothing is run. */
const CASES = join(TEST_ASSETS, "conformance");

type Any<T> = T | readonly T[];
interface WantedBatch {
  readonly chain: string;
  readonly seq: number;
  readonly outcome: Any<string>;
  readonly reason: Any<string | null>;
  readonly bytes?: number;
}
interface WantedFinding {
  readonly kind: string;
  readonly seq?: Any<number>;
  readonly chain?: Any<string>;
  readonly name?: Any<string>;
  readonly more?: Any<number>;
  /** It may be there or not. */
  readonly optional?: unknown;
}
interface Wanted {
  readonly exit: Any<number>;
  readonly tablets: readonly {
    readonly device: Any<string | null>;
    readonly ledgerState: Any<string | null>;
    readonly batches: readonly WantedBatch[];
    readonly findings: readonly WantedFinding[];
  }[];
}
interface WantedReceipt {
  readonly device: string;
  readonly chain: string;
  readonly items: readonly (readonly [seq: number, status: string, reason: string, manifest: string])[];
}
interface Step {
  readonly unload?: string | readonly string[];
  readonly campaignLoad?: string;
  readonly retry?: boolean;
  readonly expect?: Wanted;
  readonly alternatives?: readonly Wanted[];
  readonly receipt?: WantedReceipt;
}
interface Case {
  readonly about: string;
  readonly setup?: { readonly campaign?: string };
  readonly sequence: readonly Step[];
}

const isAny = <T>(wanted: Any<T>): wanted is readonly T[] => Array.isArray(wanted);
const fits = <T>(wanted: Any<T>, found: T): boolean =>
  isAny(wanted) ? wanted.includes(found) : wanted === found;
const list = <T>(value: Any<T>): readonly T[] => (isAny(value) ? value : [value]);

/** What stands in the way of the findings being the wanted ones; empty: nothing. */
function findingsWrong(wanted: readonly WantedFinding[], found: readonly Finding[]): readonly string[] {
  const left = [...wanted];
  const wrong: string[] = [];
  for (const finding of found) {
    const facts: Record<string, unknown> = { ...finding };
    const at = left.findIndex((one) =>
      Object.entries(one).every(
        ([key, value]) => key === "optional" || fits(value as Any<unknown>, facts[key]),
      ),
    );
    if (at < 0) wrong.push(`not expected: ${JSON.stringify(finding)}`);
    else left.splice(at, 1);
  }
  return [
    ...wrong,
    ...left.filter((one) => one.optional === undefined).map((one) => `missing: ${JSON.stringify(one)}`),
  ];
}

function tabletWrong(wanted: Wanted["tablets"][number], found: TabletReport | undefined): readonly string[] {
  if (found === undefined) return ["a tablet is missing from the report"];
  const wrong: string[] = [];
  const state = found.ledger?.state ?? null;
  if (!fits(wanted.device, found.device)) wrong.push(`device ${found.device}`);
  if (!fits(wanted.ledgerState, state)) wrong.push(`ledger is ${state}, not ${wanted.ledgerState}`);
  const rows = new Map(found.batches.map((one) => [`${one.chain} ${one.seq}`, one]));
  for (const batch of wanted.batches) {
    const name = `${batch.chain} ${batch.seq}`;
    const row = rows.get(name);
    rows.delete(name);
    if (row === undefined) wrong.push(`batch ${batch.seq} is missing`);
    else if (!fits(batch.outcome, row.outcome) || !fits(batch.reason, row.reason))
      wrong.push(
        `batch ${batch.seq} is ${row.outcome} (${row.reason}), not ${batch.outcome} (${batch.reason})`,
      );
    else if (row.outcome === "staged" && batch.bytes !== undefined && batch.bytes !== row.bytes)
      wrong.push(`batch ${batch.seq} has ${row.bytes} bytes, not ${batch.bytes}`);
  }
  for (const name of rows.keys()) wrong.push(`not expected: batch ${name}`);
  return [...wrong, ...findingsWrong(wanted.findings, found.findings)];
}

const wrongIn = (wanted: Wanted, exit: number, report: UnloadReport): readonly string[] => [
  ...(fits(wanted.exit, exit) ? [] : [`exit ${exit}, not ${wanted.exit}`]),
  ...wanted.tablets.flatMap((tablet, at) => tabletWrong(tablet, report.tablets[at])),
  ...(report.tablets.length > wanted.tablets.length ? ["a tablet too many"] : []),
];

interface Parts {
  readonly headers: ReadonlyMap<number, unknown>;
  readonly payload: ReadonlyMap<string, unknown>;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** A signed object as any reader of the formats takes it apart, with nothing of the product. */
function takeApart(object: Uint8Array): Parts {
  expect(object[0]).toBe(0xd2);
  const [headers, unprotected, payload, signature] = decode(object.subarray(1), { useMaps: true }) as [
    Uint8Array,
    ReadonlyMap<unknown, unknown>,
    Uint8Array,
    Uint8Array,
  ];
  expect(unprotected.size).toBe(0);
  return {
    headers: decode(headers, { useMaps: true }) as Parts["headers"],
    payload: decode(payload, { useMaps: true }) as Parts["payload"],
    signed: cbor(["Signature1", headers, new Uint8Array(0), payload]),
    signature,
  };
}
const hex = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString("hex");
const digestOf = (object: Uint8Array): string =>
  createHash("sha256").update(takeApart(object).signed).digest("hex");

async function checkReceipt(
  outbox: string,
  station: string,
  issuerPem: string,
  wanted: WantedReceipt,
): Promise<void> {
  const names = await readdir(join(outbox, "receipts"));
  expect(names).toHaveLength(1);
  const [name = ""] = names;
  const { headers, payload, signed, signature } = takeApart(await readFile(join(outbox, "receipts", name)));

  const [leafDer, issuerDer] = headers.get(33) as [Uint8Array, Uint8Array];
  const [leaf, issuer] = [new X509Certificate(leafDer), new X509Certificate(issuerDer)];
  expect(headers.get(1)).toBe(-8);
  expect(headers.get(3)).toBe("application/vnd.sanaq.receipt+cbor");
  expect(issuer.fingerprint256).toBe(new X509Certificate(issuerPem).fingerprint256);
  expect(leaf.verify(issuer.publicKey)).toBe(true);
  expect(leaf.subject).toContain(`serialNumber=${station}`);
  expect(verify(null, signed, leaf.publicKey, signature)).toBe(true);

  const no = String(payload.get("no")).padStart(8, "0");
  expect(name).toBe(`${createHash("sha256").update(leafDer).digest("hex").slice(0, 16)}-${no}.cose`);
  expect([...payload.keys()].sort()).toEqual(
    ["act", "campaign", "chain", "device", "items", "ledger", "made", "no", "station", "v"].sort(),
  );
  expect(hex(payload.get("device"))).toBe(wanted.device);
  expect(hex(payload.get("chain"))).toBe(wanted.chain);
  expect(hex(payload.get("station"))).toBe(station);
  expect(hex(payload.get("ledger"))).toBe(digestOf(await readFile(join(outbox, "ledger.cose"))));
  expect(payload.get("act")).toBe("");
  const items = payload.get("items") as readonly [number, Uint8Array, string, string][];
  expect(items.map(([seq, manifest, status, reason]) => [seq, status, reason, hex(manifest)])).toEqual(
    wanted.items,
  );
}

async function runCase(name: string): Promise<void> {
  const folder = join(CASES, "cases", name);
  const wanted = JSON.parse(readFileSync(join(folder, "expect.json"), "utf8")) as Case;
  const work = await mkdtemp(join(tmpdir(), "sanaq-case-"));
  const store = join(work, "store");
  try {
    const own = wanted.setup?.campaign;
    const campaign = own === undefined ? join(CASES, "campaign") : join(folder, own);
    expect((await run(store, ["campaign", "load", campaign])).exit).toBe(0);
    for (const step of wanted.sequence) {
      if (step.campaignLoad !== undefined)
        expect((await run(store, ["campaign", "load", join(folder, step.campaignLoad)])).exit).toBe(0);
      if (step.retry === true) await run(store, ["quarantine", "retry"]);
      if (step.unload === undefined) continue;
      let outboxes = list(step.unload).map((outbox) => join(folder, outbox));
      let station = "";
      const issuerPem = join(CASES, "station-ca/issuer.pem");
      if (step.receipt !== undefined) {
        const made = await run<{ station: string; request: string }>(store, ["init"]);
        expect(made.exit).toBe(0);
        station = made.json.station;
        const issuer = readAuthority(
          readFileSync(issuerPem, "utf8"),
          readFileSync(join(CASES, "station-ca/issuer.key"), "utf8"),
        );
        await writeFile(join(work, "station.pem"), await certifyStation(issuer, made.json.request));
        expect((await run(store, ["station", "certificate", join(work, "station.pem")])).exit).toBe(0);
        outboxes = await Promise.all(
          outboxes.map(async (outbox, at) => {
            const copy = join(work, `outbox-${at}`);
            await cp(outbox, copy, { recursive: true });
            return copy;
          }),
        );
      }
      const { exit, json, errors } = await run<UnloadReport>(store, [
        "unload",
        ...outboxes.flatMap((outbox) => ["--from", outbox]),
        ...(step.receipt === undefined ? [] : ["--receipts"]),
      ]);
      expect(json, errors).not.toBeNull();
      const answers = [step.expect, ...(step.alternatives ?? [])].flatMap((one) =>
        one === undefined ? [] : [one],
      );
      const wrong = answers.map((answer) => wrongIn(answer, exit, json));
      if (!wrong.some((one) => one.length === 0)) expect(wrong[0]).toEqual([]);
      if (step.receipt !== undefined)
        await checkReceipt(outboxes[0] ?? "", station, readFileSync(issuerPem, "utf8"), step.receipt);
    }
  } finally {
    await rm(work, { recursive: true });
  }
}

const names = existsSync(CASES) ? readdirSync(join(CASES, "cases")).sort() : [];

describe
  .skipIf(names.length === 0)
  .concurrent("an outbox written by another program is judged as it says", () => {
    it.each(names.length === 0 ? ["(the cases are not here)"] : names)("%s", { timeout: 120_000 }, runCase);
  });
