import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeCrl, OBLAST, pem, roleOid, strangeExtension, TestCampaign } from "../../fixtures/campaign.ts";
import {
  type Certificate,
  crlsFromFile,
  parseCertificate,
  parseCrl,
  pemBlocks,
} from "../../main/formats/certificate.ts";

const campaign = await TestCampaign.create();
const hexOf = (der: Uint8Array): string => Buffer.from(der).toString("hex");
const leaf = await campaign.tablet();
const issuer = await campaign.issuer();
const read = (der: Uint8Array): Certificate => {
  const certificate = parseCertificate(der);
  if (!certificate.ok) throw new Error(certificate.error);
  return certificate.value;
};

describe("a certificate", () => {
  it("is taken apart as Node's own reader does it", () => {
    for (const holder of [leaf, issuer, campaign.root]) {
      const [ours, theirs] = [read(holder.der), new X509Certificate(holder.der)];
      expect(ours.fingerprint).toBe(theirs.fingerprint256.replaceAll(":", "").toLowerCase());
      expect(ours.serial.toUpperCase()).toBe(theirs.serialNumber.replace(/^(00)+/, ""));
      expect(ours.notBefore).toBe(Date.parse(theirs.validFrom) / 1000);
      expect(ours.notAfter).toBe(Date.parse(theirs.validTo) / 1000);
      expect(ours.isCa).toBe(theirs.ca);
      expect(Buffer.from(ours.publicKey).toString("base64url")).toBe(
        theirs.publicKey.export({ format: "jwk" }).x,
      );
    }
  });

  it("tells role, oblast, id and path length", () => {
    expect(read(leaf.der)).toMatchObject({
      version: 3,
      extendedKeyUsage: [roleOid("tablet")],
      serialNumbers: [leaf.id],
      states: [OBLAST],
      isCa: false,
      pathLength: null,
      keyUsage: { sign: true, certSign: false, crlSign: false },
      unknownCritical: false,
    });
    expect(read(issuer.der)).toMatchObject({
      isCa: true,
      pathLength: 0,
      keyUsage: { sign: false, certSign: true, crlSign: true },
    });
    expect(read(campaign.root.der)).toMatchObject({ isCa: true, pathLength: null });
  });

  it("tells a critical extension that nobody knows, and minds no other", async () => {
    expect(
      read((await campaign.tablet("1", { extensions: [strangeExtension(true)] })).der).unknownCritical,
    ).toBe(true);
    expect(
      read((await campaign.tablet("1", { extensions: [strangeExtension(false)] })).der).unknownCritical,
    ).toBe(false);
  });

  it("is not one with a byte behind it, a byte short, or as PEM", () => {
    for (const der of [
      Buffer.concat([leaf.der, Uint8Array.of(0)]),
      leaf.der.subarray(0, -1),
      leaf.der.subarray(1),
      Buffer.from(pem(leaf.der, "CERTIFICATE")),
      new Uint8Array(0),
    ])
      expect(parseCertificate(der)).toEqual({ ok: false, error: "not-a-certificate" });
  });

  it("of any bytes is a value or none, never an exception", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseCertificate(bytes)));
    fc.assert(
      fc.property(fc.nat(leaf.der.length - 1), fc.nat(255), (at, byte) => {
        const mutated = Buffer.from(leaf.der);
        mutated[at] = byte;
        expect(typeof parseCertificate(mutated).ok).toBe("boolean");
      }),
      { numRuns: 1_500 },
    );
  });
});

describe("a CRL", () => {
  it("tells its issuer, number, nextUpdate and who is revoked", async () => {
    const crl = parseCrl(
      await makeCrl(issuer, { number: 7, nextUpdate: new Date("2022-01-01T00:00:00Z"), revoked: [leaf] }),
    );
    if (!crl.ok) throw new Error(crl.error);
    expect(crl.value).toMatchObject({
      number: 7n,
      nextUpdate: Date.UTC(2022, 0, 1) / 1000,
      isComplete: true,
    });
    expect(crl.value.revoked).toEqual(new Set([read(leaf.der).serial]));
    expect(crl.value.issuer).toBe(read(issuer.der).subject);
  });

  it("may have no number, no nextUpdate and nobody on it", async () => {
    const crl = parseCrl(await makeCrl(issuer, { number: null, nextUpdate: null }));
    expect(crl).toMatchObject({ ok: true, value: { number: null, nextUpdate: null, revoked: new Set() } });
  });

  it("may have a number of twenty bytes", async () => {
    const der = Buffer.concat([Uint8Array.of(2, 20), Buffer.alloc(20, 0x7f)]);
    const crl = parseCrl(await makeCrl(issuer, { numberDer: der }));
    expect(crl.ok && crl.value.number).toBe(BigInt(`0x${"7f".repeat(20)}`));
  });

  it("is read from DER and from PEM, with words around it", async () => {
    const der = await makeCrl(issuer);
    const text = pem(der, "X509 CRL");
    for (const file of [der, text, `Issuer: oblast 27\r\n${text.replaceAll("\n", "\r\n")}`, `\n\n${text}\n`])
      expect(crlsFromFile(Buffer.from(file)).map(hexOf)).toEqual([hexOf(der)]);
  });

  it("is one of several in a PEM file: none of them is left out", async () => {
    const ders = [await makeCrl(issuer), await makeCrl(campaign.root), await makeCrl(issuer, { number: 2 })];
    const file = Buffer.from(ders.map((der) => pem(der, "X509 CRL")).join(""));
    expect(crlsFromFile(file).map(hexOf)).toEqual(ders.map(hexOf));
  });

  it("is not one of any other bytes", async () => {
    const der = await makeCrl(issuer);
    for (const bytes of [
      new Uint8Array(0),
      leaf.der,
      der.subarray(1),
      Buffer.concat([der, Uint8Array.of(0)]),
    ])
      expect(parseCrl(bytes)).toEqual({ ok: false, error: "not-a-crl" });
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), (at, byte) => {
        const mutated = Buffer.from(der);
        mutated[at] = byte;
        expect(typeof parseCrl(mutated).ok).toBe("boolean");
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("PEM", () => {
  it("gives every block of a label, in order", () => {
    const text = pem(leaf.der, "CERTIFICATE") + pem(issuer.der, "CERTIFICATE");
    expect(pemBlocks(text, "CERTIFICATE").map((der) => Buffer.from(der))).toEqual(
      [leaf.der, issuer.der].map((der) => Buffer.from(der)),
    );
    expect(pemBlocks(text, "X509 CRL")).toEqual([]);
    expect(pemBlocks("-----BEGIN CERTIFICATE-----\nabc", "CERTIFICATE")).toEqual([]);
  });
});
