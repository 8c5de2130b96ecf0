import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Authority,
  type CertificateOptions,
  type Holder,
  makeCrl,
  OBLAST,
  pem,
  type Role,
  roleOid,
  strangeExtension,
  TestCampaign,
  utf8Name,
} from "../../fixtures/campaign.ts";
import { ed25519Key } from "../../fixtures/outbox/seeded.ts";
import { parseCertificate } from "../../main/formats/certificate.ts";
import { type ChainReason, isRoot } from "../../main/rules/trust.ts";

const NOW = new Date("2021-10-20T12:00:00Z");
const before = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);
const after = (seconds: number): Date => before(-seconds);
const DAY = 86_400;

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

/** KeyUsage bits (RFC 5280, section 4.2.1.3), first bit first. */
const DIGITAL_SIGNATURE = 1;
const KEY_ENCIPHERMENT = 4;
const CERT_SIGN = 32;
const CRL_SIGN = 64;

/** One chain, what the formats say of it, and what OpenSSL says; null where roles, oblasts or grace decide, of which it knows nothing. */
interface Case {
  readonly name: string;
  readonly reason: ChainReason | null;
  readonly openssl: boolean | null;
  readonly stale?: number;
  readonly role?: Role;
  readonly json?: Record<string, unknown>;
  readonly chain: (campaign: TestCampaign) => Promise<readonly Uint8Array[]>;
}

const leafOf =
  (leaf: CertificateOptions & { issuer?: Authority; oblast?: string }, role: Role = "tablet") =>
  async (campaign: TestCampaign) =>
    (await campaign.leaf(role, "one", leaf)).chain;

/** A leaf under an issuer of its own, made with these options. */
const issuerOf =
  (options: CertificateOptions & { under?: Authority }, oblast = OBLAST) =>
  async (campaign: TestCampaign) =>
    (
      await campaign.leaf("tablet", "one", {
        issuer: await campaign.authority("odd issuer", oblast, options),
        st: OBLAST,
      })
    ).chain;

/** A leaf under issuer and intermediate. */
const threeDeep =
  (intermediate: CertificateOptions, issuer: CertificateOptions = {}) =>
  async (campaign: TestCampaign) => {
    const under = await campaign.authority("intermediate", null, intermediate);
    return issuerOf({ ...issuer, under })(campaign);
  };

/** The usual leaf, with something done to the CRLs first. */
const withCrls =
  (change: (campaign: TestCampaign, leaf: Holder, issuer: Authority) => void | Promise<void>) =>
  async (campaign: TestCampaign) => {
    const leaf = await campaign.tablet("one");
    await change(campaign, leaf, leaf.issuer);
    return leaf.chain;
  };

const foreignKey = async (algorithm: "ec" | "ed448" | "rsa") => {
  const { publicKey } =
    algorithm === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : algorithm === "ed448"
        ? generateKeyPairSync("ed448")
        : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const name = {
    ec: { name: "ECDSA", namedCurve: "P-256" },
    ed448: "Ed448",
    rsa: { name: "RSA-PSS", hash: "SHA-256" },
  }[algorithm];
  return publicKey.toCryptoKey(name, true, ["verify"]);
};

const cases: readonly Case[] = [
  { name: "leaf and issuer under the root", reason: null, openssl: true, chain: leafOf({}) },
  {
    name: "a leaf of another oblast under that oblast's issuer",
    reason: null,
    openssl: true,
    chain: leafOf({ oblast: "350000000" }),
  },
  { name: "an intermediate between root and issuer", reason: null, openssl: true, chain: threeDeep({}) },
  {
    name: "an intermediate without a path length",
    reason: null,
    openssl: true,
    chain: threeDeep({ pathLength: null }),
  },
  {
    name: "an intermediate of path length 1",
    reason: null,
    openssl: true,
    chain: threeDeep({ pathLength: 1 }),
  },
  {
    name: "an intermediate of path length 0",
    reason: "certificate-untrusted",
    openssl: false,
    chain: threeDeep({ pathLength: 0 }),
  },
  {
    name: "an intermediate that is no CA",
    reason: "certificate-untrusted",
    openssl: false,
    chain: threeDeep({ ca: false, pathLength: null }),
  },
  {
    name: "an issuer of path length 1",
    reason: "certificate-untrusted",
    openssl: null,
    chain: issuerOf({ pathLength: 1 }),
  },
  {
    name: "an issuer without a path length",
    reason: "certificate-untrusted",
    openssl: null,
    chain: issuerOf({ pathLength: null }),
  },
  {
    name: "an issuer of path length 1 under an intermediate",
    reason: "certificate-untrusted",
    openssl: null,
    chain: threeDeep({}, { pathLength: 1 }),
  },
  {
    name: "an issuer that is no CA",
    reason: "certificate-untrusted",
    openssl: false,
    chain: issuerOf({ ca: false, pathLength: null }),
  },
  {
    name: "an issuer without basic constraints",
    reason: "certificate-untrusted",
    openssl: false,
    chain: issuerOf({ ca: null }),
  },
  {
    name: "an issuer whose key may not sign certificates",
    reason: "certificate-untrusted",
    openssl: false,
    chain: issuerOf({ keyUsage: DIGITAL_SIGNATURE | CRL_SIGN }),
  },
  {
    name: "an issuer signed by another key than the root's",
    reason: "certificate-untrusted",
    openssl: false,
    chain: issuerOf({ signedBy: ed25519Key("stranger") }),
  },
  {
    name: "an issuer with a critical extension nobody knows",
    reason: "certificate-untrusted",
    openssl: false,
    chain: issuerOf({ extensions: [strangeExtension(true)] }),
  },
  {
    name: "an issuer with an unknown extension that is not critical",
    reason: null,
    openssl: true,
    chain: issuerOf({ extensions: [strangeExtension(false)] }),
  },
  {
    name: "an issuer of no oblast",
    reason: "certificate-untrusted",
    openssl: null,
    chain: issuerOf({ st: null }),
  },
  {
    name: "a leaf signed by another key than its issuer's",
    reason: "certificate-untrusted",
    openssl: false,
    chain: leafOf({ signedBy: ed25519Key("stranger") }),
  },
  {
    name: "a leaf that writes its issuer's name as another kind of string, in other capitals and spaces",
    reason: null,
    openssl: true,
    chain: leafOf({
      issuerName: utf8Name("ISSUER  270000000 ", OBLAST),
    }),
  },
  {
    name: "a leaf that names another issuer",
    reason: "certificate-untrusted",
    openssl: false,
    chain: leafOf({ issuerName: utf8Name("Issuer 270000001", OBLAST) }),
  },
  {
    name: "a leaf that is a CA",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ ca: true }),
  },
  { name: "a leaf without basic constraints", reason: null, openssl: true, chain: leafOf({ ca: null }) },
  { name: "a leaf without key usage", reason: null, openssl: true, chain: leafOf({ keyUsage: null }) },
  {
    name: "a leaf whose key may not sign",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ keyUsage: KEY_ENCIPHERMENT }),
  },
  {
    name: "a leaf that is no CA but may sign certificates",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ keyUsage: DIGITAL_SIGNATURE | CERT_SIGN }),
  },
  {
    name: "a leaf with a critical extension nobody knows",
    reason: "certificate-untrusted",
    openssl: false,
    chain: leafOf({ extensions: [strangeExtension(true)] }),
  },
  {
    name: "a leaf with an unknown extension that is not critical",
    reason: null,
    openssl: true,
    chain: leafOf({ extensions: [strangeExtension(false)] }),
  },
  {
    name: "a station's certificate where a tablet's is asked for",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({}, "station"),
  },
  {
    name: "the centre's certificate where a tablet's is asked for",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({}, "central"),
  },
  {
    name: "a station's certificate where a station's is asked for",
    role: "station",
    reason: null,
    openssl: true,
    chain: leafOf({}, "station"),
  },
  {
    name: "the centre's certificate where the centre's is asked for",
    role: "central",
    reason: null,
    openssl: true,
    chain: leafOf({}, "central"),
  },
  {
    name: "a tablet's certificate where the centre's is asked for",
    role: "central",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({}),
  },
  { name: "no role", reason: "certificate-untrusted", openssl: null, chain: leafOf({ usages: [] }) },
  {
    name: "two roles",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ usages: [roleOid("tablet"), roleOid("station")] }),
  },
  {
    name: "the role beside another usage",
    reason: null,
    openssl: true,
    chain: leafOf({ usages: ["1.3.6.1.5.5.7.3.2", roleOid("tablet")] }),
  },
  {
    name: "a number of the arc that is no role",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ usages: ["1.3.6.1.4.1.32473.2021.4"] }),
  },
  {
    name: "the role beside a number of the arc that is no role",
    reason: null,
    openssl: true,
    chain: leafOf({ usages: [roleOid("tablet"), "1.3.6.1.4.1.32473.2021.4"] }),
  },
  {
    name: "a role of another arc",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ usages: ["1.3.6.1.4.1.32473.2022.1"] }),
  },
  {
    name: "a role of the arc that campaign.json names",
    reason: null,
    openssl: true,
    json: { roleArc: "1.3.6.1.4.1.32473.2022" },
    chain: leafOf({ usages: ["1.3.6.1.4.1.32473.2022.1"] }),
  },
  {
    name: "a leaf of another oblast than its issuer",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ st: "350000000" }),
  },
  {
    name: "a leaf of no oblast",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ st: null }),
  },
  {
    name: "a leaf and issuer whose oblast is no KATO",
    reason: "certificate-untrusted",
    openssl: null,
    chain: async (c) =>
      (await c.leaf("tablet", "one", { issuer: await c.authority("words", "West Kazakhstan") })).chain,
  },
  {
    name: "a leaf without an id",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ id: null }),
  },
  {
    name: "a leaf whose id is in capitals",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ id: "AB".repeat(16) }),
  },
  {
    name: "a leaf whose id is short",
    reason: "certificate-untrusted",
    openssl: null,
    chain: leafOf({ id: "ab".repeat(15) }),
  },
  {
    name: "a leaf right under the root",
    reason: "certificate-untrusted",
    openssl: null,
    chain: async (c) => [(await c.leaf("tablet", "one", { issuer: c.root, st: OBLAST })).der, c.root.der],
  },
  {
    name: "the root at the end of the chain",
    reason: "certificate-untrusted",
    openssl: null,
    chain: async (c) => [...(await c.tablet("one")).chain, c.root.der],
  },
  {
    name: "an issuer of another campaign",
    reason: "certificate-untrusted",
    openssl: false,
    chain: async () => (await (await TestCampaign.create({ seed: "other" })).tablet("one")).chain,
  },
  {
    name: "the issuer of another tablet's oblast",
    reason: "certificate-untrusted",
    openssl: false,
    chain: async (c) => [(await c.tablet("one")).der, (await c.issuer("350000000")).der],
  },
  {
    name: "the issuer missing, the leaf twice",
    reason: "certificate-untrusted",
    openssl: false,
    chain: async (c) => [(await c.tablet("one")).der, (await c.tablet("one")).der],
  },
  {
    name: "bytes in place of the issuer",
    reason: "certificate-untrusted",
    openssl: null,
    chain: async (c) => [(await c.tablet("one")).der, Buffer.from("issuer")],
  },
  {
    name: "an issuer with a key of P-256",
    reason: "certificate-untrusted",
    openssl: false,
    chain: async (c) => issuerOf({ publicKey: await foreignKey("ec") })(c),
  },
  {
    name: "a byte after the issuer",
    reason: "certificate-untrusted",
    openssl: null,
    chain: async (c) => [
      (await c.tablet("one")).der,
      Buffer.concat([(await c.issuer()).der, Uint8Array.of(0)]),
    ],
  },

  // RFC 5280 counts notAfter in; OpenSSL does not.
  { name: "a leaf at its last second", reason: null, openssl: null, chain: leafOf({ notAfter: NOW }) },
  {
    name: "a leaf one second past its end",
    reason: "certificate-expired",
    openssl: false,
    chain: leafOf({ notAfter: before(1) }),
  },
  { name: "a leaf at its first second", reason: null, openssl: true, chain: leafOf({ notBefore: NOW }) },
  {
    name: "a leaf one second before its beginning",
    reason: "certificate-expired",
    openssl: false,
    chain: leafOf({ notBefore: after(1) }),
  },
  {
    name: "an expired issuer",
    reason: "certificate-expired",
    openssl: false,
    chain: issuerOf({ notAfter: before(1) }),
  },
  {
    name: "an issuer not yet valid",
    reason: "certificate-expired",
    openssl: false,
    chain: issuerOf({ notBefore: after(1) }),
  },
  {
    name: "an expired intermediate",
    reason: "certificate-expired",
    openssl: false,
    chain: threeDeep({ notAfter: before(1) }),
  },
  {
    name: "a leaf expired by exactly the days of grace",
    reason: null,
    openssl: null,
    json: { graceDays: 3 },
    chain: leafOf({ notAfter: before(3 * DAY) }),
  },
  {
    name: "a leaf expired by a second more than the days of grace",
    reason: "certificate-expired",
    openssl: false,
    json: { graceDays: 3 },
    chain: leafOf({ notAfter: before(3 * DAY + 1) }),
  },
  {
    name: "an issuer expired within the days of grace",
    reason: "certificate-expired",
    openssl: false,
    json: { graceDays: 3 },
    chain: issuerOf({ notAfter: before(1) }),
  },
  {
    name: "a leaf not yet valid, within the days of grace",
    reason: "certificate-expired",
    openssl: false,
    json: { graceDays: 3 },
    chain: leafOf({ notBefore: after(1) }),
  },

  {
    name: "a revoked leaf",
    reason: "certificate-revoked",
    openssl: false,
    chain: withCrls((c, leaf, issuer) => c.setCrl(issuer, { revoked: [leaf] })),
  },
  {
    name: "a revoked issuer",
    reason: "certificate-revoked",
    openssl: false,
    chain: withCrls((c, _, issuer) => c.setCrl(c.root, { revoked: [issuer] })),
  },
  {
    name: "another leaf revoked",
    reason: null,
    openssl: true,
    chain: withCrls(async (c, _, issuer) => c.setCrl(issuer, { revoked: [await c.tablet("two")] })),
  },
  {
    name: "the leaf's serial on the root's CRL",
    reason: null,
    openssl: true,
    chain: withCrls((c, leaf) => c.setCrl(c.root, { revoked: [leaf] })),
  },
  {
    name: "a revoked intermediate",
    reason: "certificate-revoked",
    openssl: false,
    chain: async (c) => {
      const under = await c.authority("intermediate", null);
      c.setCrl(c.root, { revoked: [under] });
      return issuerOf({ under })(c);
    },
  },
  {
    name: "a leaf that is revoked and expired: expired is said first",
    reason: "certificate-expired",
    openssl: false,
    chain: async (c) => {
      const leaf = await c.tablet("one", { notAfter: before(1) });
      c.setCrl(leaf.issuer, { revoked: [leaf] });
      return leaf.chain;
    },
  },
  {
    name: "a leaf that is revoked and of the wrong role: untrusted is said first",
    reason: "certificate-untrusted",
    openssl: false,
    chain: async (c) => {
      const leaf = await c.leaf("station", "one");
      c.setCrl(leaf.issuer, { revoked: [leaf] });
      return leaf.chain;
    },
  },

  {
    name: "the issuer's CRL at its nextUpdate",
    reason: null,
    openssl: null,
    chain: withCrls((c, _, issuer) => c.setCrl(issuer, { nextUpdate: NOW })),
  },
  {
    name: "the issuer's CRL a second past nextUpdate",
    reason: null,
    stale: 1,
    openssl: false,
    chain: withCrls((c, _, issuer) => c.setCrl(issuer, { nextUpdate: before(1) })),
  },
  {
    name: "the root's CRL past nextUpdate",
    reason: null,
    stale: 1,
    openssl: false,
    chain: withCrls((c) => c.setCrl(c.root, { nextUpdate: before(1) })),
  },
  {
    name: "no CRL of the issuer",
    reason: null,
    stale: 1,
    openssl: false,
    chain: withCrls((c, _, issuer) => c.setCrl(issuer, null)),
  },
  {
    name: "no CRL of the root",
    reason: null,
    stale: 1,
    openssl: false,
    chain: withCrls((c) => c.setCrl(c.root, null)),
  },
  {
    name: "no CRL at all",
    reason: null,
    stale: 2,
    openssl: false,
    chain: withCrls((c, _, issuer) => {
      c.setCrl(c.root, null);
      c.setCrl(issuer, null);
    }),
  },
  {
    name: "a revoked leaf on a CRL past nextUpdate: it stays revoked",
    reason: "certificate-revoked",
    stale: 1,
    openssl: false,
    chain: withCrls((c, leaf, issuer) => c.setCrl(issuer, { nextUpdate: before(1), revoked: [leaf] })),
  },
  {
    name: "a CRL under the issuer's name signed by another key: as if there were none",
    reason: null,
    stale: 1,
    openssl: false,
    chain: withCrls((c, leaf, issuer) =>
      c.setCrl(issuer, { signedBy: ed25519Key("stranger"), revoked: [leaf] }),
    ),
  },
  {
    name: "a CRL with a critical extension nobody knows: as if there were none",
    reason: null,
    stale: 1,
    openssl: false,
    chain: withCrls((c, leaf, issuer) =>
      c.setCrl(issuer, { extensions: [strangeExtension(true)], revoked: [leaf] }),
    ),
  },
  {
    name: "a CRL without a number",
    reason: "certificate-revoked",
    openssl: false,
    chain: withCrls((c, leaf, issuer) => c.setCrl(issuer, { number: null, revoked: [leaf] })),
  },
  {
    name: "a higher CRL that revokes beside a lower one that does not",
    reason: "certificate-revoked",
    openssl: null,
    chain: withCrls(async (c, leaf, issuer) => {
      c.setCrl(issuer, { number: 6, revoked: [leaf] });
      c.addCrlFile("old.crl", await makeCrl(issuer, { number: 5 }));
    }),
  },
  {
    name: "a lower CRL that revokes beside a higher one that does not",
    reason: null,
    openssl: null,
    chain: withCrls(async (c, leaf, issuer) => {
      c.setCrl(issuer, { number: 5, revoked: [leaf] });
      c.addCrlFile("new.crl", await makeCrl(issuer, { number: 6 }));
    }),
  },
  {
    name: "a forged CRL with the highest number: it does not count",
    reason: null,
    openssl: null,
    chain: withCrls(async (c, leaf, issuer) =>
      c.addCrlFile(
        "forged.crl",
        await makeCrl(issuer, { number: 99, revoked: [leaf], signedBy: ed25519Key("stranger") }),
      ),
    ),
  },
  {
    name: "a CRL number beyond 53 bits",
    reason: "certificate-revoked",
    openssl: null,
    chain: withCrls(async (c, leaf, issuer) => {
      c.setCrl(issuer, { number: Number.MAX_SAFE_INTEGER });
      c.addCrlFile(
        "high.crl",
        await makeCrl(issuer, { numberDer: Uint8Array.of(2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0), revoked: [leaf] }),
      );
    }),
  },
  {
    name: "an issuer whose key may not sign CRLs: its CRL does not count",
    reason: null,
    stale: 1,
    openssl: false,
    chain: issuerOf({ keyUsage: CERT_SIGN }),
  },
];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sanaq-trust-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What `openssl verify` says of the chain at NOW, with every CRL at hand and each CA's looked at. */
async function opensslTakes(campaign: TestCampaign, chain: readonly Uint8Array[]): Promise<boolean> {
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const certificates = chain.map((der) => pem(der, "CERTIFICATE"));
  const crls = [...(await campaign.crls()).values()].map((der) => pem(der, "X509 CRL")).join("");
  const run = spawnSync("openssl", [
    "verify",
    "-attime",
    String(NOW.getTime() / 1000),
    "-crl_check_all",
    "-CAfile",
    await file("root.pem", pem(campaign.root.der, "CERTIFICATE")),
    "-untrusted",
    await file("chain.pem", certificates.slice(1).join("")),
    ...(crls === "" ? [] : ["-CRLfile", await file("crls.pem", crls)]),
    await file("leaf.pem", certificates[0] ?? ""),
  ]);
  return run.status === 0;
}

describe("a certificate chain", () => {
  for (const { name, reason, openssl, stale = 0, role = "tablet", json = {}, chain } of cases) {
    it(`${name}: ${reason ?? "trusted"}${stale > 0 ? ", stale CRL" : ""}`, async () => {
      const campaign = await TestCampaign.create({ json });
      const given = await chain(campaign);
      const trust = await campaign.trust(NOW);
      const verdict = trust.judgeChain(given, role);
      expect(verdict?.reason).toBe(reason);
      expect(verdict?.staleCas.length).toBe(stale);
    });
    if (openssl !== null)
      it.skipIf(!hasOpenssl)(`${name}: OpenSSL ${openssl ? "takes" : "refuses"} it too`, async () => {
        const campaign = await TestCampaign.create({ json });
        expect(await opensslTakes(campaign, await chain(campaign))).toBe(openssl);
      });
  }

  it("whose leaf is no certificate with an Ed25519 key gives no key to check a signature with", async () => {
    const campaign = await TestCampaign.create();
    const issuer = await campaign.issuer();
    const leaf = await campaign.tablet("one");
    const trust = await campaign.trust(NOW);
    const odd = [
      new Uint8Array(0),
      Buffer.from("not a certificate"),
      Buffer.concat([leaf.der, Uint8Array.of(0)]),
      leaf.der.subarray(0, -1),
      ...(await Promise.all(
        (["ec", "rsa"] as const).map(
          async (kind) => (await campaign.tablet("one", { publicKey: await foreignKey(kind) })).der,
        ),
      )),
    ];
    for (const der of odd) expect(trust.judgeChain([der, issuer.der], "tablet")).toBeNull();
  });

  it("is judged anew in every role", async () => {
    const campaign = await TestCampaign.create();
    const { chain } = await campaign.tablet("one");
    const trust = await campaign.trust(NOW);
    expect(trust.judgeChain(chain, "tablet")?.reason).toBeNull();
    expect(trust.judgeChain(chain, "station")?.reason).toBe("certificate-untrusted");
    expect(trust.judgeChain(chain, "tablet")?.reason).toBeNull();
  });

  it("under a root that has expired is expired", async () => {
    const campaign = await TestCampaign.create();
    const { chain } = await campaign.tablet("one");
    expect((await campaign.trust(new Date("2050-01-01T00:00:00Z"))).judgeChain(chain, "tablet")?.reason).toBe(
      "certificate-expired",
    );
  });
});

describe("a root", () => {
  it("is a CA that signed itself", async () => {
    const campaign = await TestCampaign.create();
    const certificate = (der: Uint8Array) => {
      const parsed = parseCertificate(der);
      if (!parsed.ok) throw new Error(parsed.error);
      return parsed.value;
    };
    expect(isRoot(certificate(campaign.root.der))).toBe(true);
    expect(isRoot(certificate((await campaign.issuer()).der))).toBe(false);
    expect(isRoot(certificate((await campaign.tablet()).der))).toBe(false);
  });
});

it.skipIf(!hasOpenssl)("OpenSSL reads the fixtures' CRLs", async () => {
  const campaign = await TestCampaign.create();
  const path = join(folder, "one.crl");
  await writeFile(path, await makeCrl(campaign.root, { number: 7 }));
  expect(
    execFileSync("openssl", ["crl", "-inform", "DER", "-in", path, "-noout", "-crlnumber"], {
      encoding: "utf8",
    }),
  ).toMatch(/0x0?7/);
});
