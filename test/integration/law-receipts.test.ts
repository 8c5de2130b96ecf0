import { execFileSync, spawnSync } from "node:child_process";
import { createHash, verify, X509Certificate } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Decrypter } from "age-encryption";
import { decode, encode, rfc8949EncodeOptions } from "cborg";
import { describe, expect, it } from "vitest";
import { pem } from "../../fixtures/campaign.ts";
import { allBytes } from "../../fixtures/outbox/body.ts";
import { flipBit } from "../../fixtures/outbox/hostile.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { Court, SMALL } from "./law.ts";

/**
 * What others find who read docs/formats.md and have none of this program: a CBOR library, Node's Ed25519, OpenSSL, age. They look at what
 * a station writes back, and at what the fixtures take for a good tablet.
 */

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const hex = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString("hex");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Read {
  readonly type: unknown;
  readonly chain: readonly Uint8Array[];
  readonly payload: Readonly<Record<string, unknown>>;
  readonly payloadBytes: Uint8Array;
  readonly digest: string;
}

/** Takes a signed object apart and verifies its signature under the leaf it carries. */
function readObject(object: Uint8Array): Read {
  expect(object[0]).toBe(0xd2);
  const [headerBytes, unprotected, payloadBytes, signature] = decode(object.subarray(1), {
    useMaps: true,
  }) as [Uint8Array, Map<unknown, unknown>, Uint8Array, Uint8Array];
  expect(unprotected.size).toBe(0);
  const headers = decode(headerBytes, { useMaps: true }) as Map<number, unknown>;
  expect([...headers.keys()]).toEqual([1, 3, 33]);
  expect(headers.get(1)).toBe(-8);
  const chain = headers.get(33) as readonly Uint8Array[];
  const signed = encode(["Signature1", headerBytes, new Uint8Array(0), payloadBytes], rfc8949EncodeOptions);
  const leaf = new X509Certificate(chain[0] ?? expect.fail());
  expect(verify(null, signed, leaf.publicKey, signature)).toBe(true);
  return {
    type: headers.get(3),
    chain,
    payload: decode(payloadBytes),
    payloadBytes,
    digest: sha256(signed),
  };
}

/** Whether OpenSSL finds a path from the chain's leaf to the campaign's root, every CA's CRL looked at. */
async function opensslTrusts(court: Court, chain: readonly Uint8Array[]): Promise<string> {
  const { campaign, desk } = court;
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(desk.path(name), text);
    return desk.path(name);
  };
  const crls = [...(await campaign.crls()).values()].map((der) => pem(der, "X509 CRL")).join("");
  const [leaf = "", ...issuers] = chain.map((der) => pem(der, "CERTIFICATE"));
  return execFileSync(
    "openssl",
    [
      ...["verify", "-crl_check_all", "-attime", "1634731200"],
      ...["-CAfile", await file("root.pem", pem(campaign.root.der, "CERTIFICATE"))],
      ...["-CRLfile", await file("crls.pem", crls)],
      ...["-untrusted", await file("issuers.pem", issuers.join(""))],
      await file("leaf.pem", leaf),
    ],
    { encoding: "utf8" },
  ).trim();
}

const newest = async (outbox: string): Promise<{ readonly name: string; readonly bytes: Uint8Array }> => {
  const name = (await readdir(join(outbox, "receipts"))).sort().at(-1) ?? expect.fail();
  return { name, bytes: await readFile(join(outbox, "receipts", name)) };
};

describe("a receipt, read by somebody else", () => {
  it("is signed by a station that OpenSSL trusts, and says what became of each batch", async () => {
    await using court = await Court.open();
    const station = await court.desk.becomeStation();
    const own = await court.tablet();
    await own.add(SMALL);
    await own.add({ ...SMALL, state: "acknowledged" });
    await own.add({ ...SMALL, bodyOnTablet: flipBit(9) });
    await own.add({ ...SMALL, manifest: { object: () => Buffer.from("no manifest") } });
    await own.add({ ...SMALL, manifest: { signature: flipBit(9) } });
    const outbox = await court.write(own);
    const [report] = await court.desk.unloadOnly(outbox, true);

    const { name, bytes } = await newest(outbox);
    const receipt = readObject(bytes);
    expect(receipt.type).toBe("application/vnd.sanaq.receipt+cbor");
    const [leafDer = new Uint8Array(0)] = receipt.chain;
    expect(name).toBe(`${sha256(leafDer).slice(0, 16)}-00000001.cose`);
    expect(report?.receipts).toEqual([`receipts/${name}`]);
    const leaf = new X509Certificate(leafDer);
    expect(leaf.subject).toContain(`serialNumber=${station}`);
    expect(leaf.keyUsage).toEqual(["1.3.6.1.4.1.32473.2021.2"]);
    if (hasOpenssl) expect(await opensslTrusts(court, receipt.chain)).toMatch(/: OK$/);

    const ledger = readObject(await readFile(join(outbox, "ledger.cose")));
    const { payload } = receipt;
    expect(encode(payload, rfc8949EncodeOptions)).toEqual(Uint8Array.from(receipt.payloadBytes));
    expect(Object.keys(payload).sort()).toEqual([
      "act",
      "campaign",
      "chain",
      "device",
      "items",
      "ledger",
      "made",
      "no",
      "station",
      "v",
    ]);
    expect([payload.v, payload.campaign, payload.no, payload.act]).toEqual([1, "kz-2021", 1, ""]);
    expect([payload.device, payload.chain, payload.station, payload.ledger].map(hex)).toEqual([
      own.device,
      own.chain,
      station,
      ledger.digest,
    ]);
    const [utc, offset] = payload.made as [number, number];
    expect(utc).toBe(Date.parse("2021-10-20T12:00:00Z") / 1000);
    expect(Math.abs(offset)).toBeLessThanOrEqual(1440);
    const items = payload.items as readonly [number, Uint8Array, string, string][];
    expect(items.map(([seq, manifest, ...said]) => [seq, hex(manifest), ...said])).toEqual([
      [1, own.batch(1).digest, "staged", ""],
      [2, own.batch(2).digest, "accepted", ""],
      [3, own.batch(3).digest, "refused", "chunk-mismatch"],
      [5, own.batch(5).digest, "refused", "signature-invalid"],
    ]);
  });

  it("is one for each chain, numbered by the station whatever the tablet, and new when there is news", async () => {
    await using court = await Court.open();
    await court.desk.becomeStation();
    const own = await court.tablet();
    await own.add(SMALL);
    const older = own.chain;
    own.reset();
    await own.add(SMALL);
    const outbox = await court.write(own);
    await court.desk.unloadOnly(outbox, true);
    const chains = await Promise.all(
      (await readdir(join(outbox, "receipts"))).sort().map(async (name) => {
        const { payload } = readObject(await readFile(join(outbox, "receipts", name)));
        return [payload.no, hex(payload.chain)];
      }),
    );
    expect(chains).toEqual([older, own.chain].sort().map((chain, at) => [at + 1, chain]));

    const other = await court.tablet();
    await other.add(SMALL);
    const beside = await court.write(other);
    await court.desk.unloadOnly(beside, true);
    expect(readObject((await newest(beside)).bytes).payload.no).toBe(3);

    await own.add(SMALL);
    await court.desk.unloadOnly(await own.write(outbox), true);
    const { payload } = readObject((await newest(outbox)).bytes);
    expect([payload.no, hex(payload.chain), (payload.items as unknown[]).length]).toEqual([5, own.chain, 2]);
  });

  it("names no ledger where none counts, and says what stands by itself", async () => {
    await using court = await Court.open();
    await court.desk.becomeStation();
    const own = await court.tablet();
    await own.add(SMALL);
    for (const ledger of [null, { tamper: { signature: flipBit(0) } }]) {
      const outbox = await court.write(own, ledger);
      await court.desk.unloadOnly(outbox, true);
      const { payload } = readObject((await newest(outbox)).bytes);
      expect([payload.ledger, (payload.items as unknown[]).length]).toEqual([null, 1]);
    }
  });
});

describe("a good tablet of the fixtures, read by somebody else", () => {
  it("opens with the centre's key and with the Department's, and is signed under a path OpenSSL trusts", async () => {
    await using court = await Court.open();
    const own = new TabletBuilder(court.campaign, await court.campaign.tablet("open"));
    const built = await own.add({ plainBytes: 100_000, state: "acknowledged" });
    const body = allBytes(built.body ?? expect.fail());
    for (const identity of [court.campaign.identities.central, court.campaign.identities.department]) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      expect((await decrypter.decrypt(body)).length).toBe(100_000);
    }
    const manifest = readObject(built.manifest);
    const ledger = readObject(own.ledger().bytes);
    const [entry] = ledger.payload.entries as readonly {
      readonly manifest: Uint8Array;
      readonly ack: Uint8Array;
    }[];
    expect(hex(entry?.manifest)).toBe(manifest.digest);
    const ack = readObject(entry?.ack ?? expect.fail());
    expect(manifest.payload.length).toBe(body.length);
    expect((manifest.payload.chunks as readonly Uint8Array[]).map(hex)).toEqual([sha256(body)]);
    if (hasOpenssl)
      for (const { chain } of [manifest, ledger, ack])
        expect(await opensslTrusts(court, chain)).toMatch(/: OK$/);
  });
});
