import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificationRequest } from "@peculiar/asn1-csr";
import { AsnConvert } from "@peculiar/asn1-schema";
import sodium from "libsodium-wrappers-sumo";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encryptedPkcs8 } from "../../main/adapters/keys/pkcs8.ts";
import { INTERACTIVE, seal, unseal } from "../../main/adapters/keys/sealed.ts";
import { joinSecret, splitSecret } from "../../main/adapters/keys/shares.ts";
import { type Certificate, parseCertificate, parseCrl } from "../../main/formats/certificate.ts";
import {
  type CertificateContent,
  type Issuer,
  pemText,
  writeCertificate,
  writeCrl,
} from "../../main/formats/issuing.ts";
import { MAX_REQUEST_BYTES, parseRequest, requestPem, writeRequest } from "../../main/formats/request.ts";

await sodium.ready;

/** Certificates, CRLs, requests and sealed keys that are written here, read back here and by openssl. */

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
const NOW = Math.floor(Date.now() / 1000);
const DAY = 86_400;
const ARC = "1.3.6.1.4.1.32473.2021";
const ID = "00112233445566778899aabbccddeeff";

interface Holder extends Issuer {
  readonly seed: Uint8Array;
}

function holder(commonName: string, oblast?: string): Holder {
  const seed = sodium.randombytes_buf(32);
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
  return {
    seed,
    name: oblast === undefined ? { commonName } : { commonName, oblast },
    publicKey,
    sign: (message) => sodium.crypto_sign_detached(message, privateKey),
  };
}

const root = holder("Root of a census");
const issuer = holder("Issuer of an oblast", "270000000");
const tablet = holder("Tablet");

const content = (subject: Holder, kind: CertificateContent["kind"], serial: string): CertificateContent => ({
  subject: subject.name,
  publicKey: subject.publicKey,
  serial,
  notBefore: NOW - DAY,
  notAfter: NOW + 100 * DAY,
  kind,
});
const rootDer = writeCertificate(content(root, { type: "ca", pathLength: null }, "41aa"), root);
const issuerDer = writeCertificate(content(issuer, { type: "ca", pathLength: 0 }, "41bb"), root);
const leafDer = writeCertificate(
  {
    ...content(tablet, { type: "leaf", usage: `${ARC}.1` }, "41cc"),
    subject: { commonName: "Tablet 0417", id: ID, oblast: "270000000" },
  },
  issuer,
);

const read = (der: Uint8Array): Certificate => {
  const certificate = parseCertificate(der);
  if (!certificate.ok) throw new Error("a certificate that was written here cannot be read");
  return certificate.value;
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sanaq-issuing-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const put = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const openssl = (...args: readonly string[]): { readonly status: number | null; readonly text: string } => {
  const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  return { status, text: stdout + stderr };
};

const crlOf = (ca: Issuer, number: number, revoked: readonly string[]): Uint8Array =>
  writeCrl(
    {
      number,
      thisUpdate: NOW - 600,
      nextUpdate: NOW + 14 * DAY,
      revoked: revoked.map((serial) => ({ serial, at: NOW - 60 })),
    },
    ca,
  );

/** What `openssl verify` says of the leaf, with the given serials on the issuer's list. */
function verified(revoked: readonly string[]): ReturnType<typeof openssl> {
  const crls = pemText(crlOf(root, 1, []), "X509 CRL") + pemText(crlOf(issuer, 2, revoked), "X509 CRL");
  return openssl(
    "verify",
    "-x509_strict",
    "-crl_check_all",
    "-CAfile",
    put("root.pem", pemText(rootDer, "CERTIFICATE")),
    "-untrusted",
    put("issuer.pem", pemText(issuerDer, "CERTIFICATE")),
    "-CRLfile",
    put("lists.pem", crls),
    put("leaf.pem", pemText(leafDer, "CERTIFICATE")),
  );
}

describe("a certificate written here", () => {
  it("is read back with everything that was put into it", () => {
    const leaf = read(leafDer);
    expect(leaf).toMatchObject({
      version: 3,
      serial: "41cc",
      commonNames: ["Tablet 0417"],
      serialNumbers: [ID],
      states: ["270000000"],
      notBefore: NOW - DAY,
      notAfter: NOW + 100 * DAY,
      isCa: false,
      keyUsage: { sign: true, certSign: false, crlSign: false },
      extendedKeyUsage: [`${ARC}.1`],
      unknownCritical: false,
    });
    expect(Buffer.from(leaf.publicKey).equals(tablet.publicKey)).toBe(true);
    expect(read(issuerDer)).toMatchObject({ isCa: true, pathLength: 0, subject: leaf.issuer });
    expect(read(rootDer)).toMatchObject({ isCa: true, pathLength: null, subject: read(issuerDer).issuer });
  });

  it("keeps the value of a serial number whose first bit is set", () => {
    const odd = writeCertificate({ ...content(tablet, { type: "leaf", usage: `${ARC}.1` }, "ff01") }, issuer);
    expect(read(odd).serial).toBe("ff01");
  });

  it.skipIf(!hasOpenssl)("passes openssl's strict check with the lists of root and issuer", () => {
    const { status, text } = verified([]);
    expect(text).toMatch(/: OK$/m);
    expect(status).toBe(0);
  });

  it.skipIf(!hasOpenssl)(
    "is revoked for openssl once its serial is on the list, and not for another serial",
    () => {
      expect(verified(["41cc"]).text).toContain("certificate revoked");
      expect(verified(["41cd"]).status).toBe(0);
    },
  );
});

describe("a list of revoked certificates written here", () => {
  it("is read back with number, next update and serials", () => {
    const crl = parseCrl(crlOf(issuer, 7, ["41cc", "ff01", "0a"]));
    expect(crl.ok && crl.value).toMatchObject({
      issuer: read(issuerDer).subject,
      number: 7n,
      nextUpdate: NOW + 14 * DAY,
      isComplete: true,
    });
    expect(crl.ok && [...crl.value.revoked].sort()).toEqual(["0a", "41cc", "ff01"]);
  });
});

describe("a certificate request", () => {
  const asked = { commonName: "Sanaq tablet", id: ID, oblast: "270000000" };
  const der = writeRequest(asked, tablet.publicKey, tablet.sign);

  it("is read back from PEM and from DER, and its key was proved", () => {
    for (const file of [der, Buffer.from(requestPem(asked, tablet.publicKey, tablet.sign))]) {
      const request = parseRequest(file);
      expect(request).toMatchObject({ ok: true, value: { ids: [ID], oblasts: ["270000000"], usages: [] } });
      expect(request.ok && Buffer.from(request.value.publicKey).equals(tablet.publicKey)).toBe(true);
    }
  });

  it("is refused where another key signed it", () => {
    expect(parseRequest(writeRequest(asked, tablet.publicKey, root.sign))).toEqual({
      ok: false,
      error: "bad-signature",
    });
  });

  it.each([
    ["a key of small order", Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 1 : 0))],
    ["a key of 31 bytes", tablet.publicKey.subarray(1)],
  ])("is refused with %s", (_, key) => {
    expect(parseRequest(writeRequest(asked, key, tablet.sign))).toEqual({ ok: false, error: "wrong-key" });
  });

  it("is refused where it is cut, has bytes behind it, is too long, or two stand in one file", () => {
    const pem = requestPem(asked, tablet.publicKey, tablet.sign);
    for (const file of [
      der.subarray(0, -1),
      Buffer.concat([der, Buffer.of(0)]),
      Buffer.alloc(MAX_REQUEST_BYTES + 1, 0x30),
      Buffer.from(pem + pem),
      Buffer.alloc(0),
    ])
      expect(parseRequest(file)).toEqual({ ok: false, error: "not-a-request" });
  });

  it.skipIf(!hasOpenssl)("is verified by openssl, and one that openssl made is read", () => {
    const own = openssl("req", "-verify", "-noout", "-inform", "DER", "-in", put("own.csr", der));
    expect(own.text).toMatch(/verify OK/i);
    const theirs = openssl(
      ...["req", "-new", "-newkey", "ed25519", "-nodes", "-keyout", join(folder, "theirs.key")],
      ...["-subj", `/CN=A tablet/serialNumber=${ID}`, "-addext", `extendedKeyUsage=${ARC}.2`],
    );
    const request = parseRequest(Buffer.from(theirs.text.slice(theirs.text.indexOf("-----BEGIN"))));
    expect(request).toMatchObject({ ok: true, value: { ids: [ID], oblasts: [], usages: [`${ARC}.2`] } });
  });

  it.skipIf(!hasOpenssl)("of an RSA key is refused as a wrong key", () => {
    const rsa = openssl(
      ...["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", join(folder, "rsa.key")],
      ...["-subj", `/CN=A tablet/serialNumber=${ID}`],
    );
    const pem = rsa.text.slice(rsa.text.indexOf("-----BEGIN CERTIFICATE REQUEST"));
    expect(parseRequest(Buffer.from(pem))).toEqual({ ok: false, error: "wrong-key" });
  });

  it("carries no attribute, so that every reader of PKCS #10 understands it", () => {
    const { attributes } = AsnConvert.parse(der, CertificationRequest).certificationRequestInfo;
    expect(Array.from(attributes ?? [])).toEqual([]);
  });
});

describe("a sealed secret", () => {
  const secret = sodium.randombytes_buf(33);
  const sealed = seal(secret, "құпия сөз", INTERACTIVE);

  it("opens under its passphrase in any Unicode form, and under no other", () => {
    expect(unseal(sealed, "құпия сөз".normalize("NFD"))).toEqual(secret);
    expect(unseal(sealed, "құпия")).toBeNull();
  });

  it("does not open once a byte was changed or cut off", () => {
    for (const at of [0, 4, 20, sealed.length - 1]) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(unseal(changed, "құпия сөз"), String(at)).toBeNull();
    }
    expect(unseal(sealed.subarray(0, -1), "құпия сөз")).toBeNull();
  });
});

describe("a split secret", () => {
  const secret = sodium.randombytes_buf(32);

  it("opens with any two shares of three, in any order", async () => {
    const { box, shares } = await splitSecret(secret, 2, 3);
    for (const [one, other] of [
      [0, 1],
      [2, 0],
      [1, 2],
    ] as const)
      expect(await joinSecret(box, [shares[one] ?? secret, shares[other] ?? secret])).toEqual(secret);
    expect(await joinSecret(box, shares)).toEqual(secret);
  });

  it("does not open with one share, the same share twice, or a share of another secret", async () => {
    const { box, shares } = await splitSecret(secret, 2, 3);
    const foreign = await splitSecret(secret, 2, 3);
    const [first = secret] = shares;
    expect(await joinSecret(box, [first])).toBeNull();
    expect(await joinSecret(box, [first, first])).toBeNull();
    expect(await joinSecret(box, [first, foreign.shares[1] ?? secret])).toBeNull();
  });
});

describe("an encrypted PKCS #8 key", () => {
  it.skipIf(!hasOpenssl)("is opened by openssl under its code, and gives the same public key", () => {
    const file = put("tablet.p8", encryptedPkcs8(tablet.seed, "abcdefghij"));
    const opened = openssl("pkey", "-in", file, "-passin", "pass:abcdefghij", "-noout", "-text_pub");
    const hex = opened.text.replace(/[^0-9a-f]/g, "");
    expect(hex).toContain(Buffer.from(tablet.publicKey).toString("hex"));
    expect(openssl("pkey", "-in", file, "-passin", "pass:other", "-noout").status).not.toBe(0);
  });
});
